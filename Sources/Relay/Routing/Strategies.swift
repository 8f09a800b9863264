/// Providers in turn, and each provider's routes in turn: consecutive requests go to different providers, and a request
/// that falls over goes to another provider, too, before it tries another model of the same one.
struct RoundRobinStrategy: RoutingStrategy {
    func arrange(
        _ positions: [Int],
        of candidates: [CandidateState],
        turn: Int,
        using generator: inout SeededGenerator
    ) -> [Int] {
        // Candidates stand by provider, so that each one's are a run of positions.
        var runs: [Range<Int>] = []
        runs.reserveCapacity(positions.count)
        var longest = 0
        var start = 0
        for place in positions.indices {
            let provider = candidates[positions[place]].traits.provider
            let isLast = place + 1 == positions.count
            guard isLast || candidates[positions[place + 1]].traits.provider != provider else { continue }
            runs.append(start..<place + 1)
            longest = max(longest, place + 1 - start)
            start = place + 1
        }
        let (round, first) = turn.quotientAndRemainder(dividingBy: runs.count)
        var order: [Int] = []
        order.reserveCapacity(positions.count)
        for step in 0..<longest {
            for offset in runs.indices {
                let run = runs[(first + offset) % runs.count]
                if step < run.count { order.append(positions[run.lowerBound + (round + step) % run.count]) }
            }
        }
        return order
    }
}

/// Any order, each as likely as the others.
struct RandomStrategy: RoutingStrategy {
    func arrange(
        _ positions: [Int],
        of candidates: [CandidateState],
        turn: Int,
        using generator: inout SeededGenerator
    ) -> [Int] {
        positions.shuffled(using: &generator)
    }
}

/// Groups by the provider's priority, any order inside a group, the whole list several times over.
struct PriorityStrategy: RoutingStrategy {
    var cycles = 1

    func arrange(
        _ positions: [Int],
        of candidates: [CandidateState],
        turn: Int,
        using generator: inout SeededGenerator
    ) -> [Int] {
        let keyed = positions.map { (priority: candidates[$0].traits.priority, roll: generator.next(), position: $0) }
        return keyed.sorted { ($0.priority, $0.roll) < ($1.priority, $1.roll) }.map(\.position)
    }
}

/// The catalog's own order: ranked models first, then as they are written.
struct RankedStrategy: RoutingStrategy {
    func arrange(
        _ positions: [Int],
        of candidates: [CandidateState],
        turn: Int,
        using generator: inout SeededGenerator
    ) -> [Int] {
        let keyed = positions.map { (rank: candidates[$0].traits.rank, position: $0) }
        return keyed.sorted { ($0.rank, $0.position) < ($1.rank, $1.position) }.map(\.position)
    }
}
