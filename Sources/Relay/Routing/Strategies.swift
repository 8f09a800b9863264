/// Providers in turn, and each provider's routes in turn: consecutive requests go to different providers, and a request
/// that falls over goes to another provider, too, before it tries another model of the same one.
struct RoundRobinStrategy: RoutingStrategy {
    func arrange(
        _ positions: [Int],
        of candidates: [CandidateState],
        turn: Int,
        using generator: inout SeededGenerator
    ) -> [Int] {
        var providers: [Int] = []
        var members: [[Int]] = []
        for position in positions {
            let provider = candidates[position].traits.provider
            // Routes stand by provider, so it is nearly always the last one.
            if let group = providers.lastIndex(of: provider) {
                members[group].append(position)
            } else {
                providers.append(provider)
                members.append([position])
            }
        }
        let (round, start) = turn.quotientAndRemainder(dividingBy: providers.count)
        let longest = members.reduce(0) { max($0, $1.count) }
        var order: [Int] = []
        order.reserveCapacity(positions.count)
        for step in 0..<longest {
            for offset in providers.indices {
                let group = members[(start + offset) % providers.count]
                if step < group.count { order.append(group[(round + step) % group.count]) }
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
