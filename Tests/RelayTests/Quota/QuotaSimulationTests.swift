import Testing

@testable import Relay

/// With true limits in the catalog, no provider ever says 429 and nearly all it would give is used.
struct QuotaSimulationTests {
    private static let windows = 8.0

    private func accounts(_ providers: [QuotaSimulation.Provider]) -> [ProviderAccount] {
        providers.map { ProviderAccount(providerName: "P", routes: [$0.limits]) }
    }

    @Test(arguments: QuotaSimulation.Counting.allCases, [1, 2, 3, 4, 5] as [UInt64])
    func `a burst over three providers meets no 429 and uses what there is`(
        counting: QuotaSimulation.Counting,
        seed: UInt64
    ) {
        for reports in [false, true] {
            let providers = [
                QuotaSimulation.Provider(limits: RateLimits(requestsPerMinute: 30), counting: counting, phase: 13),
                .init(limits: RateLimits(requestsPerMinute: 60), counting: counting, phase: 0),
                .init(limits: RateLimits(requestsPerMinute: 200), counting: counting, phase: 47.3),
            ]
            var simulation = QuotaSimulation(providers, seed: seed)
            simulation.reports = reports
            let result = simulation.run(accounts(providers), for: 60 * Self.windows - 0.001)
            let used = result.utilisation(of: providers, windows: Self.windows)
            #expect(result.refused == 0)
            #expect(result.calls.reduce(0, +) > 1000)
            #expect(used >= 0.95, "\(counting), reports \(reports): \(used)")
            #expect(used <= 1)
        }
    }

    @Test(arguments: QuotaSimulation.Counting.allCases, [1, 2, 3] as [UInt64])
    func `tokens that are settled with what was used meet no 429 either`(
        counting: QuotaSimulation.Counting,
        seed: UInt64
    ) {
        let limits = RateLimits(requestsPerMinute: 1000, tokensPerMinute: 200_000)
        let providers = [QuotaSimulation.Provider(limits: limits, counting: counting, phase: 7)]
        var simulation = QuotaSimulation(providers, seed: seed)
        simulation.tokens = 400...1600
        let result = simulation.run(accounts(providers), for: 60 * Self.windows - 0.001)
        let used = Double(result.tokens[0]) / (200_000 * Self.windows)
        #expect(result.refused == 0)
        #expect(used >= 0.95 && used <= 1, "\(counting): \(used)")
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `a day that turns at midnight is used up and never overdrawn`(seed: UInt64) {
        // The test clock starts at noon.
        let limits = RateLimits(requestsPerMinute: 120, requestsPerDay: 600)
        let day = QuotaSimulation.Provider(
            limits: RateLimits(requestsPerDay: 600),
            counting: .fixed,
            phase: 43_200,
            window: .day
        )
        var simulation = QuotaSimulation([day], seed: seed)
        let account = ProviderAccount(providerName: "P", dayReset: .utc, routes: [limits])
        let result = simulation.run([account], for: 3.25 * 86_400)
        #expect(result.refused == 0)
        #expect(result.calls[0] == 4 * 600)
    }

    @Test func `a slow provider is not called once too often`() {
        let provider = QuotaSimulation.Provider(
            limits: RateLimits(requestsPerMinute: 40),
            counting: .sliding,
            phase: 0
        )
        var simulation = QuotaSimulation([provider], seed: 9)
        simulation.latency = 0.1...45
        let result = simulation.run(accounts([provider]), for: 1200)
        #expect(result.refused == 0)
        #expect(result.calls[0] > 300)
    }
}
