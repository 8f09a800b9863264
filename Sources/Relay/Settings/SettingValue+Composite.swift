/// A closed set of words.
protocol SettingChoice: SettingValue, CaseIterable, RawRepresentable where RawValue == String {
    /// Words that mean the same, from earlier configurations.
    static var otherNames: [String: Self] { get }
}

extension SettingChoice {
    static var otherNames: [String: Self] { [:] }
    static var typeName: String { allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ") }

    static func read(_ json: JSONValue) throws(SettingProblem) -> Self {
        let names = allCases.map(\.rawValue)
        guard case .string(let text) = json.content else {
            throw .wrongType(json, "one of \(names.joined(separator: ", "))")
        }
        do throws(SettingProblem) {
            return try read(text: text)
        } catch {
            throw SettingProblem(message: error.message, remedy: error.remedy, position: json.position)
        }
    }

    static func read(text: String) throws(SettingProblem) -> Self {
        let word = text.lowercased()
        if let choice = Self(rawValue: word) ?? otherNames[word] { return choice }
        let names = allCases.map(\.rawValue)
        let hint = NearestName.hint(for: word, among: names)
        throw SettingProblem(
            message: "'\(text)' is not known",
            remedy: "Use one of \(names.joined(separator: ", ")).\(hint)"
        )
    }

    var json: JSONValue { .string(rawValue) }
}

extension Optional: SettingValue where Wrapped: SettingValue {
    static var typeName: String { Wrapped.typeName }

    /// A text that variables left empty is none, so that `"${RELAY_KEY:-}"` may be written.
    static func read(_ json: JSONValue) throws(SettingProblem) -> Wrapped? {
        let isNone = json.isNull || (json.isExpanded && json == .string(""))
        return isNone ? nil : try Wrapped.read(json)
    }

    static func read(text: String) throws(SettingProblem) -> Wrapped? {
        ["null", "none"].contains(text.lowercased()) ? nil : try Wrapped.read(text: text)
    }

    var json: JSONValue { map(\.json) ?? .null }
}

extension Array: SettingValue where Element == String {
    static var typeName: String { "list of texts" }

    static func read(_ json: JSONValue) throws(SettingProblem) -> [String] {
        guard case .array(let values) = json.content else { throw .wrongType(json, "a list of texts") }
        var texts: [String] = []
        for (index, value) in values.enumerated() {
            do throws(SettingProblem) {
                texts.append(try String.read(value))
            } catch {
                throw error.inside("[\(index)]")
            }
        }
        return texts
    }

    /// A JSON list, or texts separated by commas.
    static func read(text: String) throws(SettingProblem) -> [String] {
        if text.hasPrefix("[") {
            let (value, faults) = JSONReader.read(Array<UInt8>(text.utf8), file: "")
            guard let value, faults.isEmpty else {
                throw SettingProblem(message: "is no list", remedy: "Separate the texts by commas.")
            }
            return try read(value)
        }
        let parts = text.split(separator: ",").map { String($0.trimmed) }
        return parts.filter { !$0.isEmpty }
    }

    var json: JSONValue { .array(map(JSONValue.string)) }
}
