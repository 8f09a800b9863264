/// Undoes one level of escaping: `{\"a\": 1}`, a document written as the inside of a string.
enum JSONUnescape {
    /// The text with its escapes resolved; `nil` when its first bracket is not followed by an escaped quote.
    static func unescape(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard let bracket = text.firstIndex(where: { $0 == .openBrace || $0 == .openBracket }) else { return nil }
        var index = bracket + 1
        while index < text.endIndex {
            if text[index].isSpace || text[index] == .openBrace || text[index] == .openBracket {
                index += 1
            } else if text.matches([.backslash, 0x6E], at: index) || text.matches([.backslash, 0x72], at: index)
                || text.matches([.backslash, 0x74], at: index)
            {
                index += 2
            } else {
                break
            }
        }
        guard text.matches([.backslash, .doubleQuote], at: index) else { return nil }
        return resolve(text[bracket...])
    }

    private static func resolve(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = text.startIndex
        while index < text.endIndex {
            guard text[index] == .backslash, index + 1 < text.endIndex else {
                result.append(text[index])
                index += 1
                continue
            }
            switch text[index + 1] {
            case .doubleQuote: result.append(.doubleQuote)
            case .backslash: result.append(.backslash)
            case .slash: result.append(.slash)
            case 0x6E: result.append(.newline)
            case 0x72: result.append(.carriageReturn)
            case 0x74: result.append(.tab)
            default: result += text[index...(index + 1)]
            }
            index += 2
        }
        return result
    }
}
