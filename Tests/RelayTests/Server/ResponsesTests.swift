import Testing

@testable import Relay

/// The Responses API through the whole relay, against a provider that refuses what chat completions do not have.
struct ResponsesTests {
    typealias Member = RelayUnderTest.Member

    static let strict = SimulatedProvider.Behavior(answer: .attentive).with { $0.isStrict = true }
    static let weather =
        #"{"type":"function","name":"get_weather","description":"d","strict":true,"parameters":{"type":"object","#
        + #""properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}}"#

    private static func body(_ members: String, input: String = #""Where is Paris?""#) -> String {
        #"{"model":"meta-model","input":\#(input)\#(members.isEmpty ? "" : ",")\#(members)}"#
    }

    @Test func `a text, whole and streamed`() async throws {
        let member = Member("One", Self.strict.with { $0.answer = "Paris is the capital of France." })
        try await RelayUnderTest.run([member]) { relay in
            let whole = try await relay.respond(Self.body(#""instructions":"Be brief.""#))
            #expect(whole.status == 200 && whole.header("content-type") == "application/json")
            #expect(whole.header("x-routed-via") == "One/one-model")
            let response = whole.json
            #expect(response["id"]?.string?.hasPrefix("resp_") == true && response["object"]?.string == "response")
            #expect(response["model"]?.string == "meta-model" && response["status"]?.string == "completed")
            #expect(response["output"]?[0]?["content"]?[0]?["text"]?.string == "Paris is the capital of France.")
            #expect((response["usage"]?["output_tokens"]?.integer ?? 0) > 0)

            let stream = try await relay.respondStreamed(Self.body(#""stream":true"#))
            #expect(stream.faults == [])
            #expect(stream.text == "Paris is the capital of France." && stream.types.last == "response.completed")
            #expect(stream.deltas("response.output_text.delta").count > 1)
            #expect((stream.response["usage"]?["total_tokens"]?.integer ?? 0) > 0)
            let sent = relay.providers[0].calls.map(\.json)
            #expect(sent[0]["messages"]?.elements?.compactMap { $0["role"]?.string } == ["system", "user"])
            #expect(sent[0]["model"]?.string == "one-model")
        }
    }

    @Test(arguments: [false, true])
    func `everything a client may send is taken`(_ stream: Bool) async throws {
        let members = #"""
            "stream":\#(stream),"instructions":"Be brief.","temperature":0.2,"top_p":0.9,"max_output_tokens":500,
            "parallel_tool_calls":true,"metadata":{"a":"b"},"user":"u","include":["reasoning.encrypted_content"],
            "truncation":"auto","service_tier":"auto","prompt_cache_key":"k","store":false,"reasoning":{"effort":"high",
            "summary":"auto"},"text":{"verbosity":"low"},"stream_options":{"include_obfuscation":false},
            "tools":[\#(Self.weather),{"type":"web_search"},{"type":"local_shell"},{"type":"custom","name":"apply_patch",
            "format":{"type":"grammar","syntax":"lark","definition":"start: x"}}],"tool_choice":"none","new_member":{}
            """#
        try await RelayUnderTest.run([Member("One", Self.strict)]) { relay in
            let answer = try await relay.respond(Self.body(members))
            #expect(answer.status == 200, "\(answer.text)")
            // The model is not known to reason: it would refuse to be told how hard.
            #expect(relay.providers[0].calls[0].json["reasoning_effort"] == nil)
        }
    }

    @Test func `how hard to think is told to models that reason`() async throws {
        let models = [RelayUnderTest.Entry("thinker", more: #""tags":["reasoning"]"#)]
        try await RelayUnderTest.run([Member("One", models: models, Self.strict)]) { relay in
            let answer = try await relay.respond(Self.body(#""reasoning":{"effort":"high"}"#))
            #expect(answer.status == 200)
            #expect(relay.providers[0].calls[0].json["reasoning_effort"]?.string == "high")
            _ = try await relay.ask(members: #""reasoning_effort":"low""#)
            #expect(relay.providers[0].calls[1].json["reasoning_effort"]?.string == "low")
        }
    }

    @Test(arguments: [false, true])
    func `a tool's round trip`(_ stream: Bool) async throws {
        try await RelayUnderTest.run([Member("One", Self.strict)]) { relay in
            let members = #""stream":\#(stream),"tools":[\#(Self.weather)]"#
            let first = try await relay.respond(Self.body(members))
            let output = stream ? ResponseStream(first.body).output : first.json["output"]?.elements ?? []
            if stream { #expect(ResponseStream(first.body).faults == []) }
            let call = try #require(output.first)
            #expect(output.count == 1 && call["type"]?.string == "function_call")
            #expect(call["name"]?.string == "get_weather" && call["arguments"]?.string == #"{"city":"sample"}"#)
            let id = try #require(call["call_id"]?.string)
            let input =
                #"[{"role":"user","content":"Weather?"},\#(call.text),"#
                + #"{"type":"function_call_output","call_id":"\#(id)","output":"19 degrees"}]"#
            let second = try await relay.respond(Self.body(members, input: input))
            let text =
                stream ? ResponseStream(second.body).text : second.json["output"]?[0]?["content"]?[0]?["text"]?.string
            #expect(text == "The tool said: 19 degrees", "\(second.text)")
        }
    }

    @Test func `several tools are called at once`() async throws {
        let member = Member("One", Self.strict.with { $0.tools = .allOffered })
        let time = #"{"type":"function","name":"get_time","parameters":{"type":"object","properties":{}}}"#
        try await RelayUnderTest.run([member]) { relay in
            let body = Self.body(#""stream":true,"tools":[\#(Self.weather),\#(time)]"#)
            let stream = try await relay.respondStreamed(body)
            #expect(stream.faults == [])
            #expect(stream.output.map { $0["name"]?.string } == ["get_weather", "get_time"])
            #expect(Set(stream.output.compactMap { $0["call_id"]?.string }).count == 2)
        }
    }

    @Test func `reasoning comes before the text`() async throws {
        let member = Member("One", Self.strict.with { $0.reasoning = "The user asks for a place." })
        try await RelayUnderTest.run([member]) { relay in
            let stream = try await relay.respondStreamed(Self.body(#""stream":true"#))
            #expect(stream.faults == [])
            #expect(stream.output.map { $0["type"]?.string } == ["reasoning", "message"])
            #expect(stream.output[0]["summary"]?[0]?["text"]?.string == "The user asks for a place.")
            let whole = try await relay.respond(Self.body("")).json
            #expect(whole["output"]?.elements?.map { $0["type"]?.string } == ["reasoning", "message"])
        }
    }

    @Test(arguments: [false, true])
    func `structured output is asked for and checked`(_ stream: Bool) async throws {
        let schema = #"{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}"#
        let text = #""text":{"format":{"type":"json_schema","name":"number","schema":\#(schema),"strict":true}}"#
        try await RelayUnderTest.run([Member("One", Self.strict)]) { relay in
            relay.providers[0].behavior.decoration.fencesJSON = true
            let answer = try await relay.respond(Self.body(#""stream":\#(stream),\#(text)"#))
            let said =
                stream ? ResponseStream(answer.body).text : answer.json["output"]?[0]?["content"]?[0]?["text"]?.string
            #expect((try? SimulatedJSON.parse(said ?? ""))?["n"]?.integer != nil, "\(answer.text)")
            let format = relay.providers[0].calls[0].json["response_format"]
            #expect(format?["json_schema"]?["name"]?.string == "number")
        }
    }

    @Test(arguments: [false, true])
    func `an answer cut by its limit is incomplete`(_ stream: Bool) async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            let answer = try await relay.respond(Self.body(#""stream":\#(stream),"max_output_tokens":2"#))
            let response = stream ? ResponseStream(answer.body).response : answer.json
            if stream { #expect(ResponseStream(answer.body).faults == []) }
            #expect(response["status"]?.string == "incomplete")
            #expect(response["incomplete_details"]?["reason"]?.string == "max_output_tokens")
        }
    }

    // MARK: Failures

    @Test func `another provider takes over unseen`() async throws {
        try await RelayUnderTest.run { relay in
            relay.providers[0].play(.cut(afterChunks: 1))
            let stream = try await relay.respondStreamed(Self.body(#""stream":true"#))
            #expect(stream.faults == [] && stream.text == "Paris is the capital of France.")
            #expect(relay.providers[1].calls.count == 1)
        }
    }

    @Test func `a stream that breaks ends as a failed response`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            relay.providers[0].play(.cut(afterChunks: 3))
            let response = try await relay.respond(Self.body(#""stream":true"#))
            let stream = ResponseStream(response.body)
            #expect(stream.faults == [] && stream.status == "failed" && response.end == .complete)
            #expect(stream.types.suffix(2) == ["error", "response.failed"])
        }
    }

    @Test(arguments: [1, 3, 7])
    func `odd pieces make no difference`(_ bytes: Int) async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            relay.providers[0].behavior.answer = "Füße, 北京, 🙂 \"quoted\"\n"
            relay.providers[0].behavior.delivery.bodyBytesPerPiece = bytes
            let stream = try await relay.respondStreamed(Self.body(#""stream":true"#))
            #expect(stream.faults == [] && stream.text == "Füße, 北京, 🙂 \"quoted\"\n")
        }
    }

    @Test func `errors come in OpenAI's envelope`() async throws {
        try await RelayUnderTest.run([Member("One")], settings: { $0.routing.maxQuotaWaitSeconds = 0 }) { relay in
            let unknown = try await relay.respond(#"{"model":"nobody","input":"hi"}"#)
            #expect(unknown.status == 404 && unknown.isErrorEnvelope)
            #expect(unknown.json["error"]?["code"]?.string == "model_not_found")
            let bad = try await relay.respond(Self.body(#""stream":true,"temperature":"x""#))
            #expect(bad.status == 400 && bad.json["error"]?["param"]?.string == "temperature" && !bad.isStream)
            relay.providers[0].play(.rateLimited(.openai, retryAfter: "20"))
            let limited = try await relay.respond(Self.body(#""stream":true"#))
            #expect(limited.status == 429 && limited.header("retry-after") != nil && limited.isErrorEnvelope)
            let wrongMethod = try await relay.request("GET", "/v1/responses")
            #expect(wrongMethod.status == 405)
        }
    }

    // MARK: Kept responses

    @Test func `a response is continued, retrieved and deleted`() async throws {
        try await RelayUnderTest.run([Member("One", Self.strict)]) { relay in
            let tools = #""tools":[\#(Self.weather)]"#
            let first = try await relay.respond(Self.body(#""instructions":"Be kind.",\#(tools)"#)).json
            let id = try #require(first["id"]?.string)
            let call = try #require(first["output"]?[0]?["call_id"]?.string)
            let second = try await relay.respond(
                Self.body(
                    #""stream":true,"previous_response_id":"\#(id)",\#(tools)"#,
                    input: #"[{"type":"function_call_output","call_id":"\#(call)","output":"rain"}]"#
                )
            )
            let stream = ResponseStream(second.body)
            #expect(stream.text == "The tool said: rain" && stream.response["previous_response_id"]?.string == id)
            let third = try await relay.respond(
                Self.body(#""previous_response_id":"\#(stream.response["id"]?.string ?? "")""#, input: #""Thanks.""#)
            )
            #expect(third.status == 200, "\(third.text)")
            let roles = relay.providers[0].calls
                .map { call in
                    (call.json["messages"]?.elements ?? []).compactMap { $0["role"]?.string }
                }
            #expect(roles[0] == ["system", "user"])
            // Instructions are each request's own.
            #expect(roles[1] == ["user", "assistant", "tool"])
            #expect(roles[2] == ["user", "assistant", "tool", "assistant", "user"])

            let kept = try await relay.request("GET", "/v1/responses/\(id)")
            #expect(kept.status == 200 && kept.json == first)
            let items = try await relay.request("GET", "/v1/responses/\(id)/input_items?order=asc").json
            #expect(items["object"]?.string == "list" && items["has_more"]?.bool == false)
            #expect(items["data"]?[0]?["content"]?[0]?["text"]?.string == "Where is Paris?")
            #expect(items["data"]?[0]?["id"] == items["first_id"])
            let cancelled = try await relay.request("POST", "/v1/responses/\(id)/cancel")
            #expect(cancelled.status == 400 && cancelled.isErrorEnvelope)
            let deleted = try await relay.request("DELETE", "/v1/responses/\(id)")
            #expect(deleted.status == 200 && deleted.json["deleted"]?.bool == true)
            #expect(try await relay.request("GET", "/v1/responses/\(id)").status == 404)
            #expect(try await relay.request("DELETE", "/v1/responses/\(id)").status == 404)
            let after = try await relay.respond(Self.body(#""previous_response_id":"\#(id)""#))
            #expect(after.status == 400 && after.json["error"]?["code"]?.string == "previous_response_not_found")
        }
    }

    @Test func `what was not to be kept is not there, and each client has its own`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            let unkept = try await relay.respond(Self.body(#""store":false"#)).json["id"]?.string ?? ""
            #expect(try await relay.request("GET", "/v1/responses/\(unkept)").status == 404)
            let kept = try await relay.respond(Self.body("")).json["id"]?.string ?? ""
            #expect(try await relay.request("GET", "/v1/responses/\(kept)").status == 200)
            #expect(relay.gateway.responses.response(kept, of: "another", at: .now) == nil)
            relay.providers[0].play(.cut(afterChunks: 3))
            let broken = ResponseStream(try await relay.respond(Self.body(#""stream":true"#)).body)
            let id = broken.response["id"]?.string ?? ""
            #expect(try await relay.request("GET", "/v1/responses/\(id)").status == 404)
        }
    }

    @Test func `an item reference stands for the item`() async throws {
        try await RelayUnderTest.run([Member("One", Self.strict)]) { relay in
            let first = try await relay.respond(Self.body(#""tools":[\#(Self.weather)]"#)).json
            let call = try #require(first["output"]?[0])
            let input =
                #"[{"role":"user","content":"Weather?"},{"type":"item_reference","id":"\#(call["id"]?.string ?? "")"},"#
                + #"{"type":"function_call_output","call_id":"\#(call["call_id"]?.string ?? "")","output":"sun"}]"#
            let second = try await relay.respond(Self.body("", input: input))
            #expect(second.status == 200, "\(second.text)")
            let messages = relay.providers[0].calls[1].json["messages"]
            #expect(messages?[1]?["tool_calls"]?[0]?["function"]?["name"]?.string == "get_weather")
            let unknown = try await relay.respond(Self.body("", input: #"[{"type":"item_reference","id":"msg_x_1"}]"#))
            #expect(unknown.status == 404 && unknown.isErrorEnvelope)
        }
    }
}
