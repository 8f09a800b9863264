import Testing

@testable import Relay

struct BreakerTests {
    private let account = ProviderAccount(
        providerName: "A",
        routes: [.none, .none],
        policy: BreakerPolicy(jitter: 0)
    )

    private func fail(_ times: Int = 1, at seconds: Double, on account: ProviderAccount? = nil) {
        let account = account ?? self.account
        for _ in 0..<times {
            let now = QuotaClock.at(seconds)
            let reservation = account.reserve(slot: 0, tokens: 0, at: now).reservation
            account.record(.serverError(status: 500), slot: 0, reservation: reservation, at: now)
            if let reservation { account.settle(reservation, usedTokens: nil, at: now) }
        }
    }

    private func succeed(at seconds: Double) {
        let now = QuotaClock.at(seconds)
        let reservation = account.reserve(slot: 0, tokens: 0, at: now).reservation
        account.recordSuccess(slot: 0, reservation: reservation, latency: .zero, outputTokens: 1, at: now)
        if let reservation { account.settle(reservation, usedTokens: nil, at: now) }
    }

    @Test func `three failures in a row open it for five seconds, for this route alone`() {
        fail(2, at: 0)
        #expect(account.refusal(at: 0) == nil)
        fail(at: 0)
        #expect(account.refusal(at: 0) == .breakerOpen)
        #expect(account.blockedUntil(at: 0) == 5)
        #expect(account.refusal(slot: 1, at: 0) == nil)
        #expect(account.refusal(at: 4.999) == .breakerOpen)
        #expect(account.refusal(at: 5) == nil)
    }

    @Test func `a success in between starts the count anew`() {
        for second in 0..<5 {
            fail(2, at: Double(second))
            succeed(at: Double(second))
            succeed(at: Double(second))
            succeed(at: Double(second))
        }
        #expect(account.refusal(at: 10) == nil)
    }

    @Test func `half of the last twenty open it, too`() {
        for second in 0..<9 {
            fail(at: Double(second))
            succeed(at: Double(second))
        }
        #expect(account.refusal(at: 9) == nil)
        fail(at: 9)
        #expect(account.refusal(at: 9) == .breakerOpen)
    }

    @Test func `an open breaker allows one probe after its pause`() throws {
        fail(3, at: 0)
        let probe = try #require(account.reserve(slot: 0, tokens: 0, at: QuotaClock.at(5)).reservation)
        #expect(account.reserve(slot: 0, tokens: 0, at: QuotaClock.at(6)) == .refused(until: nil, reason: .probing))
        account.recordSuccess(slot: 0, reservation: probe, latency: .zero, outputTokens: 1, at: QuotaClock.at(7))
        account.settle(probe, usedTokens: nil, at: QuotaClock.at(7))
        #expect(account.refusal(at: 7) == nil)
        #expect(account.snapshot(slot: 0, at: QuotaClock.at(7)).breaker == .closed)
    }

    @Test func `each failed probe doubles the pause, up to five minutes`() {
        var now = 0.0
        fail(3, at: now)
        for pause in [5.0, 10, 20, 40, 80, 160, 300, 300] {
            #expect(account.blockedUntil(at: now) == now + pause)
            now += pause
            fail(at: now)
        }
        now += 300
        succeed(at: now)
        fail(3, at: now)
        #expect(account.blockedUntil(at: now) == now + 5)
    }

    @Test func `a probe that is given up leaves the next call to try`() throws {
        fail(3, at: 0)
        let released = try #require(account.reserve(slot: 0, tokens: 0, at: QuotaClock.at(5)).reservation)
        account.release(released, at: QuotaClock.at(5))
        let left = try #require(account.reserve(slot: 0, tokens: 0, at: QuotaClock.at(6)).reservation)
        account.settle(left, usedTokens: nil, at: QuotaClock.at(6))
        #expect(account.reserve(slot: 0, tokens: 0, at: QuotaClock.at(7)).reservation != nil)
    }

    @Test func `calls from before the last change count for nothing`() throws {
        let now = QuotaClock.at(0)
        let calls = try (0..<6).map { _ in try #require(account.reserve(slot: 0, tokens: 0, at: now).reservation) }
        for call in calls { account.record(.timeout(.idle), slot: 0, reservation: call, at: QuotaClock.at(1)) }
        #expect(account.blockedUntil(at: 1) == 6)
        let probe = try #require(account.reserve(slot: 0, tokens: 0, at: QuotaClock.at(6)).reservation)
        account.record(.timeout(.idle), slot: 0, reservation: calls[0], at: QuotaClock.at(7))
        account.recordSuccess(
            slot: 0,
            reservation: calls[1],
            latency: .seconds(7),
            outputTokens: 1,
            at: QuotaClock.at(7)
        )
        #expect(account.refusal(at: 7) == .probing)
        account.record(.timeout(.idle), slot: 0, reservation: probe, at: QuotaClock.at(8))
        #expect(account.blockedUntil(at: 8) == 18)
    }

    @Test func `a probe answered 429 or 400 shows that the route is alive`() throws {
        var now = 0.0
        for refusal in [
            UpstreamFailure.badRequest(status: 400), .rateLimited(.none), .contextLengthExceeded(window: nil),
        ] {
            fail(3, at: now)
            let probe = try #require(account.reserve(slot: 0, tokens: 0, at: QuotaClock.at(now + 5)).reservation)
            account.record(refusal, slot: 0, reservation: probe, at: QuotaClock.at(now + 5))
            account.settle(probe, usedTokens: nil, at: QuotaClock.at(now + 5))
            #expect(account.snapshot(slot: 0, at: QuotaClock.at(now + 5)).breaker == .closed)
            now += 10
        }
    }

    @Test func `jitter shortens pauses by a fifth at most and is repeated by its seed`() {
        func pauses(_ name: String) -> [Double] {
            let account = ProviderAccount(providerName: name, routes: [.none])
            var pauses: [Double] = []
            var now = 0.0
            fail(3, at: now, on: account)
            for _ in 0..<8 {
                let until = account.blockedUntil(at: now) ?? 0
                pauses.append(until - now)
                now = until + 0.001
                fail(at: now, on: account)
            }
            return pauses
        }
        let one = pauses("A")
        #expect(one == pauses("A"))
        #expect(one != pauses("B"))
        for (pause, full) in zip(one, [5.0, 10, 20, 40, 80, 160, 300, 300]) {
            #expect(pause <= full && pause >= full * 0.8)
        }
    }
}
