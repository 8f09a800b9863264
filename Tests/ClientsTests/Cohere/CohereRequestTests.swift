import NIOCore
import Testing

@testable import Clients

@Suite struct CohereRequestTests {
    private let run = DialectRun(CohereDialect())
    private static let hi = #""messages":[{"role":"user","content":"Hi"}]"#

    /// What is sent for members beside a greeting, without what each request has.
    private func sent(_ members: String, model: String = "command-a-03-2025") throws -> String {
        let text = try run.request(#"{"model":"\#(model)",\#(Self.hi),\#(members)}"#)
        let start = #"{"model":"\#(model)","#
        #expect(text.hasPrefix(start) && text.contains(Self.hi))
        return text.dropFirst(start.count).dropLast().replacing(Self.hi, with: "").drop { $0 == "," }.description
    }

    private func messages(_ messages: String) throws -> String {
        let text = try run.request(#"{"model":"m","messages":[\#(messages)]}"#)
        let start = #"{"model":"m","messages":["#
        #expect(text.hasPrefix(start))
        return text.dropFirst(start.count).dropLast(2).description
    }

    @Test(arguments: [
        (#""max_tokens":5"#, #""max_tokens":5"#),
        (#""max_tokens":5,"max_completion_tokens":6"#, #""max_tokens":6"#),
        (#""temperature":0.10,"top_p":1,"top_k":900"#, #""temperature":0.10,"p":0.99,"k":500"#),
        (#""top_p":0"#, #""p":0.01"#),
        (
            #""seed":1,"presence_penalty":-1,"frequency_penalty":1.5"#,
            #""seed":1,"frequency_penalty":1.0,"presence_penalty":0.0"#
        ),
        (#""stop":"a\"b""#, #""stop_sequences":["a\"b"]"#),
        (#""stop":["1","","2","3","4","5","6"]"#, #""stop_sequences":["1","2","3","4","5"]"#),
        (#""user":"u","logit_bias":{},"logprobs":true,"n":1,"parallel_tool_calls":false,"metadata":{}"#, ""),
        (#""temperature":null,"reasoning_effort":"low""#, ""),
        (#""response_format":{"type":"text"}"#, ""),
        (#""response_format":{"type":"json_object"}"#, #""response_format":{"type":"json_object"}"#),
    ])
    func `a parameter goes where Cohere has it`(members: String, expected: String) throws {
        #expect(try sent(members) == expected)
    }

    private static let tools =
        #""tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":{"$schema":"s","type":"object","#
        + #""properties":{"additionalProperties":{"type":"object","additionalProperties":false}},"additionalProperties":false}}},"#
        + #"{"type":"custom","custom":{"name":"c"}},{"type":"function","function":{"name":"g","description":"d"}}]"#
    private static let f =
        #"{"type":"function","function":{"name":"f","parameters":{"type":"object","#
        + #""properties":{"additionalProperties":{"type":"object"}}}}}"#
    private static let g =
        #"{"type":"function","function":{"name":"g","description":"d","parameters":{"type":"object","properties":{}}}}"#

    @Test(arguments: [
        ("", #""tools":[\#(f),\#(g)]"#), (#","tool_choice":"auto""#, #""tools":[\#(f),\#(g)]"#),
        (#","tool_choice":"required""#, #""tools":[\#(f),\#(g)],"tool_choice":"REQUIRED""#),
        (#","tool_choice":"none""#, #""tools":[\#(f),\#(g)],"tool_choice":"NONE""#),
        (
            #","tool_choice":{"type":"function","function":{"name":"g"}}"#,
            #""tools":[\#(g)],"tool_choice":"REQUIRED""#
        ),
    ])
    func `tools are offered without what Cohere refuses`(members: String, expected: String) throws {
        #expect(try sent(Self.tools + members) == expected)
    }

    @Test func `a schema is enforced without its bounds, and the model told`() throws {
        let schema =
            #"{"type":"object","properties":{"a":{"type":"integer","minimum":3}},"required":["a"],"additionalProperties":false}"#
        let text = try run.request(
            #"{"model":"m",\#(Self.hi),"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":\#(schema)}}}"#
        )
        #expect(
            text.hasSuffix(
                #""response_format":{"type":"json_object","json_schema":{"type":"object","properties":{"a":{"type":"integer"}},"#
                    + #""required":["a"]}}}"#
            )
        )
        #expect(text.contains(#"[{"role":"system","content":"Answer with one JSON object only"#))
    }

    @Test func `a schema that holds itself is asked for in words`() throws {
        let schema =
            ##"{"type":"object","properties":{"a":{"$ref":"#/$defs/A"}},"$defs":{"A":{"items":{"$ref":"#/$defs/A"}}}}"##
        let text = try run.request(
            #"{"model":"m",\#(Self.hi),"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":\#(schema)}}}"#
        )
        #expect(text.hasSuffix(#""response_format":{"type":"json_object"}}"#))
        #expect(text.contains(#"valid against this JSON schema:\n{\"type\":\"object\""#))
    }

    @Test func `beside tools JSON is asked for in words`() throws {
        let text = try run.request(
            #"{"model":"m",\#(Self.hi),\#(Self.tools),"response_format":{"type":"json_object"}}"#
        )
        #expect(
            !text.contains("response_format") && text.contains(#"{"role":"system","content":"Answer with one JSON"#)
        )
    }

    @Test(arguments: [
        (#""reasoning_effort":"none""#, #""thinking":{"type":"disabled"}"#),
        (#""reasoning_effort":"low""#, #""thinking":{"type":"enabled","token_budget":1024}"#),
        (#""reasoning_effort":"high""#, ""), (#""thinking":{"type":"disabled"}"#, #""thinking":{"type":"disabled"}"#),
        (#""thinking":{"type":"enabled","budget_tokens":99}"#, #""thinking":{"type":"enabled","token_budget":99}"#),
    ])
    func `a model that thinks is told how much`(members: String, expected: String) throws {
        #expect(try sent(members, model: "command-a-reasoning-08-2025") == expected)
    }

    @Test(arguments: [
        (
            #"{"role":"developer","content":"S"},{"role":"user","content":"U","name":"n"}"#,
            #"{"role":"system","content":"S"},{"role":"user","content":"U"}"#
        ),
        (
            #"{"role":"user","content":[{"type":"text","text":"A","cache_control":{}},{"type":"image_url","image_url":{"url":"data:x","detail":"low","x":1}}]}"#,
            #"{"role":"user","content":[{"type":"text","text":"A"},{"type":"image_url","image_url":{"url":"data:x","detail":"low"}}]}"#
        ),
        (
            #"{"role":"user","content":"U"},{"role":"assistant","content":""},{"role":"assistant","content":null,"refusal":"No."},{"role":"user","content":"V"}"#,
            #"{"role":"user","content":"U"},{"role":"assistant","content":"No."},{"role":"user","content":"V"}"#
        ),
        (
            #"{"role":"user","content":"U"},{"role":"assistant","content":null,"reasoning_content":"Plan.","tool_calls":[{"id":"c","type":"function","index":0,"function":{"name":"f","arguments":""}}]},{"role":"tool","tool_call_id":"c","content":""}"#,
            #"{"role":"user","content":"U"},{"role":"assistant","tool_plan":"Plan.","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"(no output)"}"#
        ),
        (
            #"{"role":"user","content":"U"},{"role":"assistant","content":"Text.","tool_calls":[{"id":"c","function":{"name":"f","arguments":"{\"a\":1}"}}]},{"role":"tool","tool_call_id":"c","content":[{"type":"text","text":"R"}]}"#,
            #"{"role":"user","content":"U"},{"role":"assistant","tool_plan":"Text.","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},{"role":"tool","tool_call_id":"c","content":[{"type":"text","text":"R"}]}"#
        ),
    ])
    func `messages are said in Cohere's roles`(given: String, expected: String) throws {
        #expect(try messages(given) == expected)
    }

    @Test func `an assistant's text is gone on with on request`() throws {
        let text = try messages(#"{"role":"user","content":"U"},{"role":"assistant","content":"A"}"#)
        #expect(text.contains(#"{"role":"assistant","content":"A"},{"role":"user","content":"Go on right where"#))
    }

    @Test(arguments: [
        #"{"role":"user","content":[{"type":"input_audio","input_audio":{}}]}"#,
        #"{"role":"user","content":[{"type":"file","file":{"file_id":"f"}}]}"#,
    ])
    func `what has no word is not sent`(message: String) {
        #expect(throws: DialectFault.self) { try messages(message) }
    }
}
