/// How histories are fitted; the names are those of the `context` section of the settings.
package struct ContextSettings: Sendable, Equatable {
    package enum Mode: String, Sendable, CaseIterable {
        /// System messages and the last messages.
        case `static`
        /// The last messages within a budget that follows recent real usage.
        case dynamic
        /// Recent messages word for word, an extract of the older ones.
        case reservoir
        /// `reservoir` with parameters that suit the task at hand.
        case adaptive
        /// Nothing is touched.
        case disabled
    }

    package enum PruneWhen: String, Sendable, CaseIterable {
        /// A history that fits is not touched.
        case overBudget = "over_budget"
        /// The mode's counts apply to every call.
        case always
    }

    package var mode = Mode.adaptive
    package var pruneWhen = PruneWhen.overBudget
    /// Messages.
    package var staticRecentKeep = 10
    /// Share of the budget that `dynamic` aims at, measured in real tokens.
    package var dynamicUtilizationTarget = 0.8
    /// The least share of the budget that `dynamic` goes down to.
    package var dynamicMinUtilization = 0.3
    /// The most that `dynamic` multiplies its aim with; the budget itself is never passed.
    package var dynamicMaxBoost = 1.5
    /// Messages.
    package var reservoirRecentKeep = 15
    /// Tokens that a summary may always have; more when the budget leaves room.
    package var reservoirSummaryBudget = 400

    package init(mode: Mode = .adaptive, pruneWhen: PruneWhen = .overBudget) {
        self.mode = mode
        self.pruneWhen = pruneWhen
    }
}
