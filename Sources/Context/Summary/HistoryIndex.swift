/// What a history is searched by: its passages with their terms and costs, in one pass over its bytes.
///
/// It is a fold over the messages: following a longer history reads only what is new, and following one that parts
/// from the last one first forgets what is no longer said. Either way it is the index that a new one would be.
struct HistoryIndex {
    /// The texts of the messages, each with its calls behind it, as UTF-8.
    private(set) var bytes: [UInt8] = []
    private(set) var passages: [Passage] = []
    /// Term numbers of all passages, one after the other.
    private(set) var terms: [Int32] = []
    private(set) var vocabulary = Vocabulary()
    /// For each term: the group of terms that share its first letters, itself when it has none.
    private(set) var prefixes: [Int32] = []
    /// For each term: in how many messages it stands.
    private(set) var messageCounts: [Int32] = []
    /// For each term: whether it is an identifier.
    private(set) var isIdentifier: [Bool] = []
    /// For each message: its passages.
    private(set) var passagesOfMessage: [Range<Int>] = []
    /// Of the language that the history begins in.
    private(set) var functionWords = FunctionWords.none
    /// Paths, names and numbers become terms of their own.
    let usesIdentifiers: Bool
    /// For each term: the last message it was noted in; negative when that message was forgotten.
    private var lastMessage: [Int32] = []
    private var marks: [Mark] = []
    /// The whole sample was there when the language was found; a longer history will not change it.
    private var knowsLanguage = false

    /// Bytes at the begin of a history by which its language is found.
    private static let sampleBytes = 12_000

    /// Where a message ends in what is counted up.
    private struct Mark {
        var text: Range<Int>
        var calls: Range<Int>
        var terms: Int
        var vocabulary: Int
        var isData: Bool
    }

    init(usesIdentifiers: Bool) { self.usesIdentifiers = usesIdentifiers }

    init(_ messages: [Message], usesIdentifiers: Bool, estimator: TokenEstimator) {
        self.init(usesIdentifiers: usesIdentifiers)
        follow(messages, estimator: estimator)
    }

    /// Becomes the index of these messages. Linear in what is new, and in what is compared at memory speed.
    ///
    /// - Parameter estimator: of the family that all earlier calls were made with; its correction is not applied.
    /// - Returns: the number of messages that were known already.
    @discardableResult
    mutating func follow(_ messages: [Message], estimator: TokenEstimator) -> Int {
        let known = commonPrefix(with: messages)
        forget(from: known)
        var ranges: [(text: Range<Int>, calls: Range<Int>)] = []
        bytes.reserveCapacity(bytes.count + messages[known...].reduce(0) { $0 + $1.text.utf8.count + 16 })
        for message in messages[known...] {
            let start = bytes.count
            bytes.append(contentsOf: message.text.utf8)
            let middle = bytes.count
            message.appendCalls(to: &bytes)
            ranges.append((start..<middle, middle..<bytes.count))
        }
        if !knowsLanguage {
            functionWords = bytes.withUnsafeBufferPointer {
                FunctionWords.fitting($0, 0..<min($0.count, Self.sampleBytes))
            }
            knowsLanguage = bytes.count >= Self.sampleBytes
        }
        let buffer = bytes
        buffer.withUnsafeBufferPointer { pointer in
            ByteClass.table.withUnsafeBufferPointer { classes in
                var reader = TermReader(pointer, classes: classes)
                for (message, range) in zip(messages[known...], ranges) {
                    add(message, range.text, range.calls, &reader, estimator)
                }
            }
        }
        return known
    }

    /// Positions in `terms` of all that a message says.
    @inline(__always)
    func terms(of message: Int) -> Range<Int> {
        (message > 0 ? marks[message - 1].terms : 0)..<marks[message].terms
    }

    /// Bytes of memory, nearly.
    var footprint: Int {
        bytes.capacity + passages.capacity * MemoryLayout<Passage>.stride + terms.capacity * 4
            + vocabulary.footprint + vocabulary.count * 13 + marks.capacity * MemoryLayout<Mark>.stride
            + passagesOfMessage.capacity * 16
    }

    /// Worth keeping for the next request: long enough that its language is settled.
    var isReusable: Bool { knowsLanguage }

    /// How many messages from the begin are those that were read, byte for byte; 0 when so few are left that the
    /// language would have to be found again.
    private func commonPrefix(with messages: [Message]) -> Int {
        var count = 0
        var calls: [UInt8] = []
        for (message, mark) in zip(messages, marks) {
            guard message.isData == mark.isData, holds(message.text, at: mark.text) else { break }
            calls.removeAll(keepingCapacity: true)
            message.appendCalls(to: &calls)
            guard calls.elementsEqual(bytes[mark.calls]) else { break }
            count += 1
        }
        guard count > 0, marks[count - 1].calls.upperBound >= Self.sampleBytes else { return 0 }
        return count
    }

    private func holds(_ text: String, at range: Range<Int>) -> Bool {
        var text = text
        return text.withUTF8 { $0.count == range.count && $0.elementsEqual(bytes[range]) }
    }

    /// Goes back to what it was after `count` messages. Linear in what is forgotten.
    private mutating func forget(from count: Int) {
        guard count < marks.count else { return }
        guard count > 0 else {
            self = HistoryIndex(usesIdentifiers: usesIdentifiers)
            return
        }
        for message in count..<marks.count {
            let gone = Int32(-2 - message)
            for position in terms(of: message) {
                let term = Int(terms[position])
                guard lastMessage[term] != gone else { continue }
                lastMessage[term] = gone
                messageCounts[term] -= 1
            }
        }
        let mark = marks[count - 1]
        let excess = prefixes.count - mark.vocabulary
        vocabulary.forgetLast(excess)
        prefixes.removeLast(excess)
        messageCounts.removeLast(excess)
        isIdentifier.removeLast(excess)
        lastMessage.removeLast(excess)
        terms.removeLast(terms.count - mark.terms)
        bytes.removeLast(bytes.count - mark.calls.upperBound)
        passages.removeLast(passages.count - passagesOfMessage[count - 1].upperBound)
        passagesOfMessage.removeLast(passagesOfMessage.count - count)
        marks.removeLast(marks.count - count)
    }

    private mutating func add(
        _ message: Message,
        _ text: Range<Int>,
        _ calls: Range<Int>,
        _ reader: inout TermReader,
        _ estimator: TokenEstimator
    ) {
        let number = marks.count
        let first = passages.count
        PassageCutter(bytes: reader.bytes, message: number, isData: message.isData)
            .passages(in: text) {
                passages.append($0)
            }
        let firstCall = passages.count
        PassageCutter(bytes: reader.bytes, message: number, isData: true)
            .passages(in: calls) {
                passages.append($0)
            }
        for index in firstCall..<passages.count { passages[index].kind = .call }
        for index in first..<passages.count {
            read(&reader, passage: index)
            let range = passages[index].range
            let cost = estimator.uncorrectedTokens(inUTF8: UnsafeBufferPointer(rebasing: reader.bytes[range]))
            passages[index].cost = Float(cost)
            passages[index].briefCost = max(1, Float(cost) - passages[index].briefCost)
        }
        passagesOfMessage.append(first..<passages.count)
        marks.append(
            Mark(text: text, calls: calls, terms: terms.count, vocabulary: prefixes.count, isData: message.isData)
        )
    }

    private mutating func read(_ reader: inout TermReader, passage index: Int) {
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
            note(found, message, isIdentifier: false)
        }
        if usesIdentifiers {
            reader.identifiers(in: passage.range) { found in
                note(found, message, isIdentifier: true)
            }
        }
        passages[index].endTerm = Int32(terms.count)
        passages[index].names = names
        passages[index].contentWords = content
        passages[index].traits = seen
        passages[index].hasNumber = hasNumber
        passages[index].briefCost = restorable
        passages[index].isQuestion = PassageCutter.isQuestion(passage.range, reader.bytes)
    }

    @inline(__always)
    private mutating func note(_ found: TermReader.Found, _ message: Int32, isIdentifier identifier: Bool) {
        let term = vocabulary.number(of: found.hash)
        if Int(term) == prefixes.count {
            append(identifier)
            if found.prefix != 0 {
                let group = vocabulary.number(of: found.prefix)
                if Int(group) == prefixes.count { append(false) }
                prefixes[Int(term)] = group
            }
        }
        if lastMessage[Int(term)] != message {
            lastMessage[Int(term)] = message
            messageCounts[Int(term)] += 1
        }
        terms.append(term)
    }

    private mutating func append(_ identifier: Bool) {
        prefixes.append(Int32(prefixes.count))
        messageCounts.append(0)
        isIdentifier.append(identifier)
        lastMessage.append(-1)
    }
}
