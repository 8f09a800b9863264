/// Cohere's chat API, version 2, as docs.cohere.com documents it; it refuses every member that it does not know.
struct SimulatedCohere: SimulatedDialect {
    let name = DialectName.cohere
    let basePath = "/v2"

    func key(in headers: Headers) throws(Complaint) -> String {
        let value = headers.first { $0.name.lowercased() == "authorization" }?.value ?? ""
        guard value.lowercased().hasPrefix("bearer "), value.count > 7 else {
            throw Complaint(status: 401, message: "no api key supplied")
        }
        return String(value.dropFirst(7))
    }

    func read(_ request: SimulatedProvider.ReceivedRequest, isStrict: Bool) throws(Complaint) -> SimulatedCall? {
        guard request.path == "/v2/chat" else { return nil }
        let json = try object(in: request.body)
        try SimulatedCohereCheck(json: json).check()
        return SimulatedCall(Self.chat(json))
    }

    func whole(_ answer: SimulatedAnswer, sendsUsage: Bool) -> String {
        var content: [String] = []
        var plan = ""
        if let reasoning = answer.reasoning {
            if answer.toolCalls.isEmpty {
                content.append(#"{"type":"thinking","thinking":\#(SimulatedJSON.quoted(reasoning))}"#)
            } else {
                plan = #","tool_plan":\#(SimulatedJSON.quoted(reasoning))"#
            }
        }
        if !answer.text.isEmpty { content.append(#"{"type":"text","text":\#(SimulatedJSON.quoted(answer.text))}"#) }
        let calls = answer.toolCalls.map {
            #"{"id":"\#($0.id)","type":"function","function":{"name":\#(SimulatedJSON.quoted($0.name)),"#
                + #""arguments":\#(SimulatedJSON.quoted($0.arguments))}}"#
        }
        var message = #"{"role":"assistant""# + plan
        if !calls.isEmpty { message += #","tool_calls":[\#(calls.joined(separator: ","))]"# }
        if !content.isEmpty || calls.isEmpty { message += #","content":[\#(content.joined(separator: ","))]"# }
        return #"{"id":"\#(Self.id(of: answer))","message":\#(message)},"#
            + #""finish_reason":\#(Self.finish(answer.finishReason).quotedOrNull)"#
            + (sendsUsage ? #","usage":\#(Self.usage(answer))"# : "") + "}"
    }

    func events(
        _ answer: SimulatedAnswer,
        shape: SimulatedProvider.Streaming,
        includesUsage: Bool
    ) -> [[UInt8]] {
        var sendsUsage = true
        if case .never = shape.usage { sendsUsage = false }
        var payloads: [(type: String, members: String)] = [
            (
                "message-start",
                #""id":"\#(Self.id(of: answer))","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","#
                    + #""tool_calls":[],"citations":[]}}"#
            )
        ]
        func delta(_ message: String) -> String { #""delta":{"message":{\#(message)}}"# }
        func block(_ index: Int, _ name: String, _ pieces: [String]) {
            let start = #""content":{"type":"\#(name)","\#(name)":""}"#
            payloads.append(("content-start", #""index":\#(index),"# + delta(start)))
            payloads += pieces.map {
                (
                    "content-delta",
                    #""index":\#(index),"# + delta(#""content":{"\#(name)":\#(SimulatedJSON.quoted($0))}"#)
                )
            }
            payloads.append(("content-end", #""index":\#(index)"#))
        }
        var blocks = 0
        if let reasoning = answer.reasoning, answer.toolCalls.isEmpty {
            block(0, "thinking", [reasoning])
            blocks = 1
        } else if let plan = answer.reasoning {
            payloads.append(("tool-plan-delta", delta(#""tool_plan":\#(SimulatedJSON.quoted(plan))"#)))
        }
        if !answer.pieces.isEmpty { block(blocks, "text", answer.pieces) }
        for (index, call) in answer.toolCalls.enumerated() {
            let place = #""index":\#(index),"#
            let name = SimulatedJSON.quoted(call.name)
            let start = #"{"id":"\#(call.id)","type":"function","function":{"name":\#(name),"arguments":""}}"#
            payloads.append(("tool-call-start", place + delta(#""tool_calls":\#(start)"#)))
            let middle = call.arguments.index(call.arguments.startIndex, offsetBy: call.arguments.count / 2)
            let pieces = call.arguments == "{}" ? [] : [call.arguments[..<middle], call.arguments[middle...]]
            payloads += pieces.map {
                let piece = SimulatedJSON.quoted(String($0))
                return ("tool-call-delta", place + delta(#""tool_calls":{"function":{"arguments":\#(piece)}}"#))
            }
            payloads.append(("tool-call-end", #""index":\#(index)"#))
        }
        let usage = sendsUsage ? #","usage":\#(Self.usage(answer))"# : ""
        let finish = Self.finish(answer.finishReason).quotedOrNull
        payloads.append(("message-end", #""delta":{"finish_reason":\#(finish)\#(usage)}"#))
        let comments = shape.leadingComments.map { ": \($0)\(shape.lineEnd)\(shape.lineEnd)" }.joined()
        return payloads.enumerated()
            .map { place, payload in
                let event = SimulatedAnthropicStream.event(
                    payload.type,
                    #"{"type":"\#(payload.type)",\#(payload.members)}"#,
                    shape: shape
                )
                return place == 0 ? Array(comments.utf8) + event : event
            }
    }

    func errorEvent(_ payload: String, shape: SimulatedProvider.Streaming) -> [UInt8] {
        SimulatedAnthropicStream.event("error", payload, shape: shape)
    }

    /// The list has no second version.
    var modelsPath: String { "/v1/models" }

    func modelList(_ models: [String]) -> String {
        let entries = models.map {
            #"{"name":\#(SimulatedJSON.quoted($0)),"endpoints":["chat"],"finetuned":false,"context_length":131072}"#
        }
        return #"{"models":[\#(entries.joined(separator: ","))]}"#
    }

    // MARK: Pieces

    private static func id(of answer: SimulatedAnswer) -> String { answer.id.replacing("chatcmpl-", with: "c14c80c3-") }

    private static func usage(_ answer: SimulatedAnswer) -> String {
        let counts =
            #"{"input_tokens":\#(answer.usage.promptTokens),"output_tokens":\#(answer.usage.completionTokens)}"#
        return #"{"billed_units":{"input_tokens":1,"output_tokens":1},"tokens":\#(counts),"cached_tokens":0}"#
    }

    private static func finish(_ finish: String?) -> String? {
        switch finish {
        case "stop": "COMPLETE"
        case "length": "MAX_TOKENS"
        case "tool_calls": "TOOL_CALL"
        default: finish
        }
    }

    /// What is asked, as the chat completion that it amounts to.
    private static func chat(_ json: SimulatedJSON) -> SimulatedJSON {
        let names = ["p": "top_p", "k": "top_k", "stop_sequences": "stop"]
        var members = (json.members ?? [])
            .filter { !["tool_choice", "response_format", "messages"].contains($0.name) }
            .map { SimulatedJSON.Member(name: names[$0.name] ?? $0.name, value: $0.value) }
        members.append(.init(name: "messages", value: .array((json["messages"]?.elements ?? []).map(message))))
        if let choice = json["tool_choice"]?.string {
            members.append(.init(name: "tool_choice", value: .string(choice == "REQUIRED" ? "required" : "none")))
        }
        if let format = json["response_format"], format["type"]?.string == "json_object" {
            let schema = format["json_schema"]
            let type = SimulatedJSON.Member(
                name: "type",
                value: .string(schema == nil ? "json_object" : "json_schema")
            )
            let wrapped = schema.map {
                [
                    SimulatedJSON.Member(
                        name: "json_schema",
                        value: .object([.init(name: "schema", value: $0)])
                    )
                ]
            }
            members.append(.init(name: "response_format", value: .object([type] + (wrapped ?? []))))
        }
        return .object(members)
    }

    /// A plan stands for the text.
    private static func message(_ json: SimulatedJSON) -> SimulatedJSON {
        let members = (json.members ?? []).filter { $0.name != "citations" }
        return .object(members.map { .init(name: $0.name == "tool_plan" ? "content" : $0.name, value: $0.value) })
    }
}
