import Clients
import Context
import FoundationEssentials
import Logging
import NIOCore
import NIOPosix
import Normalize
import Synchronization

/// A relay that serves: made of a configuration, until it is stopped.
final class RunningRelay: Sendable {
    let server: RelayServer
    let boot: Boot
    private let group: MultiThreadedEventLoopGroup
    private let threads: NIOThreadPool
    private let discovery: Task<Void, Never>?
    private let keeper: StateKeeper?
    private let isStopped = Atomic<Bool>(false)

    var port: Int { server.port }

    private init(
        server: RelayServer,
        boot: Boot,
        group: MultiThreadedEventLoopGroup,
        threads: NIOThreadPool,
        discovery: Task<Void, Never>?,
        keeper: StateKeeper?
    ) {
        self.server = server
        self.boot = boot
        self.group = group
        self.threads = threads
        self.discovery = discovery
        self.keeper = keeper
    }

    /// Checks everything, then binds the socket.
    ///
    /// - Parameter store: where what it learns outlives it; closed when it stops. Without one all is in memory.
    /// - Throws: `ConfigurationError` with every fault when Relay must not start.
    static func start(
        _ configuration: Configuration,
        store: Store? = nil,
        logger: Logger,
        imageRule: AddressRule = .publicInternet
    ) async throws -> RunningRelay {
        let loops = configuration.settings.server.eventLoops ?? min(2, System.coreCount)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, loops))
        let names = NameResolver()
        let keeper = store.map { StateKeeper($0, retention: configuration.settings.storage, logger: logger) }
        do {
            let client = SimpleClient(group: group, names: names)
            let boot = try Boot(configuration, client: client, requests: keeper?.requests)
            let (usable, discovered) = await boot.providers()
            try boot.report.verify(discovered: discovered)
            for warning in configuration.warnings { logger.warning("\(warning)") }
            // Tables that the first request would otherwise wait for.
            NormalizeRules.prepare()
            _ = TokenEstimator().tokens(in: RelayVersion.text)
            let threads = NIOThreadPool(numberOfThreads: 1)
            threads.start()
            let chain = try boot.chain(for: usable)
            let gateway = Gateway(
                settings: configuration.settings,
                chain: chain,
                office: Office(store: store),
                hopMark: boot.hopMark,
                threads: threads,
                images: ImageFetcher(tls: boot.tls, rule: imageRule, userAgent: "relay/\(RelayVersion.text)")
            )
            try keeper?.restore(gateway, at: .read())
            keeper?.start(gateway)
            let server = try await RelayServer.start(gateway, group: group, names: names, logger: logger)
            let discovery =
                usable.contains(where: \.provider.discoversModels)
                ? Task { await discoverEveryMinute(boot, gateway, discovered: discovered, logger) } : nil
            return RunningRelay(
                server: server,
                boot: boot,
                group: group,
                threads: threads,
                discovery: discovery,
                keeper: keeper
            )
        } catch {
            await keeper?.stop(nil)
            names.shutdown()
            try? await group.shutdownGracefully()
            throw error
        }
    }

    /// Local providers come and go; a list that has changed makes a new chain, in which everybody else goes on.
    private static func discoverEveryMinute(
        _ boot: Boot,
        _ gateway: Gateway,
        discovered: [String: Int],
        _ logger: Logger
    ) async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: .seconds(60)) } catch { return }
            let (usable, _) = await boot.providers()
            let former = gateway.chain.dispatch.table
            let known = Set(former.routes.map(\.name))
            let found = Set(
                usable.flatMap { entry in
                    entry.provider.models.filter(\.enabled).map { "\(entry.provider.name)/\($0.name)" }
                }
            )
            guard known != found else { continue }
            do {
                let chain = try boot.chain(for: usable, after: former)
                let places = Dictionary(
                    chain.dispatch.table.routes.map { ($0.name, $0.index) },
                    uniquingKeysWith: { first, _ in first }
                )
                chain.sessionAffinity.pins.remap { places[former.routes[$0].name] }
                gateway.replace(with: chain)
                logger.info("Models changed", metadata: ["models": "\(found.count)"])
            } catch {
                logger.warning("Discovered models could not be used", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Ends without dropping a call that can still finish within `drain`. Only the first time counts.
    func stop(drain: Duration) async throws {
        guard !isStopped.exchange(true, ordering: .relaxed) else { return }
        discovery?.cancel()
        try await server.stop(drain: drain)
        try await group.shutdownGracefully()
        try await threads.shutdownGracefully()
        await keeper?.stop(server.gateway)
        server.gateway.images.shutdown()
    }
}
