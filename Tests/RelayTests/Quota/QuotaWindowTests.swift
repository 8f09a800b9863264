import Testing

@testable import Relay

struct QuotaWindowTests {
    @Test(arguments: [
        (RateLimits(requestsPerSecond: 2), 1.0, QuotaAxis(.requests, .second)),
        (RateLimits(requestsPerMinute: 2), 60.0, QuotaAxis(.requests, .minute)),
        (RateLimits(requestsPerHour: 2), 3600.0, QuotaAxis(.requests, .hour)),
        (RateLimits(requestsPerDay: 2), 86_400.0, QuotaAxis(.requests, .day)),
    ])
    func `a request leaves its window exactly one window after its head`(
        limits: RateLimits,
        window: Double,
        axis: QuotaAxis
    ) {
        for limits in [(account: limits, route: RateLimits.none), (account: .none, route: limits)] {
            let account = ProviderAccount(providerName: "A", accountLimits: limits.account, routes: [limits.route])
            #expect(account.call(at: 0))
            #expect(account.call(at: 0.25))
            #expect(account.refusal(at: 0.5) == .quota(axis))
            #expect(account.blockedUntil(at: 0.5) == window)
            #expect(account.refusal(at: window - 0.000_001) == .quota(axis))
            #expect(account.refusal(at: window) == nil)
            #expect(account.call(at: window))
            #expect(!account.call(at: window))
            #expect(account.call(at: window + 0.25))
        }
    }

    @Test(arguments: [
        (RateLimits(tokensPerMinute: 1000), 60.0), (RateLimits(tokensPerHour: 1000), 3600.0),
        (RateLimits(tokensPerDay: 1000), 86_400.0),
    ])
    func `tokens are reserved and settled with what was really used`(limits: RateLimits, window: Double) {
        let account = ProviderAccount(providerName: "A", routes: [limits])
        #expect(account.call(tokens: 600, used: 300, at: 0))
        // Half a window later, so that it does not share the first one's bucket.
        #expect(account.call(tokens: 700, used: 700, at: window / 2))
        #expect(account.refusal(tokens: 1, at: window - 1) != nil)
        #expect(account.refusal(tokens: 300, at: window) == nil)
        #expect(account.refusal(tokens: 301, at: window) != nil)
        #expect(account.blockedUntil(tokens: 301, at: window) == window * 1.5)
        #expect(account.refusal(tokens: 1000, at: window * 1.5) == nil)
    }

    @Test func `a call under way stays in its window however long it takes`() throws {
        let account = ProviderAccount(providerName: "A", routes: [RateLimits(requestsPerMinute: 1)])
        let reservation = try #require(account.reserve(slot: 0, tokens: 0, at: QuotaClock.at(0)).reservation)
        #expect(account.refusal(at: 300) != nil)
        account.headArrived(reservation, at: QuotaClock.at(300))
        account.settle(reservation, usedTokens: nil, at: QuotaClock.at(330))
        #expect(account.blockedUntil(at: 330) == 360)
        #expect(account.refusal(at: 360) == nil)
    }

    @Test func `a call that wrote no byte gives everything back`() throws {
        let account = ProviderAccount(
            providerName: "A",
            concurrency: 1,
            routes: [RateLimits(requestsPerDay: 1, tokensPerDay: 100)]
        )
        let reservation = try #require(account.reserve(slot: 0, tokens: 100, at: QuotaClock.at(0)).reservation)
        #expect(account.refusal(at: 0) != nil)
        account.release(reservation, at: QuotaClock.at(1))
        account.release(reservation, at: QuotaClock.at(1))
        account.settle(reservation, usedTokens: 100, at: QuotaClock.at(1))
        #expect(account.refusal(tokens: 100, at: 1) == nil)
        #expect(account.snapshot(slot: 0, at: QuotaClock.at(1)).inFlight == 0)
    }

    @Test func `settling twice counts once, and an old reservation does not end a new one`() throws {
        let account = ProviderAccount(providerName: "A", concurrency: 1, routes: [RateLimits(tokensPerMinute: 100)])
        let first = try #require(account.reserve(slot: 0, tokens: 10, at: QuotaClock.at(0)).reservation)
        account.settle(first, usedTokens: 10, at: QuotaClock.at(0))
        account.settle(first, usedTokens: 10, at: QuotaClock.at(0))
        let second = try #require(account.reserve(slot: 0, tokens: 10, at: QuotaClock.at(0)).reservation)
        account.settle(first, usedTokens: 50, at: QuotaClock.at(0))
        #expect(account.refusal(at: 0) == .concurrency)
        account.settle(second, usedTokens: 10, at: QuotaClock.at(0))
        let tokens = account.snapshot(slot: 0, at: QuotaClock.at(0)).axes.first { $0.axis.kind == .tokens }
        #expect(tokens?.used == 20)
    }

    @Test func `a day that turns at midnight is whole again then, but for what is under way`() throws {
        let account = ProviderAccount(providerName: "A", dayReset: .utc, routes: [RateLimits(requestsPerDay: 3)])
        // The test clock starts at noon.
        let midnight = 43_200.0
        #expect(account.call(at: 0))
        #expect(account.call(at: 1))
        let late = try #require(account.reserve(slot: 0, tokens: 0, at: QuotaClock.at(midnight - 1)).reservation)
        #expect(account.blockedUntil(at: midnight - 1) == midnight)
        #expect(account.call(at: midnight))
        #expect(account.call(at: midnight))
        #expect(!account.call(at: midnight))
        account.settle(late, usedTokens: nil, at: QuotaClock.at(midnight + 1))
        #expect(!account.call(at: midnight + 2))
        #expect(account.call(at: midnight + 86_400))
    }

    @Test func `account windows are shared by the routes, route windows are not`() {
        let account = ProviderAccount(
            providerName: "A",
            accountLimits: RateLimits(requestsPerMinute: 3),
            routes: [RateLimits(requestsPerMinute: 2), .none]
        )
        #expect(account.call(slot: 0, at: 0))
        #expect(account.call(slot: 0, at: 0))
        #expect(account.refusal(slot: 0, at: 0) == .quota(QuotaAxis(.requests, .minute)))
        #expect(account.refusal(slot: 1, at: 0) == nil)
        #expect(account.call(slot: 1, at: 0))
        #expect(account.refusal(slot: 1, at: 0) == .quota(QuotaAxis(.requests, .minute)))
    }

    @Test func `a limit of zero is never free, and a request over the whole limit takes all of it`() {
        let zero = ProviderAccount(providerName: "A", routes: [RateLimits(requestsPerDay: 0)])
        #expect(zero.refusal(at: 0) == .quota(QuotaAxis(.requests, .day)))
        let small = ProviderAccount(providerName: "A", routes: [RateLimits(tokensPerMinute: 100)])
        #expect(small.call(tokens: 5000, used: 90, at: 0))
        #expect(!small.call(tokens: 5000, at: 1))
        #expect(small.call(tokens: 5000, at: 60))
    }

    @Test func `negative limits are none`() {
        let account = ProviderAccount(providerName: "A", routes: [RateLimits(requestsPerDay: -1, tokensPerDay: -1)])
        for _ in 0..<100 { #expect(account.call(tokens: 1_000_000, at: 0)) }
    }

    @Test func `only so many calls are under way as the provider allows`() throws {
        let account = ProviderAccount(providerName: "A", concurrency: 2, routes: [.none, .none])
        let first = try #require(account.reserve(slot: 0, tokens: 0, at: QuotaClock.at(0)).reservation)
        #expect(account.availability(slot: 0, tokens: 0, at: QuotaClock.at(0)).headroom == 0.5)
        #expect(account.reserve(slot: 1, tokens: 0, at: QuotaClock.at(0)).reservation != nil)
        #expect(account.reserve(slot: 0, tokens: 0, at: QuotaClock.at(0)) == .refused(until: nil, reason: .concurrency))
        account.settle(first, usedTokens: nil, at: QuotaClock.at(1))
        #expect(account.refusal(slot: 1, at: 1) == nil)
    }

    @Test func `headroom is the least share left`() {
        let account = ProviderAccount(
            providerName: "A",
            accountLimits: RateLimits(requestsPerDay: 100),
            routes: [RateLimits(requestsPerMinute: 10, tokensPerMinute: 1000)]
        )
        #expect(account.availability(slot: 0, tokens: 250, at: QuotaClock.at(0)) == .free(headroom: 0.75))
        #expect(account.call(tokens: 100, at: 0))
        #expect(account.availability(slot: 0, tokens: 100, at: QuotaClock.at(0)) == .free(headroom: 0.8))
    }

    @Test func `large windows are bounded and never count too little`() {
        var generator = SeededGenerator(seed: 7)
        var ring = AmountRing(granularity: QuotaWindow.day.nanoseconds / 128)
        var exact: [(Int64, Int)] = []
        var now: Int64 = 0
        for _ in 0..<100_000 {
            now += Int64.random(in: 0..<20_000_000_000, using: &generator)
            let amount = Int.random(in: 1...2000, using: &generator)
            ring.append(amount, at: now)
            exact.append((now, amount))
            _ = ring.removeFirst(through: now - QuotaWindow.day.nanoseconds)
        }
        let inWindow = exact.filter { $0.0 > now - QuotaWindow.day.nanoseconds }.reduce(0) { $0 + $1.1 }
        #expect(ring.total >= inWindow)
        #expect(Double(ring.total) < Double(inWindow) * 1.02)
        #expect(ring.count <= AmountRing.maximumCount)
    }
}

struct ReservationRaceTests {
    /// Eight threads at one account: the sum taken is the limit, whichever of them took it.
    @Test func `threads that race never take more than there is`() async {
        let account = ProviderAccount(
            providerName: "A",
            accountLimits: RateLimits(requestsPerDay: 5000),
            concurrency: 16,
            routes: [
                RateLimits(requestsPerMinute: 3000, tokensPerMinute: 1_000_000), RateLimits(requestsPerMinute: 2500),
            ]
        )
        let taken = await withTaskGroup(of: [Int].self) { group in
            for thread in 0..<8 {
                group.addTask {
                    var taken = [0, 0]
                    for turn in 0..<4000 {
                        let slot = (turn + thread) % 2
                        let now = QuotaClock.at(Double(turn) / 1000)
                        guard let reservation = account.reserve(slot: slot, tokens: 10, at: now).reservation else {
                            continue
                        }
                        if turn % 10 == 0 {
                            account.release(reservation, at: now)
                            continue
                        }
                        taken[slot] += 1
                        account.headArrived(reservation, at: now)
                        account.settle(reservation, usedTokens: 10, at: now)
                    }
                    return taken
                }
            }
            return await group.reduce(into: [0, 0]) { sum, part in
                sum[0] += part[0]
                sum[1] += part[1]
            }
        }
        #expect(taken[0] <= 3000)
        #expect(taken[1] <= 2500)
        #expect(taken[0] + taken[1] == 5000)
        #expect(account.snapshot(slot: 0, at: QuotaClock.at(5)).inFlight == 0)
    }
}
