/// How well each passage of a history answers a question, scored like BM25 and then helped by what stands around it.
///
/// Rounds: the question's terms (and, weaker, terms that begin alike) against the messages, more where several of
/// them meet; sessions on the date the question names; a second round with the words of the best messages; the
/// speaker the question names; the scores smoothed over neighbouring messages.
struct Relevance {
    /// For each term what its first occurrence is worth; 0 for terms the question does not need.
    private(set) var termWeights: [Float]
    /// For each passage what its surroundings are worth.
    private(set) var context: [Float]
    /// How well the best message answers; 0 when nothing in the history is about the question.
    private(set) var strength: Float = 0

    private static let saturation: Float = 1
    private static let lengthShare: Float = 0.45
    private static let prefixShare: Float = 0.45
    private static let nameShare: Float = 0.3
    private static let coverageShare: Float = 2
    private static let dateShare: Float = 0.7
    private static let previousShare: Float = 0.55
    private static let nextShare: Float = 0.5
    private static let secondNeighbourShare: Float = 0.25
    private static let secondRoundMessages = 6
    private static let secondRoundTerms = 16
    private static let secondRoundShare: Float = 0.15

    /// - Parameter query: the question's terms with their weights, 1 for a plain one.
    init(of query: [Int32: Float], in index: HistoryIndex, messages: [Message], candidates: [Bool]) {
        termWeights = Array(repeating: 0, count: index.vocabulary.count)
        context = []
        let rarity = Self.rarities(index, messages: messages.count)
        let speaker = Speaker(of: query, in: index, messages: messages)
        weigh(query, index, rarity, speaker)
        let asked = query.keys.sorted()
        let coverage = Coverage(of: asked, weights: termWeights, in: index, messages: messages.count)
        let dates = SessionDates(in: index).matching(Set(asked), messages: messages.count)
        func round(_ weights: [Float]) -> [Float] {
            var scores = Self.scores(index, weights, messages: messages, candidates: candidates)
            for message in scores.indices where candidates[message] {
                scores[message] *= 1 + Self.coverageShare * coverage.shares[message]
                scores[message] += Self.dateShare * dates[message]
                if messages[message].role == speaker.role { scores[message] *= Speaker.boost }
            }
            return scores
        }
        widen(with: round(termWeights), index, rarity)
        let scores = round(termWeights)
        strength = scores.max() ?? 0
        let smooth = Self.smoothed(scores)
        context = index.passages.map { smooth[Int($0.message)] }
    }

    /// For each term how rare it is among the messages.
    static func rarities(_ index: HistoryIndex, messages: Int) -> [Float] {
        let logs = (0...max(1, messages)).map { Logarithm.natural((Float(messages) + 1) / (Float($0) + 0.5)) }
        return index.messageCounts.map { logs[min(Int($0), logs.count - 1)] }
    }

    /// The question's terms by their rarity, and weaker those that begin like one.
    private mutating func weigh(_ query: [Int32: Float], _ index: HistoryIndex, _ rarity: [Float], _ speaker: Speaker) {
        var groups: [Int32: Float] = [:]
        for (term, times) in query.sorted(by: { $0.key < $1.key }) {
            let weight = rarity[Int(term)] * times * (speaker.names.contains(term) ? Self.nameShare : 1)
            termWeights[Int(term)] = max(termWeights[Int(term)], weight)
            let group = index.prefixes[Int(term)]
            if group != term || index.messageCounts[Int(term)] == 0 { groups[group] = max(groups[group] ?? 0, weight) }
        }
        guard !groups.isEmpty else { return }
        for term in termWeights.indices where termWeights[term] == 0 {
            if let weight = groups[index.prefixes[term]] {
                termWeights[term] = Self.prefixShare * min(weight, rarity[term])
            }
        }
    }

    private static func scores(
        _ index: HistoryIndex,
        _ weights: [Float],
        messages: [Message],
        candidates: [Bool]
    ) -> [Float] {
        var scores = [Float](repeating: 0, count: messages.count)
        var times = [Float](repeating: 0, count: weights.count)
        var met: [Int] = []
        let average = max(1, Float(index.terms.count) / Float(max(1, messages.count)))
        for message in messages.indices where candidates[message] {
            let terms = index.terms(of: message)
            for position in terms {
                let term = Int(index.terms[position])
                guard weights[term] > 0 else { continue }
                if times[term] == 0 { met.append(term) }
                times[term] += 1
            }
            let norm = saturation * (1 - lengthShare + lengthShare * Float(terms.count) / average)
            for term in met {
                scores[message] += weights[term] * times[term] * (saturation + 1) / (times[term] + norm)
                times[term] = 0
            }
            met.removeAll(keepingCapacity: true)
        }
        return scores
    }

    private static func smoothed(_ scores: [Float]) -> [Float] {
        func score(_ index: Int) -> Float { scores.indices.contains(index) ? scores[index] : 0 }
        return scores.indices.map { index in
            scores[index] + previousShare * score(index - 1) + nextShare * score(index + 1)
                + secondNeighbourShare * (score(index - 2) + score(index + 2))
        }
    }

    /// Adds the words that the best messages share to the terms that count.
    private mutating func widen(with scores: [Float], _ index: HistoryIndex, _ rarity: [Float]) {
        let best = scores.indices.filter { scores[$0] > 0 }
            .sorted { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }
            .prefix(Self.secondRoundMessages)
        guard let top = best.first.map({ scores[$0] }), top > 0 else { return }
        var gathered: [Int32: Float] = [:]
        for message in best {
            let share = scores[message] / top
            for position in index.terms(of: message) {
                let term = index.terms[position]
                if termWeights[Int(term)] == 0 { gathered[term, default: 0] += share * rarity[Int(term)] }
            }
        }
        let chosen = gathered.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
            .prefix(Self.secondRoundTerms)
        guard let most = chosen.first?.value, most > 0 else { return }
        let scale = Self.secondRoundShare * (termWeights.max() ?? 0)
        for (term, value) in chosen { termWeights[Int(term)] = scale * value / most }
    }
}
