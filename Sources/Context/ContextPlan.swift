/// What is to be sent of a history: indexes and extracts, so that nothing of the client's own bytes is copied.
package struct ContextPlan: Sendable, Equatable {
    /// Indexes of the messages that are sent, ascending.
    package var kept: [Int]
    /// Kept messages whose text is replaced by an extract of it: long tool results and turns.
    package var shortened: [Int: String]
    package var summary: Summary?
    /// The estimate of everything that is sent, with the overhead of the request.
    package var tokens: Int
    /// What was done; `adaptive` says here what it chose.
    package var mode: ContextSettings.Mode
    /// The number of messages given.
    package var total: Int

    /// Stands for what was left out; sent as a system message.
    package struct Summary: Sendable, Equatable {
        package var text: String
        /// Index of the kept message it goes before; never between a call and its result.
        package var before: Int
        /// With the overhead of a message.
        package var tokens: Int
    }

    package var changesNothing: Bool {
        kept.count == total && shortened.isEmpty && summary == nil
    }
}

/// What must be sent is more than fits: the system messages and the last user message, with what belongs to them.
package struct ContextOverflow: Error, Equatable {
    /// Tokens.
    package var needed: Int
    /// Tokens.
    package var budget: Int
}

/// How full recent prompts really were: prompt tokens reported by the provider against the budget they had.
package struct RecentUsage: Sendable, Equatable {
    private static let capacity = 10
    /// Newest last; 1 is a full budget.
    package private(set) var fractions: [Double]

    package init(_ fractions: [Double] = []) {
        self.fractions = fractions.suffix(Self.capacity).filter { $0.isFinite && $0 > 0 }
    }

    package mutating func note(promptTokens: Int, budget: Int) {
        guard promptTokens > 0, budget > 0 else { return }
        if fractions.count == Self.capacity { fractions.removeFirst() }
        fractions.append(Double(promptTokens) / Double(budget))
    }

    /// `nil` when nothing is known.
    package var mean: Double? {
        fractions.isEmpty ? nil : fractions.reduce(0, +) / Double(fractions.count)
    }
}
