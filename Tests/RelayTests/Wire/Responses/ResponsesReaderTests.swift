import NIOCore
import Testing

@testable import Relay

/// A response's request and the chat completion that it becomes.
struct ResponsesReaderTests {
    @Test(arguments: InputCase.all)
    func `input items become messages`(_ input: InputCase) throws {
        let chat = try Self.chat(input.body)
        #expect(chat["messages"]?.text == (try SimulatedJSON.parse(input.messages)).text)
    }

    struct InputCase: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var body: String
        var messages: String

        init(_ description: String, _ input: String, instructions: String? = nil, _ messages: String) {
            testDescription = description
            let more = instructions.map { #","instructions":\#($0)"# } ?? ""
            body = #"{"model":"meta-model","input":\#(input)\#(more)}"#
            self.messages = messages
        }

        static let call = #"{"type":"function_call","call_id":"c1","name":"f","arguments":"{\"a\":1}"}"#
        static let sentCall =
            #"{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}"#

        static let all: [InputCase] = [
            .init("a text", #""Where is \"Paris\"?""#, #"[{"role":"user","content":"Where is \"Paris\"?"}]"#),
            .init(
                "instructions go first",
                #""hi""#,
                instructions: #""Be\nbrief.""#,
                #"[{"role":"system","content":"Be\nbrief."},{"role":"user","content":"hi"}]"#
            ),
            .init(
                "the system's words at the beginning are one message",
                #"""
                [{"role":"developer","content":[{"type":"input_text","text":"b"}]},{"role":"system","content":"c"},
                 {"role":"user","content":"hi"},{"role":"developer","content":"d"}]
                """#,
                instructions: #""a""#,
                #"""
                [{"role":"system","content":"a\n\nb\n\nc"},{"role":"user","content":"hi"},{"role":"system","content":"d"}]
                """#
            ),
            .init(
                "easy messages and full ones",
                #"""
                [{"role":"user","content":"a"},
                 {"type":"message","id":"msg_1","status":"completed","role":"assistant","content":[
                   {"type":"output_text","text":"b","annotations":[],"logprobs":[]}]},
                 {"type":"message","role":"user","content":[{"type":"input_text","text":"c"},{"type":"input_text","text":"d"}]}]
                """#,
                #"""
                [{"role":"user","content":"a"},{"role":"assistant","content":"b"},
                 {"role":"user","content":[{"type":"text","text":"c"},{"type":"text","text":"d"}]}]
                """#
            ),
            .init(
                "images, files and audio",
                #"""
                [{"role":"user","content":[{"type":"input_text","text":"see"},
                  {"type":"input_image","image_url":"https://a/b.png","detail":"high"},
                  {"type":"input_image","image_url":"data:image/png;base64,AA==","detail":"auto"},
                  {"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,AA=="},
                  {"type":"input_audio","input_audio":{"data":"AA==","format":"wav"}}]}]
                """#,
                #"""
                [{"role":"user","content":[{"type":"text","text":"see"},
                  {"type":"image_url","image_url":{"url":"https://a/b.png","detail":"high"}},
                  {"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}},
                  {"type":"file","file":{"file_data":"data:application/pdf;base64,AA==","filename":"a.pdf"}},
                  {"type":"input_audio","input_audio":{"data":"AA==","format":"wav"}}]}]
                """#
            ),
            .init(
                "text before calls is theirs, and calls in a row are one message",
                #"""
                [{"role":"user","content":"go"},{"role":"assistant","content":"I look."},\#(call),
                 {"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"x"},
                 {"type":"function_call","call_id":"c2","name":"g","arguments":"{}"},
                 {"type":"function_call_output","call_id":"c2","output":"two"},
                 {"type":"function_call_output","call_id":"c1","output":"one"},
                 {"role":"assistant","content":"Done."}]
                """#,
                #"""
                [{"role":"user","content":"go"},{"role":"assistant","content":"I look.","tool_calls":[\#(sentCall),
                   {"id":"c2","type":"function","function":{"name":"g","arguments":"{}"}}]},
                 {"role":"tool","tool_call_id":"c1","content":"one"},{"role":"tool","tool_call_id":"c2","content":"two"},
                 {"role":"assistant","content":"Done."}]
                """#
            ),
            .init(
                "an output goes behind its call wherever it stands",
                #"""
                [{"role":"user","content":"go"},\#(call),{"role":"user","content":"and?"},
                 {"type":"function_call_output","call_id":"c1","output":[{"type":"input_text","text":"one"},
                   {"type":"input_image","image_url":"data:image/png;base64,AA=="},{"type":"input_text","text":"two"}]}]
                """#,
                #"""
                [{"role":"user","content":"go"},{"role":"assistant","content":null,"tool_calls":[\#(sentCall)]},
                 {"role":"tool","tool_call_id":"c1","content":"one\ntwo"},
                 {"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]},
                 {"role":"user","content":"and?"}]
                """#
            ),
            .init(
                "a call's id may come again in a later turn",
                #"""
                [{"role":"user","content":"go"},\#(call),{"type":"function_call_output","call_id":"c1","output":"one"},
                 \#(call),{"type":"function_call_output","call_id":"c1","output":{"two":2}}]
                """#,
                #"""
                [{"role":"user","content":"go"},{"role":"assistant","content":null,"tool_calls":[\#(sentCall)]},
                 {"role":"tool","tool_call_id":"c1","content":"one"},
                 {"role":"assistant","content":null,"tool_calls":[\#(sentCall)]},
                 {"role":"tool","tool_call_id":"c1","content":"{\"two\":2}"}]
                """#
            ),
            .init(
                "Codex's own tools",
                #"""
                [{"role":"user","content":"go"},
                 {"type":"custom_tool_call","call_id":"p","name":"apply_patch","input":"*** \"a\"\n","status":"completed"},
                 {"type":"custom_tool_call_output","call_id":"p","output":"ok"},
                 {"type":"local_shell_call","id":"s","call_id":null,"status":"completed","action":{"type":"exec",
                   "command":["ls","-l"],"env":{},"timeout_ms":null,"working_directory":"/tmp"}},
                 {"type":"local_shell_call_output","id":"s","output":"a b"},
                 {"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search","query":"x"}},
                 {"type":"function_call","call_id":"m","namespace":"mcp__db__","name":"query","arguments":"{}"},
                 {"type":"function_call_output","call_id":"m","output":""}]
                """#,
                #"""
                [{"role":"user","content":"go"},
                 {"role":"assistant","content":null,"tool_calls":[{"id":"p","type":"function","function":{
                   "name":"apply_patch","arguments":"{\"input\":\"*** \\\"a\\\"\\n\"}"}}]},
                 {"role":"tool","tool_call_id":"p","content":"ok"},
                 {"role":"assistant","content":null,"tool_calls":[{"id":"s","type":"function","function":{
                   "name":"local_shell",
                   "arguments":"{\"command\":[\"ls\",\"-l\"],\"env\":{},\"working_directory\":\"/tmp\"}"}}]},
                 {"role":"tool","tool_call_id":"s","content":"a b"},
                 {"role":"assistant","content":null,"tool_calls":[{"id":"m","type":"function","function":{
                   "name":"mcp__db__query","arguments":"{}"}}]},
                 {"role":"tool","tool_call_id":"m","content":""}]
                """#
            ),
            .init(
                "a refusal is text",
                #"[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"refusal","refusal":"No."}]},{"role":"user","content":"b"}]"#,
                #"[{"role":"user","content":"a"},{"role":"assistant","content":"No."},{"role":"user","content":"b"}]"#
            ),
        ]
    }

    // MARK: Parameters

    @Test(arguments: ParameterCase.all)
    func `parameters are said as a chat completion has them`(_ parameter: ParameterCase) throws {
        let chat = try Self.chat(#"{"model":"m","input":"hi",\#(parameter.members)}"#)
        let names = ["model", "messages"]
        let rest = SimulatedJSON.object((chat.members ?? []).filter { !names.contains($0.name) })
        #expect(rest.text == (try SimulatedJSON.parse(parameter.chat)).text)
    }

    struct ParameterCase: Sendable, CustomTestStringConvertible {
        var members: String
        var chat: String
        var testDescription: String { members }

        static let f =
            #"{"type":"function","name":"f","description":"d","parameters":{"type":"object"},"strict":false}"#
        static let g = #"{"type":"function","name":"g","parameters":null,"strict":true}"#
        static let sentF =
            #"{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"}}}"#
        static let sentG = #"{"type":"function","function":{"name":"g","strict":true}}"#

        static let all: [ParameterCase] = [
            .init(members: #""stream":true"#, chat: #"{"stream":true,"stream_options":{"include_usage":true}}"#),
            .init(
                members: #""max_output_tokens":99,"temperature":0.5,"top_p":1e-1"#,
                chat: #"{"max_tokens":99,"temperature":0.5,"top_p":1e-1}"#
            ),
            .init(
                members:
                    #""metadata":{"a":"b"},"user":"u","include":["reasoning.encrypted_content"],"truncation":"auto","#
                    + #""service_tier":"auto","prompt_cache_key":"k","stream_options":{"include_obfuscation":false},"#
                    + #""store":false,"client_metadata":{"x":1},"background":false,"conversation":null"#,
                chat: "{}"
            ),
            .init(members: #""text":{"format":{"type":"text"},"verbosity":"low"}"#, chat: "{}"),
            .init(
                members: #""text":{"format":{"type":"json_object"}}"#,
                chat: #"{"response_format":{"type":"json_object"}}"#
            ),
            .init(
                members:
                    #""text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"},"strict":true}}"#,
                chat:
                    #"{"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"},"strict":true}}}"#
            ),
            .init(
                members: #""reasoning":{"effort":"medium","summary":"auto"}"#,
                chat: #"{"reasoning_effort":"medium"}"#
            ),
            .init(members: #""reasoning":{"effort":"xhigh"}"#, chat: #"{"reasoning_effort":"high"}"#),
            .init(members: #""reasoning":{"effort":"none"}"#, chat: "{}"),
            .init(members: #""reasoning":null,"text":null,"tools":null,"tool_choice":"auto""#, chat: "{}"),
            .init(
                members: #""tools":[\#(f),\#(g)],"parallel_tool_calls":false,"tool_choice":"required""#,
                chat: #"{"tools":[\#(sentF),\#(sentG)],"tool_choice":"required","parallel_tool_calls":false}"#
            ),
            .init(
                members: #""tools":[\#(f)],"parallel_tool_calls":true,"tool_choice":{"type":"function","name":"f"}"#,
                chat: #"{"tools":[\#(sentF)],"tool_choice":{"type":"function","function":{"name":"f"}}}"#
            ),
            .init(
                members: #""tools":[\#(f),\#(g)],"tool_choice":{"type":"allowed_tools","mode":"required","#
                    + #""tools":[{"type":"function","name":"g"}]}"#,
                chat: #"{"tools":[\#(sentG)],"tool_choice":"required"}"#
            ),
            .init(
                members:
                    #""tools":[{"type":"web_search"},{"type":"web_search_preview"},{"type":"mcp","server_label":"x"},"#
                    + #"{"type":"file_search","vector_store_ids":[]},{"type":"image_generation"},"#
                    + #"{"type":"code_interpreter","container":{"type":"auto"}}],"tool_choice":{"type":"web_search"}"#,
                chat: "{}"
            ),
            .init(
                members: #""tools":[\#(f),{"type":"web_search"}],"tool_choice":{"type":"web_search_preview"}"#,
                chat: #"{"tools":[\#(sentF)]}"#
            ),
            .init(
                members: #""tools":[{"type":"namespace","name":"crm","description":"d","tools":[\#(f)]}]"#,
                chat:
                    #"{"tools":[{"type":"function","function":{"name":"crm__f","description":"d","parameters":{"type":"object"}}}]}"#
            ),
            .init(
                members: #""model_type":"coding","model_scale":"small","model_name":"x""#,
                chat: #"{"model_type":"coding","model_scale":"small","model_name":"x"}"#
            ),
        ]
    }

    // MARK: Faults

    @Test(arguments: FaultCase.all)
    func `what is wrong is said with its place`(_ fault: FaultCase) throws {
        let error = try #require(Self.error(fault.body))
        #expect(error.param == fault.param && error.status == 400, "\(error)")
        #expect(error.message.contains(fault.message), "\(error.message)")
        #expect(error.type == "invalid_request_error")
    }

    struct FaultCase: Sendable, CustomTestStringConvertible {
        var body: String
        var param: String?
        var message: String
        var testDescription: String { body }

        init(_ body: String, _ param: String?, _ message: String) {
            (self.body, self.param, self.message) = (body, param, message)
        }

        private static func with(_ members: String) -> String { #"{"model":"m","input":"hi",\#(members)}"# }
        private static func input(_ items: String) -> String { #"{"model":"m","input":[\#(items)]}"# }

        static let all: [FaultCase] = [
            .init("{", nil, "could not parse"),
            .init("[]", nil, "must be a JSON object"),
            .init(#"{"input":"hi"}"#, "model", "model"),
            .init(#"{"model":"","input":"hi"}"#, "model", "model"),
            .init(#"{"model":7,"input":"hi"}"#, "model", "expected a string, but got a number"),
            .init(#"{"model":"m"}"#, "input", "Missing required parameter: 'input'."),
            .init(#"{"model":"m","input":null}"#, "input", "Missing"),
            .init(#"{"model":"m","input":{}}"#, "input", "a string or an array of items"),
            .init(#"{"model":"m","input":[]}"#, "input", "no message"),
            .init(#"{"model":"m","input":["hi"]}"#, "input[0]", "expected an object"),
            .init(input(#"{"role":"tool","content":"x"}"#), "input[0].role", "supported values"),
            .init(input(#"{"role":"user"}"#), "input[0].content", "Missing"),
            .init(input(#"{"role":"user","content":7}"#), "input[0].content", "a string or an array"),
            .init(input(#"{"content":"x"}"#), "input[0].type", "Missing"),
            .init(
                input(#"{"role":"user","content":[{"type":"video"},{"type":"input_text","text":"x"}]}"#),
                "input[0].content[0].type",
                "supported values"
            ),
            .init(input(#"{"role":"user","content":[{"type":"input_text"}]}"#), "input[0].content[0].text", "Missing"),
            .init(
                input(#"{"role":"user","content":[{"type":"input_image","file_id":"file-1"}]}"#),
                "input[0].content[0].image_url",
                "files are not kept"
            ),
            .init(
                input(#"{"role":"user","content":"x"},{"type":"function_call","name":"f","arguments":"{}"}"#),
                "input[1].call_id",
                "Missing"
            ),
            .init(
                input(
                    #"{"role":"user","content":"x"},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}"#
                ),
                "input",
                "No tool output found for function call c."
            ),
            .init(
                input(#"{"role":"user","content":"x"},{"type":"function_call_output","call_id":"c","output":"x"}"#),
                "input",
                "No tool call found for function call output with call_id c."
            ),
            .init(with(#""background":true"#), "background", "Background"),
            .init(with(#""conversation":"conv_1""#), "conversation", "previous_response_id"),
            .init(with(#""prompt":{"id":"pmpt_1"}"#), "prompt", "templates"),
            .init(with(#""previous_response_id":"resp_x""#), "previous_response_id", "'resp_x' not found"),
            .init(with(#""stream":"yes""#), "stream", "a boolean"),
            .init(with(#""max_output_tokens":0"#), "max_output_tokens", "a positive integer"),
            .init(with(#""temperature":"hot""#), "temperature", "a number"),
            .init(with(#""text":{"format":{"type":"xml"}}"#), "text.format.type", "json_schema"),
            .init(with(#""text":{"format":{"type":"json_schema","name":"x"}}"#), "text.format.schema", "Missing"),
            .init(with(#""tools":{}"#), "tools", "an array"),
            .init(with(#""tools":[{"type":"function"}]"#), "tools[0].name", "Missing"),
            .init(with(#""tools":[{"name":"f"}]"#), "tools[0].type", "Missing"),
            .init(with(#""tool_choice":"maybe""#), "tool_choice", "required"),
            .init(with(#""tool_choice":{"type":"function","name":"f"}"#), "tool_choice", "'f' not found"),
            .init(with(#""instructions":7"#), "instructions", "a string"),
        ]
    }

    @Test func `a previous response that is not there has its own code`() throws {
        let error = try #require(Self.error(#"{"model":"m","input":"hi","previous_response_id":"resp_x"}"#))
        #expect(error.code == "previous_response_not_found")
    }

    @Test func `what is referred to again and again has a limit`() throws {
        let store = ResponseStore(maxBytes: 20_000)
        let text = String(repeating: "x", count: 3000)
        store.keep(
            ResponseStore.Kept(
                id: "resp_t1",
                response: ByteBuffer(string: "[]"),
                output: 0..<2,
                input: ByteBuffer(string: #"[{"role":"user","content":"\#(text)"}]"#),
                previous: nil
            ),
            of: "",
            at: .now
        )
        func body(_ count: Int) -> String {
            let references = Array(repeating: #"{"type":"item_reference","id":"msg_t1_i0"}"#, count: count)
            return #"{"model":"m","input":[\#(references.joined(separator: ","))]}"#
        }
        #expect(try Self.chat(body(4), from: store)["messages"]?.elements?.count == 4)
        let error = #expect(throws: RequestFault.self) { try Self.chat(body(400), from: store) }
        #expect(error.map { ClientError($0).status } == 413)
    }

    // MARK: Reading

    static func facts(client: String = "") -> CallFacts {
        CallFacts(
            received: QuotaClock.at(0),
            wire: .responses,
            framing: .init(),
            tag: "t1",
            client: client,
            maxWait: .zero
        )
    }

    static func chat(_ body: String, from store: ResponseStore = ResponseStore()) throws -> SimulatedJSON {
        let call = try ResponsesReader.read(ByteBuffer(string: body), facts(), from: store)
        return try SimulatedJSON.parse(Array(#require(call.request.chat).body.readableBytesView))
    }

    static func error(_ body: String) -> ClientError? {
        do throws(RequestFault) {
            _ = try ResponsesReader.read(ByteBuffer(string: body), facts(), from: ResponseStore())
            return nil
        } catch {
            return ClientError(error)
        }
    }
}
