/// Reads provider_model_limits.json: which providers there are, what each serves, and what may be used of it.
enum Catalog {
    /// The providers in the file's order, those with faults left out.
    ///
    /// - Parameter root: the file's value as it was read; variables are expanded here, provider by provider, since
    ///   what a disabled provider lacks is no fault.
    static func read(
        _ root: JSONValue,
        file: String,
        environment: EnvironmentVariables,
        findings: ConfigurationFindings
    ) -> [Provider] {
        var reader = ObjectReader(root, path: [], file: file, findings: findings)
        guard case .object = root.content, let list = reader.value("providers"), case .array(let entries) = list.content
        else {
            findings.fault(
                file,
                root.position,
                "providers",
                "there is no list of providers",
                "Write {\"providers\": […]}."
            )
            return []
        }
        reader.finish()
        var seen: [String: Int] = [:]
        var providers: [Provider] = []
        for (index, entry) in entries.enumerated() {
            let path = ["providers", "[\(index)]"]
            guard case .object = entry.content else {
                let place = ConfigurationFault.path(path)
                findings.fault(file, entry.position, place, "is \(entry.kind)", "Write one object per provider.")
                continue
            }
            let expanded = expand(entry, path: path, file: file, environment: environment, findings: findings)
            let object = ObjectReader(expanded, path: path, file: file, findings: findings)
            guard let provider = ProviderReader.read(object, environment: environment) else { continue }
            if let line = seen.updateValue(entry.position.line, forKey: provider.name.lowercased()) {
                let message = "the name \(provider.name) already stands on line \(line)"
                object.fault(entry.position, ["name"], message, "Give each provider a name of its own.")
            }
            providers.append(provider)
        }
        return providers
    }

    private static func expand(
        _ entry: JSONValue,
        path: [String],
        file: String,
        environment: EnvironmentVariables,
        findings: ConfigurationFindings
    ) -> JSONValue {
        // Nothing is called of a disabled provider, so that nothing it names needs to be set.
        let isDisabled = entry["enabled"] == .bool(false)
        let required = (try? entry["requires_env"].map([String].read)) ?? []
        let expansion = VariableExpansion(
            environment: environment,
            file: file,
            findings: isDisabled ? ConfigurationFindings() : findings,
            optional: Set(required)
        )
        return expansion.expand(entry, path: path)
    }
}

extension DialectName: SettingChoice {}

extension DayReset: SettingChoice {
    static let otherNames = ["america/los_angeles": DayReset.pacific]
}

extension RateLimits {
    /// The seven axes; -1 and absence are no limit.
    init(_ object: ObjectReader) {
        var object = object
        for axis in Self.members { self[keyPath: axis.path] = object.count(axis.name) }
        object.finish()
    }
}
