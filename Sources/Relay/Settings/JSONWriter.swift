/// Writes a `JSONValue` in the order it is held.
enum JSONWriter {
    /// Over several lines, indented by two blanks, with a line end at the end. Lists of plain values stay on one line.
    static func pretty(_ value: JSONValue) -> String { write(value, indent: "") + "\n" }

    /// On one line.
    static func compact(_ value: JSONValue) -> String { write(value, indent: nil) }

    private static func write(_ value: JSONValue, indent: String?) -> String {
        switch value.content {
        case .null: "null"
        case .bool(let flag): flag ? "true" : "false"
        case .number(let text): text
        case .string(let text): quoted(text)
        case .array(let values):
            wrap(values.map { ("", $0) }, "[", "]", indent: values.contains(where: \.isNested) ? indent : nil)
        case .object(let members):
            wrap(members.map { ("\(quoted($0.key)): ", $0.value) }, "{", "}", indent: indent)
        }
    }

    private static func wrap(
        _ parts: [(label: String, value: JSONValue)],
        _ open: String,
        _ close: String,
        indent: String?
    ) -> String {
        let inner = indent.map { $0 + "  " }
        let written = parts.map { $0.label + write($0.value, indent: inner) }
        guard let indent, let inner, !parts.isEmpty else { return open + written.joined(separator: ", ") + close }
        return "\(open)\n\(inner)" + written.joined(separator: ",\n\(inner)") + "\n\(indent)\(close)"
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

extension JSONValue {
    /// Holds other values.
    fileprivate var isNested: Bool {
        switch content {
        case .array, .object: true
        default: false
        }
    }
}
