/// What a history is searched by: its passages with their terms and costs. Built in one pass over its bytes.
struct HistoryIndex {
    /// The texts of the messages, then each message's calls, as UTF-8.
    let bytes: [UInt8]
    private(set) var passages: [Passage] = []
    /// Term numbers of all passages, one after the other.
    private(set) var terms: [Int32] = []
    private(set) var vocabulary: Vocabulary
    /// For each term: the group of terms that share its first letters, itself when it has none.
    private(set) var prefixes: [Int32] = []
    /// For each term: in how many messages it stands.
    private(set) var messageCounts: [Int32] = []
    /// For each term: whether it is an identifier.
    private(set) var isIdentifier: [Bool] = []
    /// For each message: its passages; empty for those that were not asked for.
    private(set) var passagesOfMessage: [Range<Int>]
    /// Of the language that the history begins in.
    let functionWords: FunctionWords

    /// - Parameters:
    ///   - wanted: for each message whether it is to be indexed.
    ///   - usesIdentifiers: paths, names and numbers become terms of their own.
    init(_ messages: [Message], wanted: [Bool], usesIdentifiers: Bool, estimator: TokenEstimator) {
        var bytes: [UInt8] = []
        var ranges: [(text: Range<Int>, calls: Range<Int>)] = []
        bytes.reserveCapacity(messages.reduce(0) { $0 + $1.text.utf8.count + 16 })
        for (message, isWanted) in zip(messages, wanted) {
            let start = bytes.count
            if isWanted { bytes.append(contentsOf: message.text.utf8) }
            let middle = bytes.count
            if isWanted {
                for call in message.calls {
                    bytes.append(contentsOf: call.name.utf8)
                    bytes.append(0x20)
                    Self.appendUnescaped(call.arguments, to: &bytes)
                    bytes.append(0x0A)
                }
            }
            ranges.append((start..<middle, middle..<bytes.count))
        }
        self.bytes = bytes
        vocabulary = Vocabulary(expecting: bytes.count / 24)
        passagesOfMessage = Array(repeating: 0..<0, count: messages.count)
        functionWords = bytes.withUnsafeBufferPointer {
            FunctionWords.fitting($0, 0..<min($0.count, 12_000))
        }
        let buffer = self.bytes
        buffer.withUnsafeBufferPointer { pointer in
            ByteClass.table.withUnsafeBufferPointer { classes in
                var reader = TermReader(pointer, classes: classes)
                var lastMessage: [Int32] = []
                for (number, message) in messages.enumerated() where wanted[number] {
                    let first = passages.count
                    let isData = message.role == .tool || !message.resultOf.isEmpty
                    PassageCutter(bytes: pointer, message: number, isData: isData)
                        .passages(in: ranges[number].text) {
                            passages.append($0)
                        }
                    let firstCall = passages.count
                    PassageCutter(bytes: pointer, message: number, isData: true)
                        .passages(in: ranges[number].calls) {
                            passages.append($0)
                        }
                    for index in firstCall..<passages.count { passages[index].kind = .call }
                    for index in first..<passages.count {
                        read(&reader, passage: index, usesIdentifiers, &lastMessage)
                        let range = passages[index].range
                        let cost = estimator.tokens(inUTF8: UnsafeBufferPointer(rebasing: pointer[range]))
                        passages[index].cost = Float(cost)
                        passages[index].briefCost = max(1, Float(cost) - passages[index].briefCost)
                    }
                    passagesOfMessage[number] = first..<passages.count
                }
            }
        }
    }

    private mutating func read(
        _ reader: inout TermReader,
        passage index: Int,
        _ usesIdentifiers: Bool,
        _ lastMessage: inout [Int32]
    ) {
        let passage = passages[index]
        let message = passage.message
        var restorable: Float = 0
        var names: Int32 = 0
        var content: Int32 = 0
        var hasNumber = false
        var seen: FunctionWords.Traits = []
        passages[index].firstTerm = Int32(terms.count)
        let isProse = passage.kind == .prose
        reader.words(in: passage.range) { found in
            if found.word != 0 {
                let traits = functionWords.traits(of: found.word)
                seen.formUnion(traits)
                if traits.contains(.grammatical) {
                    if isProse, traits.contains(.restorable) { restorable += 1 }
                    return
                }
            }
            if found.range.count == 1, !found.hasDigit { return }
            content += 1
            if found.hasDigit { hasNumber = true }
            if found.isCapital && found.range.lowerBound > passage.range.lowerBound { names += 1 }
            note(found, message, isIdentifier: false, &lastMessage)
        }
        if usesIdentifiers {
            reader.identifiers(in: passage.range) { found in
                note(found, message, isIdentifier: true, &lastMessage)
            }
        }
        passages[index].endTerm = Int32(terms.count)
        passages[index].names = names
        passages[index].contentWords = content
        passages[index].traits = seen
        passages[index].hasNumber = hasNumber
        passages[index].briefCost = restorable
        passages[index].isQuestion = endsInQuestion(passage.range, reader.bytes)
    }

    @inline(__always)
    private mutating func note(
        _ found: TermReader.Found,
        _ message: Int32,
        isIdentifier identifier: Bool,
        _ lastMessage: inout [Int32]
    ) {
        let term = vocabulary.number(of: found.hash)
        if Int(term) == prefixes.count {
            append(term, identifier, &lastMessage)
            if found.prefix != 0 {
                let group = vocabulary.number(of: found.prefix)
                if Int(group) == prefixes.count { append(group, false, &lastMessage) }
                prefixes[Int(term)] = group
            }
        }
        if lastMessage[Int(term)] != message {
            lastMessage[Int(term)] = message
            messageCounts[Int(term)] += 1
        }
        terms.append(term)
    }

    private mutating func append(_ term: Int32, _ identifier: Bool, _ lastMessage: inout [Int32]) {
        prefixes.append(term)
        messageCounts.append(0)
        isIdentifier.append(identifier)
        lastMessage.append(-1)
    }

    private func endsInQuestion(_ range: Range<Int>, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let last = range.last else { return false }
        if bytes[last] == 0x3F { return true }
        // ？ and the Arabic question mark.
        return range.count > 2 && bytes[last - 2] == 0xEF && bytes[last - 1] == 0xBC && bytes[last] == 0x9F
            || range.count > 1 && bytes[last - 1] == 0xD8 && bytes[last] == 0x9F
    }

    /// JSON text with its escaped line ends as line ends, so that code in arguments is cut into lines.
    private static func appendUnescaped(_ json: String, to bytes: inout [UInt8]) {
        var escaped = false
        for byte in json.utf8 {
            if escaped {
                escaped = false
                if byte == UInt8(ascii: "n") {
                    bytes.append(0x0A)
                } else {
                    if byte != UInt8(ascii: "\"") { bytes.append(UInt8(ascii: "\\")) }
                    bytes.append(byte)
                }
            } else if byte == UInt8(ascii: "\\") {
                escaped = true
            } else {
                bytes.append(byte)
            }
        }
    }
}
