/// Fits a history to a budget of tokens. Pure: the same history, budget and settings give the same plan.
package struct Pruner: Sendable {
    package let settings: ContextSettings
    package let estimator: TokenEstimator

    package init(settings: ContextSettings, estimator: TokenEstimator = TokenEstimator()) {
        self.settings = settings
        self.estimator = estimator
    }

    /// - Parameters:
    ///   - budget: tokens, with the overhead of the request.
    ///   - recentUsage: how full recent prompts were; only `dynamic` looks at it.
    ///   - memory: what is known of the session's history from its last request.
    /// - Throws: `ContextOverflow` when the system messages and the last user message do not fit; never when
    ///   disabled.
    package func prune(
        _ messages: [Message],
        toFit budget: Int,
        recentUsage: RecentUsage? = nil,
        memory: HistoryMemory? = nil
    ) throws(ContextOverflow) -> ContextPlan {
        let history = History(messages)
        let untouched = ContextPlan(
            kept: Array(messages.indices),
            shortened: [:],
            summary: nil,
            tokens: history.tokens,
            mode: settings.mode,
            total: messages.count
        )
        guard settings.mode != .disabled else { return untouched }
        let limit = Int(Double(budget) * (1 - history.doubt))
        let fits = history.tokens <= limit
        if fits, settings.pruneWhen == .overBudget { return untouched }
        var draft = Draft(history, estimator: estimator)
        if history.requiredTokens > budget {
            draft.shortenRequired(toFit: budget)
            guard draft.tokens <= budget else { throw ContextOverflow(needed: draft.tokens, budget: budget) }
            return draft.plan(mode: settings.mode)
        }
        let purpose = Purpose(of: history)
        let room = fits ? limit : max(history.requiredTokens, Int(Double(budget) * (1 - purpose.reserve)))
        switch settings.mode {
        case .static, .disabled:
            draft.keep(history.recent(settings.staticRecentKeep), within: room)
            return draft.plan(mode: .static)
        case .dynamic:
            draft.keep(history.optional, within: min(room, dynamicRoom(budget, recentUsage)))
            return draft.plan(mode: .dynamic)
        case .reservoir, .adaptive:
            Reservoir(settings: settings, purpose: purpose, room: room, fits: fits, memory: memory).fill(&draft)
            return draft.plan(mode: .reservoir)
        }
    }

    /// The target share of the budget, more when recent prompts were really smaller than that, less when larger.
    private func dynamicRoom(_ budget: Int, _ usage: RecentUsage?) -> Int {
        let target = min(max(settings.dynamicUtilizationTarget, 0.05), 1)
        let boost = min(target / (usage?.mean ?? target), max(1, settings.dynamicMaxBoost))
        let share = min(1, max(target * boost, min(1, max(0, settings.dynamicMinUtilization))))
        return Int(Double(budget) * share)
    }
}
