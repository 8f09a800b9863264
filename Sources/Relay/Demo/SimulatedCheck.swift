/// Looks at a request as a provider would, and complains in OpenAI's words.
struct SimulatedCheck: Sendable {
    struct Complaint: Error, Sendable, Equatable {
        var status: Int
        var message: String
        var type = "invalid_request_error"
        var param: String?
        var code: String?
    }

    /// What every provider complains about, each in its own words.
    enum Problem: Sendable {
        case unknownKey(String)
        case unknownModel(String)
        case promptTooLong(tokens: Int, window: Int)
        case answerTooLong(asked: Int, most: Int)
    }

    let behavior: SimulatedProvider.Behavior

    /// What every request needs, before its body is looked at.
    func checkHead(
        method: String,
        headers: [(name: String, value: String)],
        needsKey: Bool = true
    ) throws(Complaint) {
        func values(_ name: String) -> [String] { headers.filter { $0.name.lowercased() == name }.map(\.value) }
        guard values("host").count == 1, values("host").first?.isEmpty == false else {
            throw Complaint(status: 400, message: "Exactly one Host header is needed, got \(values("host").count).")
        }
        if method == "POST" {
            guard !values("content-length").isEmpty || !values("transfer-encoding").isEmpty else {
                throw Complaint(status: 411, message: "A request with a body needs Content-Length.")
            }
            let type = values("content-type").first?.lowercased() ?? ""
            guard type.hasPrefix("application/json") || type.hasPrefix("multipart/form-data;") else {
                throw Complaint(status: 400, message: "You must send a header of Content-Type: application/json.")
            }
        }
        guard needsKey, !behavior.keyless else { return }
        let key = try behavior.dialect.key(in: headers)
        guard behavior.keys.isEmpty || behavior.keys.contains(key) else {
            throw behavior.dialect.complaint(about: .unknownKey(key))
                ?? Complaint(
                    status: 401,
                    message: "Incorrect API key provided: \(key.prefix(3))***. "
                        + "You can find your API key at https://platform.openai.com/account/api-keys.",
                    code: "invalid_api_key"
                )
        }
    }

    /// What holds whatever the API: the model is known, roles and tool calls go together, sizes are kept.
    func check(_ call: SimulatedCall) throws(Complaint) {
        try checkModel(call)
        if let media = call.media { return try SimulatedMediaAnswer.check(media, behavior.media) }
        try SimulatedMessageCheck(json: call.json, isStrict: behavior.isStrict).check()
        try checkAbilities(call)
        try checkLength(call)
    }

    private func checkModel(_ call: SimulatedCall) throws(Complaint) {
        guard behavior.models.isEmpty || behavior.models.contains(call.model) else {
            throw behavior.dialect.complaint(about: .unknownModel(call.model))
                ?? Complaint(
                    status: 404,
                    message: "The model `\(call.model)` does not exist or you do not have access to it.",
                    code: "model_not_found"
                )
        }
    }

    private func checkAbilities(_ call: SimulatedCall) throws(Complaint) {
        if !behavior.takesImages, call.messages.contains(where: { $0.imageCount > 0 }) {
            throw Complaint(
                status: 400,
                message: "Invalid content type. image_url is only supported by certain models.",
                param: "messages.[0].content.[0].type"
            )
        }
        if !behavior.takesTools, !call.tools.isEmpty {
            throw Complaint(status: 400, message: "`tools` is not supported with this model.", param: "tools")
        }
    }

    private func checkLength(_ call: SimulatedCall) throws(Complaint) {
        if let most = behavior.maxOutputTokens, let asked = call.maxTokens, asked > most {
            throw behavior.dialect.complaint(about: .answerTooLong(asked: asked, most: most))
                ?? Complaint(
                    status: 400,
                    message:
                        "max_tokens is too large: \(asked). This model supports at most \(most) completion tokens, "
                        + "whereas you provided \(asked).",
                    param: "max_tokens",
                    code: "invalid_value"
                )
        }
        guard let window = behavior.window else { return }
        let prompt = call.promptTokens
        let start = "This model's maximum context length is \(window) tokens. However, "
        if prompt >= window {
            throw behavior.dialect.complaint(about: .promptTooLong(tokens: prompt, window: window))
                ?? Complaint(
                    status: 400,
                    message: start
                        + "your messages resulted in \(prompt) tokens. Please reduce the length of the messages.",
                    param: "messages",
                    code: "context_length_exceeded"
                )
        }
        if let answer = call.maxTokens, prompt + answer > window {
            throw Complaint(
                status: 400,
                message: start + "you requested \(prompt + answer) tokens (\(prompt) in the messages, \(answer) in the "
                    + "completion). Please reduce the length of the messages or completion.",
                param: "messages",
                code: "context_length_exceeded"
            )
        }
    }
}
