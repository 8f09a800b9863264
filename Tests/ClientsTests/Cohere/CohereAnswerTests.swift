import NIOCore
import Testing

@testable import Clients

@Suite struct CohereAnswerTests {
    private let run = DialectRun(CohereDialect())

    private static func body(_ message: String, finish: String = "COMPLETE") -> String {
        #"{"id":"c1","message":{"role":"assistant",\#(message)},"finish_reason":"\#(finish)","usage":{"#
            + #""billed_units":{"input_tokens":1,"output_tokens":2},"tokens":{"input_tokens":5.0,"output_tokens":7},"cached_tokens":3}}"#
    }

    private static let usage =
        #"{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12,"prompt_tokens_details":{"cached_tokens":3}}"#

    @Test func `an answer is a chat completion`() throws {
        let text = try run.answer(
            Self.body(
                #""content":[{"type":"thinking","thinking":"T"},{"type":"text","text":"A\n"},{"type":"text","text":"B"}]"#
            )
        )
        #expect(
            text
                == #"{"id":"c1","object":"chat.completion","created":7,"model":"m","choices":[{"index":0,"message":{"role":"assistant","#
                + #""content":"A\nB","reasoning_content":"T"},"finish_reason":"stop"}],"usage":\#(Self.usage)}"#
        )
    }

    @Test(arguments: ["9e18", "9223372036854775807", "1e300", "-9e18", "-1e300"])
    func `a count that nobody can have used is no fault`(_ count: String) throws {
        let usage = #""usage":{"tokens":{"input_tokens":\#(count),"output_tokens":\#(count)}}"#
        let text = try run.answer(
            #"{"id":"c","message":{"content":[{"type":"text","text":"A"}]},"finish_reason":"COMPLETE",\#(usage)}"#
        )
        #expect(text.contains(#""content":"A""#) && !text.contains("-"))
    }

    @Test func `calls come with their plan`() throws {
        let text = try run.answer(
            Self.body(
                #""tool_plan":"P","tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]"#,
                finish: "TOOL_CALL"
            )
        )
        #expect(
            text.contains(
                #"{"role":"assistant","content":null,"reasoning_content":"P","tool_calls":[{"id":"t","type":"function","#
                    + #""function":{"name":"f","arguments":"{\"a\":1}"}}]},"finish_reason":"tool_calls""#
            )
        )
    }

    @Test(arguments: [
        ("COMPLETE", "stop"), ("STOP_SEQUENCE", "stop"), ("MAX_TOKENS", "length"), ("TOOL_CALL", "tool_calls"),
        ("ERROR_LIMIT", "length"), ("ERROR_TOXIC", "content_filter"), ("NEW", "stop"),
    ])
    func `a finish reason is put in other words`(finish: String, expected: String) throws {
        let text = try run.answer(Self.body(#""content":[{"type":"text","text":"A"}]"#, finish: finish))
        #expect(text.contains(#""finish_reason":"\#(expected)""#))
    }

    @Test(arguments: [("ERROR", 500), ("TIMEOUT", 504)])
    func `a generation that broke down is an error`(finish: String, status: Int) throws {
        let text = try run.answer(Self.body(#""content":[{"type":"text","text":"A"}]"#, finish: finish))
        #expect(
            text
                == #"{"error":{"message":"the generation ended in \#(finish)","type":"server_error","code":\#(status)}}"#
        )
    }

    @Test func `an error is passed on in its own words`() throws {
        #expect(try run.answer(#"{"id":"1","message":"too bad"}"#) == #"{"error":{"message":"too bad"}}"#)
    }

    @Test(arguments: ["", "<html>", "[]", "{}"])
    func `what is no answer is unreadable`(body: String) {
        #expect(throws: DialectFault.self) { try run.answer(body) }
    }

    // MARK: Streamed

    private static func event(_ type: String, _ members: String) -> String {
        "event: \(type)\ndata: {\"type\":\"\(type)\",\(members)}\n\n"
    }
    private static let start = event(
        "message-start",
        #""id":"c1","delta":{"message":{"role":"assistant","content":[]}}"#
    )
    private static func delta(_ type: String, _ message: String, index: Int = 0) -> String {
        event(type, #""index":\#(index),"delta":{"message":{\#(message)}}"#)
    }

    private func deltas(_ text: String, piece: Int = .max) throws -> [String] {
        let start =
            #"{"id":"c1","object":"chat.completion.chunk","created":7,"model":"m","choices":[{"index":0,"delta":"#
        return try run.events(text, piece: piece).map { $0.hasPrefix(start) ? String($0.dropFirst(start.count)) : $0 }
    }

    @Test(arguments: [Int.max, 1, 7])
    func `a stream says what the whole would`(piece: Int) throws {
        let stream =
            Self.start + Self.delta("content-start", #""content":{"type":"thinking","thinking":""}"#)
            + Self.delta("content-delta", #""content":{"thinking":"T"}"#) + Self.event("content-end", #""index":0"#)
            + Self.delta("content-delta", #""content":{"text":"A\u00e9"}"#, index: 1)
            + Self.event("citation-start", #""index":0,"delta":{"message":{"citations":{"start":0,"end":1}}}"#)
            + Self.event("tool-plan-delta", #""delta":{"message":{"tool_plan":"P"}}"#)
            + Self.delta(
                "tool-call-start",
                #""tool_calls":{"id":"t","type":"function","function":{"name":"f","arguments":""}}"#
            )
            + Self.delta("tool-call-delta", #""tool_calls":{"function":{"arguments":"{\"a\":1}"}}"#)
            + Self.event("tool-call-end", #""index":0"#)
            + Self.delta(
                "tool-call-start",
                #""tool_calls":{"id":"u","type":"function","function":{"name":"g"}}"#,
                index: 1
            )
            + Self.event("tool-call-end", #""index":1"#)
            + Self.event(
                "message-end",
                #""delta":{"finish_reason":"TOOL_CALL","usage":{"billed_units":{"input_tokens":5,"output_tokens":7},"cached_tokens":3}}"#
            ) + "data: [DONE]\n\n"
        let open = #","finish_reason":null}]}"#
        #expect(
            try deltas(stream, piece: piece) == [
                #"{"role":"assistant","content":""}\#(open)"#, #"{"reasoning_content":"T"}\#(open)"#,
                #"{"content":"A\u00e9"}\#(open)"#, #"{"reasoning_content":"P"}\#(open)"#,
                #"{"tool_calls":[{"index":0,"id":"t","type":"function","function":{"name":"f","arguments":""}}]}\#(open)"#,
                #"{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":1}"}}]}\#(open)"#,
                #"{"tool_calls":[{"index":1,"id":"u","type":"function","function":{"name":"g","arguments":""}}]}\#(open)"#,
                #"{"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]}\#(open)"#,
                #"{},"finish_reason":"tool_calls"}]}"#,
                #"{"id":"c1","object":"chat.completion.chunk","created":7,"model":"m","choices":[],"usage":\#(Self.usage)}"#,
                "[DONE]",
            ]
        )
    }

    @Test(arguments: [
        (
            event("message-end", #""delta":{"finish_reason":"ERROR","error":"it broke"}"#),
            #"{"error":{"message":"it broke","type":"server_error","code":500}}"#
        ),
        ("data: {\"message\":\"too many tokens\"}\n\n", #"{"error":{"message":"too many tokens"}}"#),
    ])
    func `an error in a stream is passed on in its own words`(event: String, expected: String) throws {
        #expect(try run.events(Self.start + event).last == expected)
    }

    @Test func `a stream without its end is not complete`() throws {
        #expect(try run.events(Self.start).last != "[DONE]")
    }
}
