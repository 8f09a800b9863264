import NIOCore
import Testing

@testable import Clients

@Suite struct OllamaAnswerTests {
    private let run = DialectRun(OllamaDialect())

    private static func line(_ message: String, _ rest: String = #""done":false"#) -> String {
        #"{"model":"x","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant",\#(message)},\#(rest)}"#
    }

    private static let end =
        #""done":true,"done_reason":"stop","prompt_eval_count":3,"eval_count":4,"total_duration":9"#

    private static func completion(_ message: String, finish: String, usage: String = "") -> String {
        #"{"id":"chatcmpl-t1","object":"chat.completion","created":7,"model":"m","choices":[{"index":0,"#
            + #""message":{"role":"assistant",\#(message)},"finish_reason":"\#(finish)"}]\#(usage)}"#
    }

    private static let usage = #","usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}"#

    @Test(arguments: [
        (line(#""content":"a\nü""#, end), completion(#""content":"a\nü""#, finish: "stop", usage: usage)),
        (
            line(#""content":"a""#, #""done":true,"done_reason":"length""#),
            completion(#""content":"a""#, finish: "length")
        ),
        (line(#""content":"""#, #""done":true,"done_reason":"load""#), completion(#""content":"""#, finish: "stop")),
        (
            line(#""content":"a","thinking":"hm""#, #""done":true,"eval_count":4"#),
            completion(#""content":"a","reasoning_content":"hm""#, finish: "stop")
        ),
        (
            line(
                #""content":"","tool_calls":[{"function":{"name":"f","arguments":{"x":"\""}}},"#
                    + #"{"id":"z","function":{"index":1,"name":"g"}}]"#,
                end
            ),
            completion(
                #""content":null,"tool_calls":[{"id":"call_t1_0","type":"function","#
                    + #""function":{"name":"f","arguments":"{\"x\":\"\\\"\"}"}},"#
                    + #"{"id":"z","type":"function","function":{"name":"g","arguments":"{}"}}]"#,
                finish: "tool_calls",
                usage: usage
            )
        ),
    ])
    func `a whole answer becomes a chat completion`(body: String, expected: String) throws {
        #expect(try run.answer(body) == expected)
    }

    @Test func `an error keeps its words`() throws {
        #expect(try run.answer(#"{"error":"no"}"#) == #"{"error":"no"}"#)
        #expect(throws: DialectFault.self) { try run.answer("<html>") }
        #expect(throws: DialectFault.self) { try run.answer("[]") }
    }

    private static func chunk(_ delta: String, finish: String = "null") -> String {
        #"{"id":"chatcmpl-t1","object":"chat.completion.chunk","created":7,"model":"m","choices":[{"index":0,"#
            + #""delta":{\#(delta)},"finish_reason":\#(finish)}]}"#
    }

    private static let usageChunk =
        #"{"id":"chatcmpl-t1","object":"chat.completion.chunk","created":7,"model":"m","choices":[]\#(usage)}"#

    @Test(arguments: [1, 2, 3, 7, 64, .max])
    func `lines become events, wherever they are cut`(piece: Int) throws {
        let lines = [
            Self.line(#""content":"","thinking":"hm""#), Self.line(#""content":"Pär""#), "",
            Self.line(#""content":"is""#),
            Self.line(#""content":"","tool_calls":[{"function":{"name":"f","arguments":{}}}]"#),
            Self.line(#""content":"","tool_calls":[{"function":{"name":"g","arguments":{"a":1}}}]"#),
            Self.line(#""content":"""#, Self.end),
        ]
        func call(_ index: Int, _ name: String, _ arguments: String) -> String {
            #""tool_calls":[{"index":\#(index),"id":"call_t1_\#(index)","type":"function","#
                + #""function":{"name":"\#(name)","arguments":"\#(arguments)"}}]"#
        }
        let expected = [
            Self.chunk(#""role":"assistant","reasoning_content":"hm""#), Self.chunk(#""content":"Pär""#),
            Self.chunk(#""content":"is""#), Self.chunk(call(0, "f", "{}")), Self.chunk(call(1, "g", #"{\"a\":1}"#)),
            Self.chunk("", finish: #""tool_calls""#), Self.usageChunk, "[DONE]",
        ]
        #expect(try run.events(lines.joined(separator: "\r\n"), piece: piece) == expected)
    }

    @Test func `a stream that breaks has no end`() throws {
        let cut = Self.line(#""content":"a""#) + "\n"
        #expect(try run.events(cut) == [Self.chunk(#""role":"assistant","content":"a""#)])
        #expect(throws: DialectFault.self) { try run.events(cut + #"{"model":"x","#) }
    }

    @Test func `an error in a stream keeps its words`() throws {
        let events = try run.events(Self.line(#""content":"a""#) + "\n" + #"{"error":"boom"}"# + "\n")
        #expect(events.last == #"{"error":"boom"}"# && events.count == 2)
    }

    @Test func `a line without an end is not read for ever`() throws {
        var lines = LineReader()
        lines.append(ByteBuffer(repeating: 0x20, count: LineReader.maxLineBytes + 1))
        #expect(throws: DialectFault.self) { try lines.next() }
    }
}
