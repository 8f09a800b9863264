import Clients

/// Which providers can be used, which were left out and why, and whether Relay may start at all.
struct BootReport: Sendable {
    /// A provider and the keys it is called with; a keyless one has none.
    typealias Usable = (provider: Provider, keys: [APIKey])

    /// A provider that is not used.
    struct LeftOut: Sendable {
        var provider: Provider
        var reason: Reason
    }

    /// Why a provider is not used.
    enum Reason: Sendable, Equatable, CustomStringConvertible {
        case disabled(dataUse: String?)
        /// The owner's word, beside the catalog's file.
        case turnedOff
        case dialectNotSpoken(DialectName)
        case noKey(variables: [String])
        case notSet(variables: [String])
        case noModels

        var description: String {
            switch self {
            case .disabled(let dataUse):
                "disabled in the catalog" + (dataUse.map { " (data use: \($0))" } ?? "")
            case .turnedOff: "disabled by you; `relay models enable` takes it back"
            case .dialectNotSpoken(let dialect): "its dialect \(dialect.rawValue) is not spoken yet"
            case .noKey(let variables):
                variables.isEmpty
                    ? "no key; the catalog names no variable" : "no key; set \(Self.list(variables, "or"))"
            case .notSet(let variables): "set \(Self.list(variables, "and"))"
            case .noModels: "no enabled model"
            }
        }

        private static func list(_ names: [String], _ joint: String) -> String {
            guard let last = names.last, names.count > 1 else { return names.joined() }
            return "\(names.dropLast().joined(separator: ", ")) \(joint) \(last)"
        }
    }

    private(set) var usable: [Usable] = []
    private(set) var leftOut: [LeftOut] = []
    /// What forbids the start whatever the providers say.
    private(set) var faults: [ConfigurationFault] = []
    private let catalogPath: String

    init(configuration: Configuration, spokenDialects: Set<DialectName>) {
        catalogPath = configuration.catalogPath
        for provider in configuration.providers {
            let keys = Self.keys(of: provider, in: configuration)
            let reason = Self.reason(
                against: provider,
                keys: keys,
                isTurnedOff: configuration.catalogChanges[provider: provider.name].isEnabled == false,
                environment: configuration.environment,
                spokenDialects: spokenDialects
            )
            if let reason {
                leftOut.append(LeftOut(provider: provider, reason: reason))
            } else {
                usable.append((provider, keys))
            }
        }
        faults = Self.faults(of: configuration, usable: usable)
    }

    /// Throws when Relay must not start: an open listener, a provider that is Relay itself, or nothing to call.
    ///
    /// - Parameter discovered: how many models each discovering provider gave, by name. A local provider without a
    ///   model of its own counts as something to call only if it is named here, since it may not be running.
    func verify(discovered: [String: Int] = [:]) throws(ConfigurationError) {
        var faults = faults
        let isAnyoneThere = usable.contains { entry in
            let isCertain = !entry.provider.local || entry.provider.models.contains(where: \.enabled)
            return isCertain || (discovered[entry.provider.name] ?? 0) > 0
        }
        if !isAnyoneThere {
            let free = leftOut.compactMap { entry -> String? in
                guard case .noKey(let variables) = entry.reason, !entry.provider.paid else { return nil }
                return variables.last
            }
            let hint = free.isEmpty ? "" : ", such as \(free.prefix(3).joined(separator: ", "))"
            let remedy = "Set a key in the environment or in .env\(hint), or start a local server such as LM Studio."
            faults.append(
                ConfigurationFault(file: catalogPath, path: "", message: "no provider can be used", remedy: remedy)
            )
        }
        if !faults.isEmpty { throw ConfigurationError(faults: faults) }
    }

    /// One line per provider, the usable ones first.
    var lines: [String] {
        let used = usable.map { provider, keys in
            let models = provider.models.count(where: \.enabled)
            let found = provider.discoversModels ? [models > 0 ? "discovers more" : "discovers its models"] : []
            let known = models > 0 ? ["\(models) \(models == 1 ? "model" : "models")"] : []
            let access = keys.isEmpty ? "keyless" : "\(keys.count) \(keys.count == 1 ? "key" : "keys")"
            let paid = provider.paid ? ["paid: direct calls only, unless routing.allow_paid"] : []
            return "\(provider.name): " + (known + found + [access] + paid).joined(separator: ", ")
        }
        return used + leftOut.map { "\($0.provider.name): left out, \($0.reason)" }
    }

    // MARK: Providers

    private static func keys(of provider: Provider, in configuration: Configuration) -> [APIKey] {
        var keys = configuration.keys[provider.name]
        if keys.contains(where: { $0.isEnough(for: provider) }),
            provider.requiresEnv.contains(where: { configuration.environment[$0] == nil })
        {
            // The others lack what is not set.
            keys.removeAll { !$0.isEnough(for: provider) }
        }
        guard keys.isEmpty, let secret = provider.anonymousKey else { return keys }
        return [APIKey(secret: secret, label: "anonymous")]
    }

    private static func reason(
        against provider: Provider,
        keys: [APIKey],
        isTurnedOff: Bool,
        environment: EnvironmentVariables,
        spokenDialects: Set<DialectName>
    ) -> Reason? {
        if isTurnedOff { return .turnedOff }
        if !provider.enabled { return .disabled(dataUse: provider.dataUse) }
        if !spokenDialects.contains(provider.dialect) { return .dialectNotSpoken(provider.dialect) }
        if keys.isEmpty, !provider.keyless { return .noKey(variables: provider.apiKeyEnv) }
        let missing = provider.requiresEnv.filter { environment[$0] == nil }
        if !missing.isEmpty, !keys.contains(where: { $0.isEnough(for: provider) }) {
            return .notSet(variables: missing)
        }
        return provider.discoversModels || provider.models.contains(where: \.enabled) ? nil : .noModels
    }

    // MARK: Listener

    private static func faults(of configuration: Configuration, usable: [Usable]) -> [ConfigurationFault] {
        let server = configuration.settings.server
        var faults: [ConfigurationFault] = []
        if !server.isLoopback, server.apiKey == nil, !configuration.hasClientKeys {
            let place = configuration.origin(of: "server.host").place
            faults.append(
                ConfigurationFault(
                    file: place.file,
                    position: place.position,
                    path: "server.host",
                    message:
                        "\(server.host) can be reached from elsewhere, and there is neither a server.api_key nor a client key",
                    remedy: "Set RELAY_API_KEY, give out keys with `relay clients add`, or listen on 127.0.0.1."
                )
            )
        }
        for (provider, _) in usable where Endpoint(provider.baseURL)?.leads(to: server) == true {
            faults.append(
                ConfigurationFault(
                    file: configuration.catalogPath,
                    path: "\(provider.name).base_url",
                    message: "\(provider.baseURL) is Relay's own listener",
                    remedy: "Name the provider's address, or move Relay with server.port."
                )
            )
        }
        return faults
    }
}

extension APIKey {
    /// Whether nothing beside it need be set.
    fileprivate func isEnough(for provider: Provider) -> Bool {
        provider.dialect.dialect?.isEnough(key: secret) == true
    }
}
