import Testing

@testable import Relay

struct MetricsTests {
    private typealias Member = RelayUnderTest.Member

    /// Samples by name and labels, as they stand in the text.
    private static func samples(_ relay: RelayUnderTest) async throws -> [String: Double] {
        let response = try await relay.request("GET", "/metrics")
        #expect(response.status == 200)
        #expect(response.header("content-type") == "text/plain; version=0.0.4; charset=utf-8")
        var samples: [String: Double] = [:]
        for line in response.text.split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: " ")
            samples[parts.dropLast().joined(separator: " ")] = parts.last.flatMap { Double($0) }
        }
        return samples
    }

    @Test func `calls, attempts, tokens and quotas are counted`() async throws {
        let limited = RelayUnderTest.Entry("m", more: #""limits":{"requests_per_day":5}"#)
        let members = [
            Member("One", .init().with { $0.always = .status(500, body: "") }), Member("Two", models: [limited]),
        ]
        try await RelayUnderTest.run(members) { relay in
            let first = try await Self.samples(relay)
            #expect(first[#"relay_requests_total{wire="chat",status="2xx"}"#] == 0)
            for _ in 0..<2 { #expect(try await relay.ask().status == 200) }
            #expect(try await relay.ask(stream: true).status == 200)
            #expect(try await relay.ask(model: "none/such").status == 404)
            let samples = try await Self.samples(relay)
            #expect(samples[#"relay_requests_total{wire="chat",status="2xx"}"#] == 3)
            #expect(samples[#"relay_requests_total{wire="chat",status="4xx"}"#] == 1)
            let two = #"gen_ai_provider_name="Two",gen_ai_request_model="m""#
            #expect(samples["relay_attempts_total{\(two),outcome=\"answered\"}"] == 3)
            let failures =
                samples[
                    #"relay_attempts_total{gen_ai_provider_name="One",gen_ai_request_model="one-model",outcome="500"}"#
                ] ?? 0
            #expect(failures >= 1)
            #expect(samples["relay_failovers_total"] == failures)
            #expect(samples["relay_tokens_total{\(two),gen_ai_token_type=\"output\"}"] ?? 0 > 0)
            #expect(samples["relay_quota_limit{\(two),key=\"TWO_KEY\",axis=\"rpd\",shared=\"false\"}"] == 5)
            #expect(samples["relay_quota_used{\(two),key=\"TWO_KEY\",axis=\"rpd\",shared=\"false\"}"] == 3)
            #expect(samples["relay_route_available{\(two),key=\"TWO_KEY\"}"] == 1)
            #expect(samples[#"relay_overhead_seconds_bucket{le="+Inf"}"#] == 4)
            #expect(samples["relay_overhead_seconds_count"] == 4)
            #expect(samples["relay_time_to_first_token_seconds_count"] == 1)
            #expect(samples["relay_requests_running"] == 0)
            #expect(try await relay.request("POST", "/api/health/check", body: "").status == 200)
            let checked = try await Self.samples(relay)
            #expect(checked[#"relay_key_health{gen_ai_provider_name="Two",key="TWO_KEY",state="healthy"}"#] == 1)
        }
    }

    @Test func `they need the relay's own key where it has one`() async throws {
        try await RelayUnderTest.run([Member("One")], settings: { $0.server.apiKey = "own" }) { (relay) async throws in
            #expect(try await relay.request("GET", "/metrics").status == 401)
            let key: RelayUnderTest.Fields = [("authorization", "Bearer own")]
            #expect(try await relay.request("GET", "/metrics", headers: key).status == 200)
        }
    }

    @Test func `label values are escaped`() {
        var page = Exposition()
        page.add("a", .gauge, "A.", [([("name", "b\\c\"d\ne")], 0.5)])
        #expect(page.text == "# HELP a A.\n# TYPE a gauge\na{name=\"b\\\\c\\\"d\\ne\"} 0.5\n")
    }
}
