@testable import Relay

/// OpenAI's older `POST /v1/completions`: text alone.
struct CompletionsWireClient: WireClient {
    let name = "completions"
    let path = "/v1/completions"
    let features: Set<CrossFeature> = [.text, .stream, .length, .error]
    let stops = WireStops(text: "stop", tools: "", length: "length")

    func body(_ ask: WireAsk) -> String {
        var members = [#""model":\#(ask.modelJSON)"#, #""prompt":\#(ask.questionJSON)"#]
        if ask.isStream { members.append(#""stream":true"#) }
        if let most = ask.maxTokens { members.append(#""max_tokens":\#(most)"#) }
        return "{" + members.joined(separator: ",") + "}"
    }

    func read(_ response: RawResponse) -> WireAnswer {
        var answer = WireAnswer(status: response.status)
        guard response.isStream else {
            read(response.json, &answer)
            answer.isComplete = response.json["object"]?.string == "text_completion" && answer.stop != nil
            return answer
        }
        let payloads = SSEEvents.items(in: response.body).compactMap(\.data)
        for payload in payloads {
            if let json = try? SimulatedJSON.parse(payload) { read(json, &answer) }
        }
        answer.isComplete = payloads.last == "[DONE]" && answer.stop != nil
        return answer
    }

    private func read(_ json: SimulatedJSON, _ answer: inout WireAnswer) {
        if let error = json["error"] { answer.fault = ChatWireClient.fault(error) }
        guard let choice = json["choices"]?[0] else { return }
        if let text = choice["text"]?.string, !text.isEmpty {
            answer.text += text
            answer.pieces += 1
        }
        answer.stop = choice["finish_reason"]?.string ?? answer.stop
    }
}
