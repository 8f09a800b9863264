import NIOCore
import Testing

@testable import Relay

/// A chat completion's events and the response's that they become.
struct ResponsesEncoderTests {
    @Test func `a text has the whole sequence of events`() {
        let stream = Self.encode([
            Self.delta(#"{"role":"assistant","content":""}"#), Self.delta(#"{"content":"Par\u00ef"}"#),
            Self.delta(#"{"content":"s \"🙂\""}"#), Self.finish("stop"), Self.usage,
        ])
        #expect(stream.faults == [])
        #expect(
            stream.types == [
                "response.created", "response.in_progress", "response.output_item.added", "response.content_part.added",
                "response.output_text.delta", "response.output_text.delta", "response.output_text.done",
                "response.content_part.done", "response.output_item.done", "response.completed",
            ]
        )
        #expect(stream.text == "Parïs \"🙂\"" && stream.status == "completed")
        #expect(stream.output[0]["role"]?.string == "assistant" && stream.output[0]["status"]?.string == "completed")
        let usage = stream.response["usage"]
        #expect(usage?["input_tokens"]?.integer == 7 && usage?["output_tokens"]?.integer == 5)
        #expect(usage?["total_tokens"]?.integer == 12)
        #expect(usage?["input_tokens_details"]?["cached_tokens"]?.integer == 3)
        #expect(usage?["output_tokens_details"]?["reasoning_tokens"]?.integer == 2)
    }

    @Test func `reasoning, text and parallel calls are items of their own`() {
        let stream = Self.encode([
            Self.delta(#"{"reasoning_content":"Let me "}"#), Self.delta(#"{"reasoning_content":"see."}"#),
            Self.delta(#"{"content":"I look."}"#),
            Self.call(0, id: "c0", name: "f", ""), Self.call(1, id: "c1", name: "g", ""),
            Self.call(0, #"{\"a\":"#), Self.call(1, "{}"), Self.call(0, "1}"), Self.finish("tool_calls"), Self.usage,
        ])
        #expect(stream.faults == [])
        #expect(stream.output.map { $0["type"]?.string } == ["reasoning", "message", "function_call", "function_call"])
        #expect(stream.output[0]["summary"]?[0]?["text"]?.string == "Let me see.")
        #expect(stream.output[2]["arguments"]?.string == #"{"a":1}"# && stream.output[2]["call_id"]?.string == "c0")
        #expect(stream.output[3]["name"]?.string == "g" && stream.output[3]["arguments"]?.string == "{}")
        #expect(Set(stream.output.compactMap { $0["id"]?.string }).count == 4)
        #expect(stream.types.filter { $0.hasPrefix("response.reasoning_summary") }.count == 5)
    }

    @Test func `a freeform tool's call has its input and not its arguments`() {
        let tools = #"[{"type":"custom","name":"apply_patch"}]"#
        let stream = Self.encode(
            [
                Self.call(0, id: "c0", name: "apply_patch", #"{\"in"#), Self.call(0, #"put\": \"*** Be"#),
                Self.call(0, #"gin\\n+\\\"a\\\""#), Self.call(0, #"\\u00"#), Self.call(0, #"e9\"}"#),
                Self.finish("tool_calls"),
            ],
            tools: tools
        )
        #expect(stream.faults == [])
        let call = stream.output[0]
        #expect(call["type"]?.string == "custom_tool_call" && call["name"]?.string == "apply_patch")
        #expect(call["input"]?.string == "*** Begin\n+\"a\"é" && call["arguments"] == nil)
        #expect(stream.deltas("response.custom_tool_call_input.delta") == ["*** Be", "gin\n+\"a\"", "é"])
        #expect(stream.types.contains("response.custom_tool_call_input.done"))
    }

    @Test(arguments: [
        (#"{\"command\":[\"ls\",\"-l\"],\"timeout_ms\":5,\"working_directory\":\"/\"}"#, ["ls", "-l"]),
        (#"{\"command\":[\n \"ls\"\n]}"#, ["ls"]), (#"{\"command\":\"ls | wc\"}"#, ["bash", "-lc", "ls | wc"]),
        ("oops", []),
    ])
    func `a local shell call says what is to be run`(_ arguments: String, _ command: [String]) {
        let stream = Self.encode(
            [Self.call(0, id: "c0", name: "local_shell", arguments), Self.finish("tool_calls")],
            tools: #"[{"type":"local_shell"}]"#
        )
        #expect(stream.faults == [])
        let action = stream.output[0]["action"]
        #expect(stream.output[0]["type"]?.string == "local_shell_call" && action?["type"]?.string == "exec")
        #expect(action?["command"]?.elements?.compactMap(\.string) == command)
        #expect(stream.output[0]["call_id"]?.string == "c0" && action?["env"] != nil)
    }

    @Test func `a namespace's function is called by its own name`() {
        let stream = Self.encode(
            [Self.call(0, id: "c0", name: "crm__find", "{}"), Self.finish("tool_calls")],
            tools: #"[{"type":"namespace","name":"crm","tools":[{"type":"function","name":"find"}]}]"#
        )
        #expect(stream.output[0]["name"]?.string == "find" && stream.output[0]["namespace"]?.string == "crm")
    }

    @Test(arguments: [("length", "max_output_tokens"), ("content_filter", "content_filter")])
    func `an answer that was cut is incomplete`(_ reason: String, _ said: String) {
        let stream = Self.encode([Self.delta(#"{"content":"Par"}"#), Self.finish(reason), Self.usage])
        #expect(stream.faults == [])
        #expect(stream.types.last == "response.incomplete" && stream.status == "incomplete")
        #expect(stream.response["incomplete_details"]?["reason"]?.string == said)
        #expect(stream.output[0]["status"]?.string == "incomplete")
    }

    @Test func `a stream that breaks ends in an error and a failed response`() {
        let encoder = Self.encoder()
        var out = ByteBuffer()
        let events = [Self.delta(#"{"content":"Par"}"#), Self.call(0, id: "c", name: "f", #"{\"a"#)]
        encoder.encode(ByteBuffer(string: events.map { "data: \($0)\n\n" }.joined()), into: &out)
        encoder.encode(.brokenStream(.truncatedStream), into: &out)
        let stream = ResponseStream(Array(out.readableBytesView))
        #expect(stream.faults == [])
        #expect(stream.types.suffix(2) == ["error", "response.failed"] && stream.status == "failed")
        #expect(stream.response["error"]?["code"]?.string == "server_error")
        #expect(stream.events.dropLast().last?.json["code"]?.string == "stream_interrupted")
        // Half a call is nothing to act on.
        #expect(stream.text == "Par" && stream.item("function_call") == nil)
        #expect(!stream.types.contains("response.function_call_arguments.done"))
    }

    @Test func `an error before anything was said still begins with the response`() {
        let encoder = Self.encoder()
        var out = ByteBuffer()
        encoder.encodeKeepAlive(into: &out)
        encoder.encodeKeepAlive(into: &out)
        encoder.encode(.exhausted(notes: [], retryAfter: .seconds(3)), into: &out)
        let stream = ResponseStream(Array(out.readableBytesView))
        #expect(stream.faults == [])
        #expect(stream.types == ["response.created", "response.in_progress", "error", "response.failed"])
        #expect(stream.response["error"]?["code"]?.string == "rate_limit_exceeded")
    }

    @Test func `refusals and citations have their places`() {
        let citation =
            #"{"type":"url_citation","url_citation":{"url":"https://a","title":"A","start_index":0,"end_index":2}}"#
        let stream = Self.encode([
            Self.delta(#"{"content":"See A."}"#), Self.delta(#"{"annotations":[\#(citation)]}"#),
            Self.delta(#"{"refusal":"No more."}"#), Self.finish("stop"),
        ])
        #expect(stream.faults == [])
        let content = stream.output[0]["content"]
        #expect(content?[0]?["annotations"]?[0]?["url"]?.string == "https://a")
        #expect(content?[0]?["annotations"]?[0]?["end_index"]?.integer == 2)
        #expect(content?[1]?["type"]?.string == "refusal" && content?[1]?["refusal"]?.string == "No more.")
        #expect(stream.types.contains("response.output_text.annotation.added"))
    }

    @Test func `contents in parts are taken apart`() {
        let parts =
            #"[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"Paris"}]"#
        let stream = Self.encode([Self.delta(#"{"content":\#(parts)}"#), Self.finish("stop")])
        #expect(stream.faults == [])
        #expect(stream.text == "Paris" && stream.output[0]["summary"]?[0]?["text"]?.string == "hm")
    }

    @Test func `a stream means the same wherever it is cut`() {
        let events = [
            Self.delta(#"{"reasoning_content":"R"}"#), Self.delta(#"{"content":"Größe \n"}"#),
            Self.call(0, id: "c", name: "f", "{}"), Self.finish("tool_calls"), Self.usage,
        ]
        let all = Array((events.map { "data: \($0)\n\n" }.joined() + "data: [DONE]\n\n").utf8)
        let whole = Self.encode(events)
        for cut in 0...all.count {
            let encoder = Self.encoder()
            var out = ByteBuffer()
            encoder.encode(ByteBuffer(bytes: all[..<cut]), into: &out)
            encoder.encode(ByteBuffer(bytes: all[cut...]), into: &out)
            let stream = ResponseStream(Array(out.readableBytesView))
            #expect(stream.faults == [] && stream.output.count == 3)
            #expect(stream.types == whole.types)
        }
    }

    @Test func `a whole answer is what its stream ends with`() throws {
        let completion = #"""
            {"id":"x","object":"chat.completion","created":1,"model":"theirs","choices":[{"index":0,"message":
            {"role":"assistant","reasoning_content":"hm","content":"Look.","tool_calls":[
            {"id":"c0","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},
            {"id":"c1","type":"function","function":{"name":"apply_patch","arguments":{"input":"*** a"}}}]},
            "finish_reason":"tool_calls"}],"usage":{"prompt_tokens":7,"completion_tokens":5,"total_tokens":12}}
            """#
        let encoder = Self.encoder(tools: #"[{"type":"custom","name":"apply_patch"}]"#)
        let response = try SimulatedJSON.parse(Array(encoder.whole(ByteBuffer(string: completion)).readableBytesView))
        #expect(response["object"]?.string == "response" && response["status"]?.string == "completed")
        #expect(response["model"]?.string == "meta-model" && response["error"] == .null)
        let output = response["output"]?.elements ?? []
        #expect(
            output.map { $0["type"]?.string } == ["reasoning", "message", "function_call", "custom_tool_call"]
        )
        #expect(output[2]["arguments"]?.string == #"{"a":1}"# && output[3]["input"]?.string == "*** a")
        #expect(response["usage"]?["total_tokens"]?.integer == 12)
    }

    @Test func `a response repeats what it was asked`() throws {
        let body = #"""
            {"model":"meta-model","input":"hi","instructions":"Be brief.","max_output_tokens":99,"temperature":0.5,
             "top_p":0.9,"tools":[{"type":"function","name":"f","parameters":{}}],"tool_choice":"none","store":false,
             "parallel_tool_calls":false,"metadata":{"a":"b"},"text":{"format":{"type":"text"}},"truncation":"auto",
             "reasoning":{"effort":"low"},"user":"u","service_tier":"flex"}
            """#
        let asked = try SimulatedJSON.parse(body)
        let call = try ResponsesReader.read(
            ByteBuffer(string: body),
            ResponsesReaderTests.facts(),
            from: ResponseStore()
        )
        let whole = try #require(call.encoder).whole(ByteBuffer(string: Self.said("hello")))
        let response = try SimulatedJSON.parse(Array(whole.readableBytesView))
        for member in asked.members ?? [] where member.name != "input" {
            #expect(response[member.name] == member.value, "\(member.name)")
        }
        for name in ["previous_response_id", "incomplete_details", "error"] { #expect(response[name] == .null) }
        let names = (response.members ?? []).map(\.name)
        #expect(Set(names).count == names.count)
    }

    @Test func `what a request says twice is repeated once`() throws {
        let body = #"{"model":"m","input":"hi","metadata":{"a":"1"},"user":"u","metadata":{"a":"2"}}"#
        let call = try ResponsesReader.read(
            ByteBuffer(string: body),
            ResponsesReaderTests.facts(),
            from: ResponseStore()
        )
        let whole = try #require(call.encoder).whole(ByteBuffer(string: Self.said("hello")))
        let response = try SimulatedJSON.parse(Array(whole.readableBytesView))
        #expect(response.members?.filter { $0.name == "metadata" }.map(\.value.text) == [#"{"a":"2"}"#])
    }

    // MARK: Encoding

    static func encoder(tools: String = "[]") -> any AnswerEncoder {
        let body = #"{"model":"meta-model","input":"hi","stream":true,"tools":\#(tools)}"#
        let call = try? ResponsesReader.read(
            ByteBuffer(string: body),
            ResponsesReaderTests.facts(),
            from: ResponseStore()
        )
        guard let encoder = call?.encoder else { fatalError("\(body) is no request") }
        return encoder
    }

    static func encode(_ events: [String], tools: String = "[]") -> ResponseStream {
        let encoder = encoder(tools: tools)
        var out = ByteBuffer()
        for event in events { encoder.encode(ByteBuffer(string: "data: \(event)\n\n"), into: &out) }
        encoder.encode(ByteBuffer(string: "data: [DONE]\n\n"), into: &out)
        return ResponseStream(Array(out.readableBytesView))
    }

    static func delta(_ delta: String, finish: String = "null") -> String {
        #"{"id":"a","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":\#(delta),"#
            + #""finish_reason":\#(finish)}]}"#
    }

    static func finish(_ reason: String) -> String { delta("{}", finish: "\"\(reason)\"") }

    static func call(_ index: Int, id: String? = nil, name: String? = nil, _ arguments: String) -> String {
        let head = id.map { #""id":"\#($0)","type":"function","# } ?? ""
        let named = name.map { #""name":"\#($0)","# } ?? ""
        return delta(
            #"{"tool_calls":[{"index":\#(index),\#(head)"function":{\#(named)"arguments":"\#(arguments)"}}]}"#
        )
    }

    static let usage =
        #"{"id":"a","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":7,"#
        + #""completion_tokens":5,"total_tokens":12,"prompt_tokens_details":{"cached_tokens":3},"#
        + #""completion_tokens_details":{"reasoning_tokens":2}}}"#

    static func said(_ text: String) -> String {
        #"{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":"#
            + #"{"role":"assistant","content":"\#(text)"},"finish_reason":"stop"}]}"#
    }
}
