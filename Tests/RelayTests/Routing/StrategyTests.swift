import Testing

@testable import Relay

struct StrategyTests {
    private var generator = SeededGenerator(seed: 42)

    /// Candidates of providers with so many routes each.
    private func candidates(_ routes: [Int], _ change: (inout CandidateState, Int) -> Void = { _, _ in })
        -> [CandidateState]
    {
        var list: [CandidateState] = []
        for (provider, count) in routes.enumerated() {
            for _ in 0..<count {
                var traits = RouteTraits()
                traits.provider = provider
                var state = CandidateState(traits: traits, availability: .free(headroom: 1))
                change(&state, list.count)
                list.append(state)
            }
        }
        return list
    }

    private func blocked(_ seconds: Double?) -> Availability {
        .blocked(until: seconds.map { QuotaClock.at($0).instant }, reason: .cooldown)
    }

    @Test(arguments: StrategyName.allCases)
    mutating func `every strategy names every candidate once`(name: StrategyName) {
        for count in [0, 1, 2, 24, 200] {
            let states = candidates(Array(repeating: 1, count: count)) { state, index in
                if index % 5 == 0 { state.availability = .blocked(until: nil, reason: .probing) }
                state.fitsWhole = index % 3 != 0
                state.isPinned = index == 7
                state.distance = index % 4
            }
            let order = name.strategy().order(states, turn: 3, using: &generator)
            #expect(order.sorted() == Array(0..<count))
        }
    }

    @Test(arguments: StrategyName.allCases)
    mutating func `free before blocked, whole before cut, the pin before others, near before far`(name: StrategyName) {
        let states = candidates([1, 1, 1, 1, 1, 1, 1, 1]) { state, index in
            switch index {
            case 0:
                state.availability = blocked(9)
                state.isPinned = true
            case 1: state.availability = blocked(nil)
            case 2: state.availability = blocked(5)
            case 3:
                state.fitsWhole = false
                state.isPinned = true
            case 4: state.distance = 2
            case 5: state.distance = 1
            case 6:
                state.isPinned = true
                state.distance = 7
            default: state.fitsWhole = false
            }
        }
        #expect(name.strategy().order(states, turn: 1, using: &generator) == [6, 5, 4, 3, 7, 0, 2, 1])
    }

    @Test mutating func `round robin sends consecutive requests to different providers, and is fair`() {
        let states = candidates([3, 1, 2])
        let strategy = RoundRobinStrategy()
        var first: [Int: Int] = [:]
        var last: Int?
        for turn in 0..<1800 {
            let order = strategy.order(states, turn: turn, using: &generator)
            let provider = states[order[0]].traits.provider
            #expect(provider != last)
            last = provider
            first[order[0], default: 0] += 1
            // The first three tries are three providers.
            #expect(Set(order.prefix(3).map { states[$0].traits.provider }).count == 3)
        }
        #expect(first == [0: 200, 1: 200, 2: 200, 3: 600, 4: 300, 5: 300])
    }

    @Test mutating func `random is even`() {
        let states = candidates([2, 2])
        var first = [0, 0, 0, 0]
        for _ in 0..<4000 { first[RandomStrategy().order(states, turn: 0, using: &generator)[0]] += 1 }
        #expect(first.allSatisfy { (850...1150).contains($0) })
    }

    @Test mutating func `priority goes by groups, random inside, the whole list several times`() {
        let states = candidates([1, 1, 1, 1, 1]) { state, index in state.traits.priority = index < 2 ? 2 : 1 }
        var orders: Set<[Int]> = []
        for _ in 0..<200 {
            let order = PriorityStrategy(cycles: 3).order(states, turn: 0, using: &generator)
            #expect(order.count == 15)
            for cycle in 0..<3 {
                #expect(Set(order[(cycle * 5)..<(cycle * 5 + 3)]) == [2, 3, 4])
                #expect(Set(order[(cycle * 5 + 3)..<(cycle * 5 + 5)]) == [0, 1])
            }
            orders.insert(Array(order.prefix(5)))
        }
        #expect(orders.count == 12)
    }

    @Test mutating func `ranked is the catalog's order`() {
        let states = candidates([2, 3]) { state, index in state.traits.rank = [.max, 3, .max, 1, 2][index] }
        #expect(RankedStrategy().order(states, turn: 9, using: &generator) == [3, 4, 1, 0, 2])
    }

    @Test mutating func `adaptive prefers what succeeds, is fast, has room and can do more`() {
        func share(_ change: (inout CandidateState, Int) -> Void) -> Double {
            let states = candidates([1, 1], change)
            var first = 0
            for _ in 0..<2000 where AdaptiveStrategy().order(states, turn: 0, using: &generator)[0] == 0 { first += 1 }
            return Double(first) / 2000
        }
        func score(successes: Int, failures: Int, latency: Double = 1) -> RouteScore {
            var score = RouteScore()
            for _ in 0..<successes {
                let moment = QuotaClock.at(0)
                score.recordSuccess(latency: .seconds(latency), firstByte: nil, outputTokens: 100, at: moment.ticks)
            }
            for _ in 0..<failures { score.recordFailure(at: QuotaClock.at(0).ticks) }
            return score
        }
        #expect(share { state, index in state.score = score(successes: 20, failures: index * 20) } > 0.98)
        #expect(
            share { state, index in state.score = score(successes: 20, failures: 0, latency: index == 0 ? 1 : 6) }
                > 0.98
        )
        #expect(share { state, index in state.availability = .free(headroom: index == 0 ? 0.5 : 0.02) } > 0.8)
        #expect(
            share { state, index in
                state.score = score(successes: 50, failures: 0)
                state.traits.capability = index == 0 ? 1 : 0.7
            } > 0.98
        )
        #expect(abs(share { _, _ in } - 0.5) < 0.05)
    }

    /// Two providers; one is down for a while. It is left alone then, and found again when it is back.
    @Test mutating func `adaptive finds a provider that recovered`() {
        let accounts = ["A", "B"].map { ProviderAccount(providerName: $0, routes: [.none]) }
        var calls: [[Int]] = [[0, 0], [0, 0], [0, 0]]
        for second in 0..<3600 {
            let now = QuotaClock.at(Double(second))
            let phase = second < 600 ? 0 : second < 1800 ? 1 : 2
            let states = candidates([1, 1]) { state, index in
                let standing = accounts[index].standing(slot: 0, tokens: 0, at: now)
                state.availability = standing.availability
                state.score = standing.score
            }
            for choice in AdaptiveStrategy().order(states, turn: second, using: &generator) {
                guard let reservation = accounts[choice].reserve(slot: 0, tokens: 0, at: now).reservation else {
                    continue
                }
                defer { accounts[choice].settle(reservation, usedTokens: nil, at: now) }
                calls[phase][choice] += 1
                if choice == 0, phase == 1 {
                    accounts[choice].record(.serverError(status: 500), slot: 0, reservation: reservation, at: now)
                } else {
                    accounts[choice]
                        .recordSuccess(
                            slot: 0,
                            reservation: reservation,
                            latency: .seconds(choice == 0 ? 0.5 : 1),
                            outputTokens: 100,
                            at: now
                        )
                    break
                }
            }
        }
        // It was the better one, was hardly asked while it was down, and is the better one again.
        #expect(calls[0][0] > 500)
        #expect(calls[1][0] < 60)
        #expect(calls[2][0] > 900)
    }

    @Test mutating func `beta draws have the mean and the spread they should`() {
        for (alpha, beta) in [(1.0, 1.0), (2, 5), (20, 1), (300, 100)] {
            let draws = (0..<20_000).map { _ in BetaSampler.sample(alpha: alpha, beta: beta, using: &generator) }
            let mean = draws.reduce(0, +) / 20_000
            let spread = draws.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
            let sum = alpha + beta
            #expect(abs(mean - alpha / sum) < 0.01)
            #expect(abs(spread / (alpha * beta / (sum * sum * (sum + 1))) - 1) < 0.1)
        }
    }

    @Test func `a cut history waits for the first route that takes it whole`() {
        let states = candidates([1, 1, 1]) { state, index in
            state.fitsWhole = index > 0
            if index > 0 { state.availability = blocked(Double(index * 3)) }
        }
        #expect(nextWholeOpening(among: states) == QuotaClock.at(3).instant)
        #expect(nextWholeOpening(among: Array(states.prefix(1))) == nil)
        #expect(nextWholeOpening(among: candidates([1])) == nil)
    }

    @Test func `sizes and schemas say how near a route is`() {
        var traits = RouteTraits()
        traits.scale = .large
        #expect(traits.distance(from: nil, wantsSchema: false) == 0)
        #expect(traits.distance(from: .large, wantsSchema: false) == 0)
        #expect(traits.distance(from: .small, wantsSchema: false) == 2)
        #expect(traits.distance(from: .medium, wantsSchema: true) == 5)
        traits.enforcesSchemas = true
        #expect(traits.distance(from: nil, wantsSchema: true) == 0)
    }
}
