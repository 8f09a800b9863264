/// In which order candidates are tried.
///
/// Strategies are pure: what they count or roll is handed to them. They decide among equals only; what goes before what
/// in any case (`CandidateState.tier`) is decided once, in `order`.
protocol RoutingStrategy: Sendable {
    /// Orders candidates of one tier that are all free. `turn` counts the requests that asked the same question.
    func arrange(
        _ positions: [Int],
        of candidates: [CandidateState],
        turn: Int,
        using generator: inout SeededGenerator
    ) -> [Int]

    /// How often the whole list is gone through before giving up.
    var cycles: Int { get }
}

extension RoutingStrategy {
    var cycles: Int { 1 }

    /// Positions in `candidates` in the order to try them, `cycles` times over. Blocked ones come last, in the order in
    /// which they come free.
    func order(_ candidates: [CandidateState], turn: Int, using generator: inout SeededGenerator) -> [Int] {
        var order: [Int] = []
        order.reserveCapacity(candidates.count * cycles)
        for _ in 0..<max(1, cycles) { appendOnce(candidates, turn: turn, using: &generator, to: &order) }
        return order
    }

    private func appendOnce(
        _ candidates: [CandidateState],
        turn: Int,
        using generator: inout SeededGenerator,
        to order: inout [Int]
    ) {
        let tiers = candidates.map(\.tier)
        let isOneTier = tiers.allSatisfy { $0 == tiers[0] }
        if isOneTier, candidates.count > 1, candidates[0].availability.isFree {
            return order += arrange(Array(candidates.indices), of: candidates, turn: turn, using: &generator)
        }
        let present = tiers.reduce(into: 0 as UInt64) { $0 |= 1 << UInt64($1) }
        for tier in 0..<CandidateState.tierCount where present & (1 << UInt64(tier)) != 0 {
            let positions = tiers.indices.filter { tiers[$0] == tier }
            if positions.count == 1 {
                order.append(positions[0])
            } else if candidates[positions[0]].availability.isFree {
                order += arrange(positions, of: candidates, turn: turn, using: &generator)
            } else {
                order += Self.bySoonest(positions, of: candidates)
            }
        }
    }

    private static func bySoonest(_ positions: [Int], of candidates: [CandidateState]) -> [Int] {
        let keyed = positions.map { (until: candidates[$0].availability.blockedUntil, position: $0) }
        return
            keyed.sorted { one, other in
                switch (one.until, other.until) {
                case (let one?, let other?) where one != other: one < other
                case (.some, nil): true
                case (nil, .some): false
                default: one.position < other.position
                }
            }
            .map(\.position)
    }
}

/// When the first blocked candidate that takes the history whole is free again; `nil` where one is free already, or
/// where none is in sight. A history is cut only when waiting until then is too long.
func nextWholeOpening(among candidates: [CandidateState]) -> ContinuousClock.Instant? {
    var soonest: ContinuousClock.Instant?
    for candidate in candidates where candidate.fitsWhole {
        if candidate.availability.isFree { return nil }
        guard let until = candidate.availability.blockedUntil else { continue }
        soonest = soonest.map { min($0, until) } ?? until
    }
    return soonest
}

/// `routing.strategy` by name.
enum StrategyName: String, Sendable, CaseIterable {
    case roundRobin = "round_robin"
    case random, priority, ranked, adaptive

    func strategy(cycles: Int = 1) -> any RoutingStrategy {
        switch self {
        case .roundRobin: RoundRobinStrategy()
        case .random: RandomStrategy()
        case .priority: PriorityStrategy(cycles: max(1, cycles))
        case .ranked: RankedStrategy()
        case .adaptive: AdaptiveStrategy()
        }
    }
}
