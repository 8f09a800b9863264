import Context
import Synchronization

/// What a route's own answers teach about it: how long they usually are, and how far its tokenizer is from the
/// estimate. Read on every request, so without a lock.
final class RouteExperience: Sendable {
    /// Before anything is known.
    private static let firstAnswer = 256.0

    private let answer = Atomic<UInt64>(firstAnswer.bitPattern)
    private let factor = Atomic<UInt64>((1.0).bitPattern)
    private let correction = Mutex(TokenCorrection())
    private let refusals = Mutex(RefusedMembers())
    private let hasRefusals = Atomic<Bool>(false)

    /// Tokens of a usual answer: a moving average of what the provider reported.
    var usualAnswer: Int { Int(Double(bitPattern: answer.load(ordering: .relaxed)).rounded(.up)) }

    /// What an estimate of this route's tokens is multiplied by.
    var tokenFactor: Double { Double(bitPattern: factor.load(ordering: .relaxed)) }

    /// What it has refused to take; `nil` while that is nothing.
    var refused: RefusedMembers? { hasRefusals.load(ordering: .relaxed) ? refusals.withLock { $0 } : nil }

    /// Takes a refusal in; whether it was a new one.
    func learn(_ change: (inout RefusedMembers) -> Bool) -> Bool {
        let isNew = refusals.withLock { change(&$0) }
        if isNew { hasRefusals.store(true, ordering: .relaxed) }
        return isNew
    }

    // MARK: The store

    /// In a form that outlives the process.
    struct Memory: Codable, Sendable, Equatable {
        var usualAnswer: Double
        /// Reported by estimated tokens, oldest first.
        var tokenRatios: [Double]
        var refused: RefusedMembers?
    }

    /// `nil` while nothing was learned.
    var memory: Memory? {
        let average = Double(bitPattern: answer.load(ordering: .relaxed))
        let ratios = correction.withLock { $0.ratios }
        guard average != Self.firstAnswer || !ratios.isEmpty || refused != nil else { return nil }
        return Memory(usualAnswer: average, tokenRatios: ratios, refused: refused)
    }

    /// Takes over what was known before a restart.
    func restore(_ memory: Memory) {
        if memory.usualAnswer.isFinite, memory.usualAnswer >= 0 {
            answer.store(memory.usualAnswer.bitPattern, ordering: .relaxed)
        }
        let known = TokenCorrection(ratios: memory.tokenRatios)
        correction.withLock { $0 = known }
        factor.store(known.factor.bitPattern, ordering: .relaxed)
        guard let refused = memory.refused else { return }
        refusals.withLock { $0 = refused }
        hasRefusals.store(true, ordering: .relaxed)
    }

    // MARK: Observing

    func observe(answerTokens: Int) {
        // Two answers at once may lose one of them: an average does not mind.
        let average = Double(bitPattern: answer.load(ordering: .relaxed))
        answer.store((average + 0.2 * (Double(answerTokens) - average)).bitPattern, ordering: .relaxed)
    }

    func observe(estimated: Int, reported: Int) {
        let learned = correction.withLock { correction in
            correction.observe(estimated: estimated, reported: reported)
            return correction.factor
        }
        factor.store(learned.bitPattern, ordering: .relaxed)
    }
}
