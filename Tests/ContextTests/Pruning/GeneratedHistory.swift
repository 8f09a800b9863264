@testable import Context

/// A made-up history with everything that real ones have, also what is broken about them.
struct GeneratedHistory {
    var messages: [Message]
    var budget: Int
    var settings: ContextSettings
    var usage: RecentUsage?
    /// Calls bear the same few ids again and again, or none.
    private var lacksIDs = false

    private static let words = [
        "tea", "Berlin", "the", "I", "was", "moved", "12", "May", "2023", "is", "not", "garden", "src/main.swift",
        "runTests",
        "budget_left", "?", ".", "!", "you", "会议改到星期四。", "ประชุม", "кошка", "دفتر", "\n", "\n\n", "  ", "```\n", "👩‍🚀",
        "é", "{\"id\": 7, \"name\": \"x\"}", "[8:01 am on 2 May, 2023]\n", "--- a/file", "ＡＢ", "\\n", "\t", "한국어",
    ]

    init(seed: UInt64) {
        var random = SplitMix(seed: seed)
        settings = ContextSettings(
            mode: random.pick(ContextSettings.Mode.allCases),
            pruneWhen: random.oneIn(3) ? .always : .overBudget
        )
        settings.staticRecentKeep = random.below(12)
        settings.reservoirRecentKeep = random.below(16)
        settings.reservoirSummaryBudget = random.below(300)
        settings.dynamicUtilizationTarget = Double(random.below(120)) / 100
        usage = random.oneIn(2) ? nil : RecentUsage((0..<random.below(5)).map { _ in Double(random.below(200)) / 100 })
        messages = []
        budget = 0
        var call = 0
        lacksIDs = random.oneIn(12)
        if !random.oneIn(5) { messages.append(Message(role: .system, text: Self.text(&random, 12))) }
        for _ in 0..<random.below(10) { addTurn(&random, &call) }
        if random.oneIn(10) { addHuge(&random) }
        if random.oneIn(30) { messages.removeAll { $0.role == .user && $0.resultOf.isEmpty } }
        if random.oneIn(2) { messages.append(Message(role: .user, text: Self.text(&random, 10))) }
        if random.oneIn(6), !messages.isEmpty { messages.remove(at: random.below(messages.count)) }
        if random.oneIn(12), let again = messages.randomElement(using: &random) { messages.append(again) }
        if random.oneIn(8), messages.count > 2 {
            messages.swapAt(random.below(messages.count), random.below(messages.count))
        }
        let total = messages.reduce(3) { $0 + $1.tokens }
        budget = random.oneIn(8) ? random.below(60) : total * random.below(130) / 100 + random.below(20)
    }

    private mutating func addTurn(_ random: inout SplitMix, _ call: inout Int) {
        let text = Self.text
        switch random.below(8) {
        case 0, 1: messages.append(Message(role: .user, text: text(&random, 18)))
        case 2: messages.append(Message(role: .assistant, text: text(&random, 18)))
        case 3: messages.append(Message(role: .user, text: text(&random, 6), tokens: 4 + random.below(900) + 50))
        case 4 where random.oneIn(4): messages.append(Message(role: .system, text: text(&random, 8)))
        case 5 where random.oneIn(3): messages.append(Message(role: .tool, text: text(&random, 9), resultOf: ["lost"]))
        default: addExchange(&random, &call)
        }
    }

    /// One message many times as long as all others, of one script or of all.
    private mutating func addHuge(_ random: inout SplitMix) {
        let piece = random.oneIn(2) ? random.pick(Self.words) + " " : Self.text(&random, 30)
        let role = random.pick([Message.Role.user, .assistant])
        messages.append(Message(role: role, text: String(repeating: piece, count: random.below(200))))
    }

    private mutating func addExchange(_ random: inout SplitMix, _ call: inout Int) {
        let text = Self.text
        let calls = (0...random.below(3))
            .map { _ in
                call += 1
                let id = lacksIDs ? random.pick(["", "a", "b"]) : "call_\(call)"
                return Message.Call(id: id, name: "run", arguments: "{\"cmd\": \"\(text(&random, 8))\"}")
            }
        messages.append(Message(role: .assistant, text: random.oneIn(2) ? "" : text(&random, 10), calls: calls))
        if random.oneIn(5) {
            messages.append(Message(role: .user, text: text(&random, 30), resultOf: calls.map(\.id)))
            return
        }
        for one in calls where !random.oneIn(15) {
            messages.append(Message(role: .tool, text: text(&random, random.oneIn(8) ? 120 : 12), resultOf: [one.id]))
        }
    }

    private static func text(_ random: inout SplitMix, _ most: Int) -> String {
        (0..<random.below(most + 1)).map { _ in random.pick(words) }.joined(separator: random.oneIn(4) ? "" : " ")
    }
}

extension ContextPlan {
    /// The messages that a caller sends for this plan.
    func sent(of messages: [Message], estimator: TokenEstimator = TokenEstimator()) -> [Message] {
        var sent: [Message] = []
        for index in kept {
            if let summary, summary.before == index {
                sent.append(Message(role: .system, text: summary.text, estimator: estimator))
            }
            var message = messages[index]
            if let text = shortened[index] {
                message.tokens = message.tokens(withText: text, estimator: estimator)
                message.text = text
            }
            sent.append(message)
        }
        return sent
    }
}
