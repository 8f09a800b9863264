/// Writes a valid document from what was meant as one, from left to right and without recursion.
///
/// Valid parts are copied as they are. It may begin in the middle of a document, where a stream had been valid so far:
/// nothing it does then changes what came before.
struct JSONRepairer {
    /// Where in a document the text begins.
    struct Resume: Sendable {
        /// The open containers from the outside in; true for an object.
        var stack: [Bool] = []
        /// Inside a string value, else right after a value.
        var inString = false
    }

    /// A tuple is an array that `)` closes, a set one that `}` closes.
    enum Container {
        case object, array, tuple, set
    }

    enum State {
        case value, name, afterValue, done
    }

    let input: ArraySlice<UInt8>
    let truncated: Bool
    var position: Int
    var output: [UInt8] = []
    var state: State = .value
    var stack: [Container] = []
    private var openObjects = 0
    /// Whitespace read and not yet written.
    var gap: [UInt8] = []
    /// Nothing stands yet in the innermost container.
    var isFirst = true
    /// Where `output` goes back to when the name at its end gets no value.
    var nameStart: Int?
    /// A value was written as `ident(…)`: a `)` may follow it.
    var isInCall = false
    /// How often a string without an end was read again as a shorter one.
    var rereads = 0
    let lastQuotes: LastQuotes
    private let resumesString: Bool

    /// Where the last quotes of a text are: behind them no string ends any more.
    struct LastQuotes {
        let double: Int
        let single: Int
        /// The last double one that is not escaped.
        let closingDouble: Int

        init(_ text: ArraySlice<UInt8>) {
            double = text.lastIndex(of: .doubleQuote) ?? -1
            single = text.lastIndex(of: .singleQuote) ?? -1
            var rest = text
            var closing = -1
            while let last = rest.lastIndex(of: .doubleQuote) {
                rest = rest[..<last]
                let backslashes = rest.reversed().prefix { $0 == .backslash }.count
                if backslashes.isMultiple(of: 2) {
                    closing = last
                    break
                }
            }
            closingDouble = closing
        }
    }

    /// From the first byte of a document. Who reads several in one text finds its last quotes once.
    init(_ input: ArraySlice<UInt8>, truncated: Bool, lastQuotes: LastQuotes? = nil) {
        self.init(input, truncated: truncated, lastQuotes: lastQuotes, resumesString: false)
    }

    /// From the middle of one.
    init(_ input: ArraySlice<UInt8>, resume: Resume, truncated: Bool) {
        self.init(input, truncated: truncated, lastQuotes: nil, resumesString: resume.inString)
        stack = resume.stack.map { $0 ? .object : .array }
        openObjects = resume.stack.count { $0 }
        state = .afterValue
        isFirst = false
    }

    private init(_ input: ArraySlice<UInt8>, truncated: Bool, lastQuotes: LastQuotes?, resumesString: Bool) {
        self.input = input
        self.truncated = truncated
        self.lastQuotes = lastQuotes ?? LastQuotes(input)
        self.resumesString = resumesString
        position = input.startIndex
    }

    var isAtEnd: Bool { position >= input.endIndex }
    var isInObject: Bool { stack.last == .object }
    var hasOpenArray: Bool { stack.count > openObjects }
    var hasOpenObject: Bool { openObjects > 0 }

    mutating func run() {
        if resumesString {
            readString(Quote.double)
            endValue()
        }
        while state != .done, !isAtEnd {
            switch state {
            case .value: stepValue()
            case .name: stepName()
            case .afterValue: stepAfterValue()
            case .done: break
            }
        }
        close()
    }

    // MARK: - Between values

    private mutating func stepAfterValue() {
        skipSpace()
        guard !isAtEnd else { return }
        let byte = input[position]
        switch byte {
        case .comma, 0x3B:
            position += 1
            gap = []
            state = isInObject ? .name : .value
        case .closeBrace, .closeBracket, 0x29:
            closeContainer(byte)
        case 0x2B where output.last == .doubleQuote && concatenates():
            break
        case .backtick where startsFence(position):
            position = input.endIndex
        case .colon, .backslash:
            position += 1
        case .openBrace where isInObject, .openBracket where isInObject:
            position += 1
        case _ where byte.isLetter && !isInObject && (output.last == .closeBrace || output.last == .closeBracket):
            skipWords()
        default:
            let quote = Quote(at: position, in: input)
            if quote != nil || byte.isWord || !isInObject && startsValue(byte) {
                state = isInObject ? .name : .value
            } else {
                position += 1
            }
        }
    }

    /// Words right behind a bracket, without a comma: talk.
    private mutating func skipWords() {
        while !isAtEnd, input[position].isWord || input[position].isBlank { position += 1 }
    }

    /// `"a" + "b"` is one string.
    private mutating func concatenates() -> Bool {
        var next = position + 1
        while next < input.endIndex, input[next].isSpace { next += 1 }
        guard let quote = Quote(at: next, in: input) else {
            position += 1
            return true
        }
        gap = []
        output.removeLast()
        position = next + quote.length
        readString(quote)
        return true
    }

    mutating func open(_ container: Container) {
        writeSeparator()
        output.append(container == .object ? .openBrace : .openBracket)
        stack.append(container)
        if container == .object { openObjects += 1 }
        position += 1
        isFirst = true
        nameStart = nil
        state = container == .object ? .name : .value
    }

    /// The innermost container, an object so far, turns out to be another.
    mutating func replaceTop(with container: Container) {
        guard stack.popLast() != nil else { return }
        openObjects -= 1
        stack.append(container)
    }

    /// A closing bracket: what is open inside its container is closed with it; one that fits none is left out.
    mutating func closeContainer(_ byte: UInt8) {
        position += 1
        if byte == 0x29 {
            if stack.last == .tuple { pop() } else { isInCall = false }
            return
        }
        let isObject = byte == .closeBrace
        if isObject, stack.last == .set { return pop() }
        guard isObject ? hasOpenObject : hasOpenArray else { return }
        while let top = stack.last {
            pop()
            if top == .object ? isObject : !isObject && top == .array { return }
        }
    }

    private mutating func pop() {
        guard let top = stack.popLast() else { return }
        if top == .object { openObjects -= 1 }
        dropName()
        output += gap
        gap = []
        output.append(top == .object ? .closeBrace : .closeBracket)
        endValue()
    }

    mutating func endValue() {
        nameStart = nil
        isFirst = false
        state = stack.isEmpty ? .done : .afterValue
    }

    /// The end of the text: everything open is closed.
    private mutating func close() {
        gap = []
        while !stack.isEmpty { pop() }
    }

    /// A name that got no value: with text behind it the value is null, at the end the name goes.
    private mutating func dropName() {
        guard let start = nameStart else { return }
        if isAtEnd, truncated {
            output.removeSubrange(start...)
        } else {
            output += [0x6E, 0x75, 0x6C, 0x6C]
        }
        nameStart = nil
    }

    /// Writes the comma that a next element needs and the whitespace before it.
    mutating func writeSeparator() {
        if nameStart == nil, !isFirst, !stack.isEmpty { output.append(.comma) }
        output += gap
        gap = []
    }

    // MARK: - Whitespace and comments

    /// Skips whitespace of any kind into `gap`, and comments.
    mutating func skipSpace() {
        while !isAtEnd {
            let byte = input[position]
            if byte.isSpace {
                gap.append(byte)
                position += 1
            } else if byte >= 0xC2, let length = input.unicodeSpaceLength(at: position) {
                gap.append(.space)
                position += length
            } else if let end = commentEnd(at: position) {
                position = end
            } else {
                return
            }
        }
    }

    /// The end of the comment that begins here, if one does.
    func commentEnd(at index: Int) -> Int? {
        let next = index + 1
        guard next < input.endIndex else { return nil }
        switch (input[index], input[next]) {
        case (.slash, .slash), (0x23, .space):
            return input[next...].firstIndex(of: .newline) ?? input.endIndex
        case (.slash, 0x2A):
            return input.firstIndex(of: [0x2A, .slash], from: next + 1).map { $0 + 2 } ?? input.endIndex
        default:
            return nil
        }
    }

    /// The end of `...` or `…` here, if it stands here.
    func ellipsisEnd(at index: Int) -> Int? {
        if input.matches([.dot, .dot, .dot], at: index) { return index + 3 }
        if input.matches([0xE2, 0x80, 0xA6], at: index) { return index + 3 }
        return nil
    }

    func startsFence(_ index: Int) -> Bool {
        input.matches([.backtick, .backtick, .backtick], at: index)
    }

    private func startsValue(_ byte: UInt8) -> Bool {
        byte == .openBrace || byte == .openBracket || byte == 0x28 || byte == 0x2D || byte == .dot
    }
}

extension ArraySlice<UInt8> {
    /// The length of a space beyond ASCII, or of a byte order mark.
    func unicodeSpaceLength(at index: Int) -> Int? {
        if matches([0xC2, 0xA0], at: index) { return 2 }
        guard index + 2 < endIndex else { return nil }
        switch (self[index], self[index + 1], self[index + 2]) {
        case (0xE2, 0x80, 0x80...0x8B), (0xE2, 0x80, 0xA8...0xA9), (0xE2, 0x80, 0xAF), (0xE2, 0x81, 0x9F),
            (0xE3, 0x80, 0x80), (0xEF, 0xBB, 0xBF):
            return 3
        default:
            return nil
        }
    }
}
