import Testing

@testable import Relay

/// Where no rule acts, what a client sends reaches the provider as it is, and so does the answer on its way back.
struct PassThroughTests {
    typealias Member = RelayUnderTest.Member
    typealias Chunk = SimulatedProvider.ByteChunk

    private static let body = #"""
        {"id":"x1","object":"chat.completion","created":7,"model":"their-name","choices":[ {"index":0,"message":{"role":"assistant",
          "content":"Grüße \u00e4 \/ 🙂","unknown":[1, 2.50e3]},"logprobs":null,"finish_reason":"stop"}],
        "usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12,"x":{"y":null}},"service_tier":"free"}
        """#

    private static func whole(_ body: String) -> SimulatedProvider.Fault {
        .rawBytes([
            Chunk(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body
            )
        ])
    }

    private static func stream(_ events: [String]) -> SimulatedProvider.Fault {
        let body = events.map { "data: \($0)\n\n" }.joined()
        return .rawBytes([
            Chunk("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n" + body)
        ])
    }

    private static func delta(_ delta: String, finish: String = "null", rest: String = "") -> String {
        #"{"id":"x1","object":"chat.completion.chunk","created":7,"model":"their-name","choices":[{"index":0,"delta":"#
            + #"\#(delta),"finish_reason":\#(finish)}]\#(rest)}"#
    }

    // MARK: Answers

    @Test func `a whole answer is passed on byte for byte`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            relay.providers[0].play(Self.whole(Self.body))
            let answer = try await relay.ask()
            #expect(answer.response.text == Self.body)
            #expect(answer.model == "their-name")
        }
    }

    @Test func `a stream is passed on byte for byte`() async throws {
        let events = [
            Self.delta(#"{"role":"assistant","content":""}"#), Self.delta(#"{"content":"Gr\u00fc\/ße "}"#),
            Self.delta(#"{ "content" : "🙂", "own":{"a":[]} }"#), Self.delta("{}", finish: #""stop""#, rest: #","x":1"#),
        ]
        try await RelayUnderTest.run([Member("One")], settings: { $0.normalize = .none }) { relay in
            relay.providers[0].play(Self.stream(events + ["[DONE]"]))
            let answer = try await relay.ask(stream: true)
            #expect(answer.response.text == (events + ["[DONE]"]).map { "data: \($0)\n\n" }.joined())
            #expect(answer.response.end == .complete)
        }
    }

    @Test func `rules that find nothing to do leave a stream's text as it is`() async throws {
        let answer = "Füße, 北京, 🙂.\n\n```swift\nlet a = \"b\"\n```\n\nThat is all there is to it."
        let member = Member("One", .init(answer: .text(answer)))
        try await RelayUnderTest.run([member]) { relay in
            let whole = try await relay.ask()
            let stream = try await relay.ask(stream: true)
            #expect(whole.content == answer && stream.content == answer)
            #expect(stream.role == "assistant" && stream.finishReasons == ["stop"] && stream.isDone)
        }
    }

    @Test func `tool calls are passed on, whole and streamed`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            for stream in [false, true] {
                let answer = try await relay.ask(stream: stream, members: Self.tools)
                #expect(answer.toolCalls.map(\.name) == ["weather"] && answer.finishReasons == ["tool_calls"])
                #expect(answer.toolCalls.first?.arguments == #"{"city":"sample"}"#)
                #expect(answer.toolCalls.first?.id?.isEmpty == false)
            }
        }
    }

    @Test func `several choices are passed on`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            let whole = try await relay.ask(members: #""n":3"#)
            #expect(whole.finishReasons.count == 3)
            let stream = try await relay.ask(stream: true, members: #""n":3"#)
            #expect(stream.finishReasons == ["stop", "stop", "stop"] && stream.isDone)
        }
    }

    // MARK: Requests

    @Test func `members that Relay does not know reach the provider untouched`() async throws {
        let members =
            #""temperature":0,"top_p":0.10,"seed":7,"stop":["\n", "a\u0062"],"user":"Jürgen","n":1,"#
            + #""metadata":{"a":[1, {"b" : null}]},"logit_bias":{"50256":-100},"service_tier":"auto","#
            + #""frequency_penalty":1e-1,"presence_penalty":-0.5,"reasoning_effort":"low","x-new":{"deep":[true,false]}"#
        try await RelayUnderTest.run([Member("One")]) { relay in
            let answer = try await relay.ask(members: members)
            #expect(answer.status == 200)
            let sent = try #require(relay.providers[0].calls.first)
            #expect(sent.text.contains(members))
            #expect(sent.json["temperature"]?.number == 0)
        }
    }

    @Test(arguments: [false, true])
    func `Relay's own members and nulls stay with Relay`(_ stream: Bool) async throws {
        let members =
            #""model_type":"text","model_scale":"large","model_name":"one","temperature":null,"top_p":null,"#
            + #""max_tokens":null,"stop":null,"tools":null,"response_format":null,"stream_options":null,"seed":1"#
        try await RelayUnderTest.run([Member("One", Self.strict)]) { relay in
            let answer = try await relay.ask(stream: stream, members: members)
            #expect(answer.status == 200)
            let sent = try #require(relay.providers[0].calls.first).json
            let names = Set(sent.members?.map(\.name) ?? [])
            let expected: Set = ["model", "messages", "seed"]
            #expect(names == (stream ? expected.union(["stream", "stream_options"]) : expected))
            #expect(sent["model"]?.string == "one-model")
        }
    }

    @Test func `a null stream and a false one ask for no stream`() async throws {
        try await RelayUnderTest.run([Member("One", Self.strict)]) { relay in
            for value in ["null", "false"] {
                let answer = try await relay.ask(members: #""stream":\#(value)"#)
                #expect(answer.status == 200 && !answer.response.isStream)
            }
            #expect(relay.providers[0].calls.allSatisfy { $0.json["stream_options"] == nil })
        }
    }

    @Test func `the system message arrives once and every role passes`() async throws {
        let messages = #"""
            [{"role":"system","content":"Be brief."},{"role":"developer","content":"Be kind."},
             {"role":"user","content":[{"type":"text","text":"What is the weather?"}],"name":"ann"},
             {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"weather","arguments":"{}"}}]},
             {"role":"tool","tool_call_id":"c1","content":"Rain."}]
            """#
        let body = #"{"messages":\#(messages),"model":"meta-model",\#(Self.tools)}"#
        try await RelayUnderTest.run([Member("One", Self.strict)]) { relay in
            let answer = try await relay.ask(body: body)
            #expect(answer.status == 200)
            let sent = try #require(relay.providers[0].calls.first)
            #expect(sent.text.contains(messages) && sent.text.contains(Self.tools))
            #expect(sent.text == body.replacing("meta-model", with: "one-model"))
        }
    }

    @Test func `with the style directive the system message still arrives once`() async throws {
        let body = #"""
            {"model":"meta-model","messages":[{"role":"system","content":"Speak \"Latin\"."},{"role":"user","content":"hi"}]}
            """#
        let bare = #"{"model":"meta-model","messages":[{"role":"user","content":"hi"}]}"#
        let settings: @Sendable (inout Settings) -> Void = { settings in
            settings.style.inject = .auto
            settings.style.text = "No \"tics\"."
        }
        try await RelayUnderTest.run([Member("One", Self.strict)], settings: settings) { relay async throws in
            for sent in [body, bare] { #expect(try await relay.ask(body: sent).status == 200) }
            #expect(
                try await relay.ask(body: bare, headers: [("X-Use-ServerSide-System-Prompt", "false")]).status == 200
            )
            #expect(try await relay.ask(model: "One/one-model").status == 200)
            #expect(try await relay.ask(members: Self.tools).status == 200)
            let roles = relay.providers[0].calls
                .map { call in
                    (call.json["messages"]?.elements ?? []).compactMap { $0["role"]?.string }
                }
            #expect(roles == [["system", "user"], ["system", "user"], ["user"], ["user"], ["user"]])
            let texts = relay.providers[0].calls.map { $0.json["messages"]?[0]?["content"]?.string }
            #expect(texts[0] == "Speak \"Latin\".\n\nNo \"tics\"." && texts[1] == "No \"tics\".")
        }
    }

    @Test func `nothing of a client's credentials and cookies goes up`() async throws {
        try await RelayUnderTest.run([Member("One")], settings: { $0.server.apiKey = "client-key" }) { relay in
            let answer = try await relay.ask(headers: [
                ("Authorization", "Bearer client-key"), ("Cookie", "a=b"), ("Accept-Encoding", "gzip, br"),
                ("X-Forwarded-For", "10.0.0.1"), ("OpenAI-Organization", "org-1"),
            ])
            #expect(answer.status == 200)
            let sent = try #require(relay.providers[0].calls.first)
            #expect(sent.header("authorization") == "Bearer sk-secret-of-One")
            for name in ["cookie", "accept-encoding", "x-forwarded-for", "openai-organization", "x-api-key"] {
                #expect(sent.header(name) == nil, "\(name)")
            }
            #expect(sent.headers.filter { $0.name.lowercased() == "authorization" }.count == 1)
            #expect(sent.header("host") == "127.0.0.1:\(relay.providers[0].port)")
            #expect(sent.path == "/v1/chat/completions")
        }
    }

    @Test func `calls go up on connections that stay open`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay async throws in
            for stream in [false, true, true, false] { #expect(try await relay.ask(stream: stream).status == 200) }
            #expect(relay.providers[0].tally.connections == 1)
        }
    }

    @Test func `a kept connection that the provider has closed is replaced unseen`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            relay.providers[0].behavior.delivery.closesSilently = true
            for stream in [false, true, false, true, false, true] {
                let answer = try await relay.ask(stream: stream)
                #expect(answer.content == "Paris is the capital of France.")
                #expect(answer.response.header("x-fallback-trail") == nil)
            }
        }
    }

    // MARK: Usage

    @Test(arguments: UsageCase.all)
    func `usage comes once and only when it was asked for`(_ usage: UsageCase) async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            for asked in [false, true] {
                let options = #""stream_options":{"include_usage":\#(asked),"other":[1]}"#
                relay.providers[0].play(usage.fault)
                let answer = try await relay.ask(stream: true, members: options)
                #expect(answer.content == "Paris is the capital of France." && answer.isDone)
                #expect(answer.usages.count == (asked ? 1 : 0))
                if asked, usage.isReported { #expect(answer.usages.first?["total_tokens"]?.integer == 33) }
                if asked, !usage.isReported { #expect((answer.usages.first?["completion_tokens"]?.integer ?? 0) > 0) }
            }
            let sent = relay.providers[0].calls.compactMap { $0.json["stream_options"] }
            #expect(sent.map { $0["include_usage"]?.bool } == [true, true])
            #expect(sent.allSatisfy { $0["other"]?[0]?.integer == 1 })
        }
    }

    struct UsageCase: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var isReported = true
        var fault: SimulatedProvider.Fault

        static let all: [UsageCase] = [
            .init(testDescription: "in a chunk of its own", fault: played(.whenAsked)),
            .init(testDescription: "with the finish chunk", fault: played(.withFinish)),
            .init(testDescription: "never", isReported: false, fault: played(.never)),
            .init(testDescription: "in every chunk", fault: PassThroughTests.usageInEveryChunk),
        ]

        private static func played(_ sent: SimulatedProvider.Streaming.UsageSent) -> SimulatedProvider.Fault {
            .altered { behavior in
                behavior.streaming.usage = sent
                behavior.usage = .init(promptTokens: 22, completionTokens: 11)
            }
        }
    }

    fileprivate static var usageInEveryChunk: SimulatedProvider.Fault {
        func usage(_ prompt: Int, _ completion: Int) -> String {
            #","usage":{"prompt_tokens":\#(prompt),"completion_tokens":\#(completion),"total_tokens":\#(prompt + completion)}"#
        }
        return stream([
            delta(#"{"role":"assistant","content":"Paris is "}"#, rest: usage(22, 2)),
            delta(#"{"content":"the capital of France."}"#, rest: usage(22, 9)),
            delta("{}", finish: #""stop""#, rest: usage(22, 11)), "[DONE]",
        ])
    }

    // MARK: Headers

    @Test(arguments: [false, true])
    func `every answer says where it came from`(_ stream: Bool) async throws {
        try await RelayUnderTest.run { relay in
            let answer = try await relay.ask(stream: stream, headers: [("X-Request-ID", "abc-1")]).response
            #expect(answer.header("x-routed-via") == "One/one-model")
            #expect(answer.header("x-gateway-provider") == "One" && answer.header("x-gateway-model") == "one-model")
            #expect(answer.header("x-gateway-route")?.contains("One/one-model") == true)
            #expect(answer.header("x-gateway-attempts") == "1")
            #expect(answer.header("x-fallback-attempts") == nil && answer.header("x-fallback-trail") == nil)
            #expect(answer.header("x-request-id") == "abc-1")
            #expect(answer.header("server-timing")?.hasPrefix("relay;dur=") == true)
            #expect(answer.header("x-relay-context") == nil)
            #expect(answer.header("content-type")?.hasPrefix(stream ? "text/event-stream" : "application/json") == true)
            relay.providers[0].play(.error(503, .openai, message: "no"))
            let second = try await relay.ask(stream: stream).response
            #expect(second.header("x-routed-via") == "Two/two-model" && second.header("x-gateway-attempts") == "2")
            #expect(second.header("x-fallback-attempts") == "1")
            #expect(second.header("x-fallback-trail") == "One/one-model=503")
            #expect(second.header("x-request-id")?.isEmpty == false)
        }
    }

    @Test func `request ids that Relay makes are all different`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            var ids: Set<String> = []
            for _ in 0..<5 { ids.insert(try await relay.ask().response.header("x-request-id") ?? "") }
            #expect(ids.count == 5 && !ids.contains(""))
        }
    }

    @Test func `the body says who answered when the settings want it`() async throws {
        try await RelayUnderTest.run(settings: { $0.server.showProvider = true }) { relay in
            relay.providers[0].play(.error(500, .openai, message: "no"))
            let answer = try await relay.ask()
            let json = answer.response.json
            #expect(json["provider_name"]?.string == "Two" && json["meta"]?["provider"]?.string == "Two")
            #expect(json["meta"]?["model"]?.string == "two-model" && json["meta"]?["attempt"]?.integer == 2)
            #expect(json["meta"]?["latency_ms"]?.integer != nil && answer.content.hasPrefix("Paris"))
        }
    }

    static let tools =
        #""tools":[{"type":"function","function":{"name":"weather","parameters":{"type":"object","#
        + #""properties":{"city":{"type":"string"}}}}}]"#

    private static let strict = SimulatedProvider.Behavior(answer: .attentive).with { $0.isStrict = true }
}

extension Settings.Normalize {
    /// No rule acts.
    static let none: Settings.Normalize = {
        var settings = Settings.Normalize()
        settings.preamble = false
        settings.think = false
        settings.markdown = false
        settings.json = false
        settings.toolRescue = false
        return settings
    }()
}
