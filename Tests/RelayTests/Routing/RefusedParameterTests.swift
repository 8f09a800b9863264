import Clients
import NIOCore
import Testing

@testable import Relay

@Suite struct RefusedParameterTests {
    // MARK: What is named

    @Test(arguments: [
        (#"{"error":{"message":"Unrecognized request argument supplied: top_k"}}"#, ["top_k"]),
        (#"{"error":{"message":"property 'top_k' is unsupported, did you mean 'top_p'?"}}"#, ["top_k"]),
        (
            #"{"error":{"code":400,"message":"Invalid JSON payload received. Unknown name \"frequency_penalty\": Cannot find field.","status":"INVALID_ARGUMENT"}}"#,
            ["frequency_penalty"]
        ),
        (
            #"{"type":"error","error":{"type":"invalid_request_error","message":"top_a: Extra inputs are not permitted"}}"#,
            ["top_a"]
        ),
        (
            #"{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","top_k"],"msg":"Extra inputs are not permitted"}]}}"#,
            ["top_k"]
        ),
        (
            #"{"detail":[{"type":"extra_forbidden","loc":["body","messages",0,"assistant","reasoning_content"],"msg":"Extra inputs are not permitted"}]}"#,
            ["messages.0.assistant.reasoning_content"]
        ),
        (
            #"{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","param":"max_tokens","code":"unsupported_parameter"}}"#,
            ["max_tokens"]
        ),
        (
            #"{"error":{"message":"Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.","param":"temperature","code":"unsupported_value"}}"#,
            ["temperature"]
        ),
        (#"{"error":{"message":"`temperature` is deprecated for this model."}}"#, ["temperature"]),
        (#"{"error":{"message":"`temperature` and `top_p` cannot both be specified for this model."}}"#, ["top_p"]),
        (
            #"{"error":{"message":"\"thinking.type.enabled\" is not supported for this model. Use \"thinking.type.adaptive\"."}}"#,
            ["thinking.type.enabled"]
        ),
        (
            #"{"message":"unknown field: parameter 'strict' is not a valid field. For proper usage, please refer to https://docs.cohere.com"}"#,
            ["strict"]
        ),
        (#"{"error":"Argument not supported on this model: presencePenalty"}"#, ["presencepenalty"]),
        (#"{"error":{"message":"unknown field `seed`, expected one of `model`, `messages`"}}"#, ["seed"]),
        (
            #"{"error":{"message":"'messages.2' : for 'role:assistant' the following must be satisfied[('messages.2' : property 'reasoning_content' is unsupported)]"}}"#,
            ["messages.0.reasoning_content"]
        ),
    ])
    func `a refusal names what it will not take`(body: String, names: [String]) {
        let failure = UpstreamErrorReader.read(
            status: 400,
            headers: FakeHeaders(fields: [:]),
            body: Array(body.utf8),
            now: QuotaClock.at(0)
        )
        #expect(failure == .parameterRefused(names, status: 400))
    }

    @Test(arguments: [
        #"{"error":{"message":"Unknown name \"x\" at 'tools[0].function_declarations[0]': Cannot find field."}}"#,
        #"{"error":{"message":"Your 'frobs' are wrong."}}"#, "",
        #"{"error":{"message":"\"user\" is not allowed to be empty"}}"#,
        #"{"error":{"message":"Unsupported value: 'reasoning_effort' does not support 'banana' with this model.","param":"reasoning_effort","code":"unsupported_value"}}"#,
        #"{"error":{"message":"'logprobs' is not supported when tools are given"}}"#,
        #"{"error":{"message":"messages must not be empty"}}"#,
    ])
    func `other refusals name nothing`(body: String) {
        let failure = UpstreamErrorReader.read(
            status: 400,
            headers: FakeHeaders(fields: [:]),
            body: Array(body.utf8),
            now: QuotaClock.at(0)
        )
        #expect(failure == .badRequest(status: 400))
    }

    // MARK: What is learned

    @Test func `only what was sent and can be missed is left out`() {
        var refused = RefusedMembers()
        let sent: Set<String> = ["model", "messages", "top_k", "presence_penalty", "tools", "max_tokens"]
        func learn(_ names: String...) -> Bool { refused.learn(names, sent: sent) { $0 == "k" ? ["top_k"] : [] } }
        #expect(!learn("frobs") && !learn("tools") && !learn("model", "seed"))
        #expect(learn("k") && refused.names == ["top_k"])
        #expect(!learn("top_k"))
        #expect(learn("presencepenalty") && learn("max_tokens"))
        #expect(refused.names == ["top_k", "presence_penalty", "max_tokens"] && !refused.strictMessages)
        #expect(learn("messages.3.reasoning_content") && refused.strictMessages)
        #expect(!learn("reasoning_content"))
    }

    private static let hi = #""messages":[{"role":"user","content":"hi","reasoning_content":"x"}]"#

    @Test(arguments: [
        (["seed"], #"{"model":"m1",\#(hi)}"#),
        (["max_tokens"], #"{"model":"m1","max_completion_tokens":9,"seed":1,\#(hi)}"#),
        (["max_tokens", "max_completion_tokens"], #"{"model":"m1","seed":1,\#(hi)}"#),
        (
            ["reasoning_content"],
            #"{"model":"m1","max_tokens":9,"seed":1,"messages":[{"role":"user","content":"hi"}]}"#
        ),
    ])
    func `what was refused is not sent again`(names: [String], expected: String) throws {
        let text = #"{"model":"x","max_tokens":9,"seed":1,\#(Self.hi)}"#
        let expected = names == ["seed"] ? expected.replacing(#""m1","#, with: #""m1","max_tokens":9,"#) : expected
        let route = try RenderingTests.route()
        let read = try ChatRequestReader.read(ByteBuffer(string: text))
        for name in names {
            let isNew = route.experience.learn {
                $0.learn([name], sent: ["seed", "max_tokens", "max_completion_tokens"]) { _ in [] }
            }
            #expect(isNew)
        }
        #expect(String(buffer: read.spliced(for: route, edits: .none, behind: ByteBuffer()).body) == expected)
    }

    // MARK: Through the relay

    private static let strict = SimulatedProvider.Behavior().with { $0.isStrict = true }

    @Test(arguments: [false, true])
    func `a parameter that is refused is left out, now and from then on`(stream: Bool) async throws {
        let members = #""top_k":5,"repetition_penalty":1.1,"temperature":0.5"#
        try await RelayUnderTest.run([.init("One", Self.strict)]) { relay async throws in
            let first = try await relay.ask(stream: stream, members: members)
            #expect(first.status == 200, "\(first.response.text)")
            #expect(first.response.header("x-fallback-trail") == "One/one-model=400; One/one-model=400")
            #expect(relay.providers[0].calls.count == 3)
            let second = try await relay.ask(stream: stream, members: members)
            #expect(second.status == 200 && relay.providers[0].calls.count == 4)
            let sent = relay.providers[0].calls[3].json
            #expect(sent["top_k"] == nil && sent["repetition_penalty"] == nil && sent["temperature"]?.number == 0.5)
        }
    }

    @Test func `members of messages that are refused are left out`() async throws {
        let messages = #"""
            [{"role":"user","content":"One?"},{"role":"assistant","content":"Two.","reasoning_content":"Hm."},
             {"role":"user","content":"Three?"}]
            """#
        try await RelayUnderTest.run([.init("One", Self.strict)]) { relay async throws in
            let answer = try await relay.ask(body: #"{"model":"meta-model","messages":\#(messages)}"#)
            #expect(answer.status == 200 && relay.providers[0].calls.count == 2, "\(answer.response.text)")
            #expect(relay.providers[0].calls.last?.text.contains("reasoning_content") == false)
        }
    }

    @Test func `what cannot be missed goes to another provider`() async throws {
        let body = #"{"error":{"message":"Unsupported parameter: 'tools' is not supported with this model."}}"#
        try await RelayUnderTest.run { relay async throws in
            relay.providers[0].play(.status(400, body: body))
            let answer = try await relay.ask(members: ConformanceToolTests.tools)
            #expect(answer.status == 200 && relay.providers.map { $0.calls.count } == [1, 1])
        }
    }

    @Test func `a dialect's own names are understood`() async throws {
        // The dialect takes it for a model of the API's first generation; its provider knows better.
        let behavior = SimulatedProvider.Behavior()
            .with { behavior in
                behavior.dialect = SimulatedAnthropic()
                behavior.errors = .anthropic
            }
        let member = RelayUnderTest.Member("One", models: [.init("fable-5")], behavior)
        try await RelayUnderTest.run([member]) { relay async throws in
            let members = #""temperature":0.5,"top_p":0.5,"reasoning_effort":"low""#
            let answer = try await relay.ask(members: members)
            #expect(answer.status == 200, "\(answer.response.text)")
            let sent = relay.providers[0].calls.last?.json
            #expect(sent?["thinking"] == nil && sent?["temperature"] == nil && sent?["top_p"] == nil)
        }
    }
}

/// What a dialect has no word for.
@Suite struct UnsayableTests {
    private static let anthropic = SimulatedProvider.Behavior()
        .with { behavior in
            behavior.dialect = SimulatedAnthropic()
            behavior.errors = .anthropic
        }

    @Test func `another provider is asked`() async throws {
        try await RelayUnderTest.run([.init("One", Self.anthropic), .init("Two")]) { relay async throws in
            let answer = try await relay.ask(members: #""n":2"#)
            #expect(answer.status == 200 && answer.finishReasons.count == 2)
            #expect(relay.providers.map { $0.calls.count } == [0, 1])
        }
    }

    @Test func `without another the request is refused, with the reason`() async throws {
        try await RelayUnderTest.run([.init("One", Self.anthropic)]) { relay async throws in
            let answer = try await relay.ask(members: #""n":2"#)
            #expect(answer.status == 400 && answer.error?["code"]?.string == "unsupported_content")
            #expect(answer.error?["message"]?.string?.contains("more than one choice") == true)
        }
    }

    @Test func `what was reserved for it is given back, and tells nothing of the route`() async throws {
        let member = RelayUnderTest.Member("One", more: #""concurrency":1"#, Self.anthropic)
        try await RelayUnderTest.run([member]) { relay async throws in
            let route = relay.gateway.chain.dispatch.table.routes[0]
            let before = route.account.snapshot(slot: route.slot, at: .read())
            for _ in 0..<8 { #expect(try await relay.ask(members: #""n":2"#).status == 400) }
            let after = route.account.snapshot(slot: route.slot, at: .read())
            #expect(after.inFlight == 0 && after.axes == before.axes && after.breaker == before.breaker)
            #expect(after.score.successes == 0 && after.score.failures == 0)
            #expect(try await relay.ask().status == 200)
        }
    }
}
