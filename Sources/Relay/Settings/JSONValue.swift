/// A JSON value as it stands in a file: the order of members is kept, and each value and key knows its place.
struct JSONValue: Sendable {
    /// What the value holds. A number keeps its text, so that no digit is lost before its type is known.
    indirect enum Content: Sendable, Equatable {
        case null
        case bool(Bool)
        case number(String)
        case string(String)
        case array([JSONValue])
        case object([Member])
    }

    /// One key of an object and its value.
    struct Member: Sendable, Equatable {
        var key: String
        var position = Position.none
        var value: JSONValue

        /// Keys that begin with two underscores are comments and mean nothing.
        var isComment: Bool { key.hasPrefix("__") }

        static func == (left: Member, right: Member) -> Bool { left.key == right.key && left.value == right.value }
    }

    /// Line and column, both from 1; columns count Unicode scalars.
    struct Position: Sendable, Equatable {
        var line: Int
        var column: Int

        /// Of values that were made, not read.
        static let none = Position(line: 0, column: 0)
    }

    var content: Content
    var position = Position.none
    /// Whether the text came out of a `${VARIABLE}`, and may thus stand for a number or a switch.
    var isExpanded = false

    /// The members that are no comments; empty when this is no object.
    var members: [Member] {
        guard case .object(let members) = content else { return [] }
        return members.filter { !$0.isComment }
    }

    /// The value of a key of this object.
    subscript(key: String) -> JSONValue? { members.first { $0.key == key }?.value }

    var isNull: Bool { content == .null }

    /// A whole number: `30`, also `30.0` and `3e1`; `nil` when it is none or does not fit.
    var integer: Int? {
        guard case .number(let text) = content else { return nil }
        if let whole = Int(text) { return whole }
        return Double(text).flatMap { Int(exactly: $0) }
    }

    /// A finite number.
    var double: Double? {
        guard case .number(let text) = content, let number = Double(text), number.isFinite else { return nil }
        return number
    }

    /// The text of a string.
    var string: String? {
        guard case .string(let text) = content else { return nil }
        return text
    }

    /// The elements of a list.
    var array: [JSONValue]? {
        guard case .array(let elements) = content else { return nil }
        return elements
    }

    /// What it is, for messages: `a number`.
    var kind: String {
        switch content {
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "a text"
        case .array: "a list"
        case .object: "an object"
        }
    }
}

extension JSONValue: Equatable {
    /// Equal in content; where the values stood does not matter.
    static func == (left: JSONValue, right: JSONValue) -> Bool { left.content == right.content }
}

extension JSONValue {
    static let null = JSONValue(content: .null)
    static func bool(_ value: Bool) -> JSONValue { JSONValue(content: .bool(value)) }
    static func number(_ value: Int) -> JSONValue { JSONValue(content: .number(String(value))) }
    static func string(_ value: String) -> JSONValue { JSONValue(content: .string(value)) }
    static func array(_ values: [JSONValue]) -> JSONValue { JSONValue(content: .array(values)) }

    /// `3` for 3.0, since nobody writes the fraction of a whole number.
    static func number(_ value: Double) -> JSONValue {
        Int(exactly: value).map(JSONValue.number) ?? JSONValue(content: .number("\(value)"))
    }

    static func object(_ members: [(String, JSONValue)]) -> JSONValue {
        JSONValue(content: .object(members.map { Member(key: $0.0, value: $0.1) }))
    }
}
