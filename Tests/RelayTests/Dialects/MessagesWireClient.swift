@testable import Relay

/// Anthropic's `POST /v1/messages`.
struct MessagesWireClient: WireClient {
    let name = "messages"
    let path = "/v1/messages"
    let headers = [(name: "anthropic-version", value: "2023-06-01")]
    let features = Set(CrossFeature.allCases)
    let stops = WireStops(text: "end_turn", tools: "tool_use", length: "max_tokens")

    func body(_ ask: WireAsk) -> String {
        var content = [#"{"type":"text","text":\#(ask.questionJSON)}"#]
        if let image = ask.image {
            content.append(
                #"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"\#(image)"}}"#
            )
        }
        var messages = [#"{"role":"user","content":[\#(content.joined(separator: ","))]}"#]
        if let turn = ask.turn {
            let use =
                #"{"type":"tool_use","id":"\#(turn.call.id)","name":"\#(turn.call.name)","input":\#(turn.call.arguments)}"#
            messages.append(#"{"role":"assistant","content":[\#(use)]}"#)
            let result =
                #"{"type":"tool_result","tool_use_id":"\#(turn.call.id)","content":\#(SimulatedJSON.quoted(turn.result))}"#
            messages.append(#"{"role":"user","content":[\#(result)]}"#)
        }
        var members = [
            #""model":\#(ask.modelJSON)"#, #""max_tokens":\#(ask.maxTokens ?? 1024)"#,
            #""messages":[\#(messages.joined(separator: ","))]"#,
        ]
        if let system = ask.system { members.append(#""system":\#(SimulatedJSON.quoted(system))"#) }
        if ask.isStream { members.append(#""stream":true"#) }
        if ask.offersTool {
            members.append(
                #""tools":[{"name":"\#(WireAsk.toolName)","input_schema":\#(WireAsk.toolParameters)}]"#
            )
        }
        if let schema = ask.schema {
            members.append(#""output_config":{"format":{"type":"json_schema","schema":\#(schema)}}"#)
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    func read(_ response: RawResponse) -> WireAnswer {
        var answer = WireAnswer(status: response.status)
        if response.isStream {
            readStream(response, &answer)
        } else if response.status == 200 {
            let json = response.json
            for block in json["content"]?.elements ?? [] {
                if block["type"]?.string == "text" { answer.text += block["text"]?.string ?? "" }
                if block["type"]?.string == "tool_use", let input = block["input"], input.members != nil {
                    answer.calls.append(Self.call(block, arguments: input.text))
                }
            }
            answer.stop = json["stop_reason"]?.string
            answer.isComplete =
                json["type"]?.string == "message" && json["role"]?.string == "assistant"
                && (json["usage"]?["output_tokens"]?.integer ?? 0) > 0
        } else {
            answer.fault = Self.fault(response.json)
        }
        return answer
    }

    /// `message_start`, per block `content_block_start`, `…_delta`, `…_stop`, then `message_delta` and `message_stop`;
    /// every event's name is its `type`.
    private func readStream(_ response: RawResponse, _ answer: inout WireAnswer) {
        var inOrder = true
        var open: Int?
        var blocks = 0
        var names: [String] = []
        for case .event(let name, let data) in SSEEvents.items(in: response.body) {
            guard let json = try? SimulatedJSON.parse(data), json["type"]?.string == name else {
                inOrder = false
                continue
            }
            names.append(name ?? "")
            switch name {
            case "message_start":
                inOrder = inOrder && names.count == 1 && json["message"]?["role"]?.string == "assistant"
            case "content_block_start":
                inOrder = inOrder && open == nil && json["index"]?.integer == blocks
                (open, blocks) = (blocks, blocks + 1)
                if let block = json["content_block"], block["type"]?.string == "tool_use" {
                    answer.calls.append(Self.call(block, arguments: ""))
                }
            case "content_block_delta":
                inOrder = inOrder && json["index"]?.integer == open
                let delta = json["delta"]
                if delta?["type"]?.string == "text_delta" {
                    answer.text += delta?["text"]?.string ?? ""
                    answer.pieces += 1
                } else if delta?["type"]?.string == "input_json_delta", !answer.calls.isEmpty {
                    answer.calls[answer.calls.count - 1].arguments += delta?["partial_json"]?.string ?? ""
                }
            case "content_block_stop":
                inOrder = inOrder && json["index"]?.integer == open
                open = nil
            case "message_delta": answer.stop = json["delta"]?["stop_reason"]?.string
            case "error": answer.fault = Self.fault(json)
            default: break
            }
        }
        answer.isComplete = inOrder && open == nil && names.suffix(2) == ["message_delta", "message_stop"]
    }

    private static func call(_ block: SimulatedJSON, arguments: String) -> WireAnswer.ToolCall {
        .init(id: block["id"]?.string ?? "", name: block["name"]?.string ?? "", arguments: arguments)
    }

    /// `{"type":"error","error":{"type","message"}}`.
    private static func fault(_ json: SimulatedJSON) -> WireAnswer.Fault {
        WireAnswer.Fault(
            message: json["error"]?["message"]?.string ?? "",
            isWellFormed: json["type"]?.string == "error" && json["error"]?["type"]?.string?.hasSuffix("_error") == true
        )
    }
}
