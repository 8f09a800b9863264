/// Gemini's own API (`generateContent`), as ai.google.dev documents it.
struct SimulatedGemini: SimulatedDialect {
    /// Whether it thinks as Gemini 3 does: it signs its tool calls and wants the signatures back.
    var signsCalls = false

    let name = DialectName.gemini
    let basePath = "/v1beta"

    func key(in headers: Headers) throws(Complaint) -> String {
        let keys = headers.filter { $0.name.lowercased() == "x-goog-api-key" }.map(\.value)
        guard keys.count == 1, let key = keys.first, !key.isEmpty else {
            throw Complaint(
                status: 403,
                message: "Method doesn't allow unregistered callers (callers without established identity). "
                    + "Please use API Key or other form of API consumer identity to call this API."
            )
        }
        return key
    }

    func read(_ request: SimulatedProvider.ReceivedRequest, isStrict: Bool) throws(Complaint) -> SimulatedCall? {
        let start = basePath + "/models/"
        guard request.path.hasPrefix(start), let colon = request.path.lastIndex(of: ":") else { return nil }
        let model = String(request.path[..<colon].dropFirst(start.count))
        let method = request.path[colon...].dropFirst()
        guard method == "generateContent" || method == "streamGenerateContent" else { return nil }
        let isStream = method == "streamGenerateContent"
        guard !isStream || request.query == "alt=sse" else {
            throw Complaint(status: 501, message: "This provider streams server-sent events alone: alt=sse.")
        }
        let json = try SimulatedGeminiShape.request.checked(try object(in: request.body))
        try SimulatedGeminiCheck(json: json, model: model, wantsSignatures: signsCalls).check()
        return SimulatedCall(SimulatedGeminiReading(json: json, model: model, isStream: isStream).chat)
    }

    func complaint(about problem: SimulatedCheck.Problem) -> Complaint? {
        switch problem {
        case .unknownKey:
            Complaint(
                status: 400,
                message: "API key not valid. Please pass a valid API key.",
                code: "API_KEY_INVALID"
            )
        case .unknownModel(let model):
            Complaint(
                status: 404,
                message: "models/\(model) is not found for API version v1beta, or is not supported for "
                    + "generateContent. Call ListModels to see the list of available models and their supported methods."
            )
        case .promptTooLong(let tokens, let window):
            Complaint(
                status: 400,
                message: "The input token count (\(tokens)) exceeds the maximum number of tokens allowed (\(window))."
            )
        case .answerTooLong(_, let most):
            Complaint(
                status: 400,
                message: "Unable to submit request because it has a maxOutputTokens value of \(most + 1) but the "
                    + "supported range is from 1 (inclusive) to \(most + 1) (exclusive). Update the value and try again."
            )
        }
    }

    // MARK: Answers

    func whole(_ answer: SimulatedAnswer, sendsUsage: Bool) -> String {
        let parts = thoughts(of: answer) + (answer.text.isEmpty ? [] : [text(answer.text)]) + calls(of: answer)
        let candidates = (0..<answer.choiceCount)
            .map { candidate($0, parts: parts, finish: finishReason(of: answer)) }
        return response(candidates, of: answer, usage: sendsUsage)
    }

    func events(
        _ answer: SimulatedAnswer,
        shape: SimulatedProvider.Streaming,
        includesUsage: Bool
    ) -> [[UInt8]] {
        var sendsUsage = true
        if case .never = shape.usage { sendsUsage = false }
        var payloads: [String] = []
        for index in 0..<answer.choiceCount {
            var steps = thoughts(of: answer).map { [$0] } + answer.pieces.map { [text($0)] }
            // Calls made at once come in events of their own.
            steps += calls(of: answer).map { [$0] }
            if steps.isEmpty { steps = [[]] }
            payloads += steps.dropLast().map { response([candidate(index, parts: $0)], of: answer, usage: sendsUsage) }
            let last = candidate(index, parts: steps.last ?? [], finish: finishReason(of: answer))
            payloads.append(response([last], of: answer, usage: sendsUsage))
        }
        var events = payloads.map { SimulatedStream.event($0, shape: shape) }
        let comments = shape.leadingComments.map { ": " + $0 + shape.lineEnd + shape.lineEnd }
        if !events.isEmpty { events[0] = Array(comments.joined().utf8) + events[0] }
        return events
    }

    func errorEvent(_ payload: String, shape: SimulatedProvider.Streaming) -> [UInt8] {
        SimulatedStream.event(payload, shape: shape)
    }

    private func response(_ candidates: [String], of answer: SimulatedAnswer, usage: Bool) -> String {
        let thoughts = answer.reasoning.map { min(SimulatedCall.tokens(in: $0), answer.usage.completionTokens) }
        let thoughtCount = thoughts.map { #","thoughtsTokenCount":\#($0)"# } ?? ""
        let total = answer.usage.promptTokens + answer.usage.completionTokens
        let metadata =
            #","usageMetadata":{"promptTokenCount":\#(answer.usage.promptTokens),"candidatesTokenCount":"#
            + #"\#(answer.usage.completionTokens - (thoughts ?? 0)),"totalTokenCount":\#(total)\#(thoughtCount),"#
            + #""promptTokensDetails":[{"modality":"TEXT","tokenCount":\#(answer.usage.promptTokens)}]}"#
        return #"{"candidates":[\#(candidates.joined(separator: ","))]\#(usage ? metadata : ""),"#
            + #""modelVersion":\#(SimulatedJSON.quoted(answer.model)),"responseId":"\#(answer.id)"}"#
    }

    private func candidate(_ index: Int, parts: [String], finish: String? = nil) -> String {
        let content = parts.isEmpty ? "" : #""parts":[\#(parts.joined(separator: ","))],"#
        let reason = finish.map { #","finishReason":"\#($0)""# } ?? ""
        return #"{"content":{\#(content)"role":"model"}\#(reason),"index":\#(index)}"#
    }

    private func text(_ text: String) -> String { #"{"text":\#(SimulatedJSON.quoted(text))}"# }

    private func thoughts(of answer: SimulatedAnswer) -> [String] {
        answer.reasoning.map { [#"{"text":\#(SimulatedJSON.quoted($0)),"thought":true}"#] } ?? []
    }

    /// Of calls made at once only the first is signed.
    private func calls(of answer: SimulatedAnswer) -> [String] {
        answer.toolCalls.enumerated()
            .map { place, call in
                let id = signsCalls ? #","id":"g\#(call.id)""# : ""
                let signature =
                    signsCalls && place == 0
                    ? #","thoughtSignature":"\#(SimulatedGeminiCheck.signature(call.name))""# : ""
                return
                    #"{"functionCall":{"name":\#(SimulatedJSON.quoted(call.name)),"args":\#(call.arguments)\#(id)}\#(signature)}"#
            }
    }

    private func finishReason(of answer: SimulatedAnswer) -> String? {
        switch answer.finishReason {
        case "length": "MAX_TOKENS"
        case "content_filter": "SAFETY"
        case "stop", "tool_calls": "STOP"
        case let other: other
        }
    }

    // MARK: Models

    var modelsPath: String { basePath + "/models" }

    func modelList(_ models: [String]) -> String {
        let entries = models.map {
            #"{"name":"models/\#($0)","version":"001","displayName":"Simulated","inputTokenLimit":1048576,"#
                + #""outputTokenLimit":65536,"supportedGenerationMethods":["generateContent","countTokens"]}"#
        }
        let video = #"{"name":"models/veo-sim","version":"001","supportedGenerationMethods":["predictLongRunning"]}"#
        return #"{"models":[\#((entries + [video]).joined(separator: ","))]}"#
    }
}
