/// Reads a `.env` file: `NAME=value` per line, `#` comments, an optional `export`, values bare or in quotes.
enum DotEnv {
    /// One assignment and the line it stands on.
    struct Assignment: Sendable, Equatable {
        var name: String
        var value: String
        var line: Int
    }

    /// The assignments in order, and the lines that are none.
    static func read(_ text: String) -> (assignments: [Assignment], unreadableLines: [Int]) {
        var assignments: [Assignment] = []
        var unreadable: [Int] = []
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        for (offset, raw) in lines.enumerated() {
            var line = (offset == 0 && raw.first == "\u{FEFF}" ? raw.dropFirst() : raw).trimmed
            if line.isEmpty || line.hasPrefix("#") { continue }
            if line.hasPrefix("export ") { line = line.dropFirst("export ".count).trimmed }
            guard let equals = line.firstIndex(of: "="), isName(line[..<equals].trimmed),
                let value = value(line[line.index(after: equals)...].trimmed)
            else {
                unreadable.append(offset + 1)
                continue
            }
            let name = String(line[..<equals].trimmed)
            assignments.append(Assignment(name: name, value: value, line: offset + 1))
        }
        return (assignments, unreadable)
    }

    /// In double quotes `\n`, `\t`, `\"` and `\\` are escapes; in single quotes nothing is; a bare value ends at ` #`.
    /// `nil` when a quote is not closed.
    private static func value(_ text: Substring) -> String? {
        guard let quote = text.first, quote == "\"" || quote == "'" else {
            if text.hasPrefix("#") { return "" }
            let comment = text.indices.first { text[$0].isWhitespace && text[text.index(after: $0)...].hasPrefix("#") }
            return String((comment.map { text[..<$0] } ?? text).trimmed)
        }
        var result = ""
        var rest = text.dropFirst()
        while let character = rest.popFirst() {
            if character == quote { return result }
            guard character == "\\", quote == "\"", let escape = rest.popFirst() else {
                result.append(character)
                continue
            }
            switch escape {
            case "n": result.append("\n")
            case "t": result.append("\t")
            case "\"", "\\", "$": result.append(escape)
            default: result += "\\\(escape)"
            }
        }
        return nil
    }

    private static func isName(_ text: Substring) -> Bool {
        guard let first = text.first, !first.isNumber else { return false }
        return text.allSatisfy { $0 == "_" || ($0.isASCII && ($0.isLetter || $0.isNumber)) }
    }
}

extension Substring {
    /// Without blanks at either end.
    var trimmed: Substring {
        var rest = drop { $0.isWhitespace }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return rest
    }
}
