/// What passages and terms of a history are worth for a purpose.
struct Worth {
    var termWeights: [Float]
    var base: [Float]
    var quality: [Float]
    /// Terms whose passages help although the end of the history holds the terms itself.
    private(set) var wanted: Set<Int> = []

    init(of index: HistoryIndex, _ history: History, _ purpose: Purpose, isOld: [Bool]) {
        let count = index.passages.count
        base = Array(repeating: 0, count: count)
        quality = Array(repeating: 1, count: count)
        termWeights = []
        switch purpose {
        case .question: weighByQuestion(index, history, isOld)
        case .talk: weighByContent(index, history)
        case .work: weighByNames(index, history)
        }
    }

    private mutating func weighByQuestion(_ index: HistoryIndex, _ history: History, _ isOld: [Bool]) {
        var query: [Int32: Float] = [:]
        if let last = history.lastUser {
            for passage in index.passagesOfMessage[last] {
                for position in index.passages[passage].terms { query[index.terms[position]] = 1 }
            }
        }
        let relevance = Relevance(of: query, in: index, messages: history.messages, candidates: isOld)
        weighByContent(index, history)
        guard relevance.strength > 0 else { return }
        let richest = zip(quality, base).reduce(0) { max($0, $1.0 * $1.1) }
        // What is left of the room when everything about the question is in goes to what tells most.
        let scale = Self.fillShare * relevance.strength / max(richest, 0.001)
        let rest = zip(quality, base).map { $0 * $1 * scale }
        termWeights = relevance.termWeights
        base = relevance.context
        for (number, passage) in index.passages.enumerated() {
            var factor: Float = passage.isQuestion ? Self.askedFactor : 1
            if passage.contentWords < 3 { factor *= Self.emptyFactor }
            if passage.names > 0 || passage.hasNumber { factor *= Self.namedFactor }
            if passage.traits.contains(.firstPerson) { factor *= Self.tellingFactor }
            if passage.traits.contains(.secondPerson) { factor *= Self.addressFactor }
            quality[number] = factor
            base[number] = base[number] * Self.contextShare + rest[number] / factor
        }
    }

    private static let askedFactor: Float = 0.35
    private static let emptyFactor: Float = 0.75
    private static let namedFactor: Float = 1.15
    private static let tellingFactor: Float = 1.45
    private static let addressFactor: Float = 1
    private static let contextShare: Float = 0.6
    private static let fillShare: Float = 0.3

    /// Without a question: sentences that tell something. Long ones with subjects of their own, about the speaker,
    /// with names and numbers; hardly questions or what is said to the other.
    private mutating func weighByContent(_ index: HistoryIndex, _ history: History) {
        let rarity = Relevance.rarities(index, messages: history.messages.count)
        termWeights = rarity.indices.map { index.messageCounts[$0] == 0 ? 0 : rarity[$0] }
        let most = max(2, Int32(history.messages.count / 60))
        for (number, passage) in index.passages.enumerated() {
            var seldom: Float = 0
            var rarest: Float = 0
            for position in passage.terms {
                let term = Int(index.terms[position])
                if index.messageCounts[term] <= most { seldom += 1 }
                rarest = max(rarest, rarity[term])
            }
            let count = Float(passage.terms.count)
            var factor = (1 + Float(passage.contentWords)).squareRoot() * (1 + rarest * Self.rarestShare)
            factor *= 1 + Self.seldomShare * seldom / max(1, count)
            if passage.isQuestion { factor *= Self.questionFactor }
            if passage.hasNumber { factor *= Self.numberFactor }
            factor *= 1 + Self.nameShare * Float(min(passage.names, 3))
            if passage.traits.contains(.firstPerson) { factor *= Self.firstPersonFactor }
            if passage.traits.contains(.secondPerson) { factor *= Self.secondPersonFactor }
            quality[number] = factor
            base[number] = Self.baseShare * count
        }
    }

    private static let rarestShare: Float = 0.25
    private static let seldomShare: Float = 2.5
    private static let questionFactor: Float = 0.33
    private static let numberFactor: Float = 3
    private static let nameShare: Float = 1.5
    private static let firstPersonFactor: Float = 3.5
    private static let secondPersonFactor: Float = 0.33
    private static let baseShare: Float = 8

    private mutating func weighByNames(_ index: HistoryIndex, _ history: History) {
        let messages = history.messages.count
        termWeights = Array(repeating: 0, count: index.vocabulary.count)
        for (number, passage) in index.passages.enumerated() {
            let age = Float(messages - Int(passage.message)) / Float(messages)
            let source: Float =
                passage.kind == .call ? 2 : history.messages[Int(passage.message)].role == .assistant ? 2 : 1
            for position in passage.terms {
                let term = Int(index.terms[position])
                let weight = source * (1.2 - age)
                termWeights[term] += index.isIdentifier[term] ? weight : weight * 0.05
            }
            quality[number] = 1
        }
        for term in termWeights.indices { termWeights[term] = termWeights[term].squareRoot() }
        let most = termWeights.max() ?? 0
        for term in sought(index, history) {
            termWeights[term] = max(termWeights[term] * Self.soughtFactor, most * Self.soughtShare)
        }
    }

    private static let soughtFactor: Float = 1.5
    private static let soughtShare: Float = 0.3

    /// Terms that the last user message or the last calls name and that only few older messages know: the words
    /// and identifiers that the next step is about.
    private mutating func sought(_ index: HistoryIndex, _ history: History) -> Set<Int> {
        let messages = history.messages
        let rare = max(3, messages.count / 12)
        var sources: [Int] = []
        if let last = history.lastUser, last + 8 >= messages.count { sources.append(last) }
        if let caller = messages.lastIndex(where: { !$0.calls.isEmpty }), caller + 8 >= messages.count {
            sources.append(caller)
        }
        var result: Set<Int> = []
        for message in sources {
            for passage in index.passagesOfMessage[message]
            where index.passages[passage].kind == .call
                || messages[message].calls.isEmpty && messages[message].text.utf8.count < 600
            {
                for position in index.passages[passage].terms {
                    let term = Int(index.terms[position])
                    let count = Int(index.messageCounts[term])
                    if count > 1, count <= rare { result.insert(term) }
                }
            }
        }
        wanted = result
        return result
    }
}
