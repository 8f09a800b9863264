import NIOCore
import Testing

@testable import Clients

@Suite struct AnthropicRequestTests {
    private let run = DialectRun(AnthropicDialect())
    private static let hi = #""messages":[{"role":"user","content":"Hi"}]"#

    /// What is sent for members beside a greeting, without what each request has.
    private func sent(_ members: String, model: String = "claude-sonnet-4-5") throws -> String {
        let text = try run.request(#"{"model":"\#(model)",\#(Self.hi),\#(members)}"#)
        let start = #"{"model":"\#(model)","#
        #expect(text.hasPrefix(start) && text.contains(Self.hi))
        return String(text.dropFirst(start.count).dropLast().replacing(Self.hi, with: "").replacing(",,", with: ","))
    }

    /// The messages that are sent for these, and what stands before and behind them.
    private func turns(_ messages: String, model: String = "claude-sonnet-4-5", more: String = "") throws -> String {
        let text = try run.request(#"{"model":"\#(model)","messages":[\#(messages)]\#(more)}"#)
        let start = #"{"model":"\#(model)","max_tokens":4096,"#
        #expect(text.hasPrefix(start))
        return String(text.dropFirst(start.count).dropLast())
    }

    // MARK: Parameters

    @Test(arguments: [
        (#""max_tokens":5"#, #""max_tokens":5,"#),
        (#""max_tokens":5,"max_completion_tokens":6"#, #""max_tokens":6,"#),
        (#""max_completion_tokens":6,"max_tokens":5"#, #""max_tokens":6,"#),
        (#""stream":true,"stream_options":{"include_usage":true}"#, #""max_tokens":4096,"stream":true,"#),
        (#""temperature":0.5"#, #""max_tokens":4096,"temperature":0.5"#),
        (#""temperature":1.7"#, #""max_tokens":4096,"temperature":1"#),
        (#""temperature":-1"#, #""max_tokens":4096,"temperature":0"#),
        (#""top_p":0.25,"top_k":7"#, #""max_tokens":4096,"top_p":0.25,"top_k":7"#),
        (#""temperature":0.5,"top_p":0.25"#, #""max_tokens":4096,"temperature":0.5"#),
        (#""stop":"a\"b""#, #""max_tokens":4096,"stop_sequences":["a\"b"]"#),
        (#""stop":["a"," \n",""]"#, #""max_tokens":4096,"stop_sequences":["a"]"#),
        (#""stop":["\n"]"#, #""max_tokens":4096,"#),
        (#""user":"u""#, #""max_tokens":4096,"metadata":{"user_id":"u"}"#),
        (#""metadata":{"user_id":"u","x":1}"#, #""max_tokens":4096,"metadata":{"user_id":"u"}"#),
        (#""seed":1,"logit_bias":{},"presence_penalty":1,"n":1,"logprobs":true,"store":true"#, #""max_tokens":4096,"#),
        (#""temperature":null,"max_tokens":null,"tools":null,"stop":null"#, #""max_tokens":4096,"#),
    ])
    func `a parameter goes where the API has it`(members: String, expected: String) throws {
        #expect(try sent(members) == expected)
    }

    @Test(arguments: [
        ("claude-3-haiku-20240307", #""temperature":0.5,"top_p":0.25"#),
        ("kimi-k2", #""temperature":0.5,"top_p":0.25"#),
        ("claude-sonnet-4-20250514", #""temperature":0.5,"top_p":0.25"#),
        ("claude-opus-4-1-20250805", #""temperature":0.5"#),
        ("claude-haiku-4-5-20251001", #""temperature":0.5"#), ("claude-opus-4-6", #""temperature":0.5"#),
        ("claude-opus-4-7", ""), ("anthropic.claude-opus-4-8-v1:0", ""), ("claude-sonnet-5", ""),
        ("claude-haiku-5-5", ""), ("claude-mythos-preview", ""),
    ])
    func `a model is sent the samplers that its generation takes`(model: String, expected: String) throws {
        let text = try sent(#""temperature":0.5,"top_p":0.25"#, model: model)
        #expect(text == #""max_tokens":4096,"# + expected)
    }

    @Test(
        arguments: [
            ("claude-3-haiku-20240307", "high", nil, #""max_tokens":4096,"#),
            (
                "claude-sonnet-4-5", "high", nil,
                #""max_tokens":20480,"thinking":{"type":"enabled","budget_tokens":16384}"#
            ),
            ("claude-sonnet-4-5", "low", nil, #""max_tokens":6144,"thinking":{"type":"enabled","budget_tokens":2048}"#),
            (
                "claude-sonnet-4-5", "low", 1500,
                #""max_tokens":1500,"thinking":{"type":"enabled","budget_tokens":1200}"#
            ),
            (
                "claude-sonnet-4-5", "high", 1025,
                #""max_tokens":1025,"thinking":{"type":"enabled","budget_tokens":1024}"#
            ),
            ("claude-sonnet-4-5", "high", 1024, #""max_tokens":1024,"#),
            ("claude-sonnet-4-5", "none", nil, #""max_tokens":4096,"#),
            (
                "claude-opus-4-6", "xhigh", nil,
                #""max_tokens":16384,"thinking":{"type":"adaptive"},"output_config":{"effort":"high"}"#
            ),
            (
                "claude-opus-4-7", "xhigh", 900,
                #""max_tokens":900,"thinking":{"type":"adaptive","display":"summarized"},"output_config":{"effort":"xhigh"}"#
            ),
            ("claude-opus-4-7", "none", 900, #""max_tokens":900,"output_config":{"effort":"low"}"#),
        ] as [(String, String, Int?, String)]
    )
    func `effort is thinking, in the words of the model's generation`(
        model: String,
        effort: String,
        most: Int?,
        expected: String
    ) throws {
        let most = most.map { #","max_tokens":\#($0)"# } ?? ""
        #expect(try sent(#""reasoning_effort":"\#(effort)""# + most, model: model) == expected)
    }

    @Test(arguments: [
        (#""thinking":{"type":"enabled","budget_tokens":3000}"#, "3000"),
        (#""reasoning":{"max_tokens":3000}"#, "3000"), (#""reasoning":{"effort":"low"}"#, "2048"),
        (#""reasoning":{"enabled":false,"effort":"low"}"#, nil), (#""thinking":{"type":"disabled"}"#, nil),
    ])
    func `other words for thinking are understood`(members: String, budget: String?) throws {
        let text = try sent(members)
        #expect(text.contains("budget_tokens") == (budget != nil))
        if let budget { #expect(text.contains(#""budget_tokens":\#(budget)}"#)) }
    }

    @Test func `samplers and a forced tool go without thinking`() throws {
        let tool = #""tools":[{"type":"function","function":{"name":"f"}}]"#
        let sampled = try sent(#""reasoning_effort":"low","temperature":0,"top_k":3"#)
        #expect(!sampled.contains("temperature") && !sampled.contains("top_k") && sampled.contains("thinking"))
        let forced = try sent(#""reasoning_effort":"low","temperature":0,"tool_choice":"required",\#(tool)"#)
        #expect(!forced.contains("thinking") && forced.hasPrefix(#""max_tokens":4096"#))
        #expect(forced.contains(#""temperature":0"#))
    }

    // MARK: Tools

    private static let tools =
        #""tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":{"type":"object","x":[1]}}},"#
        + #"{"type":"custom","custom":{"name":"c"}},{"type":"function","function":{"name":"g","description":"d"}}]"#
    private static let sentTools =
        #""tools":[{"name":"f","input_schema":{"type":"object","x":[1]}},"#
        + #"{"name":"g","description":"d","input_schema":{"type":"object","properties":{}}}]"#

    @Test(arguments: [
        ("", ""), (#","tool_choice":"auto""#, #","tool_choice":{"type":"auto"}"#),
        (#","tool_choice":"required""#, #","tool_choice":{"type":"any"}"#),
        (#","tool_choice":"none""#, #","tool_choice":{"type":"none"}"#),
        (
            #","tool_choice":{"type":"function","function":{"name":"g"}}"#,
            #","tool_choice":{"type":"tool","name":"g"}"#
        ),
        (#","parallel_tool_calls":false"#, #","tool_choice":{"type":"auto","disable_parallel_tool_use":true}"#),
        (#","parallel_tool_calls":true"#, ""),
        (#","parallel_tool_calls":false,"tool_choice":"none""#, #","tool_choice":{"type":"none"}"#),
    ])
    func `tools are offered, and how they are to be used`(members: String, expected: String) throws {
        #expect(try sent(Self.tools + members) == #""max_tokens":4096,"# + Self.sentTools + expected)
    }

    @Test(arguments: [
        (#"{}"#, #"{"type":"object"}"#), (#"{"type":"object"}"#, #"{"type":"object"}"#),
        (#"{"type":"string","properties":{}}"#, #"{"type":"object","properties":{}}"#),
        (
            #"{"type":"object","anyOf":[{"required":["a"]}],"properties":{"a":{}}}"#,
            #"{"type":"object","properties":{"a":{}}}"#
        ),
        (#""no schema""#, #"{"type":"object","properties":{}}"#),
    ])
    func `a tool's schema is an object's`(schema: String, expected: String) throws {
        let text = try sent(#""tools":[{"type":"function","function":{"name":"f","parameters":\#(schema)}}]"#)
        #expect(text.contains(#""input_schema":\#(expected)}]"#))
    }

    @Test func `a history of calls declares its tools where none are offered`() throws {
        let text = try turns(
            #"{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f","arguments":"{}"}}]},"#
                + #"{"role":"tool","tool_call_id":"c","content":"r"}"#
        )
        #expect(
            text.hasSuffix(
                #","tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":{"type":"none"}"#
            )
        )
    }

    @Test func `the API's own tools go as they are`() throws {
        let own = #"{"type":"web_search_20250305","name":"web_search","max_uses":3}"#
        #expect(try sent(#""tools":[\#(own)]"#).contains(#""tools":[\#(own)]"#))
        #expect(
            try sent(#""web_search_options":{}"#).contains(#"[{"type":"web_search_20250305","name":"web_search"}]"#)
        )
    }

    // MARK: Turns

    @Test(arguments: [
        (
            #"{"role":"system","content":"S"},{"role":"user","content":"U"}"#,
            #""system":"S","messages":[{"role":"user","content":"U"}]"#
        ),
        (
            #"{"role":"system","content":"S"},{"role":"user","content":"U"},{"role":"developer","content":[{"type":"text","text":"D","cache_control":{"type":"ephemeral"}}]}"#,
            #""system":[{"type":"text","text":"S"},{"type":"text","text":"D","cache_control":{"type":"ephemeral"}}],"#
                + #""messages":[{"role":"user","content":"U"}]"#
        ),
        (
            #"{"role":"user","content":"A"},{"role":"user","content":" \n"},{"role":"user","content":"B"}"#,
            #""messages":[{"role":"user","content":[{"type":"text","text":"A"},{"type":"text","text":"B"}]}]"#
        ),
        (
            #"{"role":"assistant","content":"A"},{"role":"user","content":"B"}"#,
            #""messages":[{"role":"user","content":"Hello."},{"role":"assistant","content":"A"},{"role":"user","content":"B"}]"#
        ),
        (
            #"{"role":"user","content":"U"},{"role":"assistant","content":"A \n"}"#,
            #""messages":[{"role":"user","content":"U"},{"role":"assistant","content":[{"type":"text","text":"A"}]}]"#
        ),
        (
            #"{"role":"user","content":"U"},{"role":"assistant","content":"C:\\\\n"}"#,
            #""messages":[{"role":"user","content":"U"},{"role":"assistant","content":[{"type":"text","text":"C:\\\\n"}]}]"#
        ),
        (
            #"{"role":"user","content":"U"},{"role":"assistant","content":null,"refusal":"No."},{"role":"user","content":"V"}"#,
            #""messages":[{"role":"user","content":"U"},{"role":"assistant","content":[{"type":"text","text":"No."}]},{"role":"user","content":"V"}]"#
        ),
        (#"{"role":"system","content":"S"}"#, #""system":"S","messages":[{"role":"user","content":"Hello."}]"#),
    ])
    func `messages become turns`(messages: String, expected: String) throws {
        #expect(try turns(messages) == expected)
    }

    @Test func `a model that cannot go on with a text is asked to`() throws {
        let messages = #"{"role":"user","content":"U"},{"role":"assistant","content":"A"}"#
        let text = try run.request(#"{"model":"claude-opus-4-6","messages":[\#(messages)]}"#)
        #expect(text.contains(#"{"role":"user","content":"Go on right where"#))
    }

    @Test func `results stand first in the turn after their calls`() throws {
        let text = try turns(
            #"{"role":"user","content":"U"},{"role":"assistant","content":"I look.","tool_calls":["#
                + #"{"id":"a.b:0","type":"function","function":{"name":"f","arguments":"{\"x\": \"\\u00e9\"}"}},"#
                + #"{"id":"c2","type":"function","function":{"name":"g","arguments":"oops"}}]},"#
                + #"{"role":"tool","tool_call_id":"c2","content":[{"type":"text","text":"R2"},{"type":"text","text":""}]},"#
                + #"{"role":"user","content":"Well?"},{"role":"tool","tool_call_id":"a.b:0","content":""}"#,
            more: #","tools":[{"type":"function","function":{"name":"f"}}]"#
        )
        #expect(
            text.hasPrefix(
                #""messages":[{"role":"user","content":"U"},{"role":"assistant","content":[{"type":"text","text":"I look."},"#
                    + #"{"type":"tool_use","id":"a_b_0","name":"f","input":{"x": "\u00e9"}},"#
                    + #"{"type":"tool_use","id":"c2","name":"g","input":{}}]},"#
                    + #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"c2","content":[{"type":"text","text":"R2"}]},"#
                    + #"{"type":"tool_result","tool_use_id":"a_b_0","content":""},{"type":"text","text":"Well?"}]}],"tools""#
            )
        )
    }

    @Test func `signed thoughts go back, unsigned ones do not`() throws {
        let blocks =
            #"[{"type":"thinking","thinking":"T","signature":"s"},{"type":"thinking","thinking":"U"},"#
            + #"{"type":"redacted_thinking","data":"d"}]"#
        let text = try turns(
            #"{"role":"user","content":"U"},{"role":"assistant","content":"A","reasoning_content":"T","#
                + #""thinking_blocks":\#(blocks)},{"role":"user","content":"V"}"#
        )
        #expect(
            text.contains(
                #"[{"type":"thinking","thinking":"T","signature":"s"},{"type":"redacted_thinking","data":"d"},"#
                    + #"{"type":"text","text":"A"}]"#
            )
        )
    }

    @Test(arguments: [(#","thinking_blocks":[{"type":"thinking","thinking":"T","signature":"s"}]"#, true), ("", false)])
    func `a turn that its results call back thinks only with its thoughts`(blocks: String, thinks: Bool) throws {
        let text = try run.request(
            #"{"model":"claude-sonnet-4-5","reasoning_effort":"low","messages":[{"role":"user","content":"U"},"#
                + #"{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f","arguments":"{}"}}]\#(blocks)},"#
                + #"{"role":"tool","tool_call_id":"c","content":"r"}],"#
                + #""tools":[{"type":"function","function":{"name":"f"}}]}"#
        )
        #expect(text.contains(#""thinking":{"type":"enabled""#) == thinks)
    }

    // MARK: Parts

    @Test(arguments: [
        (
            #"{"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD\/w=="}}"#,
            #"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"QUJD/w=="}}"#
        ),
        (
            #"{"type":"image_url","image_url":"data:image/jpg;base64,QUJD"}"#,
            #"{"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"QUJD"}}"#
        ),
        (
            #"{"type":"image_url","image_url":{"url":"https://a.b/c.png?d"},"cache_control":{"type":"ephemeral"}}"#,
            #"{"type":"image","source":{"type":"url","url":"https://a.b/c.png?d"},"cache_control":{"type":"ephemeral"}}"#
        ),
        (
            #"{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,QUJD"}}"#,
            #"{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"QUJD"},"title":"a.pdf"}"#
        ),
        (
            #"{"type":"file","file":{"file_data":"data:text/plain;base64,QcOpIg=="}}"#,
            #"{"type":"document","source":{"type":"text","media_type":"text/plain","data":"Aé\""}}"#
        ),
    ])
    func `images and documents are sources`(part: String, expected: String) throws {
        #expect(try turns(#"{"role":"user","content":[\#(part)]}"#).contains("[\(expected)]"))
    }

    @Test(arguments: [
        #"{"type":"input_audio","input_audio":{"data":"QUJD","format":"wav"}}"#,
        #"{"type":"file","file":{"file_id":"f"}}"#, #"{"type":"image_url","image_url":{"url":"data:image/png,raw"}}"#,
        #"{"type":"image_url","image_url":{"url":"file:///etc/passwd"}}"#, #"{"type":"video_url","video_url":{}}"#,
    ])
    func `what has no word is not sent`(part: String) throws {
        #expect(throws: DialectFault.self) { try turns(#"{"role":"user","content":[\#(part)]}"#) }
    }

    @Test func `several choices are another provider's`() throws {
        #expect(throws: DialectFault.cannotSay("more than one choice")) { try sent(#""n":2"#) }
    }

    // MARK: Format

    @Test func `a schema that is closed is enforced, without its bounds`() throws {
        let schema = ##"""
            {"type":"object","properties":{"a":{"type":"integer","minimum":3},"b":{"$ref":"#/$defs/B"},"format":{"type":["string","null"]}},"required":["a"],"$defs":{"B":{"oneOf":[{"type":"object","properties":{},"additionalProperties":false},{"const":null}]}}}
            """##
        let enforced = ##"""
            {"type":"object","properties":{"a":{"type":"integer"},"b":{"$ref":"#/$defs/B"},"format":{"type":["string","null"]}},"required":["a"],"$defs":{"B":{"anyOf":[{"type":"object","properties":{},"additionalProperties":false},{"const":null}]}},"additionalProperties":false}
            """##
        let format = #"{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":\#(schema)}}"#
        let text = try sent(#""response_format":\#(format)"#)
        #expect(
            text == #""max_tokens":4096,"output_config":{"format":{"type":"json_schema","schema":\#(enforced)}}"#
        )
    }

    @Test(arguments: [
        ("claude-sonnet-4-5", #"{"type":"object"}"#),
        ("claude-3-haiku-20240307", #"{"type":"object","properties":{}}"#),
        (
            "claude-sonnet-4-5",
            #"{"type":"object","properties":{"a":{"type":"object","additionalProperties":{"type":"string"}}}}"#
        ),
        // Schemas that hold themselves are refused.
        ("claude-sonnet-4-5", ##"{"type":"object","properties":{"a":{"$ref":"#"}}}"##),
        (
            "claude-sonnet-4-5",
            ##"{"type":"object","properties":{"a":{"$ref":"#/$defs/A"}},"$defs":{"A":{"type":"array","items":{"$ref":"#/$defs/A"}}}}"##
        ),
    ])
    func `another schema is asked for in words`(model: String, schema: String) throws {
        let text = try sent(
            #""response_format":{"type":"json_schema","json_schema":{"name":"n","schema":\#(schema)}}"#,
            model: model
        )
        #expect(text.contains(#""system":[{"type":"text","text":"Answer with one JSON object only"#))
        #expect(text.contains(#"schema:\n{\"type\":\"object\""#) && !text.contains("output_config"))
    }

    @Test func `JSON is asked for behind the client's own system text`() throws {
        let text = try turns(
            #"{"role":"system","content":"S"},{"role":"user","content":"U"}"#,
            more: #","response_format":{"type":"json_object"}"#
        )
        #expect(text.hasPrefix(#""system":[{"type":"text","text":"S"},{"type":"text","text":"Answer with one JSON"#))
    }
}
