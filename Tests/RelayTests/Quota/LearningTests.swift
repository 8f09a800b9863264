import Testing

@testable import Relay

struct FakeHeaders: UpstreamHeaders {
    var fields: [String: String] = [:]
    func first(_ lowercasedName: String) -> String? { fields[lowercasedName] }
}

struct RateLimitReportTests {
    private static let cases: [([String: String], [RateLimitReport.Reading])] = [
        // Groq: requests are the day's, told by the ledger; tokens the minute's.
        (
            [
                "x-ratelimit-limit-requests": "14400", "x-ratelimit-remaining-requests": "14370",
                "x-ratelimit-reset-requests": "2m59.56s", "x-ratelimit-limit-tokens": "18000",
                "x-ratelimit-remaining-tokens": "17997", "x-ratelimit-reset-tokens": "7.66s",
            ],
            [
                .init(limit: 14_400, remaining: 14_370, reset: .seconds(179.56)),
                .init(kind: .tokens, window: .minute, limit: 18_000, remaining: 17_997, reset: .seconds(7.66)),
            ]
        ),
        // Cerebras.
        (
            [
                "x-ratelimit-limit-requests-day": "14400", "x-ratelimit-remaining-requests-day": "14399",
                "x-ratelimit-reset-requests-day": "33011.382867", "x-ratelimit-limit-tokens-minute": "60000",
                "x-ratelimit-remaining-tokens-minute": "0", "x-ratelimit-reset-tokens-minute": "11.382867",
            ],
            [
                .init(window: .day, limit: 14_400, remaining: 14_399, reset: .seconds(33_011.382867)),
                .init(kind: .tokens, window: .minute, limit: 60_000, remaining: 0, reset: .seconds(11.382867)),
            ]
        ),
        // OpenRouter: milliseconds since 1970.
        (
            ["x-ratelimit-limit": "20", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1736942460000"],
            [.init(limit: 20, remaining: 0, reset: .seconds(60))]
        ),
        // IETF draft, both ages.
        (
            ["ratelimit-limit": "100;w=60", "ratelimit-remaining": "12", "ratelimit-reset": "30"],
            [.init(window: .minute, limit: 100, remaining: 12, reset: .seconds(30))]
        ),
        (
            ["ratelimit": "\"default\";r=3;t=17", "ratelimit-policy": "\"default\";q=50;w=86400"],
            [.init(window: .day, limit: 50, remaining: 3, reset: .seconds(17))]
        ),
        // Anthropic: dates.
        (
            [
                "anthropic-ratelimit-requests-limit": "50", "anthropic-ratelimit-requests-remaining": "49",
                "anthropic-ratelimit-requests-reset": "2025-01-15T12:00:05Z",
            ],
            [.init(window: .minute, limit: 50, remaining: 49, reset: .seconds(5))]
        ),
        // ModelScope.
        (
            ["modelscope-ratelimit-requests-limit": "2000", "modelscope-ratelimit-requests-remaining": "1500"],
            [.init(window: .day, limit: 2000, remaining: 1500)]
        ),
        (["x-ratelimit-remaining-requests": "-3"], [.init(remaining: 0)]),
        (["x-ratelimit-remaining-requests": "many"], []),
        (["content-type": "text/plain"], []),
    ]

    @Test(arguments: cases.indices)
    func `what providers report is read`(index: Int) {
        let (fields, readings) = Self.cases[index]
        let report = RateLimitReport.read(FakeHeaders(fields: fields), now: QuotaClock.at(0))
        #expect((report?.readings ?? []).count == readings.count)
        for (read, expected) in zip(report?.readings ?? [], readings) {
            #expect(read.kind == expected.kind && read.window == expected.window)
            #expect(read.limit == expected.limit && read.remaining == expected.remaining)
            #expect(abs((read.reset?.seconds ?? -1) - (expected.reset?.seconds ?? -1)) < 0.001)
        }
    }
}

struct LearningTests {
    private func learn(_ account: ProviderAccount, _ reading: RateLimitReport.Reading, at seconds: Double) {
        account.learn(RateLimitReport(readings: [reading]), slot: 0, at: QuotaClock.at(seconds))
    }

    @Test func `nothing left blocks until the reset`() {
        let account = ProviderAccount(providerName: "A", routes: [RateLimits(requestsPerMinute: 30)])
        #expect(account.call(at: 0))
        learn(account, .init(window: .minute, limit: 30, remaining: 0, reset: .seconds(20)), at: 0)
        #expect(account.refusal(at: 1) == .quota(QuotaAxis(.requests, .minute)))
        #expect(account.blockedUntil(at: 1) == 20)
        #expect(account.refusal(at: 20) == nil)
    }

    @Test func `a report that is older than what left the window meanwhile takes away no last call`() throws {
        for isKnownStale in [true, false] {
            let account = ProviderAccount(providerName: "A", routes: [RateLimits(requestsPerMinute: 2)])
            #expect(account.call(at: 0))
            let call = try #require(account.reserve(slot: 0, tokens: 0, at: QuotaClock.at(59)).reservation)
            account.headArrived(call, at: QuotaClock.at(60.5))
            let reading = RateLimitReport.Reading(window: .minute, limit: 2, remaining: 0, reset: .seconds(58))
            let report = RateLimitReport(readings: [reading])
            account.learn(report, slot: 0, reservation: isKnownStale ? call : nil, at: QuotaClock.at(60.5))
            #expect((account.refusal(at: 61) == nil) == isKnownStale)
        }
    }

    @Test func `what others used of the key counts until the reset, and no longer once less is reported`() {
        let account = ProviderAccount(providerName: "A", routes: [RateLimits(requestsPerDay: 1000)])
        #expect(account.call(at: 0))
        learn(account, .init(window: .day, limit: 1000, remaining: 400, reset: .seconds(3600)), at: 0)
        #expect(account.snapshot(slot: 0, at: QuotaClock.at(0)).axes[0].used == 600)
        learn(account, .init(window: .day, limit: 1000, remaining: 900, reset: .seconds(3600)), at: 1)
        #expect(account.snapshot(slot: 0, at: QuotaClock.at(1)).axes[0].used == 100)
        #expect(account.snapshot(slot: 0, at: QuotaClock.at(3601)).axes[0].used == 1)
    }

    @Test func `a report of more than was counted here changes nothing`() {
        let account = ProviderAccount(providerName: "A", routes: [RateLimits(requestsPerMinute: 10)])
        for _ in 0..<10 { #expect(account.call(at: 0)) }
        learn(account, .init(window: .minute, limit: 10, remaining: 9, reset: .seconds(1)), at: 0)
        #expect(account.blockedUntil(at: 0) == 60)
    }

    @Test func `a lower limit counts at once and rises again, but not past the catalog`() {
        let account = ProviderAccount(providerName: "A", routes: [RateLimits(requestsPerMinute: 30)])
        func limit() -> Int { account.snapshot(slot: 0, at: QuotaClock.at(0)).axes[0].limit }
        learn(account, .init(window: .minute, limit: 5, remaining: 5), at: 0)
        #expect(limit() == 5)
        learn(account, .init(window: .minute, limit: 12, remaining: 12), at: 1)
        #expect(limit() == 12)
        learn(account, .init(window: .minute, limit: 500, remaining: 500), at: 2)
        #expect(limit() == 30)
        learn(account, .init(window: .minute, limit: 0, remaining: 30), at: 3)
        #expect(limit() == 30)
    }

    @Test func `a limit that the catalog does not have is taken from the report`() {
        let account = ProviderAccount(providerName: "A", routes: [.none])
        learn(account, .init(window: .hour, limit: 60, remaining: 10, reset: .seconds(600)), at: 0)
        for _ in 0..<10 { #expect(account.call(at: 1)) }
        #expect(account.refusal(at: 1) == .quota(QuotaAxis(.requests, .hour)))
    }

    @Test(arguments: [
        // The limit is the day's.
        (UnnamedReading(limit: 1000, remaining: 0, reset: 179), "rpd"),
        // Or the minute's.
        (.init(limit: 30, remaining: 0, reset: 2), "rpm"),
        // A reset two hours away is no minute.
        (.init(limit: 77, remaining: 0, reset: 7200), "rpd"),
        (.init(limit: 77, remaining: 0, reset: 3), "rpm"),
    ])
    func `a window that is not named is told from the limit or the reset`(
        reading: UnnamedReading,
        axis: String
    ) {
        let limits = RateLimits(requestsPerMinute: 30, requestsPerDay: 1000)
        let account = ProviderAccount(providerName: "A", routes: [limits])
        learn(
            account,
            .init(limit: reading.limit, remaining: reading.remaining, reset: .seconds(reading.reset)),
            at: 0
        )
        guard case .quota(let blocked)? = account.refusal(at: 0) else {
            Issue.record("not blocked")
            return
        }
        #expect(blocked.description == axis)
    }

    @Test func `a report about a shared limit corrects the account`() {
        let account = ProviderAccount(
            providerName: "A",
            accountLimits: RateLimits(requestsPerDay: 50),
            routes: [RateLimits(requestsPerMinute: 20), RateLimits(requestsPerMinute: 20)]
        )
        learn(account, .init(limit: 50, remaining: 0, reset: .seconds(5000)), at: 0)
        #expect(account.refusal(slot: 1, at: 0) == .quota(QuotaAxis(.requests, .day)))
    }

    @Test func `a 429 that names the limit lowers it`() {
        let account = ProviderAccount(providerName: "A", routes: [RateLimits(tokensPerMinute: 12_000)])
        let hint = RateLimitHint(retryAfter: .seconds(1), axis: QuotaAxis(.tokens, .minute), limit: 6000)
        account.record(.rateLimited(hint), slot: 0, reservation: nil, at: QuotaClock.at(0))
        #expect(account.snapshot(slot: 0, at: QuotaClock.at(0)).axes[0].limit == 6000)
    }
}

/// A reading whose window is not named, its reset in seconds.
struct UnnamedReading: Sendable {
    var limit: Int
    var remaining: Int
    var reset: Double
}
