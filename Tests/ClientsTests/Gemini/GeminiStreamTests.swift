import NIOCore
import Testing

@testable import Clients

/// Gemini's streams as the events of a chat completion.
struct GeminiStreamTests {
    /// What comes of a stream that arrives in pieces of `size` bytes.
    private static func events(_ text: String, size: Int = .max) throws -> String {
        var stream = GeminiDialect().stream(of: GeminiAnswerTests.call)
        var events = ByteBuffer()
        let bytes = Array(text.utf8)
        var at = 0
        while at < bytes.count {
            let end = min(bytes.count, at + min(size, bytes.count))
            try stream.receive(ByteBuffer(bytes: bytes[at..<end]), into: &events)
            at = end
        }
        try stream.end(into: &events)
        return String(buffer: events)
    }

    private static func chunk(_ delta: String, _ reason: String = "null", index: Int = 0) -> String {
        event(#""choices":[{"index":\#(index),"delta":{\#(delta)},"finish_reason":\#(reason)}]"#)
    }

    private static func event(_ members: String) -> String {
        #"data: {"id":"r","object":"chat.completion.chunk","created":5,"model":"m",\#(members)}"# + "\n\n"
    }

    private static func theirs(_ parts: String, _ more: String = "", usage: String = "") -> String {
        #"{"candidates":[{"content":{"parts":[\#(parts)],"role":"model"}\#(more),"index":0}]\#(usage),"responseId":"r"}"#
    }

    private static let payloads = [
        theirs(#"{"text":"hm","thought":true}"#), theirs(#"{"text":"Füße "}"#, usage: usage(3, 1)),
        theirs(#"{"functionCall":{"name":"f","args":{"a":1}},"thoughtSignature":"S"},{"functionCall":{"name":"g"}}"#),
        theirs(#"{"functionCall":{"name":"h"}}"#),
        theirs(#"{"text":""}"#, #","finishReason":"STOP""#, usage: usage(3, 9)),
    ]

    private static func usage(_ prompt: Int, _ answer: Int) -> String {
        #","usageMetadata":{"promptTokenCount":\#(prompt),"candidatesTokenCount":\#(answer)}"#
    }

    private static let expected =
        chunk(#""role":"assistant","reasoning_content":"hm""#) + chunk(#""content":"Füße ""#)
        + chunk(
            #""tool_calls":[{"index":0,"id":"call_t_0","type":"function","function":{"name":"f","arguments":"{\"a\":1}"},"extra_content":{"google":{"thought_signature":"S"}}},{"index":1,"id":"call_t_1","type":"function","function":{"name":"g","arguments":"{}"}}]"#
        )
        + chunk(
            #""tool_calls":[{"index":2,"id":"call_t_2","type":"function","function":{"name":"h","arguments":"{}"}}]"#
        ) + chunk("", #""tool_calls""#)
        + event(#""choices":[],"usage":{"prompt_tokens":3,"completion_tokens":9,"total_tokens":12}"#)
        + "data: [DONE]\n\n"

    @Test(arguments: [Int.max, 1, 2, 3, 7, 64], ["\n", "\r\n", "\r"])
    func `a stream is the same however it is cut`(_ size: Int, _ lineEnd: String) throws {
        let text = Self.payloads.map { "data: " + $0 + lineEnd + lineEnd }.joined()
        #expect(try Self.events(": ping" + lineEnd + lineEnd + text, size: size) == Self.expected)
        // The last empty line may be missing.
        #expect(try Self.events(text.hasSuffix(lineEnd) ? String(text.dropLast()) : text, size: size) == Self.expected)
    }

    @Test(arguments: [Int.max, 1, 50]) func `an array of responses is a stream too`(_ size: Int) throws {
        #expect(try Self.events(" [" + Self.payloads.joined(separator: ",\r\n") + "]\n", size: size) == Self.expected)
    }

    @Test func `a stream without its finish has no end`() throws {
        let text = Self.payloads.dropLast().map { "data: \($0)\n\n" }.joined()
        #expect(try !Self.events(text).contains("[DONE]"))
        #expect(try Self.events("").isEmpty)
    }

    @Test func `a reason that comes with every event counts when the stream has ended`() throws {
        func text(_ text: String, _ reason: String?) -> String {
            let more = reason.map { #","finishReason":"\#($0)""# } ?? ""
            return "data: " + Self.theirs(#"{"text":"\#(text)"}"#, more) + "\n\n"
        }
        let whole = text("a", "STOP") + text("b", "STOP") + text("c", "MAX_TOKENS")
        let expected =
            Self.chunk(#""role":"assistant","content":"a""#) + Self.chunk(#""content":"b""#)
            + Self.chunk(#""content":"c""#) + Self.chunk("", #""length""#) + "data: [DONE]\n\n"
        #expect(try Self.events(whole) == expected)
        for last in [nil, "FINISH_REASON_UNSPECIFIED"] {
            let cut = try Self.events(text("a", "STOP") + text("b", last))
            #expect(!cut.contains("[DONE]") && !cut.contains("stop"))
        }
    }

    @Test func `several choices finish one by one`() throws {
        let two =
            #"{"candidates":[{"content":{"parts":[{"text":"a"}]},"index":0,"finishReason":"STOP"},{"content":{"parts":[{"text":"b"}]},"index":1}],"responseId":"r"}"#
        let open = try Self.events("data: \(two)\n\n")
        #expect(!open.contains("[DONE]") && open.contains(#""index":1"#))
        let end = #"{"candidates":[{"index":1,"finishReason":"MAX_TOKENS"}]}"#
        let all = try Self.events("data: \(two)\n\ndata: \(end)\n\n")
        #expect(all.hasSuffix(Self.chunk("", #""length""#, index: 1) + "data: [DONE]\n\n"))
    }

    @Test(arguments: [
        "data: {\"error\":{\"code\":503,\"message\":\"x\"}}\n\n",
        "data: [{\"error\":{\"code\":503,\"message\":\"x\"}}]\n\n",
        "{\"error\":{\"code\":503,\"message\":\"x\"}}", "[{\"error\":\n{\"code\":503,\"message\":\"x\"}}]",
    ])
    func `an error in a stream is passed on`(_ text: String) throws {
        let events = try Self.events(text)
        #expect(events == #"data: {"error":{"code":503,"message":"x"}}"# + "\n\n")
        let late = try Self.events("data: \(Self.payloads[1])\n\n\(text)\n\ndata: \(Self.payloads[1])\n\n")
        if text.hasPrefix("data") || text.hasPrefix("{") {
            #expect(late.hasSuffix("\"message\":\"x\"}}\n\n") && !late.contains("[DONE]"))
        }
    }

    @Test func `a blocked prompt and a call that is none are errors`() throws {
        #expect(
            try Self.events("data: {\"promptFeedback\":{\"blockReason\":\"OTHER\"}}\n\n").contains("content_filter")
        )
        let malformed = #"{"candidates":[{"content":{},"finishReason":"MALFORMED_FUNCTION_CALL","index":0}]}"#
        #expect(try Self.events("data: \(malformed)\n\n").contains("failed to call a function"))
    }

    @Test func `an event that is no JSON is a fault`() {
        #expect(throws: DialectFault.self) { try Self.events("data: {oops\n\n") }
        #expect(throws: DialectFault.self) { try Self.events("[{oops") }
    }
}
