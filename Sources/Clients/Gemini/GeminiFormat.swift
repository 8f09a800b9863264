import NIOCore

/// `response_format`: JSON mode where the model has one, else words that ask for it.
struct GeminiFormat {
    private let schema: JSONView?
    private let isJSON: Bool
    private let isEnforced: Bool

    init(_ format: JSONView?, model: GeminiModel, hasTools: Bool) {
        let type = format?["type"]?.string
        isJSON = type == "json_object" || type == "json_schema"
        schema = format?["json_schema"]?["schema"].flatMap { $0.isObject ? $0 : nil }
        isEnforced = model.takesJSONMode && (!hasTools || model.takesJSONWithTools)
    }

    /// What is said to the model instead.
    var words: String? {
        guard isJSON, !isEnforced else { return nil }
        let start = "Unless you call a tool, answer with JSON alone, without any other text or code fence"
        guard let schema else { return start + "." }
        return start + ", which is valid under this JSON schema: " + String(decoding: schema.raw, as: UTF8.self)
    }

    func write(into json: inout JSONBuilder) {
        guard isJSON, isEnforced else { return }
        json.member("responseMimeType", "application/json")
        guard let schema else { return }
        let sanitised = GeminiSchema(root: schema)
        guard sanitised.hasContent else { return }
        json.key("responseJsonSchema")
        sanitised.write(into: &json)
    }
}

extension GeminiRequest {
    /// `generationConfig`, where there is anything to say in it.
    func writeConfiguration(_ format: GeminiFormat, into json: inout JSONBuilder) {
        var config = JSONBuilder()
        config.object { json in
            json.member("temperature", copying: Self.number(members.temperature))
            json.member("topP", copying: Self.number(members.topP))
            json.member("topK", copying: Self.number(members.topK))
            json.member("maxOutputTokens", copying: Self.number(members.maxTokens))
            writeStop(into: &json)
            if let count = members.count?.integer, count > 1 { json.member("candidateCount", count) }
            if let seed = members.seed?.integer, seed <= Int(Int32.max) { json.member("seed", seed) }
            if model.takesPenalties {
                json.member("presencePenalty", copying: Self.number(members.presencePenalty))
                json.member("frequencyPenalty", copying: Self.number(members.frequencyPenalty))
            }
            format.write(into: &json)
            writeThinking(into: &json)
            writeModalities(into: &json)
        }
        guard config.buffer.readableBytes > 2 else { return }
        json.key("generationConfig")
        config.buffer.withUnsafeReadableBytes { json.raw($0) }
    }

    private static func number(_ value: JSONView?) -> JSONView? { value?.span.kind == .number ? value : nil }

    /// At most five.
    private func writeStop(into json: inout JSONBuilder) {
        guard let stop = members.stop else { return }
        let texts = (stop.isString ? [stop] : stop.elements).filter { $0.isString && $0.raw.count > 2 }
        guard !texts.isEmpty else { return }
        json.member("stopSequences") { json in json.array { json in for text in texts.prefix(5) { json.copy(text) } } }
    }

    private func writeModalities(into json: inout JSONBuilder) {
        let kinds = (members.modalities?.elements ?? []).compactMap { $0.string?.uppercased() }
            .filter { ["TEXT", "IMAGE", "AUDIO"].contains($0) }
        guard kinds.contains(where: { $0 != "TEXT" }) else { return }
        json.member("responseModalities") { json in json.array { json in for kind in kinds { json.string(kind) } } }
    }

    // MARK: Thinking

    /// `reasoning_effort`, as Google's OpenAI path maps it; the number that OpenRouter and Anthropic name, too.
    private func writeThinking(into json: inout JSONBuilder) {
        guard model.thinks else { return }
        let effort = members.reasoningEffort?.string ?? members.reasoning?["effort"]?.string
        let budget = members.reasoning?["max_tokens"]?.integer ?? members.thinking?["budget_tokens"]?.integer
        let isOff = effort == "none" || members.thinking?["type"]?.equals("disabled") == true
        guard effort != nil || budget != nil || isOff else { return }
        json.member("thinkingConfig") { json in
            json.object { json in
                if model.thinksByLevel {
                    json.member("thinkingLevel", level(isOff ? "none" : effort ?? Self.effort(of: budget ?? 0)))
                } else {
                    json.member("thinkingBudget", isOff ? leastBudget : budget ?? self.budget(effort ?? ""))
                }
                json.member("includeThoughts", !isOff)
            }
        }
    }

    private static func effort(of budget: Int) -> String {
        budget <= 1024 ? "low" : budget <= 8192 ? "medium" : "high"
    }

    /// The larger model cannot be kept from thinking.
    private var leastBudget: Int { model.isPro ? 128 : 0 }

    private func budget(_ effort: String) -> Int {
        switch effort {
        case "none": leastBudget
        case "minimal", "low": 1024
        case "medium": 8192
        default: 24576
        }
    }

    private func level(_ effort: String) -> String {
        switch effort {
        case "none", "minimal": model.isPro ? "low" : "minimal"
        case "low": "low"
        // The first of the larger models knows only low and high.
        case "medium": model.isPro && model.generation < 3.1 ? "high" : "medium"
        default: "high"
        }
    }
}
