/// One setting: its name, what it is for, and how it is read, checked and shown.
///
/// The file, the environment, the flags, `relay settings` and the documentation all go by the same entry.
struct SettingKey: Sendable {
    /// `server.port`
    let path: String
    /// What it does, in one sentence for the documentation.
    let summary: String
    let unit: String?
    /// Type and range, for the documentation.
    let typeName: String
    /// Shown only as set or not.
    let isSecret: Bool
    /// Variables that set it, the first found counts.
    let variables: [String]
    private let take: @Sendable (JSONValue, inout Settings) throws(SettingProblem) -> Void
    private let takeText: @Sendable (String, inout Settings) throws(SettingProblem) -> Void
    private let get: @Sendable (Settings) -> JSONValue

    init<Value: SettingValue>(
        _ path: String,
        _ property: any WritableKeyPath<Settings, Value> & Sendable,
        _ summary: String,
        unit: String? = nil,
        check: SettingCheck<Value> = .any,
        isSecret: Bool = false,
        variables: [String] = []
    ) {
        self.path = path
        self.summary = summary
        self.unit = unit
        self.typeName = Value.typeName + (check.requirement.map { " \($0)" } ?? "")
        self.isSecret = isSecret
        self.variables = ["RELAY_" + path.uppercased().map { $0 == "." ? "_" : $0 }] + variables
        take = { (json, settings) throws(SettingProblem) in
            let value = try Value.read(json)
            try check.require(value, at: json.position, isSecret: isSecret)
            settings[keyPath: property] = value
        }
        takeText = { (text, settings) throws(SettingProblem) in
            let value = try Value.read(text: text)
            try check.require(value, at: .none, isSecret: isSecret)
            settings[keyPath: property] = value
        }
        get = { $0[keyPath: property].json }
    }

    var section: String { String(path.prefix { $0 != "." }) }
    var name: String { String(path.drop { $0 != "." }.dropFirst()) }

    /// Sets it from a file. An explicit `null` is the same as leaving the key out.
    func apply(_ json: JSONValue, to settings: inout Settings) throws(SettingProblem) {
        if !json.isNull { try take(json, &settings) }
    }

    /// Sets it from a variable or a flag.
    func apply(text: String, to settings: inout Settings) throws(SettingProblem) {
        try takeText(text, &settings)
    }

    func value(in settings: Settings) -> JSONValue { get(settings) }

    /// The value as it is shown; a secret is masked.
    func shown(in settings: Settings) -> String {
        let value = get(settings)
        if isSecret, !value.isNull { return "********" }
        return value.isNull ? "none" : JSONWriter.compact(value)
    }
}

/// A range or form that a setting must keep to beyond its type.
struct SettingCheck<Value: Sendable>: Sendable {
    /// As it follows the type's name: `from 1 to 65535`; `nil` when anything goes.
    let requirement: String?
    let allows: @Sendable (Value) -> Bool

    static var any: SettingCheck { SettingCheck(requirement: nil) { _ in true } }

    /// The same check for a setting that may be absent.
    static func ifSet<Wrapped>(_ check: SettingCheck<Wrapped>) -> SettingCheck where Value == Wrapped? {
        SettingCheck(requirement: check.requirement) { $0.map(check.allows) ?? true }
    }

    fileprivate func require(
        _ value: Value,
        at position: JSONValue.Position,
        isSecret: Bool
    ) throws(SettingProblem) where Value: SettingValue {
        if allows(value) { return }
        let shown = isSecret ? "the value" : JSONWriter.compact(value.json)
        let remedy = "Use a value \(requirement ?? "that is allowed")."
        throw SettingProblem(message: "\(shown) is not allowed", remedy: remedy, position: position)
    }
}

extension SettingCheck where Value: Comparable & SettingValue {
    static func between(_ low: Value, _ high: Value) -> SettingCheck {
        SettingCheck(requirement: "from \(shown(low)) to \(shown(high))") { $0 >= low && $0 <= high }
    }

    static func atLeast(_ low: Value) -> SettingCheck {
        SettingCheck(requirement: "from \(shown(low))") { $0 >= low }
    }

    static func above(_ low: Value) -> SettingCheck { SettingCheck(requirement: "above \(shown(low))") { $0 > low } }

    private static func shown(_ value: Value) -> String { JSONWriter.compact(value.json) }
}

extension SettingCheck<String> {
    static var notEmpty: SettingCheck { SettingCheck(requirement: "that is not empty") { !$0.isEmpty } }

    /// A field name of HTTP (RFC 9110 §5.1).
    static var headerName: SettingCheck {
        SettingCheck(requirement: "that can name a header") { name in
            let others = "!#$%&'*+-.^_`|~"
            return !name.isEmpty
                && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || others.contains($0)) }
        }
    }

    /// Sent in a header: visible ASCII without blanks.
    static var credential: SettingCheck {
        SettingCheck(requirement: "without blanks and control characters") { key in
            !key.isEmpty && key.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        }
    }
}
