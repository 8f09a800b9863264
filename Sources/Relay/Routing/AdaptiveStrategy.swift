/// Success × speed × headroom × capability, learned from what routes did.
///
/// Success is drawn from what is believed about it (Thompson sampling: Beta(1 + successes, 1 + failures) of the faded
/// counts) instead of being the mean, so a route that failed is tried again now and then and is found when it recovered.
struct AdaptiveStrategy: RoutingStrategy {
    /// The answer that speeds are compared by, in tokens.
    private static let typicalAnswer = 300.0
    /// Assumed for routes that have answered but were too short to tell.
    private static let typicalSpeed = 60.0
    /// From here down the share that is left lowers the score.
    private static let lowHeadroom = 0.2

    func arrange(
        _ positions: [Int],
        of candidates: [CandidateState],
        turn: Int,
        using generator: inout SeededGenerator
    ) -> [Int] {
        let seconds = positions.map { Self.expectedSeconds(candidates[$0].score) }
        let best = seconds.reduce(nil as Double?) { best, value in
            guard let value else { return best }
            return best.map { min($0, value) } ?? value
        }
        let keyed = positions.indices.map { index in
            let candidate = candidates[positions[index]]
            // A route that was never called counts as fast as the best, so that it is.
            let speed = seconds[index].map { ((best ?? $0) / $0).squareRoot() } ?? 1
            let draw = BetaSampler.sample(
                alpha: 1 + candidate.score.successes,
                beta: 1 + candidate.score.failures,
                using: &generator
            )
            // The longer another serves well, the less likely a draw would favour one of which nothing is known.
            let isUntried = candidate.score.successes == 0 && candidate.score.failures == 0
            let success = isUntried ? 0.99 + 0.01 * draw : draw
            let headroom = Self.weight(headroom: candidate.availability.headroom)
            let value = success * max(speed, 0.1) * headroom * candidate.traits.capability
            return (value: value, position: positions[index])
        }
        return keyed.sorted { $0.value > $1.value }.map(\.position)
    }

    private static func expectedSeconds(_ score: RouteScore) -> Double? {
        guard let first = score.firstByteSeconds else { return nil }
        return max(0.01, first + typicalAnswer / max(score.tokensPerSecond ?? typicalSpeed, 0.1))
    }

    private static func weight(headroom: Double) -> Double {
        headroom >= lowHeadroom ? 1 : 0.1 + 0.9 * max(0, headroom) / lowHeadroom
    }
}
