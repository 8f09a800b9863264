import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A server on port 0 of loopback that plays a script and keeps what it received.
final class LoopbackServer: Sendable {
    struct Request: Sendable {
        /// Counted from 0 in the order in which connections were accepted.
        let connection: Int
        /// Counted from 0 on its connection.
        let number: Int
        let head: String
        let body: [UInt8]
    }

    enum Step: Sendable {
        case write(String)
        /// The same bytes again and again, as fast as the other side takes them; `flushed` when all are gone.
        case pour(ByteBuffer, times: Int)
        case close
        /// A close that the other side sees as an error.
        case reset
        /// From here on the connection speaks TLS, as behind a tunnel.
        case beginTLS(NIOSSLContext)
        /// What follows is done on the loop's next turn.
        case yield
    }

    enum Event: Sendable {
        case accepted(Int)
        case request(Request)
        /// The other side does not read what was written.
        case stalled(Int)
        case flushed(Int)
        case closed(Int)
    }

    typealias Script = @Sendable (Request) -> [Step]

    let port: Int
    private let channel: any Channel
    private let log: Log

    static func start(
        host: String = "127.0.0.1",
        port: Int = 0,
        tls: NIOSSLContext? = nil,
        _ script: @escaping Script
    ) async throws -> LoopbackServer {
        let log = Log()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.so_sndbuf), value: 64 * 1024)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
                    try pipeline.addHandler(Connection(log: log, script: script))
                }
            }
            .bind(host: host, port: port)
            .get()
        return LoopbackServer(channel: channel, log: log)
    }

    private init(channel: any Channel, log: Log) {
        self.channel = channel
        self.log = log
        port = channel.localAddress?.port ?? 0
    }

    /// Connections that are open stay so.
    func stop() { channel.close(promise: nil) }

    /// Nobody listens any more once this returns.
    func stopListening() async throws { try await channel.close().get() }

    /// Plays steps on a connection without being asked.
    func play(_ steps: Step..., on connection: Int) {
        guard let bound = log.connections.withLock({ $0[connection] }) else { return }
        bound.eventLoop.execute { bound.connection.value.play(steps[...]) }
    }

    var accepted: Int { log.events.withLock { $0.count { if case .accepted = $0 { true } else { false } } } }

    var requests: [Request] {
        log.events.withLock { events in
            events.compactMap { if case .request(let request) = $0 { request } else { nil } }
        }
    }

    var hasFlushed: Bool { log.events.withLock { $0.contains { if case .flushed = $0 { true } else { false } } } }

    /// Waits until the server has seen such an event, now or before.
    func wait(for isWanted: @Sendable (Event) -> Bool) async -> Bool {
        if log.events.withLock({ $0.contains(where: isWanted) }) { return true }
        for await _ in log.changes where log.events.withLock({ $0.contains(where: isWanted) }) { return true }
        return false
    }

    func waitForClose(of connection: Int) async -> Bool {
        await wait { if case .closed(connection) = $0 { true } else { false } }
    }

    /// What happened, in order, and a tick for each.
    final class Log: Sendable {
        let events = Mutex<[Event]>([])
        fileprivate let connections = Mutex<[Int: Bound]>([:])
        let changes: AsyncStream<Void>
        private let tick: AsyncStream<Void>.Continuation

        init() { (changes, tick) = AsyncStream.makeStream() }

        func note(_ event: Event) {
            events.withLock { $0.append(event) }
            tick.yield()
        }

        fileprivate func connect(_ connection: Connection, on loop: any EventLoop) -> Int {
            let bound = Bound(connection: NIOLoopBound(connection, eventLoop: loop), eventLoop: loop)
            let number = connections.withLock { connections in
                connections[connections.count] = bound
                return connections.count - 1
            }
            note(.accepted(number))
            return number
        }
    }

    fileprivate struct Bound: Sendable {
        let connection: NIOLoopBound<Connection>
        let eventLoop: any EventLoop
    }
}

extension LoopbackServer {
    /// Cuts what arrives into requests and plays the script's steps for each.
    fileprivate final class Connection: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let log: Log
        private let script: Script
        private var number = 0
        private var served = 0
        private var received: [UInt8] = []
        private var context: ChannelHandlerContext?

        init(log: Log, script: @escaping Script) {
            self.log = log
            self.script = script
        }

        func handlerAdded(context: ChannelHandlerContext) { self.context = context }

        func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

        func channelActive(context: ChannelHandlerContext) {
            number = log.connect(self, on: context.eventLoop)
            context.fireChannelActive()
        }

        func channelInactive(context: ChannelHandlerContext) {
            log.note(.closed(number))
            context.fireChannelInactive()
        }

        func channelWritabilityChanged(context: ChannelHandlerContext) {
            if !context.channel.isWritable { log.note(.stalled(number)) }
            context.fireChannelWritabilityChanged()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            received += unwrapInboundIn(data).readableBytesView
            while let request = takeRequest() {
                log.note(.request(request))
                play(script(request)[...])
            }
        }

        private func takeRequest() -> Request? {
            let mark = Array("\r\n\r\n".utf8)
            guard let end = (0...max(0, received.count - 4)).first(where: { received[$0...].starts(with: mark) }) else {
                return nil
            }
            let head = String(decoding: received[..<end], as: UTF8.self)
            let length = head.split(separator: "\r\n")
                .compactMap { line -> Int? in
                    let parts = line.lowercased().split(separator: ":", maxSplits: 1)
                    return parts.first == "content-length" ? Int(parts[1].drop { $0 == " " }) : nil
                }
            let whole = end + 4 + (length.first ?? 0)
            guard received.count >= whole else { return nil }
            let body = Array(received[end + 4..<whole])
            received.removeFirst(whole)
            defer { served += 1 }
            return Request(connection: number, number: served, head: head, body: body)
        }

        func play(_ steps: ArraySlice<Step>) {
            guard let step = steps.first, let context else { return }
            let rest = steps.dropFirst()
            switch step {
            case .write(let text):
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
            case .pour(let bytes, let times):
                for _ in 1..<times { context.write(wrapOutboundOut(bytes), promise: nil) }
                let (log, number) = (log, number)
                context.writeAndFlush(wrapOutboundOut(bytes)).whenSuccess { log.note(.flushed(number)) }
            case .close:
                context.close(promise: nil)
            case .reset:
                // Whatever was written before has to be on its way first.
                let channel = context.channel
                let lingering = (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
                lingering?.whenComplete { _ in channel.close(promise: nil) }
            case .beginTLS(let tls):
                do {
                    try context.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls), position: .first)
                } catch {
                    context.close(promise: nil)
                }
            case .yield:
                let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
                context.eventLoop.execute { bound.value.play(rest) }
                return
            }
            play(rest)
        }
    }

    /// A whole answer with its length.
    static func answer(_ body: String, status: Int = 200, fields: String = "") -> Step {
        .write("HTTP/1.1 \(status) X\r\n\(fields)content-length: \(body.utf8.count)\r\n\r\n\(body)")
    }
}
