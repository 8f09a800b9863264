/// A plan in the making: which units stay, what is shortened, and what that costs so far.
struct Draft {
    let history: History
    let estimator: TokenEstimator
    /// Positions in the history's units.
    private(set) var kept: Set<Int>
    private(set) var shortened: [Int: String] = [:]
    private(set) var summary: ContextPlan.Summary?
    /// Of everything kept, with the summary and the overhead of the request.
    private(set) var tokens: Int

    init(_ history: History, estimator: TokenEstimator) {
        self.history = history
        self.estimator = estimator
        kept = Set(history.required)
        tokens = history.requiredTokens
    }

    mutating func keep(_ position: Int) {
        guard kept.insert(position).inserted else { return }
        tokens += history.units[position].tokens
    }

    /// Keeps units, newest first, until one does not fit.
    mutating func keep(_ positions: [Int], within room: Int) {
        for position in positions {
            guard tokens + history.units[position].tokens <= room else { return }
            keep(position)
        }
    }

    /// Takes back a unit that is not required.
    mutating func drop(unitOf message: Int) {
        let units = history.units
        guard let position = kept.first(where: { units[$0].range.contains(message) }),
            !history.required.contains(position)
        else { return }
        kept.remove(position)
        for message in units[position].range {
            tokens -= cost(of: message)
            shortened[message] = nil
        }
    }

    /// Tokens of a message as it would be sent.
    private func cost(of message: Int) -> Int {
        let original = history.messages[message]
        return shortened[message].map { original.tokens(withText: $0, estimator: estimator) } ?? original.tokens
    }

    /// Replaces the text of a kept message by a shorter one.
    mutating func shorten(_ message: Int, to text: String) {
        let before = cost(of: message)
        let after = history.messages[message].tokens(withText: text, estimator: estimator)
        guard after < before else { return }
        tokens += after - before
        shortened[message] = text
    }

    /// Puts a summary before the first kept unit that follows what it stands for, and not after the last user message.
    mutating func summarize(_ text: String, after message: Int) {
        guard summary == nil else { return }
        let units = history.units
        let starts = kept.filter { units[$0].kind != .system }.map { units[$0].range.lowerBound }.sorted()
        guard let first = starts.first else { return }
        let last = history.lastUser ?? Int.max
        let before = starts.first { $0 > message } ?? first
        let cost = TokenEstimator.perMessage + estimator.tokens(in: text)
        summary = ContextPlan.Summary(text: text, before: min(before, max(first, last)), tokens: cost)
        tokens += cost
    }

    /// Cuts the results within required units to head and tail, longest first, until the budget is met. The last
    /// message and messages without results are never touched.
    mutating func shortenRequired(toFit budget: Int) {
        let last = history.messages.count - 1
        let results = history.required.flatMap { history.units[$0].range }
            .filter { $0 != last && !history.messages[$0].resultOf.isEmpty }
            .sorted { history.messages[$0].tokens > history.messages[$1].tokens }
        for message in results where tokens > budget {
            let text = history.messages[message].text
            let excess = tokens - budget
            let own = estimator.tokens(in: text)
            let share = max(0.02, min(0.9, Double(own - excess) / Double(max(1, own)) * 0.9))
            shorten(message, to: HeadAndTail.of(text, share: share))
        }
    }

    func plan(mode: ContextSettings.Mode) -> ContextPlan {
        ContextPlan(
            kept: kept.sorted().flatMap { history.units[$0].range },
            shortened: shortened,
            summary: summary,
            tokens: tokens,
            mode: mode,
            total: history.messages.count
        )
    }
}

/// The begin and the end of a text, with a mark for what is missing between them.
enum HeadAndTail {
    /// The most of a text that costs no more than `tokens`, nearly; found in at most six tries.
    static func of(_ text: String, tokens room: Int, _ estimator: TokenEstimator) -> String {
        var share = 1.0
        var cut = text
        for _ in 0..<6 {
            let tokens = estimator.tokens(in: cut)
            guard tokens > room else { break }
            share *= Double(room) / Double(tokens) * 0.95
            cut = of(text, share: share)
        }
        return cut
    }

    /// - Parameter share: of the text's characters that stay, 0 to 1; two thirds of them from its begin.
    static func of(_ text: String, share: Double) -> String {
        let count = text.unicodeScalars.count
        let keep = Int(Double(count) * share)
        guard keep < count else { return text }
        let head = keep * 2 / 3
        let scalars = text.unicodeScalars
        return String(scalars.prefix(head)) + "\n…\n" + String(scalars.suffix(keep - head))
    }
}
