import Testing

@testable import Relay

/// What is Gemini's alone, through the running relay.
struct GeminiTests {
    typealias Member = RelayUnderTest.Member

    private static func member(signs: Bool = false, model: String = "gemini-2.5-flash") -> Member {
        let behavior = SimulatedProvider.Behavior()
            .with { behavior in
                behavior.dialect = SimulatedGemini(signsCalls: signs)
                behavior.errors = .google
            }
        return Member("One", models: [.init(model)], behavior)
    }

    private static let tools = #""tools":[{"type":"function","function":{"name":"weather"}}]"#

    @Test(arguments: [false, true])
    func `the key goes in Google's own field, the model in the path`(_ stream: Bool) async throws {
        try await RelayUnderTest.run([Self.member()]) { relay async throws in
            #expect(try await relay.ask(stream: stream).status == 200)
            let sent = try #require(relay.providers[0].calls.first)
            #expect(sent.header("x-goog-api-key") == "sk-secret-of-One" && sent.header("authorization") == nil)
            let method = stream ? "streamGenerateContent" : "generateContent"
            #expect(sent.path == "/v1beta/models/gemini-2.5-flash:\(method)" && sent.query == (stream ? "alt=sse" : ""))
        }
    }

    /// Clients that keep `extra_content`, and those that do not: both send back what Gemini 3 insists on.
    @Test(arguments: [false, true], [false, true])
    func `thought signatures come back over turns`(_ stream: Bool, _ keeps: Bool) async throws {
        try await RelayUnderTest.run([Self.member(signs: true, model: "gemini-3-flash-preview")]) {
            relay async throws in
            let question = #"{"role":"user","content":"Weather?"}"#
            func ask(_ messages: String) async throws -> ChatAnswer {
                try await relay.ask(
                    body: #"{"model":"meta-model","stream":\#(stream),"messages":[\#(messages)],\#(Self.tools)}"#
                )
            }
            let first = try await ask(question)
            let id = try #require(first.toolCalls.first?.id)
            let signature = SimulatedGeminiCheck.signature("weather")
            #expect(first.response.text.contains(#""extra_content":{"google":{"thought_signature":"\#(signature)"}}"#))
            let extra = keeps ? #","extra_content":{"google":{"thought_signature":"\#(signature)"}}"# : ""
            let turn =
                #"{"role":"assistant","tool_calls":[{"id":"\#(id)","type":"function","function":{"name":"weather","arguments":"{}"}\#(extra)}]}"#
            let answer = try await ask(
                question + "," + turn + #",{"role":"tool","tool_call_id":"\#(id)","content":"Rain"}"#
            )
            #expect(answer.status == 200 && answer.content == Tongue.paris, "\(answer.response.text)")
            #expect(relay.providers[0].calls.last?.text.contains(#""thoughtSignature":"\#(signature)""#) == true)
        }
    }

    @Test func `search is Google's own where it is asked for`() async throws {
        let search = #""tools":[{"type":"function","function":{"name":"google_search"}}]"#
        try await RelayUnderTest.run([Self.member()]) { relay async throws in
            #expect(try await relay.ask(members: search).status == 200)
            #expect(relay.providers[0].calls.first?.text.contains(#""tools":[{"google_search":{}}]"#) == true)
        }
    }

    @Test(arguments: [false, true]) func `a blocked answer says that it was filtered`(_ stream: Bool) async throws {
        try await RelayUnderTest.run([Self.member()]) { relay async throws in
            relay.providers[0].behavior.finishReason = "content_filter"
            let answer = try await relay.ask(stream: stream)
            #expect(answer.finishReasons == ["content_filter"] && answer.content == Tongue.paris)
        }
    }

    @Test(arguments: [false, true]) func `a history that is too long is fitted smaller`(_ stream: Bool) async throws {
        try await RelayUnderTest.run([Self.member()]) { relay async throws in
            relay.providers[0].behavior.window = 600
            let answer = try await relay.ask(body: FailoverTests.history(turns: 12, stream: stream))
            #expect(answer.status == 200 && answer.content == Tongue.paris)
            #expect(relay.providers[0].calls.count > 1)
            #expect(relay.providers[0].calls.last?.call?.messages.last?.text == "And now?")
        }
    }

    @Test func `an answer's length that is too large is lowered`() async throws {
        try await RelayUnderTest.run([Self.member()]) { relay async throws in
            relay.providers[0].behavior.maxOutputTokens = 1000
            #expect(try await relay.ask(members: #""max_tokens":9000"#).status == 200)
            #expect(relay.providers[0].calls.last?.call?.maxTokens == 1000)
        }
    }
}
