/// Writes a `JSONValue` in the order it is held.
enum JSONWriter {
    /// Over several lines, indented by two blanks, with a line end at the end. Lists of plain values stay on one line.
    static func pretty(_ value: JSONValue) -> String { write(value, Style(indent: "")) + "\n" }

    /// On one line, to be read.
    static func compact(_ value: JSONValue) -> String { write(value, Style()) }

    /// Without a blank, to be sent.
    static func minified(_ value: JSONValue) -> String { write(value, Style(blank: "")) }

    private struct Style {
        /// `nil` is all on one line.
        var indent: String?
        var blank = " "
    }

    private static func write(_ value: JSONValue, _ style: Style) -> String {
        switch value.content {
        case .null: "null"
        case .bool(let flag): flag ? "true" : "false"
        case .number(let text): text
        case .string(let text): quoted(text)
        case .array(let values):
            wrap(
                values.map { ("", $0) },
                "[",
                "]",
                values.contains(where: \.isNested) ? style : Style(blank: style.blank)
            )
        case .object(let members):
            wrap(members.map { ("\(quoted($0.key)):\(style.blank)", $0.value) }, "{", "}", style)
        }
    }

    private static func wrap(
        _ parts: [(label: String, value: JSONValue)],
        _ open: String,
        _ close: String,
        _ style: Style
    ) -> String {
        let inner = style.indent.map { $0 + "  " }
        let written = parts.map { $0.label + write($0.value, Style(indent: inner, blank: style.blank)) }
        guard let indent = style.indent, let inner, !parts.isEmpty else {
            return open + written.joined(separator: ",\(style.blank)") + close
        }
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
