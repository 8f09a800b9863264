import NIOCore
import NIOPosix
import Synchronization

@testable import Clients

/// A pool on a loop of its own, with names that all mean 127.0.0.1 unless told otherwise.
final class Caller: Sendable {
    let loop: any EventLoop
    let names: NameResolver
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let pool: NIOLoopBound<UpstreamPool>

    init(
        connectTimeout: Duration = .seconds(30),
        lookup: @escaping NameResolver.Lookup = Caller.loopback
    ) async throws {
        let loop = group.next()
        let names = NameResolver(threads: 8, lookup: lookup)
        pool =
            try await loop.submit {
                NIOLoopBound(UpstreamPool(loop: loop, names: names, connectTimeout: connectTimeout), eventLoop: loop)
            }
            .get()
        self.loop = loop
        self.names = names
    }

    deinit {
        names.shutdown()
        group.shutdownGracefully { _ in }
    }

    static let loopback: NameResolver.Lookup = { _, family in
        family == .ipv4 ? [try SocketAddress(ipAddress: "127.0.0.1", port: 0)] : []
    }

    /// What a test does with a call on its loop, when an event comes.
    typealias Reaction = @Sendable (Seen, UpstreamCall) -> Void

    /// Makes a call; its events are gathered from then on.
    func call(
        _ target: UpstreamTarget,
        path: String = "/",
        body: String = "",
        react: @escaping Reaction = { _, _ in }
    ) async throws -> Conversation {
        try await loop.submit { [pool, loop] in
            Conversation(pool.value, target, Self.request(target, path: path, body: body), on: loop, react)
        }
        .get()
    }

    /// Makes a call from within an event of another.
    func callOnLoop(_ target: UpstreamTarget) -> Conversation {
        Conversation(pool.value, target, Self.request(target, path: "/", body: ""), on: loop) { _, _ in }
    }

    /// Makes a call and waits for what becomes of it.
    func outcome(_ target: UpstreamTarget, path: String = "/", body: String = "") async throws -> Outcome {
        try await call(target, path: path, body: body).outcome()
    }

    /// Makes several calls in one turn of the loop.
    func calls(_ count: Int, to target: UpstreamTarget) async throws -> [Conversation] {
        try await loop.submit { [pool, loop] in
            (0..<count)
                .map { place in
                    Conversation(pool.value, target, Self.request(target, path: "/\(place)", body: ""), on: loop) {
                        _,
                        _ in
                    }
                }
        }
        .get()
    }

    /// Lets the loop look at its sockets several times.
    func turn(_ times: Int = 20) async throws {
        for _ in 0..<times { try await loop.submit {}.get() }
    }

    func closeIdle() async throws {
        try await loop.submit { [pool] in pool.value.closeIdle() }.get()
    }

    static func request(_ target: UpstreamTarget, path: String, body: String) -> UpstreamRequest {
        let head = "POST \(target.basePath)\(path) HTTP/1.1\r\nhost: \(target.authority)\r\n"
        return UpstreamRequest(head: ByteBuffer(string: head), body: ByteBuffer(string: body))
    }
}

/// What an `UpstreamEvent` says, one thing after the other; it can leave its loop.
enum Seen: Sendable, Equatable {
    case connected
    case head(Int)
    case body([UInt8])
    case ended
    case failed(UpstreamFault)

    static func all(_ event: consuming UpstreamEvent) -> [Seen] {
        switch consume event {
        case .connected: return [.connected]
        case .read(let read):
            let head = read.head.map { [Seen.head($0.status)] } ?? []
            let body = read.body.readableBytes > 0 ? [Seen.body(Array(read.body.readableBytesView))] : []
            return head + body + (read.hasEnded ? [.ended] : [])
        case .failed(let fault): return [.failed(fault)]
        }
    }

    var isLast: Bool {
        switch self {
        case .ended, .failed: true
        default: false
        }
    }
}

/// What became of a call.
struct Outcome: Sendable, Equatable {
    var status: Int?
    var body: [UInt8] = []
    /// `ended` or `failed`; `nil` where nothing more came.
    var last: Seen?

    var text: String { String(decoding: body, as: UTF8.self) }
    var hasEnded: Bool { last == .ended }
    var fault: UpstreamFault? { if case .failed(let fault) = last { fault } else { nil } }

    /// Why there was no connection.
    var reason: String? { if case .cannotConnect(let reason) = fault { reason } else { nil } }
}

/// A call with all that it said.
final class Conversation: Sendable {
    private let loop: any EventLoop
    private let call: NIOLoopBound<UpstreamCall>
    private let listener: NIOLoopBound<Listener>
    let events: AsyncStream<Seen>
    /// Whether something was said before the caller knew its call.
    let spokeAtOnce: Bool
    private let log: Log

    /// On the loop.
    init(
        _ pool: UpstreamPool,
        _ target: UpstreamTarget,
        _ request: UpstreamRequest,
        on loop: any EventLoop,
        _ react: @escaping Caller.Reaction
    ) {
        let (events, continuation) = AsyncStream.makeStream(of: Seen.self)
        let log = Log()
        let listener = Listener(log, continuation, react)
        self.loop = loop
        self.events = events
        self.log = log
        self.listener = NIOLoopBound(listener, eventLoop: loop)
        call = NIOLoopBound(pool.call(request, to: target, for: listener), eventLoop: loop)
        spokeAtOnce = log.seen.withLock { !$0.isEmpty }
    }

    private final class Log: Sendable {
        let seen = Mutex<[Seen]>([])
    }

    private final class Listener: UpstreamReceiver {
        private let log: Log
        private let continuation: AsyncStream<Seen>.Continuation
        private let react: Caller.Reaction

        init(_ log: Log, _ continuation: AsyncStream<Seen>.Continuation, _ react: @escaping Caller.Reaction) {
            self.log = log
            self.continuation = continuation
            self.react = react
        }

        func receive(_ event: consuming UpstreamEvent, of call: UpstreamCall) {
            for seen in Seen.all(event) where !call.isCancelled {
                log.seen.withLock { $0.append(seen) }
                react(seen, call)
                continuation.yield(seen)
            }
        }
    }

    /// All events so far.
    var seen: [Seen] { log.seen.withLock { $0 } }

    var bodyLength: Int {
        log.seen.withLock { $0.reduce(0) { if case .body(let bytes) = $1 { $0 + bytes.count } else { $0 } } }
    }

    /// Reads on to the end.
    func outcome() async -> Outcome {
        var outcome = Outcome()
        for await event in events {
            switch event {
            case .head(let status): outcome.status = status
            case .body(let bytes): outcome.body += bytes
            case .ended, .failed:
                outcome.last = event
                return outcome
            case .connected: break
            }
        }
        return outcome
    }

    func wait(for isWanted: (Seen) -> Bool) async -> Bool {
        for await event in events where isWanted(event) { return true }
        return false
    }

    func waitForHead() async -> Bool { await wait { if case .head = $0 { true } else { false } } }

    func cancel() async throws { try await onLoop { $0.cancel() } }
    func letFinish() async throws { try await onLoop { $0.letFinish() } }
    func pause() async throws { try await onLoop { $0.pause() } }
    func resume() async throws { try await onLoop { $0.resume() } }

    private func onLoop(_ act: @escaping @Sendable (UpstreamCall) -> Void) async throws {
        try await loop.submit { [call] in act(call.value) }.get()
    }
}
