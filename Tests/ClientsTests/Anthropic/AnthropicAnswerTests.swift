import NIOCore
import Testing

@testable import Clients

@Suite struct AnthropicAnswerTests {
    private let run = DialectRun(AnthropicDialect())

    private static func message(_ content: String, stop: String = #""end_turn""#, more: String = "") -> String {
        #"{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[\#(content)],"#
            + #""stop_reason":\#(stop),"stop_sequence":null,"usage":{"input_tokens":5,"cache_read_input_tokens":20,"#
            + #""cache_creation_input_tokens":3,"output_tokens":7,"output_tokens_details":{"thinking_tokens":2}}\#(more)}"#
    }

    private static let usage =
        #"{"prompt_tokens":28,"completion_tokens":7,"total_tokens":35,"prompt_tokens_details":{"cached_tokens":20,"#
        + #""cache_creation_tokens":3},"completion_tokens_details":{"reasoning_tokens":2}}"#

    // MARK: Whole

    @Test func `a message is a chat completion`() throws {
        let text = try run.answer(
            Self.message(#"{"type":"text","text":"A\u00e9\n"},{"type":"text","text":"B","citations":null}"#)
        )
        #expect(
            text
                == #"{"id":"msg_1","object":"chat.completion","created":7,"model":"claude-x","choices":[{"index":0,"#
                + #""message":{"role":"assistant","content":"A\u00e9\nB"},"finish_reason":"stop"}],"usage":\#(Self.usage)}"#
        )
    }

    @Test(arguments: [
        ("end_turn", "stop"), ("stop_sequence", "stop"), ("pause_turn", "stop"), ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"), ("tool_use", "tool_calls"), ("refusal", "content_filter"),
        ("something_new", "stop"),
    ])
    func `a stop reason is a finish reason`(stop: String, finish: String) throws {
        let text = try run.answer(Self.message(#"{"type":"text","text":"A"}"#, stop: "\"\(stop)\""))
        #expect(text.contains(#""finish_reason":"\#(finish)""#))
    }

    @Test func `thoughts, calls and other blocks each have their place`() throws {
        let text = try run.answer(
            Self.message(
                #"{"type":"thinking","thinking":"T\"1","signature":"s"},{"type":"redacted_thinking","data":"d"},"#
                    + #"{"type":"server_tool_use","id":"srv","name":"web_search","input":{}},"#
                    + #"{"type":"tool_use","id":"toolu_1","name":"f","input":{"a":"\"é"}},{"type":"new_block","x":1}"#,
                stop: #""tool_use""#
            )
        )
        #expect(
            text.contains(
                #""message":{"role":"assistant","content":null,"reasoning_content":"T\"1","thinking_blocks":["#
                    + #"{"type":"thinking","thinking":"T\"1","signature":"s"},{"type":"redacted_thinking","data":"d"}],"#
                    + #""tool_calls":[{"id":"toolu_1","type":"function","function":{"name":"f","arguments":"{\"a\":\"\\\"é\"}"}}]}"#
            )
        )
        #expect(text.contains(#""finish_reason":"tool_calls""#))
    }

    @Test func `cited pages are annotations`() throws {
        let text = try run.answer(
            Self.message(
                #"{"type":"text","text":"Né \ud83d\ude42. "},{"type":"text","text":"Cited.","citations":[{"type":"web_search_result_location","#
                    + #""url":"https://a.b","title":"A","cited_text":"c","encrypted_index":"x"},{"type":"char_location","cited_text":"y"}]}"#
            )
        )
        #expect(
            text.contains(
                #""annotations":[{"type":"url_citation","url_citation":{"url":"https://a.b","title":"A","content":"c","#
                    + #""start_index":6,"end_index":12}}]"#
            )
        )
    }

    @Test func `an error is passed on in its own words`() throws {
        let error = #"{"type":"overloaded_error","message":"Overloaded"}"#
        #expect(try run.answer(#"{"type":"error","error":\#(error)}"#) == #"{"error":\#(error)}"#)
    }

    @Test(arguments: ["", "<html>", "[]", "{}", #"{"content":"A"}"#, #"{"content":["#])
    func `what is no message is unreadable`(body: String) {
        #expect(throws: DialectFault.self) { try run.answer(body) }
    }

    // MARK: Streamed

    private static func event(_ json: String) -> String { "event: x\ndata: \(json)\n\n" }

    private static let start = event(
        #"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[],"#
            + #""stop_reason":null,"usage":{"input_tokens":5,"cache_read_input_tokens":20,"output_tokens":1}}}"#
    )
    private static func block(_ index: Int, _ block: String, _ deltas: [String]) -> String {
        event(#"{"type":"content_block_start","index":\#(index),"content_block":\#(block)}"#)
            + deltas.map { event(#"{"type":"content_block_delta","index":\#(index),"delta":\#($0)}"#) }.joined()
            + event(#"{"type":"content_block_stop","index":\#(index)}"#)
    }
    private static func end(_ stop: String) -> String {
        event(
            #"{"type":"message_delta","delta":{"stop_reason":"\#(stop)","stop_sequence":null},"usage":{"output_tokens":7}}"#
        )
            + event(#"{"type":"message_stop"}"#)
    }

    /// The deltas and ends of the choice.
    private func deltas(_ text: String, piece: Int = .max) throws -> [String] {
        let start =
            #"{"id":"msg_1","object":"chat.completion.chunk","created":7,"model":"claude-x","choices":[{"index":0,"delta":"#
        return try run.events(text, piece: piece).map { $0.hasPrefix(start) ? String($0.dropFirst(start.count)) : $0 }
    }

    @Test(arguments: [Int.max, 1, 7])
    func `a stream says what the whole would`(piece: Int) throws {
        let stream =
            Self.start + Self.event(#"{"type":"ping"}"#) + Self.event(#"{"type":"new_event","x":1}"#)
            + Self.block(
                0,
                #"{"type":"thinking","thinking":"","signature":""}"#,
                [
                    #"{"type":"thinking_delta","thinking":"T\"1"}"#, #"{"type":"thinking_delta","thinking":"2"}"#,
                    #"{"type":"signature_delta","signature":"sig"}"#,
                ]
            )
            + Self.block(1, #"{"type":"redacted_thinking","data":"d"}"#, [])
            + Self.block(
                2,
                #"{"type":"text","text":""}"#,
                [#"{"type":"text_delta","text":"A\u00e9"}"#, #"{"type":"text_delta","text":"é"}"#]
            )
            + Self.block(
                3,
                #"{"type":"server_tool_use","id":"srv","name":"web_search","input":{}}"#,
                [#"{"type":"input_json_delta","partial_json":"{}"}"#]
            )
            + Self.block(
                4,
                #"{"type":"tool_use","id":"toolu_1","name":"f","input":{}}"#,
                [
                    #"{"type":"input_json_delta","partial_json":""}"#,
                    #"{"type":"input_json_delta","partial_json":"{\"a\":"}"#,
                    #"{"type":"input_json_delta","partial_json":"1}"}"#,
                ]
            )
            + Self.block(5, #"{"type":"tool_use","id":"toolu_2","name":"g","input":{}}"#, [])
            + Self.end("tool_use")
        let usage =
            #"{"prompt_tokens":25,"completion_tokens":7,"total_tokens":32,"prompt_tokens_details":{"cached_tokens":20}}"#
        let open = #","finish_reason":null}]}"#
        #expect(
            try deltas(stream, piece: piece) == [
                #"{"role":"assistant","content":""}\#(open)"#,
                #"{"reasoning_content":"T\"1"}\#(open)"#, #"{"reasoning_content":"2"}\#(open)"#,
                #"{"thinking_blocks":[{"type":"thinking","thinking":"T\"12","signature":"sig"}]}\#(open)"#,
                #"{"thinking_blocks":[{"type":"redacted_thinking","data":"d"}]}\#(open)"#,
                #"{"content":"A\u00e9"}\#(open)"#, #"{"content":"é"}\#(open)"#,
                #"{"tool_calls":[{"index":0,"id":"toolu_1","type":"function","function":{"name":"f","arguments":""}}]}\#(open)"#,
                #"{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":"}}]}\#(open)"#,
                #"{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}\#(open)"#,
                #"{"tool_calls":[{"index":1,"id":"toolu_2","type":"function","function":{"name":"g","arguments":""}}]}\#(open)"#,
                #"{"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]}\#(open)"#,
                #"{},"finish_reason":"tool_calls"}]}"#,
                #"{"id":"msg_1","object":"chat.completion.chunk","created":7,"model":"claude-x","choices":[],"usage":\#(usage)}"#,
                "[DONE]",
            ]
        )
    }

    @Test func `pages cited in a stream come with their text's place`() throws {
        let cited = #"{"type":"web_search_result_location","url":"https://a.b","title":"A","cited_text":"c"}"#
        let stream =
            Self.start + Self.block(0, #"{"type":"text","text":""}"#, [#"{"type":"text_delta","text":"Né "}"#])
            + Self.block(
                1,
                #"{"type":"text","text":""}"#,
                [
                    #"{"type":"citations_delta","citation":\#(cited)}"#, #"{"type":"text_delta","text":"Cited."}"#,
                    #"{"type":"citations_delta","citation":{"type":"char_location","cited_text":"y"}}"#,
                ]
            )
        #expect(
            try deltas(stream).last
                == #"{"annotations":[{"type":"url_citation","url_citation":{"url":"https://a.b","title":"A","content":"c","#
                + #""start_index":3,"end_index":9}}]},"finish_reason":null}]}"#
        )
    }

    @Test func `input that comes at once is not lost`() throws {
        let stream = Self.start + Self.block(0, #"{"type":"tool_use","id":"t","name":"f","input":{"a":1}}"#, [])
        #expect(try deltas(stream).last?.contains(#""arguments":"{\"a\":1}""#) == true)
    }

    @Test func `input that comes at once and in pieces is told once`() throws {
        let start = #"{"type":"tool_use","id":"t","name":"f","input":{"a":1}}"#
        let piece = #"{"type":"input_json_delta","partial_json":"{\"a\":1}"}"#
        let arguments = try deltas(Self.start + Self.block(0, start, [piece]) + Self.end("tool_use"))
            .filter { $0.contains("tool_calls\":") }
        #expect(arguments.count == 2 && arguments[0].contains(#""arguments":"""#))
        #expect(arguments[1].hasPrefix(#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":1}"}}]}"#))
    }

    @Test func `a block that nobody closes ends with its message`() throws {
        let block = #"{"type":"tool_use","id":"t","name":"f","input":{}}"#
        let start = Self.event(#"{"type":"content_block_start","index":0,"content_block":\#(block)}"#)
        let written = try deltas(Self.start + start + Self.end("tool_use"))
        #expect(written[2].hasPrefix(#"{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]}"#))
        #expect(written[3] == #"{},"finish_reason":"tool_calls"}]}"#)
    }

    @Test func `the stop text that was met is told`() throws {
        let stream =
            Self.start
            + Self.event(#"{"type":"message_delta","delta":{"stop_reason":"stop_sequence","stop_sequence":"END"}}"#)
        #expect(try deltas(stream)[1] == #"{},"finish_reason":"stop","stop_reason":"END"}]}"#)
    }

    @Test func `a stream that says why it stopped is complete without its last event`() throws {
        let stream = Self.start + Self.event(#"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#)
        #expect(try run.events(stream).last == "[DONE]")
        #expect(try run.events(stream + "data: [DONE]\n\n").last == "[DONE]")
        #expect(try run.events(Self.start).last != "[DONE]")
        // An end mark alone does not make an answer whole.
        #expect(try run.events(Self.start + "data: [DONE]\n\n").last != "[DONE]")
    }

    @Test func `an error in a stream is passed on in its own words`() throws {
        let error = #"{"type":"overloaded_error","message":"Overloaded"}"#
        #expect(
            try run.events(Self.start + Self.event(#"{"type":"error","error":\#(error)}"#)).last
                == #"{"error":\#(error)}"#
        )
    }

    @Test func `an event that is no JSON is a fault`() {
        #expect(throws: DialectFault.self) { try run.events(Self.start + "data: {oops\n\n") }
    }
}
