import FoundationEssentials

/// The settings' file, as it is changed by who runs Relay. What is not changed keeps its order, comments and variables.
struct SettingsFile: Sendable {
    let path: String

    /// Why nothing was written.
    struct Fault: Error, Equatable, CustomStringConvertible {
        var description: String
    }

    /// Writes the file anew with these settings (`routing.strategy`), unless that would leave it with a fault.
    /// - Parameter changes: `null` takes a setting out, so that its default holds.
    func change(_ changes: [JSONValue.Member], environment: EnvironmentVariables) throws(Fault) {
        var root = try read()
        for change in changes {
            guard let key = SettingKey.byPath[change.key] else {
                let hint = NearestName.hint(for: change.key, among: SettingKey.all.map(\.path))
                throw Fault(description: "There is no setting '\(change.key)'.\(hint)")
            }
            var section = root[key.section] ?? .object([])
            section.set(key.name, change.value.isNull ? nil : change.value)
            root.set(key.section, section)
        }
        try check(root, environment)
        do throws(FileReplacement.Fault) {
            try FileReplacement.replace(path, with: JSONWriter.pretty(root))
        } catch {
            throw Fault(description: error.description)
        }
    }

    private func read() throws(Fault) -> JSONValue {
        guard FileManager.default.fileExists(atPath: path) else { return .object([]) }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Fault(description: "\(path) cannot be read.")
        }
        let (value, faults) = JSONReader.read(Array(data), file: path)
        guard let value, faults.isEmpty else {
            throw Fault(description: faults.map(\.description).joined(separator: " "))
        }
        return value
    }

    /// As at the next start.
    private func check(_ root: JSONValue, _ environment: EnvironmentVariables) throws(Fault) {
        let findings = ConfigurationFindings()
        var loader = SettingsLoader(findings: findings)
        let expansion = VariableExpansion(environment: environment, file: path, findings: findings)
        loader.applyFile(expansion.expand(root), file: path)
        loader.applyEnvironment(environment)
        loader.settle()
        // Values that were just sent stand in no line.
        let faults = findings.faults.map { "\($0.path): \($0.message). \($0.remedy)" }
        guard faults.isEmpty else { throw Fault(description: faults.joined(separator: " ")) }
    }
}

extension JSONValue {
    /// Sets a member where it stands, or behind the others; `nil` takes it out.
    fileprivate mutating func set(_ key: String, _ value: JSONValue?) {
        guard case .object(var members) = content else { return }
        let place = members.firstIndex { $0.key == key }
        switch (place, value) {
        case (let place?, let value?): members[place].value = value
        case (let place?, nil): members.remove(at: place)
        case (nil, let value?): members.append(Member(key: key, value: value))
        case (nil, nil): break
        }
        content = .object(members)
    }
}
