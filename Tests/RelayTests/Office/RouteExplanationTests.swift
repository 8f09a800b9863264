import Testing

@testable import Relay

struct RouteExplanationTests {
    private typealias Member = RelayUnderTest.Member

    private static func explain(
        _ relay: RelayUnderTest,
        _ members: String = "",
        model: String = "meta-model",
        text: String = "Where is Paris?",
        headers: RelayUnderTest.Fields = []
    ) async throws -> RawResponse {
        let messages = #"[{"role":"user","content":"\#(text)"}]"#
        return try await relay.request(
            "POST",
            "/v1/route/explain",
            headers: headers + [("content-type", "application/json")],
            body: #"{"model":"\#(model)","messages":\#(messages)\#(members)}"#
        )
    }

    private static func routes(_ list: SimulatedJSON?) -> [String] {
        list?.elements?.compactMap { $0["route"]?.string } ?? []
    }

    @Test func `candidates come in the order they are then tried in, and nobody is called`() async throws {
        let members = [
            Member("One", .init().with { $0.always = .rateLimited(.openai, retryAfter: "90") }), Member("Two"),
            Member("Three", keys: ["a", "b"]),
        ]
        try await RelayUnderTest.run(members) { relay in
            let before = try await Self.explain(relay).json
            #expect(Self.routes(before["candidates"]).first == "One/one-model")
            #expect(before["candidates"]?.elements?.count == 4)
            #expect(relay.providers.allSatisfy { $0.calls.isEmpty })
            #expect(try await relay.ask().response.header("x-routed-via") == "Two/two-model")

            let after = try await Self.explain(relay)
            #expect(Self.routes(after.json["candidates"]).last == "One/one-model")
            let last = after.json["candidates"]?[3]
            #expect(last?["state"]?.string == "cooldown")
            #expect((1...90).contains(last?["cooldown_remaining_sec"]?.integer ?? 0))
            #expect(last?["context"]?["plan"]?.string == "whole")
            #expect(after.json["next_free_in_seconds"] == .number(0))
            #expect(!after.everything.contains("sk-secret"))
            #expect(relay.providers[0].calls.count == 1)
        }
    }

    @Test func `explaining takes nothing: no quota, no turn, no pin`() async throws {
        let limited = RelayUnderTest.Entry("m", more: #""limits":{"requests_per_day":1}"#)
        try await RelayUnderTest.run(
            [Member("One", models: [limited]), Member("Two")],
            settings: { $0.routing.strategy = .roundRobin }
        ) { relay in
            let session: RelayUnderTest.Fields = [("x-session-id", "the same")]
            let first = Self.routes(try await Self.explain(relay).json["candidates"])
            for _ in 0..<3 {
                #expect(Self.routes(try await Self.explain(relay, headers: session).json["candidates"]) == first)
            }
            #expect(relay.gateway.chain.sessionAffinity.pins.count == 0)
            let answer = try await relay.ask(headers: session)
            #expect(answer.response.header("x-routed-via") == first.first)
            let pinned = try await Self.explain(relay, headers: session).json["session"]
            #expect(pinned?["known_by"]?.string == "header")
            #expect(pinned?["pinned"]?.string == first.first)
        }
    }

    @Test func `those that are not asked say why`() async throws {
        let members = [
            Member("One", models: [.init("a"), .init("plain", tools: false), .init("vectors", type: "embedding")]),
            Member("Paid", more: #""paid":true"#), Member("Keyless", keys: []),
        ]
        try await RelayUnderTest.run(members) { relay in
            let tool = #"{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}"#
            let json = try await Self.explain(relay, #","tools":[\#(tool)]"#).json
            #expect(Self.routes(json["candidates"]) == ["One/a"])
            var reasons: [String: String] = [:]
            for entry in json["excluded"]?.elements ?? [] {
                reasons[entry["route"]?.string ?? ""] = entry["reason"]?.string
            }
            #expect(
                reasons == [
                    "One/plain": "calls no tools", "One/vectors": "of type embedding",
                    "Paid/paid-model": "paid (routing.allow_paid)",
                ]
            )
            #expect(json["left_out"]?[0]?["provider"]?.string == "keyless")
            #expect(json["left_out"]?[0]?["reason"]?.string?.contains("KEYLESS_KEY") == true)
            let direct = try await Self.explain(relay, model: "Paid/paid-model").json
            #expect(Self.routes(direct["candidates"]) == ["Paid/paid-model"])
            #expect(direct["is_meta"] == .bool(false))
            #expect(direct["excluded"]?[0]?["reason"]?.string == "another model was asked for")
            let filtered = try await Self.explain(relay, #","model_name":"plain""#).json
            #expect(filtered["excluded"]?[0]?["reason"]?.string == "not what the filters ask for")
        }
    }

    @Test func `a history that does not fit is planned for each window, on another thread where it is long`()
        async throws
    {
        let members = [Member("One", models: [.init("small", window: 2048), .init("large", window: 1_000_000)])]
        try await RelayUnderTest.run(members) { relay in
            for count in [4000, 80_000] {
                let long = try await Self.explain(relay, text: String(repeating: "word ", count: count)).json
                let plans = long["candidates"]?.elements?
                    .map { "\($0["route"]?.string ?? ""): \($0["context"]?["plan"]?.string ?? "")" }
                #expect(plans == ["One/large: whole", "One/small: overflow"])
            }
            #expect(relay.gateway.memory.bytes == 0)
        }
    }

    @Test func `what would be refused is refused in the same words`() async throws {
        try await RelayUnderTest.run([Member("One")], settings: { $0.server.apiKey = "own" }) { relay in
            let key: RelayUnderTest.Fields = [("authorization", "Bearer own")]
            #expect(try await Self.explain(relay).status == 401)
            let unknown = try await Self.explain(relay, model: "none/such", headers: key)
            #expect(unknown.status == 404)
            #expect(unknown.isErrorEnvelope)
            let broken = try await relay.request("POST", "/v1/route/explain", headers: key, body: "{")
            #expect(broken.status == 400)
            #expect(broken.json["error"]?["code"]?.string == "invalid_json")
            #expect(try await relay.request("GET", "/v1/route/explain", headers: key).status == 405)
        }
    }
}
