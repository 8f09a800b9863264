/// The names under which a provider's models are addressed.
struct ProviderNames: Sendable {
    /// As the catalog writes it.
    let name: String
    /// Routes by lower-case model id.
    var models: [String: [Int]] = [:]
}

/// Makes accounts and routes of providers, models and keys.
struct RouteTableBuilder {
    private(set) var routes: [Route] = []
    private(set) var accounts: [ProviderAccount] = []
    private(set) var traits: [RouteTraits] = []
    private(set) var providers: [String: ProviderNames] = [:]
    private(set) var routesByModel: [String: [Int]] = [:]
    private(set) var routesByFamily: [String: [Int]] = [:]
    private let policy: BreakerPolicy
    private let usage: UsageLedger
    private let former: [Route]

    init(policy: BreakerPolicy, usage: UsageLedger, former: [Route] = []) {
        self.policy = policy
        self.usage = usage
        self.former = former
    }

    /// One account per key, one route per model and key.
    mutating func add(_ usable: UsableProvider, ordinal: Int) {
        let provider = usable.provider
        let models = provider.models.filter(\.enabled)
        let keys: [APIKey?] = usable.keys.isEmpty ? [nil] : usable.keys
        let keyAccounts = keys.enumerated()
            .map { number, key in
                if let account = formerAccount(of: provider, key: key) { return account }
                var keyPolicy = policy
                keyPolicy.seed &+= UInt64(number)
                let account = ProviderAccount(
                    providerName: provider.name,
                    fingerprint: key?.fingerprint ?? "",
                    models: models.map(\.name),
                    accountLimits: provider.accountLimits,
                    dayReset: provider.dayReset,
                    concurrency: provider.concurrency,
                    routes: models.map(\.limits),
                    policy: keyPolicy
                )
                // Its models have changed; what was known of those that stayed still holds.
                let known = former.first { $0.provider.name == provider.name && $0.key?.secret == key?.secret }?.account
                if let known { account.takeOver(known, at: .read()) }
                return account
            }
        accounts += keyAccounts
        for (slot, model) in models.enumerated() {
            for (key, account) in zip(keys, keyAccounts) {
                add(
                    Route(
                        index: routes.count,
                        provider: provider,
                        model: model,
                        key: key,
                        account: account,
                        slot: slot,
                        experience: formerExperience(of: provider, model: model) ?? RouteExperience(),
                        usage: usage.counters(provider: provider.name, model: model.name)
                    )
                )
                traits.append(RouteTraits(provider: provider, ordinal: ordinal, model: model))
            }
        }
        let name = provider.name.lowercased()
        if providers[name] == nil { providers[name] = ProviderNames(name: provider.name) }
    }

    private func formerAccount(of provider: Provider, key: APIKey?) -> ProviderAccount? {
        former.first { $0.provider == provider && $0.key?.secret == key?.secret }?.account
    }

    private func formerExperience(of provider: Provider, model: Model) -> RouteExperience? {
        former.first { $0.provider.name == provider.name && $0.model.name == model.name }?.experience
    }

    private mutating func add(_ route: Route) {
        let id = route.model.name.lowercased()
        routesByModel[id, default: []].append(route.index)
        if route.model.type == .embedding {
            routesByFamily[route.model.embeddingFamilyName, default: []].append(route.index)
        }
        providers[route.provider.name.lowercased(), default: ProviderNames(name: route.provider.name)]
            .models[id, default: []].append(route.index)
        routes.append(route)
    }
}
