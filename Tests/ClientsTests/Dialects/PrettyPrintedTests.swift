import NIOCore
import Testing

@testable import Clients

/// Providers that print their JSON over several lines: each event that is made of it stays on one.
struct PrettyPrintedTests {
    /// Payloads whose parts are copied as they are.
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var dialect: any Dialect
        var payloads: [String]
        /// How a stream is made of its payloads; events of several `data` lines where nothing else is said.
        var framed: @Sendable ([String]) -> String = { payloads in
            payloads.map { payload in
                payload.split(separator: "\n", omittingEmptySubsequences: false).map { "data: \($0)\n" }.joined() + "\n"
            }
            .joined()
        }
    }

    static let cases: [Case] = [
        Case(
            testDescription: "Anthropic",
            dialect: AnthropicDialect(),
            payloads: [
                #"{"type":"message_start","message":{"id":"m1","usage":{"input_tokens":1}}}"#,
                #"{"type":"content_block_start","index":0,"content_block":{"type":"redacted_thinking","data":"d"}}"#,
                #"{"type":"error","error":{"type":"overloaded_error","message":"a {b}, c"}}"#,
            ]
        ),
        Case(
            testDescription: "Cohere",
            dialect: CohereDialect(),
            payloads: [#"{"type":"error","error":{"message":"m","details":["a","b"]}}"#]
        ),
        Case(
            testDescription: "Cloudflare",
            dialect: CloudflareDialect(),
            payloads: [
                #"{"response":"a"}"#, #"{"response":"","usage":{"prompt_tokens":1,"completion_tokens":2}}"#, "[DONE]",
            ]
        ),
        Case(
            testDescription: "a fill-in",
            dialect: FillInDialect(path: "/fim"),
            payloads: [
                #"{"id":"a","choices":[{"index":0,"delta":{"content":"x"}}]}"#,
                #"{"id":"a","usage":{"prompt_tokens":1},"choices":[{"index":0,"text":"x"}]}"#,
            ]
        ),
        Case(
            testDescription: "Gemini's events",
            dialect: GeminiDialect(),
            payloads: [#"{"error":{"code":503,"message":"x","details":[{"a":1}]}}"#]
        ),
        Case(
            testDescription: "Gemini's array",
            dialect: GeminiDialect(),
            payloads: [
                #"[{"candidates":[{"content":{"parts":[{"text":"a"}]},"index":0}]},{"error":{"code":503,"message":"x"}}]"#
            ],
            framed: { $0.joined() }
        ),
        Case(
            testDescription: "Gemini's bare error",
            dialect: GeminiDialect(),
            payloads: [
                #"{"candidates":[{"content":{"parts":[{"text":"a"}]},"index":0}]}"#,
                #"{"error":{"code":503,"message":"x"}}"#,
            ],
            framed: { "data: " + $0[0].replacing("\n", with: "\ndata: ") + "\n\n" + $0[1] + "\n\n" }
        ),
        Case(
            testDescription: "Ollama",
            dialect: OllamaDialect(),
            payloads: [
                #"{"message":{"content":"a"},"logprobs":[{"token":"a","top_logprobs":[]}],"done":false}"#,
                #"{"error":{"message":"m"}}"#,
            ],
            // A line feed ends an object there.
            framed: { $0.map { $0.replacing("\n", with: "\r") + "\n" }.joined() }
        ),
    ]

    @Test(arguments: cases, [Int.max, 3]) func `each event is one line`(_ wanted: Case, _ piece: Int) throws {
        let run = DialectRun(wanted.dialect)
        let pretty = wanted.framed(wanted.payloads.map { $0 == "[DONE]" ? $0 : Self.indented($0) })
        let events = try run.events(pretty, piece: piece)
        #expect(events.allSatisfy { !$0.contains("\n") && !$0.contains("\r") }, "\(events)")
        let compact = try run.events(wanted.framed(wanted.payloads))
        #expect(!compact.isEmpty && events.map(Self.compacted) == compact.map(Self.compacted))
    }

    /// A line's end behind each comma and bracket that opens, and before each that closes.
    static func indented(_ json: String) -> String {
        written(json) { character in
            if "{[,".contains(character) { return "\(character)\n  " }
            return "}]".contains(character) ? "\n\(character)" : String(character)
        }
    }

    private static func compacted(_ json: String) -> String {
        written(json) { $0.isWhitespace ? "" : String($0) }
    }

    /// What stands outside of strings goes through `change`.
    private static func written(_ json: String, _ change: (Character) -> String) -> String {
        var text = ""
        var (isInString, isEscaped) = (false, false)
        for character in json {
            text += isInString || character == "\"" ? String(character) : change(character)
            if character == "\"", !isEscaped { isInString.toggle() }
            isEscaped = character == "\\" && !isEscaped
        }
        return text
    }
}
