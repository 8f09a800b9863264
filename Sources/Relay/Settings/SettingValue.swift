/// A type that a setting can have.
protocol SettingValue: Sendable, Equatable {
    /// As the documentation names it.
    static var typeName: String { get }
    static func read(_ json: JSONValue) throws(SettingProblem) -> Self
    /// Reads what an environment variable or a flag holds.
    static func read(text: String) throws(SettingProblem) -> Self
    var json: JSONValue { get }
}

/// Why a value cannot be taken.
struct SettingProblem: Error, Equatable {
    var message: String
    var remedy: String
    /// Names of the members within the value that lead to the culprit.
    var path: [String] = []
    var position = JSONValue.Position.none

    /// The same problem, seen from the object whose member `name` has it.
    func inside(_ name: String) -> SettingProblem {
        var outer = self
        outer.path.insert(name, at: 0)
        return outer
    }

    static func wrongType(_ json: JSONValue, _ wanted: String) -> SettingProblem {
        SettingProblem(message: "is \(json.kind)", remedy: "Use \(wanted).", position: json.position)
    }

    static func unknownName(_ name: String, among names: [String], at position: JSONValue.Position) -> SettingProblem {
        let nearest = NearestName.nearest(to: name, among: names)
        let remedy = nearest.map { "Did you mean \($0)?" } ?? "Use one of \(names.joined(separator: ", "))."
        return SettingProblem(message: "there is no such key", remedy: remedy, position: position)
    }
}

extension SettingValue {
    /// Complex values are given as JSON.
    static func read(text: String) throws(SettingProblem) -> Self {
        let (value, faults) = JSONReader.read(Array(text.utf8), file: "")
        guard let value, faults.isEmpty else {
            let why = faults.first.map { "is no JSON: \($0.message)" } ?? "is no JSON"
            throw SettingProblem(message: why, remedy: faults.first?.remedy ?? "Use a JSON value.")
        }
        return try read(value)
    }
}

extension Int: SettingValue {
    static let typeName = "integer"

    static func read(_ json: JSONValue) throws(SettingProblem) -> Int {
        if let number = json.integer { return number }
        if json.isExpanded, case .string(let text) = json.content { return try read(text: text) }
        throw .wrongType(json, "a whole number")
    }

    static func read(text: String) throws(SettingProblem) -> Int {
        guard let number = Int(text) else {
            throw SettingProblem(message: "'\(text)' is no whole number", remedy: "Use digits only.")
        }
        return number
    }

    var json: JSONValue { .number(self) }
}

extension Double: SettingValue {
    static let typeName = "number"

    static func read(_ json: JSONValue) throws(SettingProblem) -> Double {
        if let number = json.double { return number }
        if json.isExpanded, case .string(let text) = json.content { return try read(text: text) }
        throw .wrongType(json, "a number")
    }

    static func read(text: String) throws(SettingProblem) -> Double {
        guard let number = Double(text), number.isFinite else {
            throw SettingProblem(message: "'\(text)' is no number", remedy: "Use digits, as in 0.8.")
        }
        return number
    }

    var json: JSONValue { .number(self) }
}

extension Bool: SettingValue {
    static let typeName = "true or false"

    static func read(_ json: JSONValue) throws(SettingProblem) -> Bool {
        if case .bool(let flag) = json.content { return flag }
        if json.isExpanded, case .string(let text) = json.content { return try read(text: text) }
        throw .wrongType(json, "true or false, without quotes")
    }

    static func read(text: String) throws(SettingProblem) -> Bool {
        switch text.lowercased() {
        case "true", "yes", "on", "1": return true
        case "false", "no", "off", "0": return false
        default: throw SettingProblem(message: "'\(text)' is no switch", remedy: "Use true or false.")
        }
    }

    var json: JSONValue { .bool(self) }
}

extension String: SettingValue {
    static let typeName = "text"

    static func read(_ json: JSONValue) throws(SettingProblem) -> String {
        guard case .string(let text) = json.content else { throw .wrongType(json, "a text in double quotes") }
        return text
    }

    static func read(text: String) throws(SettingProblem) -> String { text }

    var json: JSONValue { .string(self) }
}
