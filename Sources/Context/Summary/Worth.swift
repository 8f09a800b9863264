/// What passages and terms of a history are worth for a task.
struct Worth {
    var termWeights: [Float]
    var base: [Float]
    var quality: [Float]

    init(of index: HistoryIndex, _ history: History, _ task: Task, isOld: [Bool]) {
        let count = index.passages.count
        base = Array(repeating: 0, count: count)
        quality = Array(repeating: 1, count: count)
        termWeights = []
        switch task {
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
        termWeights = relevance.termWeights
        base = relevance.context
        for (number, passage) in index.passages.enumerated() {
            var factor: Float = passage.isQuestion ? Self.askedFactor : 1
            if passage.contentWords < 3 { factor *= Self.emptyFactor }
            if passage.names > 0 || passage.hasNumber { factor *= Self.namedFactor }
            if passage.traits.contains(.firstPerson) { factor *= Self.tellingFactor }
            if passage.traits.contains(.secondPerson) { factor *= Self.addressFactor }
            quality[number] = factor
            base[number] *= Self.contextShare
        }
    }

    private static let askedFactor: Float = 0.35
    private static let emptyFactor: Float = 0.5
    private static let namedFactor: Float = 1.15
    private static let tellingFactor: Float = 1.45
    private static let addressFactor: Float = 1
    private static let contextShare: Float = 0.6

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
    private static let seldomShare: Float = 3
    private static let questionFactor: Float = 0.33
    private static let numberFactor: Float = 2.5
    private static let nameShare: Float = 1
    private static let firstPersonFactor: Float = 3
    private static let secondPersonFactor: Float = 0.33
    private static let baseShare: Float = 3

    private mutating func weighByNames(_ index: HistoryIndex, _ history: History) {
        let messages = history.messages.count
        termWeights = Array(repeating: 0, count: index.vocabulary.count)
        for (number, passage) in index.passages.enumerated() {
            let age = Float(messages - Int(passage.message)) / Float(messages)
            let source: Float = passage.kind == .call ? 2 : history.messages[Int(passage.message)].role == .assistant ? 2 : 1
            for position in passage.terms {
                let term = Int(index.terms[position])
                let weight = source * (1.2 - age)
                termWeights[term] += index.isIdentifier[term] ? weight : weight * 0.05
            }
            quality[number] = 1
        }
        for term in termWeights.indices { termWeights[term] = termWeights[term].squareRoot() }
    }
}
