import Testing

@testable import Context

/// An index that follows a history is the index that a new one would be, and a plan made with it is the same plan.
@Suite struct HistoryIndexTests {
    private let estimator = TokenEstimator()

    /// Long enough that a language is found for good, and of turns that differ.
    static func talk(_ random: inout SplitMix, turns: Int) -> [Message] {
        let words = [
            "garden", "Berlin", "May", "2023", "the", "is", "we", "call_back", "会议", "кошка", "src/a.swift", "?",
        ]
        return (0..<turns)
            .map { turn in
                let text = (0..<60).map { _ in random.pick(words) }.joined(separator: " ")
                return Message(role: turn.isMultiple(of: 2) ? .user : .assistant, text: "\(text) \(random.below(500)).")
            }
    }

    /// What a client may do to a history between two requests.
    private static func changed(_ messages: [Message], _ random: inout SplitMix) -> [Message] {
        var messages = messages
        switch random.below(5) {
        case 0: messages.removeLast(random.below(messages.count / 4))
        case 1: messages[random.below(messages.count)].text += " changed"
        case 2: messages.remove(at: random.below(messages.count))
        case 3:
            messages[messages.count - 1].calls = [.init(id: "a", name: "run", arguments: "{\"path\":\"a\\nb_c\"}")]
        default: break
        }
        return messages + talk(&random, turns: random.below(8))
    }

    private static func isSame(_ one: HistoryIndex, _ other: HistoryIndex) -> Bool {
        one.bytes == other.bytes && one.passages == other.passages && one.terms == other.terms
            && one.prefixes == other.prefixes && one.messageCounts == other.messageCounts
            && one.isIdentifier == other.isIdentifier && one.passagesOfMessage == other.passagesOfMessage
            && one.vocabulary.count == other.vocabulary.count
    }

    @Test(arguments: [false, true])
    func `whatever became of the history, following it ends where a new index begins`(usesIdentifiers: Bool) {
        var random = SplitMix(seed: usesIdentifiers ? 1 : 2)
        var messages = Self.talk(&random, turns: 60)
        var index = HistoryIndex(usesIdentifiers: usesIdentifiers)
        for step in 0..<60 {
            index.follow(messages, estimator: estimator)
            let new = HistoryIndex(messages, usesIdentifiers: usesIdentifiers, estimator: estimator)
            #expect(Self.isSame(index, new), "step \(step)")
            messages = Self.changed(messages, &random)
            if messages.count > 120 { messages.removeFirst(60) }
        }
    }

    @Test func `only what is new is read`() {
        var random = SplitMix(seed: 3)
        var messages = Self.talk(&random, turns: 60)
        var index = HistoryIndex(usesIdentifiers: false)
        #expect(index.follow(messages, estimator: estimator) == 0)
        messages += Self.talk(&random, turns: 2)
        #expect(index.follow(messages, estimator: estimator) == 60)
        messages[58].text += "!"
        #expect(index.follow(messages, estimator: estimator) == 58)
    }

    @Test(arguments: [ContextSettings.Mode.adaptive, .reservoir])
    func `a plan is the same with and without memory`(mode: ContextSettings.Mode) throws {
        let cache = HistoryIndexCache()
        let memory = HistoryMemory(cache: cache, session: .init(high: 1, low: 2))
        var random = SplitMix(seed: 4)
        var messages = Self.talk(&random, turns: 60)
        for step in 0..<40 {
            let model = random.pick(["gpt-4", "qwen3", "llama"])
            let pruner = Pruner(
                settings: ContextSettings(mode: mode),
                estimator: TokenEstimator(model: model, correction: random.oneIn(2) ? 1 : 1.3)
            )
            let asked =
                messages + [Message(role: .user, text: random.pick(["Which garden was it?", "Please continue."]))]
            let budget = 600 + random.below(4_000)
            let plan = try pruner.prune(asked, toFit: budget, memory: memory)
            #expect(plan == (try pruner.prune(asked, toFit: budget)), "step \(step)")
            messages = Self.changed(messages, &random)
            if messages.count > 120 { messages.removeFirst(60) }
        }
        #expect(cache.counts.reused > 1_000)
    }
}
