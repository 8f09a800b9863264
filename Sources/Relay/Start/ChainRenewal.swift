import Logging

/// Makes a new chain when what it was made of has changed: the models that providers have, the keys in the store, or what it
/// changes in the catalog. In the new one everybody goes on who was in the former.
actor ChainRenewal {
    private var boot: Boot
    private let gateway: Gateway
    private let store: Store?
    private let logger: Logger
    private let secrets: LogSecrets

    init(_ boot: Boot, _ gateway: Gateway, store: Store?, logger: Logger, secrets: LogSecrets) {
        self.secrets = secrets
        self.boot = boot
        self.gateway = gateway
        self.store = store
        self.logger = logger
    }

    /// Local providers come and go: asks every minute until it is cancelled.
    func discoverEveryMinute() async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: .seconds(60)) } catch { return }
            let usable = await boot.providers().usable
            let known = Set(gateway.chain.dispatch.table.routes.map(\.name))
            let found = Set(
                usable.flatMap { entry in
                    entry.provider.models.filter(\.enabled).map { "\(entry.provider.name)/\($0.name)" }
                }
            )
            guard known != found else { continue }
            renew(with: usable, because: "Models changed", count: found.count)
        }
    }

    /// Looks every second for what was changed in the store, until it is cancelled.
    func watchStore() async {
        guard let store else { return }
        var version = Store.Version()
        while !Task.isCancelled {
            do { try await Task.sleep(for: .seconds(1)) } catch { return }
            do {
                guard try store.hasChanged(since: &version) else { continue }
                gateway.gatekeeper.clients.replace(with: try store.clients())
                try gateway.admin?.access.reload()
                try await takeUp(store)
            } catch {
                logger.warning("What has changed in the store cannot be used", metadata: ["error": "\(error)"])
            }
        }
    }

    private func takeUp(_ store: Store) async throws {
        let former = boot.configuration
        let configuration = try former.adding(store)
        let hasNewKeys = configuration.keys != former.keys
        // Those that are discovered are not among the configuration's.
        let hasNewModels =
            configuration.providers != former.providers || configuration.catalogChanges != former.catalogChanges
        guard hasNewKeys || hasNewModels else { return }
        secrets.add(configuration)
        boot = boot.with(configuration)
        let usable = await boot.providers().usable
        if hasNewKeys {
            renew(with: usable, because: "Keys changed", count: usable.reduce(0) { $0 + $1.keys.count })
        } else {
            let count = usable.reduce(0) { $0 + $1.provider.models.count(where: \.enabled) }
            renew(with: usable, because: "Models changed", count: count)
        }
    }

    private func renew(with usable: [UsableProvider], because what: String, count: Int) {
        let former = gateway.chain.dispatch.table
        do {
            let chain = try boot.chain(for: usable, after: former)
            let known = Set(former.accounts.map(AccountName.init))
            let memories = try store?.accountMemories() ?? [:]
            for account in chain.dispatch.table.accounts where !known.contains(AccountName(account)) {
                // A key that was away for a while.
                if let memory = memories[AccountName(account)] { account.restore(memory, at: .read()) }
            }
            let places = Dictionary(
                chain.dispatch.table.routes.map { (PinnedRoute($0), $0.index) },
                uniquingKeysWith: { first, _ in first }
            )
            chain.sessionAffinity.pins.remap(to: chain.dispatch.table.version) {
                places[PinnedRoute(former.routes[$0])]
            }
            gateway.replace(with: chain)
            logger.info("\(what)", metadata: ["count": "\(count)"])
        } catch {
            logger.warning("\(what), and could not be used", metadata: ["error": "\(error)"])
        }
    }
}

/// A route across tables: its name and its key.
private struct PinnedRoute: Hashable {
    let name: String
    let fingerprint: String

    init(_ route: Route) {
        name = route.name
        fingerprint = route.account.fingerprint
    }
}
