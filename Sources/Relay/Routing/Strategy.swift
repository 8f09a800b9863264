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
        // A bit for each tier that is there, and for each that several candidates share.
        var (present, shared): (UInt64, UInt64) = (0, 0)
        for position in candidates.indices {
            let bit: UInt64 = 1 << UInt64(candidates[position].tier)
            shared |= present & bit
            present |= bit
        }
        while present != 0 {
            let tier = present.trailingZeroBitCount
            let bit: UInt64 = 1 << UInt64(tier)
            present ^= bit
            if shared & bit == 0, let only = candidates.firstIndex(where: { $0.tier == tier }) {
                // A session's pin is always one, so that no list is made of it.
                order.append(only)
                continue
            }
            var positions: [Int] = []
            positions.reserveCapacity(candidates.count)
            for position in candidates.indices where candidates[position].tier == tier { positions.append(position) }
            if candidates[positions[0]].availability.isFree {
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
func nextWholeOpening(among candidates: [CandidateState]) -> Instant? {
    var soonest: Instant?
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
