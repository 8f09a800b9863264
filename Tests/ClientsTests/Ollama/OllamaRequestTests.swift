import NIOCore
import Testing

@testable import Clients

@Suite struct OllamaRequestTests {
    private let run = DialectRun(OllamaDialect())
    private static let hi = #""messages":[{"role":"user","content":"Hi"}]"#
    private static let tools =
        #""tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":{"type":"object"}}},"#
        + #"{"type":"custom","custom":{"name":"c"}},{"type":"function","function":{"name":"g","description":"d"}}]"#
    private static let f = #"{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}"#
    private static let g =
        #"{"type":"function","function":{"name":"g","description":"d","#
        + #""parameters":{"type":"object","properties":{}}}}"#

    /// What is sent for members beside a greeting, without what each request has.
    private func sent(_ members: String, model: String = "m") throws -> String {
        let text = try run.request(#"{"model":"\#(model)",\#(Self.hi),\#(members)}"#)
        let usual = #"{"model":"\#(model)","stream":false,\#(Self.hi)"#
        #expect(text.hasPrefix(usual))
        return text.dropFirst(usual.count).dropLast()
            .replacing(#","truncate":false,"shift":false"#, with: "").drop { $0 == "," }.description
    }

    @Test(arguments: [
        (#""max_tokens":5"#, #""options":{"num_predict":5}"#),
        (#""max_tokens":5,"max_completion_tokens":6"#, #""options":{"num_predict":6}"#),
        (#""temperature":0.10,"top_p":1,"top_k":4"#, #""options":{"temperature":0.10,"top_p":1,"top_k":4}"#),
        (#""seed":1,"presence_penalty":-1"#, #""options":{"seed":1,"presence_penalty":-1}"#),
        (#""repetition_penalty":1.1"#, #""options":{"repeat_penalty":1.1}"#),
        (#""stop":"a\"b""#, #""options":{"stop":["a\"b"]}"#),
        (#""stop":["a","b"]"#, #""options":{"stop":["a","b"]}"#),
        (#""num_ctx":9000"#, #""options":{"num_ctx":9000}"#),
        (#""temperature":null,"user":"u","logit_bias":{}"#, ""),
        (#""keep_alive":"10m""#, #""keep_alive":"10m""#),
        (#""logprobs":true,"top_logprobs":2"#, #""logprobs":true,"top_logprobs":2"#),
        (#""logprobs":false"#, ""),
        (#""n":1"#, ""),
        (#""response_format":{"type":"text"}"#, ""),
        (#""response_format":{"type":"json_object"}"#, #""format":"json""#),
        (
            #""response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"}}}"#,
            #""format":{"type":"object"}"#
        ),
        (tools, #""tools":[\#(f),\#(g)]"#),
        (tools + #","tool_choice":"required""#, #""tools":[\#(f),\#(g)]"#),
        (tools + #","tool_choice":"none""#, ""),
        (tools + #","tool_choice":{"type":"function","function":{"name":"g"}}"#, #""tools":[\#(g)]"#),
    ])
    func `a parameter goes where Ollama has it`(members: String, expected: String) throws {
        #expect(try sent(members) == expected)
    }

    @Test(arguments: [
        ("gpt-oss:20b", "low", #""think":"low""#), ("gpt-oss:20b", "minimal", #""think":"low""#),
        ("gpt-oss:20b", "xhigh", #""think":"high""#), ("qwen3:8b", "high", #""think":true"#),
        ("me/deepseek-r1:7b", "low", #""think":true"#), ("qwen3:8b", "none", #""think":false"#),
        ("llama3.2", "high", ""), ("qwen3-coder:30b", "high", ""), ("llama3.2", "none", #""think":false"#),
    ])
    func `thinking is asked for where a model is known to think`(
        model: String,
        effort: String,
        expected: String
    ) throws {
        #expect(try sent(#""reasoning_effort":"\#(effort)""#, model: model) == expected)
    }

    @Test(arguments: [
        (#"{"role":"developer","content":"a"}"#, #"{"role":"system","content":"a"}"#),
        (#"{"role":"assistant","content":null}"#, #"{"role":"assistant","content":""}"#),
        (
            #"{"role":"user","content":[{"type":"text","text":"a\n"},{"type":"text","text":"ü"}],"name":"x"}"#,
            #"{"role":"user","content":"a\n\n\nü"}"#
        ),
        (
            #"{"role":"user","content":[{"type":"text","text":"see"},"#
                + #"{"type":"image_url","image_url":{"url":"data:image\/png;base64,QU\/D"}}]}"#,
            #"{"role":"user","content":"see","images":["QU/D"]}"#
        ),
        (
            #"{"role":"assistant","content":"","reasoning_content":"hm"}"#,
            #"{"role":"assistant","content":"","thinking":"hm"}"#
        ),
    ])
    func `a message is written flat`(message: String, expected: String) throws {
        let text = try run.request(#"{"model":"m","messages":[\#(message)]}"#)
        #expect(text.contains(#""messages":[\#(expected)]"#), "\(text)")
    }

    @Test func `calls carry objects, results the name of their tool`() throws {
        let text = try run.request(
            #"{"model":"m","messages":[{"role":"assistant","content":null,"tool_calls":["#
                + #"{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":\"\\\"\"}"}},"#
                + #"{"id":"b","type":"function","function":{"name":"g","arguments":""}},"#
                + #"{"id":"c","type":"function","function":{"name":"g","arguments":"{cut"}}]},"#
                + #"{"role":"tool","tool_call_id":"b","content":"2"},{"role":"tool","tool_call_id":"a","content":"1"}]}"#
        )
        let expected = [
            #"{"id":"a","function":{"name":"f","arguments":{"x":"\""}}}"#,
            #"{"id":"b","function":{"name":"g","arguments":{}}}"#,
            #"{"id":"c","function":{"name":"g","arguments":{"arguments":"{cut"}}}"#,
            #"{"role":"tool","content":"2","tool_name":"g","tool_call_id":"b"}"#,
            #"{"role":"tool","content":"1","tool_name":"f","tool_call_id":"a"}"#,
        ]
        for piece in expected { #expect(text.contains(piece), "\(text)") }
    }

    @Test(arguments: [
        #"{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x.test/a.png"}}]}"#,
        #"{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AA==","format":"wav"}}]}"#,
    ])
    func `what cannot be said is not said wrongly`(message: String) {
        #expect(throws: DialectFault.self) { try run.request(#"{"model":"m","messages":[\#(message)]}"#) }
    }

    @Test func `several answers cannot be had`() {
        #expect(throws: DialectFault.self) { try run.request(#"{"model":"m","messages":[],"n":2}"#) }
    }

    @Test func `a stream is asked for or refused in so many words`() throws {
        #expect(try run.request(#"{"model":"m","messages":[]}"#).contains(#""stream":false"#))
        #expect(try run.request(#"{"model":"m","messages":[],"stream":true}"#).contains(#""stream":true"#))
    }

    @Test func `a long prompt is given room, and the next one the same`() throws {
        func window(_ characters: Int, _ more: String = "") throws -> String? {
            let long = String(repeating: "word ", count: characters / 5)
            let text = try run.request(
                #"{"model":"m","messages":[{"role":"user","content":"\#(long)"}]\#(more)}"#
            )
            return text.firstMatch(of: /"num_ctx":([0-9]+)/).map { String($0.1) }
        }
        #expect(try window(3000) == nil)
        #expect(try window(3000, #","max_tokens":4000"#) == "8192")
        #expect(try window(60_000) == "32768")
        // No reload for what fits what is loaded.
        #expect(try window(3000) == "32768")
        // Images count by the piece, not by their bytes.
        let image = String(repeating: "QUJD", count: 50_000)
        let text = try DialectRun(OllamaDialect())
            .request(
                #"{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":"#
                    + #"{"url":"data:image/png;base64,\#(image)"}}]}]}"#
            )
        #expect(!text.contains("num_ctx"))
    }

    @Test func `a size is held as long as the model stays loaded`() {
        let windows = OllamaWindows()
        let start = ContinuousClock.now
        #expect(windows.size(for: "m", needing: 10_000, at: start) == 16_384)
        #expect(windows.size(for: "n", needing: 10, at: start) == nil)
        #expect(windows.size(for: "m", needing: 10, at: start.advanced(by: .seconds(299))) == 16_384)
        #expect(windows.size(for: "m", needing: 10, at: start.advanced(by: .seconds(301))) == nil)
        #expect(windows.size(for: "m", needing: .max / 2, at: start) == 1 << 20)
    }
}
