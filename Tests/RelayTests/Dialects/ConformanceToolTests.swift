import Testing

@testable import Relay

/// What a chat completions client is promised, whatever API its provider speaks: tools.
struct ConformanceToolTests {
    static let tools = #"""
        "tools":[{"type":"function","function":{"name":"weather","description":"Weather of a city.","parameters":
         {"type":"object","properties":{"city":{"type":"string","description":"Its \"name\""},
         "days":{"type":["integer","null"],"minimum":2}},"required":["city"],"additionalProperties":false}}},
         {"type":"function","function":{"name":"get_time","parameters":{"type":"object","properties":{}}}},
         {"type":"function","function":{"name":"ping"}}]
        """#

    /// One question, as JSON text.
    private static let question = #"{"role":"user","content":"How is the weather?"}"#

    private static func body(_ messages: [String], stream: Bool = false, more: String = tools) -> String {
        #"{"model":"meta-model","stream":\#(stream),"messages":[\#(messages.joined(separator: ","))],\#(more)}"#
    }

    @Test(arguments: Tongue.all, [false, true])
    func `a tool is called`(_ tongue: Tongue, _ stream: Bool) async throws {
        try await RelayUnderTest.run([tongue.member()]) { relay async throws in
            let answer = try await relay.ask(body: Self.body([Self.question], stream: stream))
            #expect(answer.status == 200 && answer.finishReasons == ["tool_calls"], "\(answer.response.text)")
            let call = try #require(answer.toolCalls.first)
            #expect(answer.toolCalls.count == 1 && call.name == "weather" && call.id?.isEmpty == false)
            #expect(try SimulatedJSON.parse(call.arguments)["city"]?.string == "sample")
            #expect(relay.providers[0].calls.first?.call?.tools.map(\.name) == ["weather", "get_time", "ping"])
        }
    }

    @Test(arguments: Tongue.all, [false, true])
    func `several tools are called at once`(_ tongue: Tongue, _ stream: Bool) async throws {
        try await RelayUnderTest.run([tongue.member { $0.tools = .allOffered }]) { relay async throws in
            let answer = try await relay.ask(body: Self.body([Self.question], stream: stream))
            #expect(answer.toolCalls.map(\.name) == ["weather", "get_time", "ping"])
            #expect(answer.toolCalls.map(\.index) == [0, 1, 2] && Set(answer.toolCalls.map(\.id)).count == 3)
            for call in answer.toolCalls { #expect(try SimulatedJSON.parse(call.arguments).members != nil) }
            #expect(answer.finishReasons == ["tool_calls"] && answer.isDone == stream)
        }
    }

    @Test(arguments: Tongue.all, [false, true])
    func `results of tools go back and are answered`(_ tongue: Tongue, _ stream: Bool) async throws {
        try await RelayUnderTest.run([tongue.member { $0.tools = .allOffered }]) { relay async throws in
            let first = try await relay.ask(body: Self.body([Self.question], stream: stream))
            // What a client keeps of an answer: none of its extensions.
            let calls = first.toolCalls.map {
                #"{"id":"\#($0.id ?? "")","type":"function","function":{"name":"\#($0.name)","arguments":\#(SimulatedJSON.quoted($0.arguments))}}"#
            }
            let results = zip(first.toolCalls, [#"{"sky":"blue"}"#, "noon", ""])
                .map {
                    #"{"role":"tool","tool_call_id":"\#($0.0.id ?? "")","content":\#(SimulatedJSON.quoted($0.1))}"#
                }
            let turn = #"{"role":"assistant","content":null,"tool_calls":[\#(calls.joined(separator: ","))]}"#
            let answer = try await relay.ask(body: Self.body([Self.question, turn] + results, stream: stream))
            #expect(answer.status == 200 && answer.content == Tongue.paris, "\(answer.response.text)")
            #expect(answer.finishReasons == ["stop"])
            let messages = try #require(relay.providers[0].calls.last?.call?.messages)
            #expect(messages.map(\.role) == ["user", "assistant", "tool", "tool", "tool"])
            #expect(messages[1].toolCallIDs.count == 3)
            #expect(messages.dropFirst(2).map(\.toolCallID) == messages[1].toolCallIDs)
            #expect(messages[2].text.contains("blue") && messages[3].text.contains("noon"))
        }
    }

    @Test(arguments: Tongue.all)
    func `a history of another provider's tool calls is taken`(_ tongue: Tongue) async throws {
        let messages = #"""
            {"role":"system","content":"Be brief."},{"role":"user","content":"Weather?"},
            {"role":"assistant","content":"I look.","tool_calls":[
              {"id":"toolu_01A","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Paris\"}"}}]},
            {"role":"tool","tool_call_id":"toolu_01A","content":[{"type":"text","text":"Rain"},{"type":"text","text":" and wind."}]},
            {"role":"assistant","content":"It rains."},{"role":"user","content":"And the time?"},
            {"role":"assistant","content":"","tool_calls":[
              {"id":"call_2","type":"function","function":{"name":"get_time","arguments":""}},
              {"id":"call_3","type":"function","function":{"name":"get_time","arguments":"{\"zone\":\"UTC\"}"}}]},
            {"role":"tool","tool_call_id":"call_3","content":"12:00"},{"role":"tool","tool_call_id":"call_2","content":"13:00"}
            """#
        try await RelayUnderTest.run([tongue.member()]) { relay async throws in
            let answer = try await relay.ask(body: Self.body([messages]))
            #expect(answer.status == 200 && answer.content == Tongue.paris, "\(answer.response.text)")
            let sent = try #require(relay.providers[0].calls.first?.call?.messages)
            #expect(sent.contains { $0.text == "It rains." })
            #expect(sent.filter { $0.role == "tool" }.map(\.text).joined(separator: " ").contains("wind."))
            #expect(sent.flatMap(\.toolCallIDs).count == 3 && sent.count { $0.role == "tool" } == 3)
        }
    }

    @Test(arguments: Tongue.forcing, [false, true])
    func `a tool can be forced, or forbidden`(_ tongue: Tongue, _ stream: Bool) async throws {
        try await RelayUnderTest.run([tongue.member()]) { relay async throws in
            func ask(_ choice: String) async throws -> ChatAnswer {
                let more = Self.tools + #","tool_choice":\#(choice)"#
                return try await relay.ask(body: Self.body([Self.question], stream: stream, more: more))
            }
            #expect(
                try await ask(#"{"type":"function","function":{"name":"get_time"}}"#).toolCalls.map(\.name) == [
                    "get_time"
                ]
            )
            #expect(try await ask(#""required""#).toolCalls.map(\.name) == ["weather"])
            #expect(try await ask(#""auto""#).toolCalls.map(\.name) == ["weather"])
            let none = try await ask(#""none""#)
            #expect(none.toolCalls.isEmpty && none.content == Tongue.paris)
        }
    }

    @Test(arguments: Tongue.all, [false, true])
    func `an answer in pieces of one byte is the same answer`(_ tongue: Tongue, _ stream: Bool) async throws {
        let text = "Füße, 北京, 🙂."
        let shredded = Tongue.shred(tongue.behavior(.text(text)))
        let member = RelayUnderTest.Member("One", models: [tongue.entry], shredded)
        try await RelayUnderTest.run([member]) { relay async throws in
            let answer = try await relay.ask(stream: stream)
            #expect(answer.content == text && answer.finishReasons == ["stop"] && answer.isDone == stream)
            let called = try await relay.ask(body: Self.body([Self.question], stream: stream))
            #expect(called.toolCalls.map(\.name) == ["weather"] && called.finishReasons == ["tool_calls"])
        }
    }
}

extension Tongue {
    static func shred(_ behavior: SimulatedProvider.Behavior) -> SimulatedProvider.Behavior {
        behavior.with { behavior in
            behavior.delivery.bodyBytesPerPiece = 1
            behavior.delivery.bytesPerWrite = 3
            behavior.streaming.lineEnd = "\r\n"
            behavior.streaming.leadingComments = ["ping"]
            behavior.streaming.spaceAfterColon = false
        }
    }
}
