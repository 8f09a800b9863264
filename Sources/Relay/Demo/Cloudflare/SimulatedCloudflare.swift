/// Cloudflare Workers AI: chat completions under an account's address, strict about what a message holds, errors in
/// Cloudflare's envelope (developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility).
struct SimulatedCloudflare: SimulatedDialect {
    /// How an answer is written: most models answer with chat completions, some as `/ai/run` does.
    enum Words: Sendable { case chat, run }

    let name = DialectName.cloudflare
    var account = "simaccount"
    var words = Words.chat
    private let openai = SimulatedOpenAI()

    init(account: String = "simaccount", words: Words = .chat) {
        self.account = account
        self.words = words
    }

    var basePath: String { "/client/v4/accounts/\(account)/ai" }
    var modelsPath: String { basePath + "/models/search" }

    func key(in headers: Headers) throws(Complaint) -> String {
        do throws(Complaint) {
            let key = try bearer(in: headers)
            guard !key.contains(":") else { throw Complaint(status: 400, message: "Invalid request headers") }
            return key
        } catch {
            throw Complaint(status: 401, message: "Authentication error", code: "10000")
        }
    }

    private static let refused = ["min_p", "logit_bias", "logprobs", "top_logprobs", "reasoning_effort"]

    func read(_ request: SimulatedProvider.ReceivedRequest, isStrict: Bool) throws(Complaint) -> SimulatedCall? {
        guard request.path == basePath + "/v1/chat/completions" else { return nil }
        let json = try object(in: request.body)
        for name in Self.refused where json[name] != nil { throw badInput("unevaluated property '/\(name)'") }
        for (place, message) in (json["messages"]?.elements ?? []).enumerated() {
            switch message["content"] {
            case .string: continue
            // Text alone must be flat; only parts with an image may stand in a list.
            case .array(let parts) where parts.contains { $0["type"]?.string == "image_url" }: continue
            case .array: throw badInput("Type mismatch of '/messages/\(place)/content', 'array' not in 'string'")
            default: throw badInput("Type mismatch of '/messages/\(place)/content', 'null' not in 'string'")
            }
        }
        // Beyond those, what it does not know it passes over.
        try SimulatedParameterCheck(json: json, isStrict: false).check()
        return SimulatedCall(json)
    }

    private func badInput(_ what: String) -> Complaint {
        Complaint(
            status: 400,
            message: "AiError: Bad input: Error: oneOf at '/' not met, 0 matches: \(what)",
            code: "5006"
        )
    }

    // MARK: The answer

    func whole(_ answer: SimulatedAnswer, sendsUsage: Bool) -> String {
        guard words == .run else { return answer.whole(sendsUsage: sendsUsage) }
        var result = #""response":\#(answer.toolCalls.isEmpty ? SimulatedJSON.quoted(answer.text) : "null")"#
        if !answer.toolCalls.isEmpty { result += #","tool_calls":\#(calls(of: answer))"# }
        if sendsUsage { result += #","usage":\#(answer.usageText)"# }
        return #"{"result":{\#(result)},"success":true,"errors":[],"messages":[]}"#
    }

    func events(
        _ answer: SimulatedAnswer,
        shape: SimulatedProvider.Streaming,
        includesUsage: Bool
    ) -> [[UInt8]] {
        guard words == .run else { return openai.events(answer, shape: shape, includesUsage: includesUsage) }
        var payloads = answer.pieces.map { #"{"response":\#(SimulatedJSON.quoted($0)),"p":"abdefg"}"# }
        if !answer.toolCalls.isEmpty { payloads.append(#"{"response":"","tool_calls":\#(calls(of: answer))}"#) }
        payloads.append(#"{"response":"","usage":\#(answer.usageText)}"#)
        if shape.sendsDone { payloads.append("[DONE]") }
        return payloads.map { SimulatedStream.event($0, shape: shape) }
    }

    func errorEvent(_ payload: String, shape: SimulatedProvider.Streaming) -> [UInt8] {
        SimulatedStream.event(payload, shape: shape)
    }

    func modelList(_ models: [String]) -> String {
        let entries = models.map {
            #"{"id":"sim","name":\#(SimulatedJSON.quoted($0)),"task":{"name":"Text Generation"}}"#
        }
        return #"{"result":[\#(entries.joined(separator: ","))],"success":true,"errors":[],"messages":[]}"#
    }

    private func calls(of answer: SimulatedAnswer) -> String {
        let calls = answer.toolCalls.map { #"{"name":\#(SimulatedJSON.quoted($0.name)),"arguments":\#($0.arguments)}"# }
        return "[" + calls.joined(separator: ",") + "]"
    }
}
