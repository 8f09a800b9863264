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
    private let watches: [Task<Void, Never>]
    private let keeper: StateKeeper?
    private let isStopped = Atomic<Bool>(false)

    var port: Int { server.port }

    private init(
        server: RelayServer,
        boot: Boot,
        group: MultiThreadedEventLoopGroup,
        threads: NIOThreadPool,
        watches: [Task<Void, Never>],
        keeper: StateKeeper?
    ) {
        self.server = server
        self.boot = boot
        self.group = group
        self.threads = threads
        self.watches = watches
        self.keeper = keeper
    }

    /// Checks everything, then binds the socket.
    ///
    /// - Parameters:
    ///   - store: where what it learns outlives it; closed when it stops. Without one all is in memory.
    ///   - secrets: what the logger hides; told of every key.
    /// - Throws: `ConfigurationError` with every fault when Relay must not start.
    static func start(
        _ configuration: Configuration,
        store: Store? = nil,
        logger: Logger,
        secrets: LogSecrets = LogSecrets(),
        imageRule: AddressRule = .publicInternet
    ) async throws -> RunningRelay {
        secrets.add(configuration)
        let loops = configuration.settings.server.eventLoops ?? min(2, System.coreCount)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, loops))
        let names = NameResolver()
        let events = EventHub()
        let keeper = store.map {
            StateKeeper($0, retention: configuration.settings.storage, events: events, logger: logger)
        }
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
            let maintenance = store.map { CatalogMaintenance(catalog: configuration.catalog, store: $0) }
            let admin = try store.map { store in
                AdminDesk(
                    configuration: configuration,
                    store: store,
                    access: try AdminAccess(store, threads: threads)
                )
            }
            let gateway = Gateway(
                settings: configuration.settings,
                chain: chain,
                office: Office(store: store, maintenance: maintenance),
                admin: admin,
                events: events,
                health: KeyHealthWatch(
                    KeyCheck { try await boot.list($0, key: $1, timeout: .seconds($0.local ? 2 : 10)) }
                ),
                hopMark: boot.hopMark,
                threads: threads,
                images: ImageFetcher(tls: boot.tls, rule: imageRule, userAgent: "relay/\(RelayVersion.text)")
            )
            try keeper?.restore(gateway, at: .read())
            keeper?.start(gateway)
            let server = try await RelayServer.start(gateway, group: group, names: names, logger: logger)
            let renewal = ChainRenewal(boot, gateway, store: store, logger: logger, secrets: secrets)
            let probeMinutes = configuration.settings.health.probeMinutes
            let refreshHours = configuration.settings.catalog.refreshHours
            let watches: [Task<Void, Never>?] = [
                Task { await renewal.discoverEveryMinute() },
                Task { await renewal.watchStore() },
                probeMinutes > 0 ? Task { await gateway.health.watch(gateway, everyMinutes: probeMinutes) } : nil,
                probeMinutes > 0
                    ? Task { await RouteProbe(client, longestGap: probeMinutes * 60).watch(gateway) } : nil,
                maintenance.flatMap { maintenance in
                    guard refreshHours > 0 else { return nil }
                    return Task { await maintenance.watch(gateway, everyHours: refreshHours, logger: logger) }
                },
            ]
            return RunningRelay(
                server: server,
                boot: boot,
                group: group,
                threads: threads,
                watches: watches.compactMap(\.self),
                keeper: keeper
            )
        } catch {
            await keeper?.stop(nil)
            names.shutdown()
            try? await group.shutdownGracefully()
            throw error
        }
    }

    /// Ends without dropping a call that can still finish within `drain`. Only the first time counts.
    func stop(drain: Duration) async throws {
        guard !isStopped.exchange(true, ordering: .relaxed) else { return }
        for watch in watches { watch.cancel() }
        try await server.stop(drain: drain)
        for watch in watches { await watch.value }
        try await group.shutdownGracefully()
        try await threads.shutdownGracefully()
        await keeper?.stop(server.gateway)
        server.gateway.images.shutdown()
    }
}
