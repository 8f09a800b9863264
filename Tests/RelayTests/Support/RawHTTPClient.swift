import NIOCore
import NIOPosix

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// One TCP connection to a server under test, with nothing between the test and the bytes.
///
/// Sends whatever it is given, so malformed heads, pipelined requests, slow bodies and hang-ups can be played; gives
/// back what arrives with the time it arrived. One task at a time may read from it.
final class RawHTTPClient: Sendable {
    struct Arrival: Sendable {
        var bytes: [UInt8]
        var at: ContinuousClock.Instant

        var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    enum Failure: Error, Equatable {
        case timedOut
        /// The connection ended in a TCP reset or another socket error.
        case reset
        /// The connection ended inside a response.
        case truncated
        case malformed(String)
    }

    let inbox: RawInbox
    private let channel: any Channel

    private init(channel: any Channel, inbox: RawInbox) {
        self.channel = channel
        self.inbox = inbox
    }

    static func connect(
        port: Int,
        host: String = "127.0.0.1",
        on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws -> RawHTTPClient {
        let inbox = RawInbox()
        let channel = try await ClientBootstrap(group: group)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.allowRemoteHalfClosure, value: false)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(RawInboxHandler(inbox: inbox))
                }
            }
            .connect(host: host, port: port)
            .get()
        return RawHTTPClient(channel: channel, inbox: inbox)
    }

    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    func send(_ text: String) async throws {
        try await send(Array(text.utf8))
    }

    /// Sends `count` bytes at a time, with a pause after each.
    func send(_ text: String, piecesOf count: Int, every pause: Duration) async throws {
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: max(1, count)) {
            try await send(Array(bytes[start..<min(start + count, bytes.count)]))
            try await Task.sleep(for: pause)
        }
    }

    /// A proper request. `Host` is added, and `Content-Type` and `Content-Length` where there is a body, unless
    /// `headers` has them.
    func sendRequest(
        _ method: String,
        _ path: String,
        headers: [(name: String, value: String)] = [],
        body: [UInt8]? = nil
    ) async throws {
        var lines = ["\(method) \(path) HTTP/1.1"]
        func add(_ name: String, _ value: String) {
            if !headers.contains(where: { $0.name.lowercased() == name.lowercased() }) {
                lines.append("\(name): \(value)")
            }
        }
        add("Host", "127.0.0.1:\(channel.remoteAddress?.port ?? 0)")
        if let body {
            add("Content-Type", "application/json")
            add("Content-Length", "\(body.count)")
        }
        lines += headers.map { "\($0.name): \($0.value)" }
        try await send(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + (body ?? []))
    }

    /// What arrived since the last call, as it was read from the socket; `nil` when the server closed.
    func receive(within limit: Duration = .seconds(10)) async throws -> Arrival? {
        try await inbox.next(within: limit, on: channel.eventLoop)
    }

    /// Stops reading from the socket, as a client does that cannot keep up.
    func pauseReading() async throws {
        try await channel.setOption(.autoRead, value: false).get()
    }

    func resumeReading() async throws {
        try await channel.setOption(.autoRead, value: true).get()
    }

    /// Hangs up.
    func close() async {
        try? await channel.close()
    }

    /// Hangs up with a TCP reset.
    func reset() async {
        if let socket = channel as? any SocketOptionProvider {
            try? await socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
        try? await channel.close()
    }
}
