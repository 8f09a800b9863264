import Testing

@testable import Relay

/// What an answer means for the route, row by row.
struct OutcomeTests {
    private let account = ProviderAccount(
        providerName: "A",
        models: ["one", "two"],
        dayReset: .utc,
        routes: [.none, .none],
        policy: BreakerPolicy(jitter: 0)
    )

    private func fail(_ failure: UpstreamFailure, at seconds: Double) {
        let now = QuotaClock.at(seconds)
        let reservation = account.reserve(slot: 0, tokens: 100, at: now).reservation
        account.record(failure, slot: 0, reservation: reservation, at: now)
        if let reservation { account.settle(reservation, usedTokens: nil, at: now) }
    }

    private func succeed(at seconds: Double) {
        let now = QuotaClock.at(seconds)
        let reservation = account.reserve(slot: 0, tokens: 0, at: now).reservation
        account.recordSuccess(slot: 0, reservation: reservation, latency: .zero, outputTokens: 1, at: now)
        if let reservation { account.settle(reservation, usedTokens: nil, at: now) }
    }

    @Test func `a bare 429 cools down for two seconds, doubling to ten minutes, and from two again after a success`() {
        var now = 0.0
        for pause in [2.0, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600] {
            fail(.rateLimited(.none), at: now)
            #expect(account.blockedUntil(at: now) == now + pause)
            now += pause
        }
        succeed(at: now)
        fail(.rateLimited(.none), at: now)
        #expect(account.blockedUntil(at: now) == now + 2)
        #expect(account.refusal(slot: 1, at: now) == nil)
    }

    @Test func `a burst of 429s is one 429`() throws {
        let calls = try (0..<20)
            .map { _ in
                try #require(account.reserve(slot: 0, tokens: 0, at: QuotaClock.at(0)).reservation)
            }
        for call in calls { account.record(.rateLimited(.none), slot: 0, reservation: call, at: QuotaClock.at(0.5)) }
        #expect(account.blockedUntil(at: 0.5) == 2.5)
    }

    @Test func `a success from before the 429 does not shorten the next pause`() throws {
        let early = try #require(account.reserve(slot: 0, tokens: 0, at: QuotaClock.at(0)).reservation)
        fail(.rateLimited(.none), at: 1)
        account.recordSuccess(slot: 0, reservation: early, latency: .seconds(1), outputTokens: 1, at: QuotaClock.at(2))
        fail(.rateLimited(.none), at: 3)
        #expect(account.blockedUntil(at: 3) == 7)
    }

    @Test(arguments: [1.0, 30, 3600, 86_400])
    func `a 429 with a time cools down for exactly that long`(seconds: Double) {
        for _ in 0..<3 { fail(.rateLimited(RateLimitHint(retryAfter: .seconds(seconds))), at: 0) }
        #expect(account.refusal(at: 0) == .cooldown)
        #expect(account.blockedUntil(at: 0) == seconds)
        #expect(account.refusal(at: seconds) == nil)
    }

    @Test func `no wait is longer than a day, and a wait of nothing is none`() {
        fail(.rateLimited(RateLimitHint(retryAfter: .seconds(900_000_000))), at: 0)
        #expect(account.blockedUntil(at: 0) == 86_400)
        fail(.rateLimited(RateLimitHint(retryAfter: .zero)), at: 86_400)
        #expect(account.blockedUntil(at: 86_400) == 86_402)
    }

    @Test func `one route's 429 does not cool the others unless the account is meant`() {
        fail(.rateLimited(RateLimitHint(retryAfter: .seconds(10))), at: 0)
        #expect(account.refusal(slot: 1, at: 0) == nil)
        fail(.rateLimited(RateLimitHint(retryAfter: .seconds(20), accountWide: true)), at: 10)
        #expect(account.blockedUntil(slot: 1, at: 10) == 30)
    }

    @Test func `a used-up day ends when the day turns`() {
        // Noon to midnight.
        fail(.quotaExhausted(RateLimitHint(untilDayReset: true)), at: 0)
        #expect(account.blockedUntil(at: 0) == 43_200)
        fail(.rateLimited(RateLimitHint(untilDayReset: true, accountWide: true)), at: 1)
        #expect(account.blockedUntil(slot: 1, at: 1) == 43_200)
    }

    @Test func `a 402 without a reset is tried again after an hour, then two`() {
        fail(.quotaExhausted(.none), at: 0)
        #expect(account.blockedUntil(at: 0) == 3600)
        fail(.quotaExhausted(.none), at: 3600)
        #expect(account.blockedUntil(at: 3600) == 10_800.0)
        let other = ProviderAccount(providerName: "B", routes: [.none])
        let hint = RateLimitHint(retryAfter: .seconds(90))
        other.record(.quotaExhausted(hint), slot: 0, reservation: nil, at: QuotaClock.at(0))
        #expect(other.blockedUntil(at: 0) == 90)
    }

    @Test func `a 401 benches the whole key for five minutes, doubling to six hours, and one call tries it`() throws {
        var now = 0.0
        for pause in [300.0, 600, 1200, 2400, 4800, 9600, 19_200, 21_600, 21_600] {
            fail(.unauthorized, at: now)
            #expect(account.refusal(slot: 1, at: now) == .keyBenched)
            #expect(account.blockedUntil(slot: 1, at: now) == now + pause)
            now += pause
        }
        let trial = try #require(account.reserve(slot: 1, tokens: 0, at: QuotaClock.at(now)).reservation)
        #expect(account.reserve(slot: 0, tokens: 0, at: QuotaClock.at(now)).refusal == .keyBenched)
        account.recordSuccess(slot: 1, reservation: trial, latency: .zero, outputTokens: 1, at: QuotaClock.at(now))
        account.settle(trial, usedTokens: nil, at: QuotaClock.at(now))
        #expect(account.reserve(slot: 0, tokens: 0, at: QuotaClock.at(now)).reservation != nil)
        #expect(account.reserve(slot: 0, tokens: 0, at: QuotaClock.at(now)).reservation != nil)
        fail(.unauthorized, at: now + 1)
        #expect(account.blockedUntil(at: now + 1) == now + 301)
    }

    @Test func `a 403 benches one model for half an hour, doubling, or the key if it says so`() {
        fail(.forbidden(wholeKey: false), at: 0)
        #expect(account.refusal(at: 0) == .forbidden)
        #expect(account.blockedUntil(at: 0) == 1800)
        #expect(account.refusal(slot: 1, at: 0) == nil)
        fail(.forbidden(wholeKey: false), at: 1800)
        #expect(account.blockedUntil(at: 1800) == 5400.0)
        fail(.forbidden(wholeKey: true), at: 5400)
        #expect(account.refusal(slot: 1, at: 5400) == .keyBenched)
        #expect(account.blockedUntil(slot: 1, at: 5400) == 7200.0)
    }

    @Test func `a missing model is left out for an hour, the second time until the catalog is refreshed`() {
        fail(.modelNotFound, at: 0)
        #expect(account.refusal(at: 0) == .modelMissing)
        #expect(account.blockedUntil(at: 0) == 3600)
        fail(.modelNotFound, at: 3600)
        #expect(
            account.reserve(slot: 0, tokens: 0, at: QuotaClock.at(1e6)) == .refused(until: nil, reason: .modelMissing)
        )
        #expect(account.snapshot(slot: 0, at: QuotaClock.at(1e6)).state == .missing)
        account.catalogRefreshed()
        #expect(account.refusal(at: 1e6) == nil)
    }

    @Test func `a missing model that is listed again is tried once an hour`() {
        func list(_ models: Set<String>, at seconds: Double) {
            let now = QuotaClock.at(seconds)
            account.isListed(models, isKeyProven: true, sentAt: now, at: now)
        }
        fail(.modelNotFound, at: 0)
        fail(.modelNotFound, at: 3600)
        list(["another"], at: 10_000)
        #expect(account.refusal(at: 10_000) == .modelMissing)
        list(["one"], at: 7000)
        #expect(account.refusal(at: 7000) == .modelMissing)
        list(["one"], at: 7200)
        #expect(account.refusal(at: 7200) == nil)
        fail(.modelNotFound, at: 7300)
        list(["one"], at: 7400)
        #expect(account.refusal(at: 7400) == .modelMissing)
    }

    @Test func `a benched key that is proven good serves at once, by a check from after the refusal`() {
        fail(.unauthorized, at: 10)
        #expect(account.refusal(at: 11) == .keyBenched)
        func list(isKeyProven: Bool, sentAt: Double) {
            account.isListed([], isKeyProven: isKeyProven, sentAt: QuotaClock.at(sentAt), at: QuotaClock.at(20))
        }
        list(isKeyProven: true, sentAt: 9)
        list(isKeyProven: false, sentAt: 12)
        #expect(account.refusal(at: 20) == .keyBenched)
        list(isKeyProven: true, sentAt: 12)
        #expect(account.refusal(at: 20) == nil)
    }

    @Test(arguments: [
        UpstreamFailure.serverError(status: 503), .serverError(status: 408), .timeout(.connect), .timeout(.firstByte),
        .connectionFailed("reset"), .unreadable("html"), .emptyAnswer, .truncatedStream,
    ])
    func `faults of the upstream count towards the breaker`(failure: UpstreamFailure) {
        for _ in 0..<3 { fail(failure, at: 0) }
        #expect(account.refusal(at: 0) == .breakerOpen)
    }

    @Test(arguments: [
        UpstreamFailure.badRequest(status: 400), .badRequest(status: 422), .contextLengthExceeded(window: nil),
        .maxTokensTooLarge(limit: 10), .noRoomForAnswer(room: 100), .payloadTooLarge, .invalidOutput("json"),
    ])
    func `faults of the request leave the route alone`(failure: UpstreamFailure) {
        for _ in 0..<30 { fail(failure, at: 0) }
        #expect(account.refusal(at: 0) == nil)
    }

    @Test func `sizes are learned from refusals and only shrink`() {
        fail(.contextLengthExceeded(window: 8192), at: 0)
        fail(.contextLengthExceeded(window: 32_768), at: 0)
        fail(.contextLengthExceeded(window: 3), at: 0)
        fail(.maxTokensTooLarge(limit: 4096), at: 0)
        fail(.noRoomForAnswer(room: 100), at: 0)
        #expect(account.learnedSizes(slot: 0) == LearnedSizes(window: 8192, maxOutputTokens: 4096))
        #expect(account.learnedSizes(slot: 1) == LearnedSizes())
        let other = ProviderAccount(providerName: "B", routes: [.none])
        let reservation = other.reserve(slot: 0, tokens: 10_000, at: QuotaClock.at(0)).reservation
        other.record(.contextLengthExceeded(window: nil), slot: 0, reservation: reservation, at: QuotaClock.at(0))
        #expect(other.learnedSizes(slot: 0).window == 9000)
    }

    @Test func `success, failure and speed are remembered and fade`() throws {
        for second in 0..<10 {
            account.recordSuccess(
                slot: 0,
                latency: .seconds(3),
                firstByte: .seconds(1),
                outputTokens: 200,
                at: QuotaClock.at(Double(second))
            )
        }
        account.record(.emptyAnswer, slot: 0, reservation: nil, at: QuotaClock.at(10))
        let score = account.snapshot(slot: 0, at: QuotaClock.at(10)).score
        #expect(abs((score.successRate ?? 0) - 10.0 / 11) < 0.01)
        #expect(score.firstByteSeconds == 1)
        #expect(score.tokensPerSecond == 100)
        let later = account.snapshot(slot: 0, at: QuotaClock.at(610)).score
        #expect(abs(later.failures - 0.5) < 0.001)
    }

    @Test(arguments: [
        (UpstreamFailure.rateLimited(RateLimitHint(retryAfter: .seconds(1.5))), RouteStatus.State.cooldown, 2),
        (.quotaExhausted(RateLimitHint(retryAfter: .seconds(60))), .cooldown, 60),
        (.unauthorized, .benched, 300), (.forbidden(wholeKey: false), .benched, 1800), (.modelNotFound, .missing, 3600),
    ])
    func `the status says what is the matter and for how long`(
        failure: UpstreamFailure,
        state: RouteStatus.State,
        seconds: Int
    ) {
        #expect(account.snapshot(slot: 0, at: QuotaClock.at(0)).state == .available)
        fail(failure, at: 0)
        let status = account.snapshot(slot: 0, at: QuotaClock.at(0))
        #expect(status.state == state)
        #expect(status.cooldownRemainingSeconds == seconds)
    }
}
