import Testing

@testable import Relay

/// What a chat completions client is promised, whatever API its provider speaks: answers.
struct ConformanceTests {
    typealias Member = RelayUnderTest.Member

    private static let withUsage = #""stream_options":{"include_usage":true}"#

    // MARK: Text

    @Test(arguments: Tongue.all) func `a whole answer is a chat completion`(_ tongue: Tongue) async throws {
        try await RelayUnderTest.run([tongue.member { $0.usage = .init(promptTokens: 22, completionTokens: 11) }]) {
            relay async throws in
            let answer = try await relay.ask()
            #expect(answer.status == 200 && answer.content == Tongue.paris && answer.role == "assistant")
            #expect(answer.finishReasons == ["stop"] && answer.model == tongue.model)
            let json = answer.response.json
            #expect(json["object"]?.string == "chat.completion" && json["id"]?.string?.isEmpty == false)
            #expect((json["created"]?.integer ?? 0) > 1_700_000_000)
            #expect(answer.usages.first.map(Self.counts) == [22, 11, 33])
        }
    }

    @Test(arguments: Tongue.all) func `a stream says the same piece by piece`(_ tongue: Tongue) async throws {
        try await RelayUnderTest.run([tongue.member { $0.usage = .init(promptTokens: 22, completionTokens: 11) }]) {
            relay async throws in
            let answer = try await relay.ask(stream: true, members: Self.withUsage)
            #expect(answer.status == 200 && answer.response.isStream)
            #expect(answer.content == Tongue.paris && answer.role == "assistant" && answer.model == tongue.model)
            #expect(answer.deltas.filter { !$0.isEmpty }.count > 1)
            #expect(answer.finishReasons == ["stop"] && answer.isDone)
            #expect(answer.usages.map(Self.counts) == [[22, 11, 33]])
            let events = answer.items.compactMap { $0.data.flatMap { try? SimulatedJSON.parse($0) } }
            #expect(events.allSatisfy { $0["object"]?.string == "chat.completion.chunk" })
            #expect(Set(events.map { $0["id"]?.string ?? "" }).count == 1)
        }
    }

    @Test(arguments: Tongue.all) func `usage in a stream comes only where it is asked for`(_ tongue: Tongue)
        async throws
    {
        try await RelayUnderTest.run([tongue.member()]) { relay async throws in
            #expect(try await relay.ask(stream: true).usages.isEmpty)
            let asked = try await relay.ask(stream: true, members: Self.withUsage)
            #expect(asked.usages.count == 1 && (asked.usages.first?["total_tokens"]?.integer ?? 0) > 0)
        }
    }

    @Test(arguments: Tongue.all, [false, true])
    func `every kind of character arrives both ways`(_ tongue: Tongue, _ stream: Bool) async throws {
        let text = "Füße, \"北京\"\t🙂\n\\ end\u{1}"
        let member = Member("One", models: [tongue.entry], tongue.behavior(.text(text)))
        try await RelayUnderTest.run([member], settings: { $0.normalize = .none }) { relay async throws in
            let answer = try await relay.ask(text, stream: stream)
            #expect(answer.content == text)
            #expect(relay.providers[0].calls.first?.call?.messages.last?.text == text)
        }
    }

    @Test(arguments: Tongue.all)
    func `a conversation arrives with its roles and texts`(_ tongue: Tongue) async throws {
        let messages = #"""
            [{"role":"system","content":"Be brief."},{"role":"user","content":[{"type":"text","text":"One?"}]},
             {"role":"assistant","content":"Two."},{"role":"user","content":"Three?"}]
            """#
        try await RelayUnderTest.run([tongue.member()]) { relay async throws in
            let answer = try await relay.ask(body: #"{"model":"meta-model","messages":\#(messages)}"#)
            #expect(answer.status == 200)
            let call = try #require(relay.providers[0].calls.first?.call)
            #expect(call.messages.map(\.role) == ["system", "user", "assistant", "user"])
            #expect(call.messages.map(\.text) == ["Be brief.", "One?", "Two.", "Three?"])
        }
    }

    @Test(arguments: Tongue.all)
    func `a conversation that is oddly made is understood`(_ tongue: Tongue) async throws {
        let messages = #"""
            [{"role":"developer","content":"Be kind."},{"role":"assistant","content":"Hello."},
             {"role":"user","content":"One?"},{"role":"user","content":"Two?","name":"ann"},
             {"role":"assistant","content":null,"refusal":"No."},{"role":"assistant","content":""},
             {"role":"user","content":""},{"role":"user","content":"Three?"}]
            """#
        try await RelayUnderTest.run([tongue.member { $0.isStrict = tongue.dialect.name != .openai }]) {
            relay async throws in
            let answer = try await relay.ask(body: #"{"model":"meta-model","messages":\#(messages)}"#)
            // OpenAI itself refuses an assistant message that says nothing at all.
            guard tongue.dialect.name != .openai else { return }
            #expect(answer.status == 200 && answer.content == Tongue.paris, "\(answer.response.text)")
            let texts = relay.providers[0].calls.first?.call?.messages.map(\.text).joined(separator: " ") ?? ""
            for text in ["Be kind.", "Hello.", "One?", "Two?", "Three?"] { #expect(texts.contains(text)) }
        }
    }

    @Test(arguments: Tongue.all) func `the model's settings arrive`(_ tongue: Tongue) async throws {
        let members = #""temperature":0.5,"top_p":0.25,"max_tokens":900,"stop":["END","STOP"],"user":"u","x-new":1"#
        try await RelayUnderTest.run([tongue.member { $0.isStrict = tongue.dialect.name != .openai }]) {
            relay async throws in
            for stream in [false, true] {
                #expect(try await relay.ask(stream: stream, members: members).status == 200)
            }
            for call in relay.providers[0].calls.compactMap(\.call) {
                #expect(call.json["temperature"]?.number == 0.5)
                #expect(call.json["top_p"]?.number == (tongue.takesBothSamplers ? 0.25 : nil))
                #expect(call.maxTokens == 900 && call.json["stop"]?.elements?.compactMap(\.string) == ["END", "STOP"])
            }
        }
    }

    @Test(arguments: Tongue.all) func `one stop text and the newer name of max_tokens arrive`(_ tongue: Tongue)
        async throws
    {
        try await RelayUnderTest.run([tongue.member()]) { relay async throws in
            let answer = try await relay.ask(members: #""stop":"END","max_completion_tokens":700,"temperature":null"#)
            #expect(answer.status == 200)
            let call = try #require(relay.providers[0].calls.first?.call)
            let stop = call.json["stop"]
            #expect(stop?.string == "END" || stop?.elements?.compactMap(\.string) == ["END"])
            #expect(call.maxTokens == 700)
        }
    }

    @Test(arguments: Tongue.all, [false, true])
    func `an answer that max_tokens cuts says so`(_ tongue: Tongue, _ stream: Bool) async throws {
        try await RelayUnderTest.run([tongue.member()]) { relay async throws in
            let answer = try await relay.ask(stream: stream, members: #""max_tokens":2"#)
            #expect(answer.status == 200 && answer.content == "Paris is")
            #expect(answer.finishReasons == ["length"] && answer.isDone == stream)
        }
    }

    @Test(arguments: Tongue.choices, [false, true])
    func `several choices are several choices`(_ tongue: Tongue, _ stream: Bool) async throws {
        try await RelayUnderTest.run([tongue.member()]) { relay async throws in
            let answer = try await relay.ask(stream: stream, members: #""n":3"#)
            #expect(answer.content == Tongue.paris && answer.finishReasons == ["stop", "stop", "stop"])
        }
    }

    @Test(arguments: Tongue.thinkers, [false, true])
    func `what the model thinks is reasoning`(_ tongue: Tongue, _ stream: Bool) async throws {
        try await RelayUnderTest.run([tongue.member { $0.reasoning = "Let me think about \"Paris\"." }]) {
            relay async throws in
            let answer = try await relay.ask(stream: stream)
            #expect(answer.reasoning == "Let me think about \"Paris\"." && answer.content == Tongue.paris)
        }
    }

    // MARK: Images and JSON

    @Test(arguments: Tongue.images, [false, true])
    func `an image arrives`(_ tongue: Tongue, _ stream: Bool) async throws {
        let content = #"""
            [{"type":"text","text":"What is it?"},
             {"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo=","detail":"low"}}]
            """#
        let body = #"{"model":"meta-model","stream":\#(stream),"messages":[{"role":"user","content":\#(content)}]}"#
        try await RelayUnderTest.run([tongue.member()]) { relay async throws in
            let answer = try await relay.ask(body: body)
            #expect(answer.status == 200 && answer.content == Tongue.paris, "\(answer.response.text)")
            let message = try #require(relay.providers[0].calls.first?.call?.messages.last)
            #expect(message.imageCount == 1 && message.text == "What is it?")
            #expect(relay.providers[0].calls.first?.text.contains("iVBORw0KGgo=") == true)
        }
    }

    @Test(arguments: Tongue.jsonModes, [false, true])
    func `JSON is asked for and given`(_ tongue: Tongue, _ stream: Bool) async throws {
        try await RelayUnderTest.run([tongue.member()]) { relay async throws in
            let answer = try await relay.ask(stream: stream, members: #""response_format":{"type":"json_object"}"#)
            #expect(answer.content == #"{"answer":"sample"}"#)
            #expect(relay.providers[0].calls.first?.call?.asksForJSON == true)
        }
    }

    @Test(arguments: Tongue.schemas, [false, true])
    func `a schema is kept`(_ tongue: Tongue, _ stream: Bool) async throws {
        let schema = #"""
            {"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","additionalProperties":false,
             "properties":{"name":{"type":"string"},"age":{"type":"integer","minimum":3},
             "tags":{"type":"array","items":{"$ref":"#/$defs/Tag"}}},"required":["name","age","tags"],
             "$defs":{"Tag":{"type":"string","enum":["a","b"]}}}
            """#
        let format =
            #""response_format":{"type":"json_schema","json_schema":{"name":"Person","strict":true,"schema":\#(schema)}}"#
        try await RelayUnderTest.run([tongue.member()]) { relay async throws in
            let answer = try await relay.ask(stream: stream, members: format)
            #expect(answer.status == 200, "\(answer.response.text)")
            let json = try SimulatedJSON.parse(answer.content)
            #expect(json["name"]?.string == "sample" && (json["age"]?.integer ?? 0) >= 3)
            #expect(json["tags"]?[0]?.string == "a")
            #expect(relay.providers[0].calls.first?.call?.schema != nil)
        }
    }

    private static func counts(_ usage: SimulatedJSON) -> [Int?] {
        ["prompt_tokens", "completion_tokens", "total_tokens"].map { usage[$0]?.integer }
    }
}
