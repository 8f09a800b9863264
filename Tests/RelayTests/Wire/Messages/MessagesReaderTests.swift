import NIOCore
import Testing

@testable import Relay

/// What becomes of a request in Anthropic's words: every kind of block, and everything a chat completion has no word for.
struct MessagesReaderTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// Members of the request beside `model` and `max_tokens`.
        var request: String
        /// The chat completion's members beside these, in the order they are written.
        var messages: String
        var rest = ""
    }

    private static let hi = #""messages":[{"role":"user","content":"hi"}]"#
    private static let hiThere = #"{"role":"user","content":"hi"}"#

    private static func user(_ blocks: String) -> String { #""messages":[{"role":"user","content":[\#(blocks)]}]"# }

    private static func tools(_ tools: String, _ rest: String = "") -> String { #"\#(hi),"tools":[\#(tools)]\#(rest)"# }

    private static let get = #"{"name":"get","description":"Gets.","input_schema":{"type":"object"}}"#
    private static let getFunction =
        #","tools":[{"type":"function","function":{"name":"get","description":"Gets.","parameters":{"type":"object"}}}]"#

    static let texts: [Case] = [
        Case(testDescription: "a text", request: hi, messages: hiThere),
        Case(
            testDescription: "escapes stay as they are",
            request: #""messages":[{"content":"a\n\u00e9\"\\ü","role":"user"}]"#,
            messages: #"{"role":"user","content":"a\n\u00e9\"\\ü"}"#
        ),
        Case(
            testDescription: "a system text",
            request: #""system":"Be brief.",\#(hi)"#,
            messages: #"{"role":"system","content":"Be brief."},\#(hiThere)"#
        ),
        Case(
            testDescription: "system blocks, cached, and one that is for Anthropic alone",
            request:
                #"\#(hi),"system":[{"type":"text","text":"x-anthropic-billing-header: cc_version=2"},{"type":"text","text":"One.","cache_control":{"type":"ephemeral"}},{"type":"text","text":""},{"type":"text","text":"Two."}]"#,
            messages: #"{"role":"system","content":"One.\n\nTwo."},\#(hiThere)"#
        ),
        Case(testDescription: "an empty system", request: #""system":[],\#(hi)"#, messages: hiThere),
        Case(testDescription: "a system that is null", request: #""system":null,\#(hi)"#, messages: hiThere),
        Case(
            testDescription: "several texts in one turn",
            request: user(#"{"type":"text","text":"One."},{"type":"text","text":"Two."}"#),
            messages: #"{"role":"user","content":"One.\n\nTwo."}"#
        ),
        Case(
            testDescription: "turns of the assistant become one, its fragments one text",
            request:
                #""messages":[{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"text","text":"Par"},{"type":"text","text":"is."}]},{"role":"assistant","content":"Yes."},{"role":"user","content":"And?"}]"#,
            messages: #"\#(hiThere),{"role":"assistant","content":"Paris.\n\nYes."},{"role":"user","content":"And?"}"#
        ),
        Case(
            testDescription: "a system message amid the others",
            request:
                #"\#(hi.dropLast()),{"role":"system","content":"Now in French."},{"role":"user","content":"Go."}]"#,
            messages: #"\#(hiThere),{"role":"system","content":"Now in French."},{"role":"user","content":"Go."}"#
        ),
        Case(
            testDescription: "an empty turn",
            request: user(""),
            messages: #"{"role":"user","content":""}"#
        ),
        Case(
            testDescription: "thinking and what servers did are left out of the history",
            request:
                #""messages":[{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"redacted_thinking","data":"x"},{"type":"text","text":"A"},{"type":"server_tool_use","id":"s1","name":"web_search","input":{}},{"type":"web_search_tool_result","tool_use_id":"s1","content":[]},{"type":"text","text":"B"}]},{"role":"user","content":"on"}]"#,
            messages: #"\#(hiThere),{"role":"assistant","content":"A\n\nB"},{"role":"user","content":"on"}"#
        ),
    ]

    static let media: [Case] = [
        Case(
            testDescription: "images, here and elsewhere",
            request: user(
                #"{"type":"text","text":"What?"},{"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"QUJD"}},{"type":"image","source":{"type":"url","url":"https:\/\/e.com\/a.png"}},{"type":"image","source":{"type":"file","file_id":"f"}}"#
            ),
            messages:
                #"{"role":"user","content":[{"type":"text","text":"What?"},{"type":"image_url","image_url":{"url":"data:image/jpeg;base64,QUJD"}},{"type":"image_url","image_url":{"url":"https:\/\/e.com\/a.png"}},{"type":"text","text":"[An image that is not here: its file was uploaded elsewhere.]"}]}"#
        ),
        Case(
            testDescription: "a document that is text",
            request: user(
                #"{"type":"document","title":"Notes \"A\"","context":"Old.","citations":{"enabled":true},"source":{"type":"text","media_type":"text/plain","data":"It rained."}},{"type":"text","text":"When?"}"#
            ),
            messages: #"{"role":"user","content":"Document: Notes \"A\"\n\nOld.\n\nIt rained.\n\nWhen?"}"#
        ),
        Case(
            testDescription: "a document of blocks",
            request: user(
                #"{"type":"document","source":{"type":"content","content":[{"type":"text","text":"A"},{"type":"image","source":{"type":"url","url":"u"}}]}}"#
            ),
            messages:
                #"{"role":"user","content":[{"type":"text","text":"A"},{"type":"image_url","image_url":{"url":"u"}}]}"#
        ),
        Case(
            testDescription: "a PDF",
            request: user(
                #"{"type":"document","title":"a.pdf","source":{"type":"base64","media_type":"application/pdf","data":"JVBERg=="}}"#
            ),
            messages:
                #"{"role":"user","content":[{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBERg=="}}]}"#
        ),
        Case(
            testDescription: "a PDF by its address",
            request: user(#"{"type":"document","source":{"type":"url","url":"https://e.com/a.pdf"}}"#),
            messages: #"{"role":"user","content":"[A document that is not here: https://e.com/a.pdf.]"}"#
        ),
        Case(
            testDescription: "a search result",
            request: user(
                #"{"type":"search_result","source":"https://e.com","title":"Rain","content":[{"type":"text","text":"It rained."}]}"#
            ),
            messages: #"{"role":"user","content":"Rain (https://e.com)\n\nIt rained."}"#
        ),
        Case(
            testDescription: "a block that nobody knows",
            request: user(#"{"type":"hologram","data":1},{"type":"text","text":"hi"}"#),
            messages: hiThere
        ),
    ]

    private static let calls =
        #"{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"text","text":"I look."},{"type":"tool_use","id":"t1","name":"get","input":{"a":"x\"y\n"}},{"type":"tool_use","id":"t2","name":"get","input":{}}]}"#
    private static let callsWritten =
        #"{"role":"user","content":"hi"},{"role":"assistant","content":"I look.","tool_calls":[{"id":"t1","type":"function","function":{"name":"get","arguments":"{\"a\":\"x\\\"y\\n\"}"}},{"id":"t2","type":"function","function":{"name":"get","arguments":"{}"}}]}"#

    private static func results(_ blocks: String) -> String {
        #""messages":[\#(calls),{"role":"user","content":[\#(blocks)]}]"#
    }

    static let toolTurns: [Case] = [
        Case(
            testDescription: "results as text, blocks and nothing at all",
            request: results(
                #"{"type":"tool_result","tool_use_id":"t1","content":"one"},{"type":"tool_result","tool_use_id":"t2","content":[{"type":"text","text":"two"},{"type":"text","text":"three"}],"cache_control":{"type":"ephemeral"}}"#
            ),
            messages:
                #"\#(callsWritten),{"role":"tool","tool_call_id":"t1","content":"one"},{"role":"tool","tool_call_id":"t2","content":"two\n\nthree"}"#
        ),
        Case(
            testDescription: "an error, nothing, and the user's words before and after",
            request: results(
                #"{"type":"text","text":"Here:"},{"type":"tool_result","tool_use_id":"t2","is_error":true,"content":"no file"},{"type":"tool_result","tool_use_id":"t1"},{"type":"text","text":"Go on."}"#
            ),
            messages:
                #"\#(callsWritten),{"role":"tool","tool_call_id":"t2","content":"Error: no file"},{"role":"tool","tool_call_id":"t1","content":""},{"role":"user","content":"Here:\n\nGo on."}"#
        ),
        Case(
            testDescription: "images that tools returned",
            request: results(
                #"{"type":"tool_result","tool_use_id":"t1","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"QQ=="}}]},{"type":"tool_result","tool_use_id":"t2","content":[{"type":"tool_reference","tool_name":"get"}]},{"type":"text","text":"Well?"}"#
            ),
            messages:
                #"\#(callsWritten),{"role":"tool","tool_call_id":"t1","content":"[What it returned follows in the next message.]"},{"role":"tool","tool_call_id":"t2","content":"Tool: get"},{"role":"user","content":[{"type":"text","text":"[Returned by the tool call t1:]"},{"type":"image_url","image_url":{"url":"data:image/png;base64,QQ=="}},{"type":"text","text":"Well?"}]}"#
        ),
        Case(
            testDescription: "results in two turns, and calls in two",
            request:
                #""messages":[{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"get","input":{}}]},{"role":"assistant","content":[{"type":"tool_use","id":"t2","name":"get","input":null}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"1"},{"type":"text","text":"A"}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t2","content":"2"}]}]"#,
            messages:
                #"{"role":"user","content":"hi"},{"role":"assistant","content":null,"tool_calls":[{"id":"t1","type":"function","function":{"name":"get","arguments":"{}"}},{"id":"t2","type":"function","function":{"name":"get","arguments":"{}"}}]},{"role":"tool","tool_call_id":"t1","content":"1"},{"role":"tool","tool_call_id":"t2","content":"2"},{"role":"user","content":"A"}"#
        ),
    ]

    static let parameters: [Case] = [
        Case(testDescription: "tools", request: tools(get), messages: hiThere, rest: getFunction),
        Case(
            testDescription: "tools of servers are left out",
            request: tools(
                #"{"type":"web_search_20250305","name":"web_search","max_uses":5},\#(get),{"type":"code_execution_20250825","name":"code_execution"},{"type":"from_the_future","name":"x"}"#
            ),
            messages: hiThere,
            rest: getFunction
        ),
        Case(
            testDescription: "nothing but tools of servers",
            request: tools(
                #"{"type":"web_search_20250305","name":"web_search"}"#,
                #","tool_choice":{"type":"tool","name":"web_search"}"#
            ),
            messages: hiThere
        ),
        Case(
            testDescription: "any tool, one at a time",
            request: tools(get, #","tool_choice":{"type":"any","disable_parallel_tool_use":true}"#),
            messages: hiThere,
            rest: #"\#(getFunction),"tool_choice":"required","parallel_tool_calls":false"#
        ),
        Case(
            testDescription: "a tool by name",
            request: tools(get, #","tool_choice":{"type":"tool","name":"get"}"#),
            messages: hiThere,
            rest: #"\#(getFunction),"tool_choice":{"type":"function","function":{"name":"get"}}"#
        ),
        Case(
            testDescription: "no tool",
            request: tools(get, #","tool_choice":{"type":"none"}"#),
            messages: hiThere,
            rest: #"\#(getFunction),"tool_choice":"none""#
        ),
        Case(
            testDescription: "as it likes",
            request: tools(get, #","tool_choice":{"type":"auto"}"#),
            messages: hiThere,
            rest: getFunction
        ),
        Case(
            testDescription: "a stream asks for usage",
            request: #""stream":true,\#(hi)"#,
            messages: hiThere,
            rest: #","stream":true,"stream_options":{"include_usage":true}"#
        ),
        Case(
            testDescription: "sampling",
            request: #"\#(hi),"temperature":0.5,"top_p":0.9,"top_k":40,"stop_sequences":["a","","b","c","d","e"]"#,
            messages: hiThere,
            rest: #","temperature":0.5,"top_p":0.9,"top_k":40,"stop":["a","b","c","d"]"#
        ),
        Case(
            testDescription: "who asks, and Relay's own filters",
            request:
                #"\#(hi),"metadata":{"user_id":"user_0123456789012345678901234567890123456789012345678901234567890123456789"},"model_type":"coding","model_scale":"large","model_name":"q""#,
            messages: hiThere,
            rest:
                #","user":"user_01234567890123456789012345678901234567890123456789012345678","model_type":"coding","model_scale":"large","model_name":"q""#
        ),
        Case(
            testDescription: "a schema",
            request: #"\#(hi),"output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}}"#,
            messages: hiThere,
            rest:
                #","response_format":{"type":"json_schema","json_schema":{"name":"answer","schema":{"type":"object"}}}"#
        ),
        Case(
            testDescription: "a schema as it was asked for before",
            request: #"\#(hi),"output_format":{"type":"json_schema","schema":{"type":"object"}}"#,
            messages: hiThere,
            rest:
                #","response_format":{"type":"json_schema","json_schema":{"name":"answer","schema":{"type":"object"}}}"#
        ),
        Case(
            testDescription: "what nobody else has a word for",
            request:
                #"\#(hi),"service_tier":"auto","container":null,"mcp_servers":[],"context_management":{"edits":[]},"cache_control":{"type":"ephemeral"},"inference_geo":"eu","x":{"y":[1]}"#,
            messages: hiThere
        ),
    ]

    @Test(arguments: texts + media + toolTurns + parameters)
    func `a request is asked for in the words of a chat completion`(_ test: Case) throws {
        let reading = try MessagesRequestReader.read(
            ByteBuffer(string: #"{"model":"claude-x","max_tokens":100,\#(test.request)}"#)
        )
        #expect(
            String(buffer: reading.request.body)
                == #"{"model":"claude-x","messages":[\#(test.messages)],"max_tokens":100\#(test.rest)}"#
        )
        let original = try #require(reading.request.original)
        #expect(original.origins.count == reading.request.messages.count)
    }

    @Test(arguments: [
        (#"{"type":"enabled","budget_tokens":1024}"#, "null", "low", true),
        (#"{"type":"enabled","budget_tokens":10000}"#, "null", "medium", true),
        (#"{"type":"enabled","budget_tokens":31999}"#, "null", "high", true),
        (#"{"type":"adaptive"}"#, #"{"effort":"medium"}"#, "medium", true),
        (#"{"type":"adaptive","display":"omitted"}"#, #"{"effort":"max"}"#, "high", false),
        (#"{"type":"adaptive"}"#, "{}", nil, true),
        (#"{"type":"disabled"}"#, #"{"effort":"low"}"#, nil, false),
        ("null", #"{"effort":"low"}"#, "low", false),
        ("null", "null", nil, false),
    ])
    func `thinking is an effort`(_ thinking: String, _ output: String, _ effort: String?, _ shows: Bool) throws {
        let body = #"{"model":"m","max_tokens":9,"thinking":\#(thinking),"output_config":\#(output),\#(Self.hi)}"#
        let reading = try MessagesRequestReader.read(ByteBuffer(string: body))
        let json = try SimulatedJSON.parse(String(buffer: reading.request.body))
        #expect(json["reasoning_effort"]?.string == effort && reading.showsThinking == shows)
    }

    @Test(arguments: [
        ("bash_20250124", "bash", "command"), ("text_editor_20250728", "str_replace_based_edit_tool", "old_str"),
        ("memory_20250818", "memory", "new_path"),
    ])
    func `tools that Claude knows by heart are described to others`(_ type: String, _ name: String, _ member: String)
        throws
    {
        let body = #"{"model":"m","max_tokens":9,"tools":[{"type":"\#(type)","name":"\#(name)"}],\#(Self.hi)}"#
        let request = try MessagesRequestReader.read(ByteBuffer(string: body)).request
        let function = try SimulatedJSON.parse(String(buffer: request.body))["tools"]?[0]?["function"]
        #expect(function?["name"]?.string == name && function?["description"]?.string?.isEmpty == false)
        #expect(function?["parameters"]?["properties"]?[member] != nil)
    }

    @Test func `each message is known by where it came from`() throws {
        let body =
            #"{"model":"m","max_tokens":9,"system":"S","messages":[\#(Self.calls),{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1"},{"type":"text","text":"x"},{"type":"tool_result","tool_use_id":"t2"}]},{"role":"assistant","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]}"#
        let original = try #require(MessagesRequestReader.read(ByteBuffer(string: body)).request.original)
        let expected: [ClientOriginal.Origin] = [
            .init(messages: 0..<0, part: .system), .init(messages: 0..<1, part: .whole),
            .init(messages: 1..<2, part: .whole), .init(messages: 2..<3, part: .block(0)),
            .init(messages: 2..<3, part: .block(2)), .init(messages: 2..<3, part: .rest),
            .init(messages: 3..<5, part: .whole), .init(messages: 5..<6, part: .whole),
        ]
        #expect(original.origins == expected && original.wire == .messages)
    }

    private static let use = #"{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"get","input":{}}]}"#

    @Test(arguments: [
        (#"{}"#, "model: Field required"),
        (#"[]"#, "The request body must be a JSON object."),
        (#"{"model":3,"max_tokens":1,\#(hi)}"#, "model: Input should be a valid string"),
        (#"{"model":"m",\#(hi)}"#, "max_tokens: Field required"),
        (#"{"model":"m","max_tokens":null,\#(hi)}"#, "max_tokens: Field required"),
        (#"{"model":"m","max_tokens":"9",\#(hi)}"#, "max_tokens: Input should be a valid integer"),
        (#"{"model":"m","max_tokens":0,\#(hi)}"#, "max_tokens: Input should be greater than or equal to 1"),
        (#"{"model":"m","max_tokens":1}"#, "messages: Field required"),
        (#"{"model":"m","max_tokens":1,"messages":{}}"#, "messages: Input should be a valid list"),
        (#"{"model":"m","max_tokens":1,"messages":[]}"#, "messages: at least one message is required"),
        (#"{"model":"m","max_tokens":1,"messages":["x"]}"#, "messages.0: Input should be a valid dictionary"),
        (#"{"model":"m","max_tokens":1,"messages":[{"content":"x"}]}"#, "messages.0.role: Field required"),
        (
            #"{"model":"m","max_tokens":1,"messages":[{"role":"tool","content":"x"}]}"#,
            "messages.0.role: Input should be 'user' or 'assistant'"
        ),
        (#"{"model":"m","max_tokens":1,"messages":[{"role":"user"}]}"#, "messages.0.content: Field required"),
        (
            #"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":3}]}"#,
            "messages.0.content: Input should be a valid string or list of blocks"
        ),
        (
            #"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"text":"x"}]}]}"#,
            "messages.0.content.0.type: Field required"
        ),
        (
            #"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"text"}]}]}"#,
            "messages.0.content.0.text.text: Field required"
        ),
        (
            #"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"image"}]}]}"#,
            "messages.0.content.0.image.source: Field required"
        ),
        (
            #"{"model":"m","max_tokens":1,\#(hi),"tools":[{"name":"x"}]}"#,
            "tools.0.custom.input_schema: Field required"
        ),
        (#"{"model":"m","max_tokens":1,\#(hi),"tools":{}}"#, "tools: Input should be a valid list"),
        (#"{"model":"m","max_tokens":1,\#(hi),"tool_choice":{}}"#, "tool_choice.type: Field required"),
        (#"{"model":"m","max_tokens":1,\#(hi),"stream":1}"#, "stream: Input should be a valid boolean"),
        (
            #"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"x"},\#(use)]}"#,
            "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: t1. Each `tool_use` "
                + "block must have a corresponding `tool_result` block in the next message."
        ),
        (
            #"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t9"}]}]}"#,
            "messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: t9. Each `tool_result` block "
                + "must have a corresponding `tool_use` block in the previous message."
        ),
        (
            #"{"model":"m","max_tokens":1,"messages":[\#(use),{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1"},{"type":"tool_result","tool_use_id":"t1"}]}]}"#,
            "messages.1.content.1: each `tool_use` must have a single result. Found multiple `tool_result` blocks with "
                + "id: t1"
        ),
    ])
    func `what nobody could answer is refused in Anthropic's words`(_ body: String, _ message: String) {
        #expect(throws: RequestFault.invalid(message)) { try MessagesRequestReader.read(ByteBuffer(string: body)) }
    }

    @Test func `what is no JSON is refused`() {
        #expect(throws: RequestFault.self) { try MessagesRequestReader.read(ByteBuffer(string: #"{"model":"#)) }
    }

    @Test func `no body brings the reader down`() {
        var generator = SimulatedDice(state: 7)
        let body = Array(
            #"{"model":"m","max_tokens":9,"system":[{"type":"text","text":"S"}],"tools":[\#(Self.get)],"tool_choice":{"type":"any"},"thinking":{"type":"enabled","budget_tokens":9},"messages":[\#(Self.calls),{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[{"type":"image","source":{"type":"url","url":"u"}}]},{"type":"tool_result","tool_use_id":"t2"}]}]}"#
                .utf8
        )
        let scraps = [UInt8]("{}[]\",:0tnul\\".utf8)
        for _ in 0..<4000 {
            var broken = body
            for _ in 0...Int(generator.next() % 3) {
                let place = Int(generator.next() % UInt64(broken.count))
                broken[place] = scraps[Int(generator.next() % UInt64(scraps.count))]
            }
            guard let reading = try? MessagesRequestReader.read(ByteBuffer(bytes: broken)) else { continue }
            #expect((try? SimulatedJSON.parse(String(buffer: reading.request.body))) != nil)
            #expect(reading.request.original?.origins.count == reading.request.messages.count)
        }
    }
}
