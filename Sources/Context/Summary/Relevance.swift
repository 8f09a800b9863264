/// How well each passage of a history answers a question, scored like BM25 and then helped by what stands around it.
///
/// Rounds: the question's terms (and, weaker, terms that begin alike) against the messages; the scores smoothed over
/// neighbouring messages; a second round with the words of the best messages; the speaker the question names.
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
    private static let previousShare: Float = 0.55
    private static let nextShare: Float = 0.5
    private static let secondRoundMessages = 8
    private static let secondRoundTerms = 16
    private static let secondRoundShare: Float = 0.15

    init(of query: [Int32: Float], in index: HistoryIndex, messages: [Message], candidates: [Bool]) {
        let count = index.vocabulary.count
        termWeights = Array(repeating: 0, count: count)
        context = []
        let rarity = Self.rarities(index, messages: messages.count)
        let speaker = Speaker(of: query, in: index, messages: messages)
        var groups: [Int32: Float] = [:]
        for (term, times) in query.sorted(by: { $0.key < $1.key }) {
            let weight = rarity[Int(term)] * times * (speaker.names.contains(term) ? 0.3 : 1)
            termWeights[Int(term)] = max(termWeights[Int(term)], weight)
            let group = index.prefixes[Int(term)]
            if group != term || index.messageCounts[Int(term)] == 0 { groups[group] = max(groups[group] ?? 0, weight) }
        }
        if !groups.isEmpty {
            for term in 0..<count where termWeights[term] == 0 {
                if let weight = groups[index.prefixes[term]] {
                    termWeights[term] = Self.prefixShare * min(weight, rarity[term])
                }
            }
        }
        var scores = score(index, messages: messages, candidates: candidates)
        boost(&scores, speaker, messages)
        widen(with: scores, index, rarity)
        scores = score(index, messages: messages, candidates: candidates)
        boost(&scores, speaker, messages)
        strength = scores.max() ?? 0
        let smooth = smoothed(scores)
        context = index.passages.map { smooth[Int($0.message)] }
    }

    /// For each term how rare it is among the messages.
    static func rarities(_ index: HistoryIndex, messages: Int) -> [Float] {
        let logs = (0...max(1, messages)).map { Logarithm.natural((Float(messages) + 1) / (Float($0) + 0.5)) }
        return index.messageCounts.map { logs[min(Int($0), logs.count - 1)] }
    }

    private func score(_ index: HistoryIndex, messages: [Message], candidates: [Bool]) -> [Float] {
        var scores = [Float](repeating: 0, count: messages.count)
        let average = max(1, Float(index.terms.count) / Float(max(1, messages.count)))
        var seen: [Int32: Float] = [:]
        for message in messages.indices where candidates[message] {
            seen.removeAll(keepingCapacity: true)
            var length: Float = 0
            for passage in index.passagesOfMessage[message] {
                let terms = index.passages[passage].terms
                length += Float(terms.count)
                for position in terms where termWeights[Int(index.terms[position])] > 0 {
                    seen[index.terms[position], default: 0] += 1
                }
            }
            let norm = Self.saturation * (1 - Self.lengthShare + Self.lengthShare * length / average)
            var sum: Float = 0
            for (term, times) in seen.sorted(by: { $0.key < $1.key }) {
                sum += termWeights[Int(term)] * times * (Self.saturation + 1) / (times + norm)
            }
            scores[message] = sum
        }
        return scores
    }

    private func boost(_ scores: inout [Float], _ speaker: Speaker, _ messages: [Message]) {
        guard let role = speaker.role else { return }
        for index in scores.indices where messages[index].role == role { scores[index] *= Speaker.boost }
    }

    private func smoothed(_ scores: [Float]) -> [Float] {
        scores.indices.map { index in
            scores[index]
                + (index > 0 ? Self.previousShare * scores[index - 1] : 0)
                + (index + 1 < scores.count ? Self.nextShare * scores[index + 1] : 0)
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
            for passage in index.passagesOfMessage[message] {
                for position in index.passages[passage].terms {
                    let term = index.terms[position]
                    if termWeights[Int(term)] == 0 { gathered[term, default: 0] += share * rarity[Int(term)] }
                }
            }
        }
        let chosen = gathered.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
            .prefix(Self.secondRoundTerms)
        guard let most = chosen.first?.value, most > 0 else { return }
        let scale = Self.secondRoundShare * (termWeights.max() ?? 0)
        for (term, value) in chosen { termWeights[Int(term)] = scale * value / most }
    }
}
