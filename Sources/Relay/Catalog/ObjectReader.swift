/// Reads the members of one JSON object by name. Faults and unknown names go to the findings.
struct ObjectReader {
    let json: JSONValue
    let path: [String]
    let file: String
    let findings: ConfigurationFindings
    /// Those that are no comments.
    let members: [JSONValue.Member]
    private var known: Set<String> = ["note"]

    init(_ json: JSONValue, path: [String], file: String, findings: ConfigurationFindings) {
        self.json = json
        members = json.members
        self.path = path
        self.file = file
        self.findings = findings
    }

    /// The value under the first of `names` that is there; an explicit `null` is the same as none.
    mutating func value(_ names: String...) -> JSONValue? { first(of: names)?.value }

    /// A value of a plain type; `nil`, with a fault unless it is absent, when it cannot be read.
    mutating func read<Value: SettingValue>(_ type: Value.Type, _ names: String...) -> Value? {
        guard let member = first(of: names) else { return nil }
        do throws(SettingProblem) {
            return try Value.read(member.value)
        } catch {
            let position = error.position == .none ? member.value.position : error.position
            fault(position, [member.key] + error.path, error.message, error.remedy)
            return nil
        }
    }

    /// A count from 1; -1 says that there is none.
    mutating func count(_ names: String...) -> Int? {
        guard let member = first(of: names) else { return nil }
        guard let number = try? Int.read(member.value), number > 0 || number == -1 else {
            let remedy = "Use a whole number from 1, or -1 for none."
            fault(member.value.position, [member.key], "\(JSONWriter.compact(member.value)) is not allowed", remedy)
            return nil
        }
        return number == -1 ? nil : number
    }

    /// Seconds above 0.
    mutating func seconds(_ name: String) -> Double? {
        guard let member = first(of: [name]) else { return nil }
        guard let number = try? Double.read(member.value), number > 0 else {
            let message = "\(JSONWriter.compact(member.value)) is not allowed"
            fault(member.value.position, [name], message, "Use a number of seconds above 0.")
            return nil
        }
        return number
    }

    /// The reader of a nested object; without members where there is none.
    mutating func object(_ name: String) -> ObjectReader {
        let value = first(of: [name])?.value ?? .object([])
        if case .object = value.content {
        } else {
            fault(value.position, [name], "is \(value.kind)", "Use an object.")
        }
        return ObjectReader(value, path: path + [name], file: file, findings: findings)
    }

    /// The members of a nested object whose names are free, each as text.
    mutating func texts(_ name: String) -> [(name: String, text: String, position: JSONValue.Position)] {
        var reader = object(name)
        return reader.members.compactMap { member in
            reader.read(String.self, member.key).map { (member.key, $0, member.value.position) }
        }
    }

    /// Warns of the members that nobody asked for. Called last.
    func finish() {
        for member in members where !known.contains(member.key) {
            let meant = NearestName.nearest(to: member.key, among: known).map { "; did you mean \($0)?" } ?? ""
            let place = ConfigurationFault.path(path + [member.key])
            findings.warn(file, member.position, place, "is not known and has no effect\(meant)")
        }
    }

    func fault(_ position: JSONValue.Position, _ inner: [String], _ message: String, _ remedy: String) {
        findings.fault(file, position, ConfigurationFault.path(path + inner), message, remedy)
    }

    private mutating func first(of names: [String]) -> JSONValue.Member? {
        known.formUnion(names)
        let members = members
        return names.lazy.compactMap { name in members.first { $0.key == name && !$0.value.isNull } }.first
    }
}
