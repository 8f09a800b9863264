@testable import Relay

/// OpenAI's `POST /v1/responses`.
struct ResponsesWireClient: WireClient {
    let name = "responses"
    let path = "/v1/responses"
    let features = Set(CrossFeature.allCases)
    let stops = WireStops(text: "completed", tools: "completed", length: "max_output_tokens")

    func body(_ ask: WireAsk) -> String {
        var content = [#"{"type":"input_text","text":\#(ask.questionJSON)}"#]
        if let image = ask.image {
            content.append(#"{"type":"input_image","image_url":"data:image/png;base64,\#(image)"}"#)
        }
        var items = [#"{"type":"message","role":"user","content":[\#(content.joined(separator: ","))]}"#]
        if let turn = ask.turn {
            items.append(
                #"{"type":"function_call","call_id":"\#(turn.call.id)","name":"\#(turn.call.name)","#
                    + #""arguments":\#(SimulatedJSON.quoted(turn.call.arguments))}"#
            )
            items.append(
                #"{"type":"function_call_output","call_id":"\#(turn.call.id)","#
                    + #""output":\#(SimulatedJSON.quoted(turn.result))}"#
            )
        }
        var members = [#""model":\#(ask.modelJSON)"#, #""input":[\#(items.joined(separator: ","))]"#]
        if let system = ask.system { members.append(#""instructions":\#(SimulatedJSON.quoted(system))"#) }
        if ask.isStream { members.append(#""stream":true"#) }
        if ask.offersTool {
            members.append(
                #""tools":[{"type":"function","name":"\#(WireAsk.toolName)","parameters":\#(WireAsk.toolParameters)}]"#
            )
        }
        if let schema = ask.schema {
            members.append(#""text":{"format":{"type":"json_schema","name":"answer","schema":\#(schema)}}"#)
        }
        if let most = ask.maxTokens { members.append(#""max_output_tokens":\#(most)"#) }
        return "{" + members.joined(separator: ",") + "}"
    }

    func read(_ response: RawResponse) -> WireAnswer {
        var answer = WireAnswer(status: response.status)
        if response.isStream {
            readStream(response, &answer)
        } else if response.status == 200 {
            read(response.json, &answer)
            answer.isComplete = response.json["object"]?.string == "response" && answer.stop != nil
        } else {
            answer.fault = ChatWireClient.fault(response.json["error"] ?? .null)
        }
        return answer
    }

    /// A `response` object: its items, and why it ended.
    private func read(_ response: SimulatedJSON, _ answer: inout WireAnswer) {
        answer.text = ""
        answer.calls = []
        for item in response["output"]?.elements ?? [] {
            switch item["type"]?.string {
            case "message":
                for part in item["content"]?.elements ?? [] where part["type"]?.string == "output_text" {
                    answer.text += part["text"]?.string ?? ""
                }
            case "function_call":
                answer.calls.append(
                    .init(
                        id: item["call_id"]?.string ?? "",
                        name: item["name"]?.string ?? "",
                        arguments: item["arguments"]?.string ?? ""
                    )
                )
            default: break
            }
        }
        answer.stop = response["incomplete_details"]?["reason"]?.string ?? response["status"]?.string
    }

    /// The text of the deltas must be that of the last event, which holds the whole response; `sequence_number` counts.
    private func readStream(_ response: RawResponse, _ answer: inout WireAnswer) {
        var names: [String] = []
        var (text, arguments) = ("", "")
        var isCounted = true
        for case .event(let name, let data) in SSEEvents.items(in: response.body) {
            guard let json = try? SimulatedJSON.parse(data), let type = json["type"]?.string else { continue }
            isCounted = isCounted && json["sequence_number"]?.integer == names.count && (name == nil || name == type)
            names.append(type)
            switch type {
            case "response.output_text.delta":
                text += json["delta"]?.string ?? ""
                answer.pieces += 1
            case "response.function_call_arguments.delta": arguments += json["delta"]?.string ?? ""
            case "response.completed", "response.incomplete": read(json["response"] ?? .null, &answer)
            case "response.failed":
                let error = json["response"]?["error"]
                answer.fault = .init(
                    message: error?["message"]?.string ?? "",
                    isWellFormed: error?["code"]?.string != nil && json["response"]?["status"]?.string == "failed"
                )
            case "error":
                answer.fault =
                    answer.fault
                    ?? .init(message: json["message"]?.string ?? "", isWellFormed: json["code"] != nil)
            default: break
            }
        }
        let isWhole = answer.text == text && answer.calls.map(\.arguments).joined() == arguments
        answer.isComplete =
            isCounted && isWhole && names.first == "response.created"
            && (names.last == "response.completed" || names.last == "response.incomplete")
        if answer.fault != nil { answer.text = text }
    }
}
