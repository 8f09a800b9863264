/// The keys found for each provider, in the order they are to be tried.
struct ProviderKeys: Sendable, Equatable {
    /// By the provider's name in lower case.
    private var keys: [String: [APIKey]] = [:]

    /// Looks up the variables of every provider: the first that is set, then `_2` to `_9` of any of them.
    /// A key that cannot be sent in a header is a fault.
    init(providers: [Provider], environment: EnvironmentVariables, findings: ConfigurationFindings) {
        for provider in providers where provider.enabled {
            let first = provider.apiKeyEnv.first { environment[$0] != nil }
            let more = (2...9).flatMap { number in provider.apiKeyEnv.map { "\($0)_\(number)" } }
            for name in [first].compactMap({ $0 }) + more {
                guard let variable = environment.variable(name) else { continue }
                guard SettingCheck.credential.allows(variable.value) else {
                    let place = variable.origin.place
                    let message = "the key holds a blank or another character that cannot be sent"
                    findings.fault(
                        place.file,
                        place.position,
                        name,
                        message,
                        "Copy the key again, without line breaks."
                    )
                    continue
                }
                add(APIKey(secret: variable.value, label: name), for: provider.name)
            }
        }
    }

    /// Keys from another place, such as the key store; a key that is there already is not added again.
    mutating func add(_ key: APIKey, for provider: String) {
        let name = provider.lowercased()
        if keys[name]?.contains(where: { $0.secret == key.secret }) == true { return }
        keys[name, default: []].append(key)
    }

    var all: [APIKey] { keys.values.flatMap(\.self) }

    subscript(provider: String) -> [APIKey] { keys[provider.lowercased()] ?? [] }
}
