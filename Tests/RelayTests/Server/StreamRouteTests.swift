import Testing

@testable import Relay

/// `POST /v1/chat/completions/stream-route`: what a client reads of how it is routed.
struct StreamRouteTests {
    private typealias Member = RelayUnderTest.Member

    private struct Narration {
        let response: RawResponse
        let events: [SimulatedJSON]

        var types: [String] { events.compactMap { $0["type"]?.string } }
        func first(_ type: String) -> SimulatedJSON? { events.first { $0["type"]?.string == type } }
        var text: String { events.compactMap { $0["content"]?.string }.joined() }
    }

    private static let question = #"{"model":"meta-model","messages":[{"role":"user","content":"Where is Paris?"}]}"#

    private static func narrate(_ relay: RelayUnderTest, _ body: String = question) async throws -> Narration {
        let response = try await relay.request("POST", "/v1/chat/completions/stream-route", body: body)
        var events: [SimulatedJSON] = []
        for case .event(let name, let data) in SSEEvents.items(in: response.body) {
            let json = try SimulatedJSON.parse(Array(data.utf8))
            #expect(json["type"]?.string == name)
            events.append(json)
        }
        return Narration(response: response, events: events)
    }

    @Test func `who is tried, who fails and who answers is told in order, and then the answer`() async throws {
        let limited = RelayUnderTest.Entry("m", more: #""limits":{"requests_per_day":1}"#)
        let members = [Member("Spent", models: [limited]), Member("Ill"), Member("Well")]
        try await RelayUnderTest.run(members) { relay in
            #expect(try await relay.ask().status == 200)
            relay.providers[1].play(.status(500, body: ""))
            let told = try await Self.narrate(relay)
            #expect(told.response.status == 200)
            #expect(told.response.header("content-type")?.hasPrefix("text/event-stream") == true)
            #expect(told.response.header("x-request-id") != nil)
            let routing = ["route_skip", "route_trying", "route_fail", "route_trying", "route_selected", "content"]
            #expect(Array(told.types.prefix(6)) == routing)
            #expect(Array(told.types.suffix(2)) == ["usage", "done"])
            #expect(told.first("route_skip")?["route"]?.string == "Spent/m")
            #expect(told.first("route_skip")?["reason"]?.string == "quota-rpd")
            #expect(told.first("route_fail")?["route"]?.string == "Ill/ill-model")
            #expect(told.first("route_fail")?["reason"]?.string == "500")
            let selected = told.first("route_selected")
            #expect(selected?["route"]?.string == "Well/well-model")
            #expect(selected?["provider"]?.string == "Well")
            #expect(selected?["model"]?.string == "well-model")
            #expect(selected?["attempt"] == .number(2))
            #expect(told.text == "Paris is the capital of France.")
            #expect((told.first("usage")?["usage"]?["total_tokens"]?.integer ?? 0) > 0)
            #expect(told.first("done")?["finish_reason"]?.string == "stop")
            #expect(told.first("done")?["attempts"] == .number(2))
        }
    }

    @Test func `what is tried is told before it answers`() async throws {
        try await RelayUnderTest.run([Member("One", .init().with { $0.always = .stall(afterChunks: 0) })]) { relay in
            let client = try await relay.connect()
            try await client.sendRequest(
                "POST",
                "/v1/chat/completions/stream-route",
                headers: [],
                body: Array(Self.question.utf8)
            )
            var told = ""
            while !told.contains("event: route_trying"), let arrival = try await client.receive() {
                told += String(decoding: arrival.bytes, as: UTF8.self)
            }
            #expect(told.contains("event: route_trying"))
            #expect(!told.contains("event: route_selected"))
            await client.close()
        }
    }

    @Test func `when nobody can answer the reasons are told, and the error ends it`() async throws {
        let member = Member("One", .init().with { $0.always = .rateLimited(.openai, retryAfter: "90") })
        try await RelayUnderTest.run([member], settings: { $0.routing.maxQuotaWaitSeconds = 0 }) { relay in
            let told = try await Self.narrate(relay)
            #expect(told.types == ["route_trying", "route_fail", "error"])
            #expect(told.first("error")?["status"] == .number(429))
            #expect(told.first("error")?["error"]?["code"]?.string == "rate_limit_exceeded")
            let again = try await Self.narrate(relay)
            #expect(again.types == ["route_skip", "error"])
            #expect(again.first("route_skip")?["reason"]?.string == "cooldown")
            #expect(relay.providers[0].calls.count == 1)
        }
    }

    @Test func `a stream that breaks off ends in a failure and an error, never in done`() async throws {
        try await RelayUnderTest.run([Member("One", .init().with { $0.always = .cut(afterChunks: 3) })]) { relay in
            let told = try await Self.narrate(relay)
            #expect(told.types.contains("content"))
            #expect(Array(told.types.suffix(2)) == ["route_fail", "error"])
            #expect(told.first("error")?["error"]?["code"]?.string == "stream_interrupted")
        }
    }

    @Test func `tool calls come as content, and a body's own stream members change nothing`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            let tool = #"{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}}"#
            let body =
                #"{"stream":false,"stream_options":null,"model":"meta-model","tools":[\#(tool)],"#
                + #""messages":[{"role":"user","content":"Call f."}]}"#
            let told = try await Self.narrate(relay, body)
            #expect(told.events.contains { $0["tool_calls"]?[0]?["function"]?["name"]?.string == "f" })
            #expect(told.first("done")?["finish_reason"]?.string == "tool_calls")
            #expect(relay.providers[0].calls[0].json["stream"] == .bool(true))
        }
    }

    @Test func `bad input is refused as everywhere`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            for (body, status) in [("{", 400), ("[]", 400), (#"{"model":"none","messages":[]}"#, 400)] {
                let refused = try await relay.request("POST", "/v1/chat/completions/stream-route", body: body)
                #expect(refused.status == status)
                #expect(refused.isErrorEnvelope)
            }
            let unknown = Self.question.replacing("meta-model", with: "nobody-has-it")
            let refused = try await relay.request("POST", "/v1/chat/completions/stream-route", body: unknown)
            #expect(refused.status == 404)
            #expect(refused.isErrorEnvelope)
            #expect(try await relay.request("GET", "/v1/chat/completions/stream-route").status == 405)
        }
    }
}
