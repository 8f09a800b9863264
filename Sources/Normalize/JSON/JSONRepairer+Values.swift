/// Values, and scalars written without quotes.
extension JSONRepairer {
    mutating func stepValue() {
        skipSpace()
        guard !isAtEnd else { return }
        let byte = input[position]
        switch byte {
        case .openBrace: open(.object)
        case .openBracket: open(.array)
        case 0x28: open(.tuple)
        case .closeBrace, .closeBracket, 0x29: closeContainer(byte)
        case .comma:
            if nameStart == nil { position += 1 } else { writeNull() }
        case .colon: position += 1
        case .backslash: position += 1
        case .backtick where startsFence(position): skipFence()
        default:
            if let end = ellipsisEnd(at: position) {
                position = end
                if nameStart != nil { writeNull() }
            } else if let quote = Quote(at: position, in: input) {
                writeSeparator()
                output.append(.doubleQuote)
                position += quote.length
                readString(quote)
                endValue()
            } else {
                readBareValue()
            }
        }
    }

    private mutating func writeNull() {
        writeSeparator()
        output += "null".utf8
        endValue()
    }

    /// Three backticks and a language, where a value should stand.
    private mutating func skipFence() {
        position += 3
        while !isAtEnd, input[position].isLetter { position += 1 }
    }

    private mutating func readBareValue() {
        if let call = callStart() {
            position = call
            isInCall = true
            return
        }
        var end = bareEnd(from: position)
        while end > position, input[end - 1].isSpace { end -= 1 }
        var text = input[position..<end]
        guard !text.isEmpty else { return position += 1 }
        // `value"`: the opening quote is missing.
        if end < input.endIndex, input[end] == .doubleQuote, !startsName(at: end) { end += 1 }
        if text.last == .doubleQuote { text.removeLast() }
        position = end
        writeSeparator()
        writeBare(text)
        endValue()
    }

    /// `ISODate("…")`, `callback({…})`: the place behind the parenthesis.
    private func callStart() -> Int? {
        guard input[position].isLetter || input[position] == 0x5F else { return nil }
        let end = input[position...].firstIndex { !$0.isWord && $0 != .dot } ?? input.endIndex
        guard end < input.endIndex, input[end] == 0x28, let inner = next(after: end + 1) else { return nil }
        let byte = input[inner]
        let isValue = Quote(at: inner, in: input) != nil || byte.isDigit || byte == .openBrace || byte == .openBracket
        return isValue ? end + 1 : nil
    }

    /// Where a value without quotes ends: at a comma, a bracket, a line's end, a comment or the next name.
    private func bareEnd(from start: Int) -> Int {
        var index = start
        while index < input.endIndex {
            switch input[index] {
            case .closeBrace, .closeBracket, .newline:
                return index
            case 0x29 where isInCall || stack.last == .tuple:
                return index
            case .comma:
                if !isInObject || startsName(after: index + 1) || isLiteral(input[start..<index]) { return index }
                if index - start < 32, let ahead = next(after: index + 1), Quote(at: ahead, in: input) != nil,
                    JSONNumber.repair(input[start..<index]) != nil
                {
                    return index
                }
            case .doubleQuote:
                if index > start || startsName(at: index) { return index }
            case .slash where input.matches([.slash, 0x2A], at: index):
                return index
            case .slash where index > start && input[index - 1].isSpace && commentEnd(at: index) != nil:
                return index
            case .space, .tab:
                if endsScalar(input[start..<index], before: index) { return index }
            case .backtick where startsFence(index):
                return index
            default:
                break
            }
            index += 1
        }
        return index
    }

    /// Whether a number or a literal ends at these blanks because another value or a name follows.
    private func endsScalar(_ text: ArraySlice<UInt8>, before index: Int) -> Bool {
        guard text.count < 32, isLiteral(text) || JSONNumber.repair(text) != nil, let ahead = next(after: index) else {
            return false
        }
        if isInObject { return startsName(at: ahead) }
        if input[ahead] == .openBrace || input[ahead] == .openBracket { return true }
        let end = input[ahead...].firstIndex { $0.isSpace || $0 == .comma || $0 == .closeBracket } ?? input.endIndex
        return isLiteral(input[ahead..<end]) || JSONNumber.repair(input[ahead..<end]) != nil
    }

    func isLiteral(_ text: ArraySlice<UInt8>) -> Bool {
        text.count < 10 && Self.literals[String(decoding: text.trimmingTrailingSpace(), as: UTF8.self)] != nil
    }

    private mutating func writeBare(_ text: ArraySlice<UInt8>) {
        if isAtEnd, let literal = Self.cutOffLiteral(text) {
            output += literal.utf8
        } else if let literal = Self.literals[String(decoding: text, as: UTF8.self)] {
            output += literal.utf8
        } else if let number = JSONNumber.repair(text) {
            output += number
        } else {
            output.append(.doubleQuote)
            writeContent(text)
            output.append(.doubleQuote)
        }
    }

    /// The literal or number whose beginning is all that the text still holds.
    private static func cutOffLiteral(_ text: ArraySlice<UInt8>) -> String? {
        if text.elementsEqual([0x2D]) { return "null" }
        guard text.count > 1 else { return nil }
        return ["true", "false", "null"].first { $0.utf8.starts(with: text) }
    }

    private static let literals = [
        "true": "true", "false": "false", "null": "null", "True": "true", "False": "false", "None": "null",
        "TRUE": "true", "FALSE": "false", "NULL": "null", "Null": "null", "undefined": "null", "NaN": "null",
        "Infinity": "null", "-Infinity": "null", "nil": "null",
    ]
}
