import NIOCore
import Testing

@testable import Clients

/// Gemini's answers as chat completions.
struct GeminiAnswerTests {
    static let call = DialectCall(model: "m", tag: "t", created: 5)

    private static func whole(_ body: String, by dialect: GeminiDialect = GeminiDialect()) throws -> String {
        String(buffer: try dialect.answer(ByteBuffer(string: body), to: call))
    }

    private static func completion(_ choices: String, more: String = "") -> String {
        #"{"id":"chatcmpl-t","object":"chat.completion","created":5,"model":"m","choices":[\#(choices)]\#(more)}"#
    }

    private static func choice(_ message: String, _ reason: String = #""stop""#, index: Int = 0) -> String {
        #"{"index":\#(index),"message":{"role":"assistant",\#(message)},"finish_reason":\#(reason)}"#
    }

    private static let cases: [(String, String)] = [
        (
            #"{"candidates":[{"content":{"parts":[{"text":"a\n"},{"text":"b"}],"role":"model"},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"thoughtsTokenCount":4,"toolUsePromptTokenCount":5,"cachedContentTokenCount":1,"totalTokenCount":14}}"#,
            completion(
                choice(#""content":"a\nb""#),
                more:
                    #","usage":{"prompt_tokens":8,"completion_tokens":6,"total_tokens":14,"prompt_tokens_details":{"cached_tokens":1},"completion_tokens_details":{"reasoning_tokens":4}}"#
            )
        ),
        (
            #"{"candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"text":"a","thoughtSignature":"S"}]},"finishReason":"MAX_TOKENS"},{"index":1,"content":{"parts":[{"text":"b"}]},"finishReason":"SAFETY"}]}"#,
            completion(
                choice(
                    #""content":"a","reasoning_content":"hm","extra_content":{"google":{"thought_signature":"S"}}"#,
                    #""length""#
                ) + "," + choice(#""content":"b""#, #""content_filter""#, index: 1)
            )
        ),
        (
            #"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"a": "\n"}},"thoughtSignature":"S"},{"functionCall":{"id":"own","name":"g"}}]},"finishReason":"STOP"}]}"#,
            completion(
                choice(
                    #""content":null,"tool_calls":[{"id":"call_t_0","type":"function","function":{"name":"f","arguments":"{\"a\": \"\\n\"}"},"extra_content":{"google":{"thought_signature":"S"}}},{"id":"own","type":"function","function":{"name":"g","arguments":"{}"}}]"#,
                    #""tool_calls""#
                )
            )
        ),
        (
            #"{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"AA=="}}]},"finishReason":"STOP"}]}"#,
            completion(
                choice(
                    #""content":"","images":[{"type":"image_url","index":0,"image_url":{"url":"data:image/png;base64,AA=="}}]"#
                )
            )
        ),
        (
            #"{"candidates":[{"content":{"parts":[{"text":"é is cited."}]},"finishReason":"STOP","groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://a","title":"A"}},{"web":{"uri":"https://b"}}],"groundingSupports":[{"segment":{"startIndex":3,"endIndex":12},"groundingChunkIndices":[0,9]}]}}]}"#,
            completion(
                choice(
                    #""content":"é is cited.","annotations":[{"type":"url_citation","url_citation":{"start_index":2,"end_index":11,"url":"https://a","title":"A"}},{"type":"url_citation","url_citation":{"start_index":0,"end_index":0,"url":"https://b","title":"https://b"}}]"#
                )
            )
        ),
        (
            #"[{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"responseId":"r"},{"candidates":[{"content":{"parts":[{"text":"b"}]},"finishReason":"STOP"}]}]"#,
            completion(choice(#""content":"ab""#)).replacing("chatcmpl-t", with: "r")
        ),
        (#"{"candidates":[{"content":{"role":"model"},"index":0}]}"#, completion(choice(#""content":"""#, "null"))),
        (#"{"candidates":[]}"#, completion("")), (#"{"candidates":{"a":7}}"#, completion("")),
        (#"[{"error":{"code":503,"message":"x"}}]"#, #"{"error":{"code":503,"message":"x"}}"#),
        (
            #"{"promptFeedback":{"blockReason":"SAFETY"}}"#,
            #"{"error":{"message":"The provider blocked the prompt (SAFETY)","type":"invalid_request_error","code":"content_filter","status_code":400}}"#
        ),
        (
            #"{"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL","finishMessage":"f("}]}"#,
            #"{"error":{"message":"The model failed to call a function (MALFORMED_FUNCTION_CALL): f(","type":"invalid_request_error","code":"tool_use_failed","status_code":400}}"#
        ),
    ]

    @Test(arguments: cases)
    func `a whole answer is a chat completion`(_ body: String, _ expected: String) throws {
        #expect(try Self.whole(body) == expected)
    }

    @Test(arguments: ["", "<html>", #"{"candidates":[}"#]) func `what is no JSON is no answer`(_ body: String) {
        #expect(throws: DialectFault.self) { try Self.whole(body) }
    }

    @Test(arguments: [
        ("STOP", "stop"), ("MAX_TOKENS", "length"), ("SAFETY", "content_filter"), ("RECITATION", "content_filter"),
        ("BLOCKLIST", "content_filter"), ("PROHIBITED_CONTENT", "content_filter"), ("SPII", "content_filter"),
        ("LANGUAGE", "content_filter"), ("IMAGE_SAFETY", "content_filter"), ("OTHER", "stop"),
        ("SOMETHING_NEW", "content_filter"),
    ])
    func `reasons have their names`(_ theirs: String, _ ours: String) throws {
        let body = #"{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"\#(theirs)"}]}"#
        #expect(try Self.whole(body) == Self.completion(Self.choice(#""content":"a""#, "\"\(ours)\"")))
    }

    // MARK: Signatures

    @Test func `a signature is put back though the client dropped it`() throws {
        let dialect = GeminiDialect()
        let part = #"{"functionCall":{"name":"f","args":{}},"thoughtSignature":"S"}"#
        _ = try Self.whole(#"{"candidates":[{"content":{"parts":[\#(part)]},"finishReason":"STOP"}]}"#, by: dialect)
        let history = #"""
            {"model":"gemini-3-pro","messages":[{"role":"user","content":"hi"},{"role":"assistant","tool_calls":[
            {"id":"call_t_0","type":"function","function":{"name":"f","arguments":"{}"}}]},
            {"role":"tool","tool_call_id":"call_t_0","content":"1"}]}
            """#
        let again = String(buffer: try dialect.request(ByteBuffer(string: history)))
        #expect(again.contains(#""thoughtSignature":"S""#))
    }

    @Test func `signatures are kept for a while and not without end`() {
        var signatures = ThoughtSignatures()
        let start = ContinuousClock.now
        for number in 0..<ThoughtSignatures.maximum + 10 {
            signatures.remember("s\(number)", for: "\(number)", at: start + .milliseconds(number))
        }
        #expect(signatures.count == ThoughtSignatures.maximum)
        #expect(signatures.signature(for: "9", at: start) == nil && signatures.signature(for: "10", at: start) == "s10")
        let later = start + ThoughtSignatures.timeToLive + .seconds(6)
        #expect(signatures.signature(for: "5009", at: later) == nil)
        signatures.remember("new", for: "n", at: later)
        #expect(signatures.count == 1 && signatures.signature(for: "n", at: later) == "new")
        signatures.remember(String(repeating: "x", count: ThoughtSignatures.maxBytes + 1), for: "long", at: later)
        #expect(signatures.count == 1)
    }

    @Test func `signatures that are long are fewer`() {
        var signatures = ThoughtSignatures()
        let long = String(repeating: "x", count: ThoughtSignatures.maxBytes - 8)
        for number in 0..<300 {
            // One that is told twice counts once.
            for _ in 0..<2 { signatures.remember(long, for: "\(number)", at: .now) }
            #expect(signatures.bytes <= ThoughtSignatures.maxTotalBytes)
        }
        #expect(signatures.count == ThoughtSignatures.maxTotalBytes / ThoughtSignatures.maxBytes)
        #expect(signatures.signature(for: "299", at: .now) != nil && signatures.signature(for: "0", at: .now) == nil)
    }

    @Test func `a tool whose name was changed is called by its own`() throws {
        let dialect = GeminiDialect()
        let chat =
            #"{"model":"gemini-2.5-pro","messages":[],"tools":[{"type":"function","function":{"name":"1 \"a"}}]}"#
        _ = try dialect.request(ByteBuffer(string: chat))
        let body = #"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"_1__a"}}]},"finishReason":"STOP"}]}"#
        #expect(try Self.whole(body, by: dialect).contains(#""name":"1 \"a""#))
    }
}
