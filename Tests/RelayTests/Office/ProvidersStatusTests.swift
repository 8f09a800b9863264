import Testing

@testable import Relay

struct ProvidersStatusTests {
    private typealias Member = RelayUnderTest.Member

    @Test func `each route tells its state, its key's label and what is left`() async throws {
        let limited = RelayUnderTest.Entry("m", more: #""limits":{"requests_per_day":1,"tokens_per_minute":50000}"#)
        let members = [
            Member("One", models: [limited]),
            Member(
                "Two",
                keys: ["a-key", "another-key"],
                .init().with { $0.always = .rateLimited(.openai, retryAfter: "90") }
            ),
        ]
        try await RelayUnderTest.run(members, settings: { $0.routing.maxQuotaWaitSeconds = 0 }) { relay in
            #expect(try await relay.ask(model: "One/m").status == 200)
            #expect(try await relay.ask(model: "Two/two-model").status == 429)
            let response = try await relay.request("GET", "/v1/providers/status")
            #expect(response.status == 200)
            let one = response.json["data"]?[0]
            #expect(one?["provider"]?.string == "One")
            #expect(one?["state"]?.string == "exhausted")
            let route = one?["routes"]?[0]
            #expect(route?["reason"]?.string == "quota-rpd")
            #expect(route?["quotas"]?[1]?["axis"]?.string == "rpd")
            #expect(route?["quotas"]?[1]?["used"] == .number(1))
            #expect(route?["quotas"]?[1]?["shared"] == .bool(false))
            let two = response.json["data"]?[1]?["routes"]
            #expect(two?[0]?["key"]?.string == "TWO_KEY")
            #expect(two?[1]?["key"]?.string == "TWO_KEY_2")
            for place in 0..<2 { #expect(two?[place]?["state"]?.string == "cooldown") }
            for secret in ["a-key", "another-key", "sk-secret-of-One"] {
                #expect(!response.everything.contains(secret))
            }
        }
    }

    @Test func `what the provider says of its limits stands beside the catalog's`() async throws {
        let limited = RelayUnderTest.Entry("m", more: #""limits":{"requests_per_minute":9}"#)
        let behavior = SimulatedProvider.Behavior()
            .with { $0.rateLimit = .init(requests: 5, window: .seconds(60)) }
        try await RelayUnderTest.run([Member("One", models: [limited], behavior)]) { relay in
            func quota() async throws -> SimulatedJSON? {
                let status = try await relay.request("GET", "/v1/providers/status").json
                return status["data"]?[0]?["routes"]?[0]?["quotas"]?.elements?.first { $0["axis"]?.string == "rpm" }
            }
            let before = try await quota()
            #expect(before?["limit"]?.integer == 9 && before?["catalog"]?.integer == 9)
            #expect(before?["reported"] == .null)
            #expect(try await relay.ask().status == 200)
            let after = try await quota()
            #expect(after?["limit"]?.integer == 5 && after?["catalog"]?.integer == 9)
            #expect(after?["reported"]?.integer == 5)
        }
    }
}
