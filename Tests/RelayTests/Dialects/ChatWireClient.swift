@testable import Relay

/// `POST /v1/chat/completions`.
struct ChatWireClient: WireClient {
    let name = "chat completions"
    let path = "/v1/chat/completions"
    let features = Set(CrossFeature.allCases)
    let stops = WireStops(text: "stop", tools: "tool_calls", length: "length")

    func body(_ ask: WireAsk) -> String {
        var messages: [String] = []
        if let system = ask.system { messages.append(#"{"role":"system","content":\#(SimulatedJSON.quoted(system))}"#) }
        if let image = ask.image {
            let url = #"{"type":"image_url","image_url":{"url":"data:image/png;base64,\#(image)"}}"#
            messages.append(#"{"role":"user","content":[{"type":"text","text":\#(ask.questionJSON)},\#(url)]}"#)
        } else {
            messages.append(#"{"role":"user","content":\#(ask.questionJSON)}"#)
        }
        if let turn = ask.turn {
            let call =
                #"{"id":"\#(turn.call.id)","type":"function","function":{"name":"\#(turn.call.name)","#
                + #""arguments":\#(SimulatedJSON.quoted(turn.call.arguments))}}"#
            messages.append(#"{"role":"assistant","content":null,"tool_calls":[\#(call)]}"#)
            let result = SimulatedJSON.quoted(turn.result)
            messages.append(#"{"role":"tool","tool_call_id":"\#(turn.call.id)","content":\#(result)}"#)
        }
        var members = [#""model":\#(ask.modelJSON)"#, #""messages":[\#(messages.joined(separator: ","))]"#]
        if ask.isStream { members.append(#""stream":true"#) }
        if ask.offersTool {
            members.append(
                #""tools":[{"type":"function","function":{"name":"\#(WireAsk.toolName)","#
                    + #""parameters":\#(WireAsk.toolParameters)}}]"#
            )
        }
        if let schema = ask.schema {
            members.append(
                #""response_format":{"type":"json_schema","json_schema":{"name":"answer","schema":\#(schema)}}"#
            )
        }
        if let most = ask.maxTokens { members.append(#""max_tokens":\#(most)"#) }
        return "{" + members.joined(separator: ",") + "}"
    }

    func read(_ response: RawResponse) -> WireAnswer {
        let answer = ChatAnswer(response)
        var read = WireAnswer(status: answer.status)
        read.text = answer.content
        read.pieces = answer.deltas.count { !$0.isEmpty }
        read.calls = answer.toolCalls.map { .init(id: $0.id ?? "", name: $0.name, arguments: $0.arguments) }
        read.stop = answer.finishReasons.count == 1 ? answer.finishReasons[0] : nil
        read.isComplete = response.isStream ? answer.isDone : read.stop != nil
        read.fault = answer.error.map(Self.fault)
        return read
    }

    /// `{"message","type","param","code"}`, all four.
    static func fault(_ error: SimulatedJSON) -> WireAnswer.Fault {
        WireAnswer.Fault(
            message: error["message"]?.string ?? "",
            isWellFormed: error["type"]?.string?.isEmpty == false && error["param"] != nil && error["code"] != nil
        )
    }
}
