import Clients
import NIOCore
import Testing

@testable import Relay

/// Anthropic's words to a provider that speaks them too: what the client said arrives as it said it, and so does the answer.
struct MessagesNativeTests {
    typealias Behavior = SimulatedProvider.Behavior
    typealias Member = RelayUnderTest.Member

    private static func member(
        _ name: String = "Claude",
        window: Int = 200_000,
        _ change: (inout Behavior) -> Void = { _ in }
    ) -> Member {
        let behavior = Behavior()
            .with { behavior in
                behavior.dialect = SimulatedAnthropic()
                behavior.errors = .anthropic
                change(&behavior)
            }
        return Member(name, models: [.init("claude-sonnet-4-5", window: window)], behavior)
    }

    private static func send(_ body: String, to relay: RelayUnderTest) async throws -> RawResponse {
        try await relay.request(
            "POST",
            ClaudeCodeRequests.path,
            headers: ClaudeCodeRequests.headers,
            body: body
        )
    }

    @Test(arguments: [ClaudeCodeRequests.first, ClaudeCodeRequests.second])
    func `requests go through byte for byte, but for the model`(_ body: String) async throws {
        try await RelayUnderTest.run([Self.member { $0.reasoning = "Hm." }]) { relay in
            let answer = try await Self.send(body, to: relay)
            #expect(try MessagesStream(answer.body).message()["model"]?.string == "claude-sonnet-4-5-20250929")
            let call = relay.providers[0].calls[0]
            #expect(call.complaint == nil)
            #expect(call.text == body.replacing(#""claude-sonnet-4-5-20250929""#, with: #""claude-sonnet-4-5""#))
            for name in ["anthropic-version", "anthropic-beta"] {
                let sent = ClaudeCodeRequests.headers.first { $0.name == name }?.value
                #expect(call.headers.filter { $0.name.lowercased() == name }.map(\.value) == [sent])
            }
            #expect(call.header("x-api-key") == "sk-secret-of-Claude" && call.header("authorization") == nil)
        }
    }

    @Test(arguments: [false, true])
    func `answers come as they were given, but for the model`(_ stream: Bool) async throws {
        let member = Self.member { behavior in
            behavior.reasoning = "On the Seine."
            // What rules would change in another's answer.
            behavior.decoration.preamble = "Certainly! "
        }
        try await RelayUnderTest.run([member]) { relay in
            let thinking = #","thinking":{"type":"enabled","budget_tokens":1024}"#
            let body = Self.longer(MessagesTests.body(model: "claude-sonnet-4-5", stream: stream, members: thinking))
            let answer = try await Self.send(body, to: relay)
            let message = stream ? try MessagesStream(answer.body).message() : answer.json
            #expect(answer.status == 200 && message["model"]?.string == "claude-sonnet-4-5")
            let content = message["content"]
            #expect(content?[0]?["signature"]?.string == SimulatedAnthropic.signature)
            #expect(content?[1]?["text"]?.string == "Certainly! Paris is the capital of France.")
            #expect(message["id"]?.string?.hasPrefix("msg_sim") == true)
            if stream {
                let names = try MessagesStream(answer.body).names
                #expect(names.prefix(3) == ["message_start", "content_block_start", "ping"])
            } else {
                #expect(message["usage"]?["service_tier"]?.string == "standard")
            }
            let entry = try #require(relay.gateway.chain.usage.snapshot().first)
            #expect(entry.requests == 1 && entry.completionTokens > 0 && entry.promptTokens > 0)
        }
    }

    /// Room for a budget of 1,024.
    private static func longer(_ body: String) -> String {
        body.replacing(#""max_tokens":1000"#, with: #""max_tokens":4000"#)
    }

    @Test(arguments: StreamTests.shapes.filter { !["a whole answer instead"].contains($0.testDescription) })
    func `a stream reads the same however it was sent`(_ shape: StreamTests.Shape) async throws {
        let text = "Füße, 北京, 🙂: \"zerschnitten\"\n\nund\twieder ganz."
        let member = Self.member { behavior in
            behavior.answer = .text(text)
            shape.change(&behavior)
        }
        try await RelayUnderTest.run([member]) { relay in
            let answer = try await relay.request("POST", "/v1/messages", body: MessagesTests.body(stream: true))
            #expect(try MessagesStream(answer.body).message()["content"]?[0]?["text"]?.string == text)
            #expect(answer.end == .complete && answer.header("x-fallback-trail") == nil)
        }
    }

    @Test(arguments: [false, true])
    func `tools are called and their results come back`(_ stream: Bool) async throws {
        try await RelayUnderTest.run([Self.member { $0.tools = .allOffered }]) { relay in
            let body = MessagesTests.body(stream: stream, members: MessagesTests.tools)
            let answer = try await relay.request("POST", "/v1/messages", body: body)
            let message = stream ? try MessagesStream(answer.body).message() : answer.json
            let content = message["content"]?.elements ?? []
            #expect(content.map { $0["name"]?.string } == ["alpha", "beta"])
            let results = content.map { #"{"type":"tool_result","tool_use_id":\#($0["id"]?.text ?? "")}"# }
            let next =
                #"{"model":"meta-model","max_tokens":100,"stream":\#(stream)\#(MessagesTests.tools),"messages":[{"role":"user","content":"Go."},{"role":"assistant","content":\#(message["content"]?.text ?? "")},{"role":"user","content":[\#(results.joined(separator: ","))]}]}"#
            let second = try await relay.request("POST", "/v1/messages", body: next)
            let end = stream ? try MessagesStream(second.body).message() : second.json
            #expect(end["content"]?[0]?["text"]?.string == "Paris is the capital of France.")
        }
    }

    @Test func `what its model does not take is left out`() async throws {
        var member = Self.member()
        member.models[0].more = #""quirks":{"drop_parameters":["temperature"]}"#
        try await RelayUnderTest.run([member]) { relay in
            let body = MessagesTests.body(members: #","temperature":0.5,"top_k":4"#)
            let answer = try await relay.request("POST", "/v1/messages", body: body)
            let sent = relay.providers[0].calls[0].json
            #expect(answer.status == 200 && sent["temperature"] == nil && sent["top_k"]?.integer == 4)
        }
    }

    @Test func `what it refuses is left out of the next call`() async throws {
        try await RelayUnderTest.run([Self.member()]) { relay in
            relay.providers[0].play(.error(400, .anthropic, message: "top_k: Extra inputs are not permitted"))
            let body = MessagesTests.body(members: #","temperature":0.5,"top_k":4"#)
            let answer = try await relay.request("POST", "/v1/messages", body: body)
            let sent = relay.providers[0].calls.map(\.json)
            #expect(answer.status == 200 && sent.map { $0["top_k"]?.integer } == [4, nil], "\(answer.text)")
            #expect(sent.allSatisfy { $0["temperature"] != nil })
        }
    }

    @Test func `of messages that come twice the last ones count`() async throws {
        try await RelayUnderTest.run([Self.member()]) { relay in
            let call = #"{"type":"tool_use","id":"call:1","name":"alpha","input":{}}"#
            let result = #"{"type":"tool_result","tool_use_id":"call:1","content":"1"}"#
            let body =
                #"{"model":"meta-model","max_tokens":100,"messages":[{"role":"user","content":"No."}]\#(MessagesTests.tools),"messages":[{"role":"user","content":"Go."},{"role":"assistant","content":[\#(call)]},{"role":"user","content":[\#(result)]}]}"#
            _ = try await relay.request("POST", "/v1/messages", body: body)
            // Whether it takes them is the provider's business.
            let sent = relay.providers[0].calls[0].text
            #expect(!sent.contains("call:1") && sent.contains(#""id":"call_1""#))
        }
    }

    // MARK: Failures

    @Test(arguments: [false, true])
    func `another provider takes over, whatever it speaks`(_ stream: Bool) async throws {
        try await RelayUnderTest.run([Self.member(), Member("Other")]) { relay in
            for fault in [
                SimulatedProvider.Fault.error(529, .anthropic, message: "Overloaded"), .closeBeforeHead,
                .cut(afterChunks: 1), .garbageBody, .emptyAnswer(),
            ] {
                relay.providers[0].play(fault)
                let answer = try await Self.send(MessagesTests.body(stream: stream), to: relay)
                let message = stream ? try MessagesStream(answer.body).message() : answer.json
                #expect(answer.header("x-gateway-provider") == "Other" && message["type"]?.string == "message")
                #expect(message["content"]?[0]?["text"]?.string == "Paris is the capital of France.")
            }
        }
        try await RelayUnderTest.run([Member("Other"), Self.member()]) { relay in
            relay.providers[0].play(.cut(afterChunks: 1))
            let answer = try await Self.send(MessagesTests.body(stream: stream), to: relay)
            let message = stream ? try MessagesStream(answer.body).message() : answer.json
            #expect(answer.header("x-gateway-provider") == "Claude" && message["stop_reason"]?.string == "end_turn")
        }
    }

    @Test func `a stream that breaks ends in an error`() async throws {
        // What comes before the first words is taken over unseen.
        let slow = Self.member { $0.latency.betweenChunks = .exactly(.milliseconds(30)) }
        try await RelayUnderTest.run([slow]) { relay in
            for fault in [
                SimulatedProvider.Fault.cut(afterChunks: 4), .errorFrameInStream(afterChunks: 4),
            ] {
                relay.providers[0].play(fault)
                let answer = try await Self.send(MessagesTests.body(stream: true), to: relay)
                let stream = try MessagesStream(answer.body)
                #expect(stream.names.last == "error" && stream.names.count { $0 == "error" } == 1)
                #expect(stream.names.first == "message_start" && !stream.names.contains("message_stop"))
            }
        }
    }

    @Test func `an answer that is empty everywhere is passed on`() async throws {
        try await RelayUnderTest.run(
            [Self.member { $0.always = .emptyAnswer() }],
            settings: { $0.routing.maxQuotaWaitSeconds = 0 }
        ) { relay in
            for stream in [false, true] {
                let answer = try await Self.send(MessagesTests.body(stream: stream), to: relay)
                let message = stream ? try MessagesStream(answer.body).message() : answer.json
                #expect(answer.status == 200 && message["stop_reason"]?.string == "end_turn")
                #expect(message["content"]?.elements?.isEmpty == true)
            }
        }
    }

    @Test func `a refusal is told in the same words`() async throws {
        try await RelayUnderTest.run([Self.member()]) { relay in
            let body = MessagesTests.body(members: #","frobnicate":1"#)
            let answer = try await Self.send(body, to: relay)
            #expect(answer.status == 400 && answer.json["error"]?["type"]?.string == "invalid_request_error")
            #expect(answer.json["error"]?["message"]?.string == "frobnicate: Extra inputs are not permitted")
        }
    }

    @Test func `a message that began in silence begins once`() async throws {
        let chain = try await ExchangeRun.chain([Self.member()])
        var run = try ExchangeRun(MessagesTests.body(stream: true), chain: chain, wire: .messages, at: QuotaClock.at(0))
        run.connect()
        run.advance(to: 11)
        try run.head()
        let answer = SimulatedAnswer(
            to: SimulatedCall(.null),
            number: 1,
            behavior: Behavior()
        )
        let events = SimulatedAnthropic().events(answer, shape: .init(), includesUsage: true).flatMap { $0 }
        run.body(String(decoding: events, as: UTF8.self))
        let names = try MessagesStream(run.response().body).names
        #expect(names.count { $0 == "message_start" } == 1 && names.last == "message_stop")
    }

    // MARK: Splices

    struct Splice: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var edits = PromptEdits.none
        /// Members beside `model` and `max_tokens`.
        var request: String
        var expected: String
    }

    private static let hi = #"{"role":"user","content":"hi"}"#
    private static let summary = JSONFragment("Before: \"x\".")
    private static let style = JSONFragment("Be plain.")
    private static let block = #"{"type":"text","text":"Before: \"x\"."}"#
    private static let both = #"{"type":"text","text":"Before: \"x\".\n\nBe plain."}"#
    private static let call =
        #"{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s"},{"type":"tool_use","id":"a","name":"f","input":{}},{"type":"tool_use","id":"b","name":"f","input":{}}]}"#
    private static func results(_ blocks: String) -> String { #"{"role":"user","content":[\#(blocks)]}"# }
    private static let one = #"{"type":"tool_result","tool_use_id":"a","content":"1"}"#
    private static let two = #"{"type":"tool_result","tool_use_id":"b","content":[{"type":"text","text":"2"}]}"#
    private static let left = #"{"role":"user","content":"[What was said before is left out.]"}"#

    static let splices: [Splice] = [
        Splice(
            testDescription: "own members and nulls",
            request: #""model_type":"text","a":null,"messages":[\#(hi)],"model_scale":"large","x":1,"model_name":"q""#,
            expected: #","messages":[\#(hi)],"x":1"#
        ),
        Splice(
            testDescription: "no system, and a summary",
            edits: PromptEdits(summary: summary),
            request: #""messages":[\#(hi)]"#,
            expected: #"+"system":[\#(block)],|,"messages":[\#(hi)]"#
        ),
        Splice(
            testDescription: "a system text, a summary and a style",
            edits: PromptEdits(summary: summary, styleDirective: style),
            request: #""system":"S","messages":[\#(hi)]"#,
            expected: #","system":[{"type":"text","text":"S"},\#(both)],"messages":[\#(hi)]"#
        ),
        Splice(
            testDescription: "system blocks and a summary",
            edits: PromptEdits(summary: summary),
            request: #""system":[{"type":"text","text":"S","cache_control":{"type":"ephemeral"}}],"messages":[\#(hi)]"#,
            expected:
                #","system":[{"type":"text","text":"S","cache_control":{"type":"ephemeral"}},\#(block)],"messages":[\#(hi)]"#
        ),
        Splice(
            testDescription: "the first messages go",
            edits: PromptEdits(dropped: [1, 2, 3, 4, 5]),
            request:
                #""system":"S","messages":[\#(hi),\#(call),\#(results("\(one),\(two)")),{"role":"assistant","content":"ok"},\#(hi)]"#,
            expected: #","system":"S","messages":[\#(hi)]"#
        ),
        Splice(
            testDescription: "a call and its results go, the words beside them stay",
            edits: PromptEdits(dropped: [1, 2, 3]),
            request: #""messages":[\#(hi),\#(call),\#(results(#"\#(one),{"type":"text","text":"w"},\#(two)"#))]"#,
            expected: #","messages":[\#(hi),\#(results(#"{"type":"text","text":"w"}"#))]"#
        ),
        Splice(
            testDescription: "the words go, the results stay",
            edits: PromptEdits(dropped: [4]),
            request: #""messages":[\#(hi),\#(call),\#(results(#"\#(one),{"type":"text","text":"w"},\#(two)"#))]"#,
            expected: #","messages":[\#(hi),\#(call),\#(results("\(one),\(two)"))]"#
        ),
        Splice(
            testDescription: "what is left begins with the assistant",
            edits: PromptEdits(dropped: [0]),
            request: #""messages":[\#(hi),{"role":"assistant","content":"ok"},\#(hi)]"#,
            expected: #","messages":[\#(left),{"role":"assistant","content":"ok"},\#(hi)]"#
        ),
        Splice(
            testDescription: "texts made shorter",
            edits: PromptEdits(shortened: [0: "S!", 1: "h\"", 3: "1!", 4: "2!", 5: "w!"]),
            request:
                #""system":"SSS","messages":[\#(hi),\#(call),\#(results(#"\#(one),\#(two),{"type":"text","text":"w"},{"type":"text","text":"v"}"#))]"#,
            expected:
                #","system":[{"type":"text","text":"S!"}],"messages":[{"role":"user","content":"h\""},\#(call),\#(results(#"{"type":"tool_result","tool_use_id":"a","content":"1!"},{"type":"tool_result","tool_use_id":"b","content":"2!"},{"type":"text","text":"w!"}"#))]"#
        ),
        Splice(
            testDescription: "thoughts and ids of other providers",
            request:
                #""thinking":{"type":"enabled","budget_tokens":1024},"messages":[\#(hi),{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":""},{"type":"tool_use","id":"functions.f:0","name":"f","input":{}}]},\#(results(#"{"type":"tool_result","tool_use_id":"functions.f:0"}"#))]"#,
            expected:
                #","messages":[\#(hi),{"role":"assistant","content":[{"type":"tool_use","id":"functions_f_0","name":"f","input":{}}]},\#(results(#"{"type":"tool_result","tool_use_id":"functions_f_0"}"#))]"#
        ),
    ]

    @Test(arguments: splices)
    func `what has to change is spliced in`(_ test: Splice) throws {
        let body = ByteBuffer(string: #"{"model":"claude-x","max_tokens":100,\#(test.request)}"#)
        let original = try #require(MessagesRequestReader.read(body).request.original)
        let route = try RenderingTests.route { _ in }
        let sent = try MessagesRendering.request(original, for: route, edits: test.edits, behind: ByteBuffer()).body
        let parts = test.expected.split(separator: "|", maxSplits: 1)
        let front = parts.count > 1 ? parts[0].dropFirst() : ""
        #expect(String(buffer: sent) == #"{\#(front)"model":"m1","max_tokens":100\#(parts.last ?? "")}"#)
    }

    @Test func `max_tokens is lowered, never raised`() throws {
        let body = ByteBuffer(string: #"{"model":"x","max_tokens":100,"messages":[\#(Self.hi)]}"#)
        let original = try #require(MessagesRequestReader.read(body).request.original)
        for (most, sent) in [(50, 50), (500, 100)] {
            let request = try MessagesRendering.request(
                original,
                for: RenderingTests.route { _ in },
                edits: PromptEdits(maxTokens: most),
                behind: ByteBuffer()
            )
            #expect(String(buffer: request.body) == #"{"model":"m1","max_tokens":\#(sent),"messages":[\#(Self.hi)]}"#)
        }
    }

    @Test func `a history that is too long is cut, and still one that Anthropic takes`() async throws {
        try await RelayUnderTest.run([Self.member(window: 3000)]) { relay in
            let text = (0..<120).map { "word\($0)" }.joined(separator: " ")
            let turns = (0..<20)
                .map {
                    #"{"role":"user","content":"\#($0) \#(text)"},{"role":"assistant","content":[{"type":"text","text":"Let me see.","cache_control":{"type":"ephemeral"}},{"type":"tool_use","id":"t\#($0)","name":"alpha","input":{"x":1}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t\#($0)","content":"\#(text)"},{"type":"text","text":"And?"}]},{"role":"assistant","content":"Fine."}"#
                }
            let body =
                #"{"model":"meta-model","max_tokens":300,"system":"Be brief."\#(MessagesTests.tools),"messages":[\#(turns.joined(separator: ",")),{"role":"user","content":"Where is Paris?"}]}"#
            let answer = try await relay.request("POST", "/v1/messages", body: body)
            #expect(answer.status == 200 && answer.header("x-relay-context") != nil, "\(answer.everything)")
            #expect(relay.providers[0].calls.allSatisfy { $0.complaint == nil })
            let sent = relay.providers[0].calls.last?.json
            #expect(sent?["messages"]?.elements?.count ?? 0 < 60)
            #expect(sent?["messages"]?.elements?.last?["content"]?.string == "Where is Paris?")
            #expect(sent?["system"]?[0]?["text"]?.string == "Be brief.")
        }
    }

    @Test func `whatever goes and whatever is made shorter, JSON is left`() throws {
        var dice = SimulatedDice(state: 11)
        func roll(_ sides: Int) -> Int { Int(dice.next() % UInt64(sides)) }
        let route = try RenderingTests.route { _ in }
        let text = #"{"type":"text","text":"w"}"#
        for round in 0..<400 {
            var turns: [String] = []
            for turn in 0...roll(4) {
                turns.append([Self.hi, Self.results("\(text),\(text)"), Self.results(text)][roll(3)])
                let signature = ["", "s"][roll(2)]
                let thought = #"{"type":"thinking","thinking":"t","signature":"\#(signature)"}"#
                let use = #"{"type":"tool_use","id":"a.\#(turn)","name":"f","input":{"x":[]}}"#
                let result = #"{"type":"tool_result","tool_use_id":"a.\#(turn)","content":"1"}"#
                switch roll(3) {
                case 0: turns.append(#"{"role":"assistant","content":[\#(thought)]}"#)
                case 1: turns.append(#"{"role":"assistant","content":[\#(thought),\#(text),\#(text)]}"#)
                default:
                    turns.append(#"{"role":"assistant","content":[\#(thought),\#(text),\#(use)]}"#)
                    turns.append(Self.results([result, "\(text),\(result)", "\(result),\(text),\(text)"][roll(3)]))
                }
            }
            turns.append(Self.hi)
            let system = [#""system":"S","#, #""system":[\#(text)],"#, #""system":[],"#, "", #""system":null,"#][
                roll(5)
            ]
            let thinking = ["", #""thinking":{"type":"enabled","budget_tokens":1024},"context_management":{},"#][
                roll(2)
            ]
            let body =
                #"{"model":"x",\#(system)"max_tokens":9,\#(thinking)"messages":[\#(turns.joined(separator: ","))]}"#
            let request = try MessagesRequestReader.read(ByteBuffer(string: body)).request
            let original = try #require(request.original)
            var edits = PromptEdits()
            for place in 0..<request.messages.count - 1 {
                if roll(3) == 0 { edits.dropped.insert(place) } else if roll(4) == 0 { edits.shortened[place] = "s" }
            }
            if roll(2) == 0 { edits.summary = Self.summary }
            let sent = try MessagesRendering.request(original, for: route, edits: edits, behind: ByteBuffer()).body
            let json = try SimulatedJSON.parse(String(buffer: sent))
            #expect(json["messages"]?[0]?["role"]?.string == "user", "\(round) \(body)")
            #expect(json["messages"]?.elements?.last?["content"]?.string == "hi", "\(round) \(body)")
        }
    }
}
