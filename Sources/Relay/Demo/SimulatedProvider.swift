import NIOCore
import NIOHTTP1
import NIOPosix

/// A provider that is none: a real HTTP server on loopback that checks what it receives as a
/// provider would, answers as its behaviour says, and goes wrong where it is told to.
///
/// `relay demo` puts Relay in front of several; the tests use it as the far side. Responses are written as raw
/// bytes, so that broken framing can be played too.
final class SimulatedProvider: Sendable {
    /// One request as it arrived.
    struct ReceivedRequest: Sendable {
        enum Outcome: Sendable, Equatable {
            case underWay
            case answered(Int)
            /// The provider broke it off.
            case broken
            /// The client left before the end.
            case cancelled
        }

        /// The connection it came on, counted from 1.
        var connection: Int
        var method: String
        /// Without its query.
        var path: String
        var query = ""
        var headers: [(name: String, value: String)]
        var body: [UInt8] = []
        var arrival: ContinuousClock.Instant
        var outcome: Outcome = .underWay
        /// What was wrong with it; `nil` where it passed.
        var complaint: String?
        /// What it asks, as its dialect understood it; `nil` where that could not be read.
        var call: SimulatedCall?

        var text: String { String(decoding: body, as: UTF8.self) }
        /// The body; `.null` where it is not JSON.
        var json: SimulatedJSON { (try? SimulatedJSON.parse(body)) ?? .null }
        /// The first header of that name, whatever its case.
        func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }
    }

    struct Tally: Sendable, Equatable {
        /// Opened since the start.
        var connections = 0
        var openConnections = 0
        var requests = 0
        var answered = 0
        /// Of `answered`, with 429.
        var refused = 0
        var broken = 0
        var cancelled = 0
    }

    let port: Int
    private let ledger: SimulatedLedger
    private let listener: any Channel
    private let connections: SimulatedConnections
    private let ownGroup: MultiThreadedEventLoopGroup?

    private init(
        listener: any Channel,
        ledger: SimulatedLedger,
        connections: SimulatedConnections,
        ownGroup: MultiThreadedEventLoopGroup?
    ) {
        self.listener = listener
        self.ledger = ledger
        self.connections = connections
        self.ownGroup = ownGroup
        port = listener.localAddress?.port ?? 0
    }

    /// Listens on 127.0.0.1; port 0 takes a free one. Without a group it makes one thread of its own.
    static func start(
        on group: (any EventLoopGroup)? = nil,
        port: Int = 0,
        behavior: Behavior = .init(),
        seed: UInt64 = 1
    ) async throws -> SimulatedProvider {
        let ownGroup = group == nil ? MultiThreadedEventLoopGroup(numberOfThreads: 1) : nil
        let ledger = SimulatedLedger(behavior: behavior, seed: seed)
        let connections = SimulatedConnections()
        do {
            let listener = try await ServerBootstrap(group: group ?? ownGroup ?? MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.backlog, value: 1024)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        connections.add(channel)
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
                        try pipeline.addHandler(SimulatedConnection(ledger: ledger))
                    }
                }
                .bind(host: "127.0.0.1", port: port)
                .get()
            return SimulatedProvider(listener: listener, ledger: ledger, connections: connections, ownGroup: ownGroup)
        } catch {
            try await ownGroup?.shutdownGracefully()
            throw error
        }
    }

    /// What Relay's catalog calls `base_url`.
    var baseURL: String { "http://127.0.0.1:\(port)\(behavior.dialect.basePath)" }

    /// In the order they arrived; the last 10,000.
    var received: [ReceivedRequest] { ledger.withState { $0.received } }

    /// Of those, the calls of a model.
    var calls: [ReceivedRequest] { received.filter { $0.method == "POST" } }

    var tally: Tally { ledger.withState { $0.tally } }

    /// May be changed while it runs; calls under way keep the one they began with.
    var behavior: Behavior {
        get { ledger.withState { $0.behavior } }
        set { ledger.withState { $0.behavior = newValue } }
    }

    /// Adds to the faults that the next calls meet, one each, in order.
    func play(_ faults: Fault...) {
        ledger.withState { $0.faults += faults }
    }

    func forgetReceived() {
        ledger.withState { state in
            state.dropped += state.received.count
            state.received = []
        }
    }

    /// Closes idle and busy connections, as a provider does that goes away for good or for a restart.
    func dropConnections() async {
        await connections.closeAll()
    }

    /// Stops listening, closes every connection. The port can be taken again at once.
    func shutdown() async throws {
        try await listener.close()
        await connections.closeAll()
        try await ownGroup?.shutdownGracefully()
    }
}
