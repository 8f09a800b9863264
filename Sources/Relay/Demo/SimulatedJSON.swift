/// JSON as a simulated provider reads it: a value with its members in the order they came.
///
/// Apart from the reader on the byte path on purpose: what Relay sends is judged by code that Relay does not use.
indirect enum SimulatedJSON: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([SimulatedJSON])
    case object([Member])

    struct Member: Sendable, Equatable {
        var name: String
        var value: SimulatedJSON
    }

    /// Throws `SimulatedJSONParser.Fault` with the offset of the first byte that is wrong.
    static func parse(_ bytes: [UInt8]) throws(SimulatedJSONParser.Fault) -> SimulatedJSON {
        var parser = SimulatedJSONParser(bytes)
        return try parser.document()
    }

    static func parse(_ text: String) throws(SimulatedJSONParser.Fault) -> SimulatedJSON {
        try parse(Array(text.utf8))
    }

    /// The member of that name, the last one if there are several; `nil` for what is no object.
    subscript(name: String) -> SimulatedJSON? {
        members?.last { $0.name == name }?.value
    }

    /// The element at that position; `nil` for what is no array or is shorter.
    subscript(position: Int) -> SimulatedJSON? {
        guard let elements, elements.indices.contains(position) else { return nil }
        return elements[position]
    }

    var members: [Member]? {
        if case .object(let members) = self { members } else { nil }
    }

    var elements: [SimulatedJSON]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    var string: String? {
        if case .string(let string) = self { string } else { nil }
    }

    var number: Double? {
        if case .number(let number) = self { number } else { nil }
    }

    var integer: Int? {
        number.flatMap { Int(exactly: $0) }
    }

    var bool: Bool? {
        if case .bool(let bool) = self { bool } else { nil }
    }

    var isNull: Bool { self == .null }

    /// Written without blanks.
    var text: String {
        switch self {
        case .null: "null"
        case .bool(let bool): bool ? "true" : "false"
        case .number(let number): Int(exactly: number).map(String.init) ?? String(number)
        case .string(let string): Self.quoted(string)
        case .array(let elements): "[" + elements.map(\.text).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { Self.quoted($0.name) + ":" + $0.value.text }.joined(separator: ",") + "}"
        }
    }

    /// `text` as a JSON string with its quotation marks; what is not ASCII stays as it is.
    static func quoted(_ text: String) -> String {
        var out: [UInt8] = [UInt8(ascii: "\"")]
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): out += Array(#"\""#.utf8)
            case UInt8(ascii: "\\"): out += Array(#"\\"#.utf8)
            case 0x0A: out += Array(#"\n"#.utf8)
            case 0x0D: out += Array(#"\r"#.utf8)
            case 0x09: out += Array(#"\t"#.utf8)
            case 0..<0x20:
                out += Array(#"\u00"#.utf8) + Array((byte < 16 ? "0" : "").utf8) + Array(String(byte, radix: 16).utf8)
            default: out.append(byte)
            }
        }
        out.append(UInt8(ascii: "\""))
        return String(decoding: out, as: UTF8.self)
    }
}
