/// The names of an object's members.
extension JSONRepairer {
    mutating func stepName() {
        skipSpace()
        guard !isAtEnd else { return }
        let byte = input[position]
        switch byte {
        case .closeBrace, .closeBracket, 0x29:
            closeContainer(byte)
        case .backtick where startsFence(position):
            position += 3
        case .comma, .colon, .openBrace, .openBracket, .backslash:
            position += 1
        default:
            if let end = ellipsisEnd(at: position) {
                position = end
            } else if isFirst, startsSet() {
                makeArray()
            } else if let quote = Quote(at: position, in: input) {
                readName(quote)
            } else {
                readBareName()
            }
        }
    }

    /// `{1, 2}`: a set, as Python writes it.
    private func startsSet() -> Bool {
        guard input[position].isDigit, output.last == .openBrace || gap.isEmpty else { return false }
        let end = input[position...].firstIndex { !$0.isDigit && $0 != .dot } ?? input.endIndex
        guard end < input.endIndex else { return false }
        return input[end] == .comma || input[end] == .closeBrace
    }

    private mutating func makeArray() {
        guard let brace = output.lastIndex(of: .openBrace), isInObject else { return readBareName() }
        output[brace] = .openBracket
        replaceTop(with: .set)
        state = .value
    }

    private mutating func readName(_ quote: Quote) {
        let content = position + quote.length
        var end = content
        let limit = nameLimit(from: content, quote)
        while end < limit, !quote.closes(at: end, in: input) {
            end += input[end] == .backslash ? 2 : 1
        }
        guard end < limit else { return readBareName(from: content) }
        // A colon in the name and none behind it: its closing quote is missing.
        let isFollowed = next(after: end + quote.length).map { input[$0] == .colon } ?? false
        if !isFollowed, input[content..<end].contains(.colon) { return readBareName(from: content) }
        writeName(input[content..<end])
        position = end + quote.length
        readColon()
    }

    /// A name without quotes goes to its colon. Words without one are junk and left out.
    private mutating func readBareName(from start: Int? = nil) {
        let start = start ?? position
        var end = start
        while end < input.endIndex, !Self.endsBareName(input[end]) {
            if Quote(at: end, in: input) != nil { break }
            end += 1
        }
        guard end < input.endIndex else { return position = end }
        if input[end] == .colon {
            let name = input[start..<end].trimmingSpace()
            guard !name.isEmpty else { return position = end + 1 }
            writeName(name)
            position = end
            return readColon()
        }
        if let quote = Quote(at: end, in: input), end > start {
            let after = next(after: end + quote.length)
            if !input[end - 1].isSpace, let after, input[after] == .colon {
                writeName(input[start..<end])
                position = after
                return readColon()
            }
        }
        position = max(end, position + (end == position ? 1 : 0))
    }

    private static func endsBareName(_ byte: UInt8) -> Bool {
        switch byte {
        case .colon, .comma, .openBrace, .closeBrace, .openBracket, .closeBracket, .newline: true
        default: false
        }
    }

    private mutating func writeName(_ name: ArraySlice<UInt8>) {
        let start = output.count
        writeSeparator()
        output.append(.doubleQuote)
        writeContent(name)
        output.append(.doubleQuote)
        nameStart = start
    }

    /// The colon behind a name, or what stands for it.
    private mutating func readColon() {
        gap = []
        skipSpace()
        state = .value
        guard !isAtEnd else { return output.append(.colon) }
        output.append(.colon)
        switch input[position] {
        case .colon:
            position += 1
        case 0x3D:
            position += input.matches([0x3D, .greater], at: position) ? 2 : 1
        case .comma where !startsName(after: position + 1):
            position += 1
        default:
            break
        }
    }
}
