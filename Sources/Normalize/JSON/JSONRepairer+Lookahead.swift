/// What stands ahead: whether a quote ends its string, and whether a member's name comes next.
///
/// Each look goes to the next quote or delimiter at most, so that all of them together stay linear.
extension JSONRepairer {
    /// The next byte that is no whitespace.
    func next(after index: Int) -> Int? {
        var index = index
        while index < input.endIndex {
            if !input[index].isSpace { return index }
            index += 1
        }
        return nil
    }

    /// Whether the quote at `index` ends its string, or is one of the text's own that should have been escaped.
    func endsString(at index: Int, _ quote: Quote, innerQuotes: Int) -> Bool {
        let isBalanced = innerQuotes.isMultiple(of: 2)
        let after = index + quote.length
        guard let ahead = next(after: after) else { return true }
        let byte = input[ahead]
        switch byte {
        case .comma:
            return followsComma(ahead, quote)
        case .closeBrace:
            return hasOpenObject && (isBalanced || endsDocument(after: ahead + 1))
        case .closeBracket:
            return hasOpenArray && (isBalanced || endsDocument(after: ahead + 1))
        case 0x29:
            return isInCall || stack.last == .tuple
        case .colon:
            return isBalanced
        case 0x2B where ahead > after:
            return next(after: ahead + 1).map { Quote(at: $0, in: input) != nil } ?? true
        case .backtick where startsFence(ahead):
            return input[after..<ahead].contains(.newline)
        default:
            break
        }
        if commentEnd(at: ahead) != nil { return true }
        if isInObject {
            if startsName(at: ahead) || isStray(ahead, after: after, quote) { return true }
        } else if let other = Quote(at: ahead, in: input), other == quote, ahead > after {
            return true
        } else if isBalanced, input[after..<ahead].contains(.newline), startsElement(at: ahead) {
            return true
        }
        // Something else follows: only the last quote there is can still be the end.
        return isBalanced && !hasQuote(after: after, quote)
    }

    /// Whether a string that is followed by the comma at `index` has ended before it.
    private func followsComma(_ index: Int, _ quote: Quote) -> Bool {
        guard let ahead = next(after: index + 1) else { return true }
        let byte = input[ahead]
        if byte == .comma || byte == .closeBrace || byte == .closeBracket { return true }
        if commentEnd(at: ahead) != nil || ellipsisEnd(at: ahead) != nil { return true }
        if isInObject {
            return startsName(at: ahead) || startsOpenName(at: ahead) || isCutOffName(at: ahead)
                || !hasQuote(after: ahead, quote)
        }
        if Quote(at: ahead, in: input) != nil || byte == .openBrace || byte == .openBracket { return true }
        if byte.isDigit || byte == 0x2D { return true }
        // A word without quotes: it is an element if a comma or bracket comes before the next quote.
        let end = input[ahead...].firstIndex { $0 == .comma || $0 == .closeBracket || $0 == .doubleQuote }
        return end.map { input[$0] != .doubleQuote } ?? true
    }

    /// Whether the quote at `index` stands on a line of its own as the last thing before the end: one too many.
    private func isStray(_ index: Int, after: Int, _ quote: Quote) -> Bool {
        guard Quote(at: index, in: input) == quote, input[after..<index].contains(.newline),
            let comma = next(after: index + quote.length), input[comma] == .comma
        else { return false }
        guard let ahead = next(after: comma + 1) else { return true }
        return input[ahead] == .closeBrace || input[ahead] == .closeBracket
    }

    /// Whether such a quote comes next.
    func isStrayAhead(_ quote: Quote) -> Bool {
        guard isInObject, let ahead = next(after: position) else { return false }
        return isStray(ahead, after: position, quote)
    }

    private func hasQuote(after index: Int, _ quote: Quote) -> Bool {
        switch quote.kind {
        case .double: lastQuotes.double >= index
        case .single: lastQuotes.single >= index
        case .backtick, .curlyDouble, .curlySingle: false
        }
    }

    /// Whether behind a closing bracket the document goes on or ends, rather than a sentence.
    private func endsDocument(after index: Int) -> Bool {
        guard let ahead = next(after: index) else { return true }
        switch input[ahead] {
        case .comma, .closeBrace, .closeBracket, .backtick: return true
        default: return input[index..<ahead].contains(.newline)
        }
    }

    /// Whether a name and its colon stand behind the whitespace at `index`, or the object ends there.
    func startsName(after index: Int) -> Bool {
        guard let ahead = next(after: index) else { return true }
        switch input[ahead] {
        case .closeBrace, .closeBracket: return true
        default: break
        }
        if commentEnd(at: ahead) != nil || ellipsisEnd(at: ahead) != nil { return true }
        return startsName(at: ahead) || startsOpenName(at: ahead) || isCutOffName(at: ahead)
    }

    /// Whether `"name: ` stands at `index`, a name that lost its closing quote.
    private func startsOpenName(at index: Int) -> Bool {
        guard index < input.endIndex, input[index] == .doubleQuote else { return false }
        let name = input[(index + 1)...].prefix(TextNormalizer.maximumHeld).prefix { $0.isWord || $0 == 0x2D }
        guard !name.isEmpty, name.endIndex + 1 < input.endIndex, input[name.endIndex] == .colon else { return false }
        let after = input[name.endIndex + 1]
        return after.isSpace || after.isDigit || after == .openBrace || after == .openBracket
    }

    /// Whether an element other than a string stands at `index`, as the first on its line.
    private func startsElement(at index: Int) -> Bool {
        let byte = input[index]
        if byte == .openBrace || byte == .openBracket { return true }
        let end = input[index...].prefix(32).firstIndex { $0.isSpace || $0 == .comma || $0 == .closeBracket }
        guard let end else { return false }
        return isLiteral(input[index..<end]) || JSONNumber.repair(input[index..<end]) != nil
    }

    /// Whether the text ends in or right behind a name in quotes that begins at `index`.
    private func isCutOffName(at index: Int) -> Bool {
        guard let quote = Quote(at: index, in: input), input.endIndex - index <= TextNormalizer.maximumHeld else {
            return false
        }
        let name = (index + quote.length)..<input.endIndex
        guard let end = name.first(where: { quote.closes(at: $0, in: input) }) else {
            return !input[name].contains(.newline) && !input[name].contains(.closeBrace)
        }
        return next(after: end + quote.length) == nil
    }

    /// How far the end of a name in quotes is looked for: not behind the last quote that is not escaped, and no further
    /// than names are long, so that many a name without an end stays cheap.
    func nameLimit(from index: Int, _ quote: Quote) -> Int {
        let last = quote.kind == .double ? lastQuotes.closingDouble + 1 : input.endIndex
        return max(index, min(input.endIndex, last, index + 256))
    }

    /// Whether a name and its colon stand at `index`. A name without quotes is one word.
    func startsName(at index: Int) -> Bool {
        var end: Int
        let quote = Quote(at: index, in: input)
        if let quote {
            end = index + quote.length
            let limit = nameLimit(from: end, quote)
            while end < limit, !quote.closes(at: end, in: input) {
                if input[end] == .newline { return false }
                end += input[end] == .backslash ? 2 : 1
            }
            guard end < limit else { return false }
            end += quote.length
        } else {
            end = index
            while end < input.endIndex, input[end].isWord || input[end] == 0x2D { end += 1 }
            guard end > index else { return false }
            // `b":`: only its closing quote is there.
            if end < input.endIndex, input[end] == .doubleQuote { end += 1 }
        }
        guard end <= input.endIndex, let colon = next(after: end) else { return false }
        if quote != nil, input[colon] == 0x3D { return true }
        guard input[colon] == .colon else { return false }
        return !input.matches([.slash, .slash], at: colon + 1)
    }

    /// Where a string that has no closing quote ends, when the quote at `index` opens the next name: before the comma
    /// or the line break in front of it, and before the brackets on lines of their own that close what is around it.
    func missingEnd(before index: Int, from start: Int) -> Int? {
        guard isInObject, index > start else { return nil }
        var end = index
        while end > start, input[end - 1].isSpace { end -= 1 }
        let isLine = input[end..<index].contains(.newline)
        let isComma = end > start && input[end - 1] == .comma
        guard isLine || isComma, startsName(at: index) else { return nil }
        return closedEnd(before: end, from: start) ?? (isComma ? end - 1 : end)
    }

    /// The end of the line before the brackets that stand in front of `end`, if the first of them closes something.
    private func closedEnd(before end: Int, from start: Int) -> Int? {
        var rest = input[start..<end]
        var depth = stack.count
        while let last = rest.last {
            switch last {
            case .closeBrace, .closeBracket: depth -= 1
            case .openBrace, .openBracket: depth += 1
            case _ where last.isSpace || last == .comma: break
            default:
                let brackets = input[rest.endIndex..<end]
                guard let first = brackets.first(where: { !$0.isSpace }),
                    first == .closeBrace || first == .closeBracket,
                    depth > 0, let blank = brackets.first(where: { !$0.isBlank }), blank.isSpace
                else { return nil }
                return rest.endIndex
            }
            rest.removeLast()
        }
        return nil
    }

    /// The first comma from `start` on behind which a name stands.
    func nameAfterComma(from start: Int) -> Int? {
        var index = start
        while index < input.endIndex {
            if input[index] == .comma, let ahead = next(after: index + 1), startsName(at: ahead) { return index }
            index += 1
        }
        return nil
    }
}
