/// The parts of a valid JSON text, without building a tree of it.
enum JSONMembers {
    /// The members of an object in their order; `nil` when it is none.
    static func members(of text: ArraySlice<UInt8>) -> [(name: String, value: ArraySlice<UInt8>)]? {
        let object = text.trimmingSpace()
        guard object.first == .openBrace else { return nil }
        var members: [(name: String, value: ArraySlice<UInt8>)] = []
        for part in parts(of: object) {
            guard let end = stringEnd(in: part, from: part.startIndex) else { return nil }
            let name = string(part[..<end]) ?? ""
            let value = part[end...].drop { $0 != .colon }.dropFirst().trimmingSpace()
            members.append((name, value))
        }
        return members
    }

    /// The elements of an array; `nil` when it is none.
    static func elements(of text: ArraySlice<UInt8>) -> [ArraySlice<UInt8>]? {
        let array = text.trimmingSpace()
        return array.first == .openBracket ? parts(of: array) : nil
    }

    /// The text of a JSON string; `nil` when it is none.
    static func string(_ text: ArraySlice<UInt8>) -> String? {
        let literal = text.trimmingSpace()
        guard literal.count >= 2, literal.first == .doubleQuote, literal.last == .doubleQuote else { return nil }
        var units: [UInt8] = []
        var index = literal.startIndex + 1
        while index < literal.endIndex - 1 {
            guard literal[index] == .backslash else {
                units.append(literal[index])
                index += 1
                continue
            }
            index += 1
            switch literal[index] {
            case 0x62: units.append(0x08)
            case 0x66: units.append(0x0C)
            case 0x6E: units.append(.newline)
            case 0x72: units.append(.carriageReturn)
            case 0x74: units.append(.tab)
            case 0x75: index = appendCharacter(in: literal, at: index, to: &units)
            default: units.append(literal[index])
            }
            index += 1
        }
        return String(decoding: units, as: UTF8.self)
    }

    /// The character of `uXXXX` at `index`, with the low half of a pair if one follows; returns its last index.
    private static func appendCharacter(in text: ArraySlice<UInt8>, at index: Int, to units: inout [UInt8]) -> Int {
        guard var value = hex(text, at: index + 1) else { return index }
        var last = index + 4
        if (0xD800..<0xDC00).contains(value), text.matches([.backslash, 0x75], at: last + 1),
            let low = hex(text, at: last + 3), (0xDC00..<0xE000).contains(low)
        {
            value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
            last += 6
        }
        units += String(Character(Unicode.Scalar(value) ?? "\u{FFFD}")).utf8
        return last
    }

    private static func hex(_ text: ArraySlice<UInt8>, at index: Int) -> UInt32? {
        guard index + 4 <= text.endIndex else { return nil }
        return UInt32(String(decoding: text[index..<(index + 4)], as: UTF8.self), radix: 16)
    }

    /// What stands between the commas of a container.
    private static func parts(of container: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var depth = 0
        var index = container.startIndex + 1
        var start = index
        while index < container.endIndex - 1 {
            switch container[index] {
            case .doubleQuote: index = (stringEnd(in: container, from: index) ?? container.endIndex) - 1
            case .openBrace, .openBracket: depth += 1
            case .closeBrace, .closeBracket: depth -= 1
            case .comma where depth == 0:
                parts.append(container[start..<index].trimmingSpace())
                start = index + 1
            default: break
            }
            index += 1
        }
        let last = container[start..<max(start, container.endIndex - 1)].trimmingSpace()
        return last.isEmpty ? parts : parts + [last]
    }

    /// The place behind the string that begins at `index`.
    static func stringEnd(in text: ArraySlice<UInt8>, from index: Int) -> Int? {
        guard index < text.endIndex, text[index] == .doubleQuote else { return nil }
        var index = index + 1
        while index < text.endIndex {
            if text[index] == .doubleQuote { return index + 1 }
            index += text[index] == .backslash ? 2 : 1
        }
        return nil
    }
}
