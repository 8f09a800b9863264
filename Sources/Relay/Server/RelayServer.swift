import Clients
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// The listener and the event loops behind it: started once, drained and stopped once.
final class RelayServer: Sendable {
    let gateway: Gateway
    let port: Int
    private let channel: any Channel
    private let services: [NIOLoopBound<LoopServices>]
    private let names: NameResolver
    private let logger: Logger

    private init(
        gateway: Gateway,
        port: Int,
        channel: any Channel,
        services: [NIOLoopBound<LoopServices>],
        names: NameResolver,
        logger: Logger
    ) {
        self.gateway = gateway
        self.port = port
        self.channel = channel
        self.services = services
        self.names = names
        self.logger = logger
    }

    /// Binds the socket; from then on requests are served. The group's loops carry clients and providers alike.
    static func start(
        _ gateway: Gateway,
        group: MultiThreadedEventLoopGroup,
        names: NameResolver,
        logger: Logger
    ) async throws -> RelayServer {
        let connectTimeout = Duration.seconds(gateway.settings.http.connectTimeoutSeconds)
        var services: [NIOLoopBound<LoopServices>] = []
        for loop in group.makeIterator() {
            services.append(
                try await loop.submit {
                    NIOLoopBound(
                        LoopServices(loop: loop, names: names, connectTimeout: connectTimeout),
                        eventLoop: loop
                    )
                }
                .get()
            )
        }
        let byLoop = Dictionary(uniqueKeysWithValues: services.map { (ObjectIdentifier($0.eventLoop), $0) })
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // A history of usual length comes in one read, and stays where it was read to.
            .childChannelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 2048, maximum: 128 * 1024)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let services = byLoop[ObjectIdentifier(channel.eventLoop)]?.value else {
                        throw ChannelError.inappropriateOperationForState
                    }
                    try configure(channel, gateway: gateway, services: services)
                }
            }
        let channel = try await bind(bootstrap, gateway.settings.server)
        return RelayServer(
            gateway: gateway,
            port: channel.localAddress?.port ?? gateway.settings.server.port,
            channel: channel,
            services: services,
            names: names,
            logger: logger
        )
    }

    /// - Throws: `ConfigurationError` where the address cannot be listened on.
    private static func bind(_ bootstrap: ServerBootstrap, _ settings: Settings.Server) async throws -> any Channel {
        do {
            return try await bootstrap.bind(host: settings.host, port: settings.port).get()
        } catch {
            throw ConfigurationError(faults: [
                ConfigurationFault(
                    file: "server",
                    path: "\(settings.host):\(settings.port)",
                    message: "cannot be listened on: \(ConnectFailure.text(error))",
                    remedy: "Stop what listens there, or take another port with --port."
                )
            ])
        }
    }

    private static func configure(_ channel: any Channel, gateway: Gateway, services: LoopServices) throws {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderListSize = ConnectionGate.maxHeadBytes
        limits.maxHeaderFieldSize = ConnectionGate.maxHeadBytes
        let gate = ConnectionGate()
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(gate)
        try pipeline.addHandler(
            ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: limits))
        )
        let client = ClientConnection(gateway: gateway, services: services, gate: gate)
        gate.client = client
        try pipeline.addHandler(client)
    }

    /// Takes no new connections, lets calls under way finish for at most `drain`, then stops.
    func stop(drain: Duration) async throws {
        gateway.isDraining.store(true, ordering: .relaxed)
        try? await channel.close()
        gateway.connections.closeIdle()
        let deadline = ContinuousClock.now.advanced(by: drain)
        while gateway.connections.count > 0, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(20))
        }
        let left = gateway.connections.count
        if left > 0 { logger.warning("Stopping with connections still open", metadata: ["connections": "\(left)"]) }
        for entry in services { try? await entry.eventLoop.submit { entry.value.pool.closeIdle() }.get() }
        names.shutdown()
    }
}
