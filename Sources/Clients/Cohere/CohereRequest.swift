import NIOCore

/// A chat completion request in the words of Cohere's chat API, which refuses members that it does not know.
struct CohereRequest {
    private var model: JSONView?
    private var isReasoningModel = false
    private var messages: [ChatMessageView] = []
    private var isStream = false
    private var maxTokens: JSONView?
    private var temperature: JSONView?
    private var topP: Double?
    private var topK: Int?
    private var seed: Int?
    private var frequencyPenalty: Double?
    private var presencePenalty: Double?
    private var stop: JSONView?
    private var tools: [JSONView] = []
    private var choice: JSONView?
    private var wantsJSON = false
    private var schema: JSONView?
    private var effort: String?
    private var thinking: JSONView?

    init(_ chat: JSONView) throws(DialectFault) {
        for (key, value) in chat.members where !value.isNull {
            switch JSONText.string(chat.bytes, key) {
            case "model":
                model = value
                isReasoningModel = value.string?.contains("reasoning") == true
            case "messages": messages = value.elements.map(ChatMessageView.init)
            case "stream": isStream = value.isTrue
            case "max_tokens": maxTokens = maxTokens ?? value
            case "max_completion_tokens": maxTokens = value
            case "temperature": temperature = value
            case "top_p": topP = value.number
            case "top_k": topK = value.integer
            case "seed": seed = value.integer
            case "frequency_penalty": frequencyPenalty = value.number
            case "presence_penalty": presencePenalty = value.number
            case "stop": stop = value
            case "tools": tools = value.elements.filter { $0["function"]?["name"] != nil }
            case "tool_choice": choice = value
            case "response_format":
                wantsJSON = value["type"].map { $0.equals("json_object") || $0.equals("json_schema") } ?? false
                schema = value["json_schema"]?["schema"]
            case "reasoning_effort": effort = value.string
            case "thinking": thinking = value
            case "n" where (value.integer ?? 1) > 1: throw .cannotSay("more than one choice")
            default: break
            }
        }
    }

    func written() throws(DialectFault) -> ByteBuffer {
        var fault: DialectFault?
        var json = JSONBuilder()
        json.object {
            $0.member("model", copying: model)
            if isStream { $0.member("stream", true) }
            $0.key("messages")
            do throws(DialectFault) { try CohereMessages.write(messages, instruction, into: &$0) } catch {
                fault = error
            }
            writeTools(&$0)
            writeFormat(&$0)
            writeSampling(&$0)
            writeThinking(&$0)
        }
        if let fault { throw fault }
        return json.buffer
    }

    // MARK: Tools and format

    /// One that is named is the only one offered.
    private func writeTools(_ json: inout JSONBuilder) {
        let named = choice?["function"]?["name"]?.string
        let chosen = named.map { name in tools.filter { $0["function"]?["name"]?.string == name } } ?? []
        let offered = chosen.isEmpty ? tools : chosen
        guard !offered.isEmpty else { return }
        json.member("tools") { $0.array { for tool in offered { Self.write(tool, into: &$0) } } }
        if choice?.equals("none") == true {
            json.member("tool_choice", "NONE")
        } else if choice?.equals("required") == true || !chosen.isEmpty {
            json.member("tool_choice", "REQUIRED")
        }
    }

    private static func write(_ tool: JSONView, into json: inout JSONBuilder) {
        guard let function = tool["function"] else { return }
        json.object {
            $0.member("type", "function")
            $0.member("function") {
                $0.object {
                    $0.member("name", copying: function["name"])
                    $0.member("description", copying: function["description"])
                    $0.key("parameters")
                    guard let schema = function["parameters"], schema.isObject else {
                        return $0.raw(#"{"type":"object","properties":{}}"#)
                    }
                    CohereSchema.tool.write(schema, into: &$0)
                }
            }
        }
    }

    /// Not beside tools.
    private var isEnforced: Bool { wantsJSON && tools.isEmpty }

    /// One that holds itself is not.
    private var enforcedSchema: JSONView? {
        guard isEnforced, let schema, schema.isObject, SchemaReferences.areFinite(in: schema) else { return nil }
        return schema
    }

    /// A schema does not tell the model that JSON is wanted: left to itself it may never come to an end.
    private var instruction: String? {
        guard wantsJSON else { return nil }
        let request = "Answer with one JSON object only: no other text before or after it, and no code fence."
        guard let schema else { return isEnforced ? nil : request }
        if enforcedSchema != nil { return request }
        return request + " It must be valid against this JSON schema:\n" + String(decoding: schema.raw, as: UTF8.self)
    }

    private func writeFormat(_ json: inout JSONBuilder) {
        guard isEnforced else { return }
        json.member("response_format") {
            $0.object {
                $0.member("type", "json_object")
                guard let schema = enforcedSchema else { return }
                $0.key("json_schema")
                CohereSchema.format.write(schema, into: &$0)
            }
        }
    }

    // MARK: Sampling and thinking

    private func writeSampling(_ json: inout JSONBuilder) {
        json.member("max_tokens", copying: maxTokens)
        json.member("temperature", copying: temperature)
        if let topP { json.member("p", raw: "\(min(max(topP, 0.01), 0.99))") }
        if let topK { json.member("k", min(topK, 500)) }
        if let seed { json.member("seed", seed) }
        if let frequencyPenalty { json.member("frequency_penalty", raw: "\(min(max(frequencyPenalty, 0), 1))") }
        if let presencePenalty { json.member("presence_penalty", raw: "\(min(max(presencePenalty, 0), 1))") }
        let texts = stop.map { $0.isString ? [$0] : $0.elements } ?? []
        let stops = texts.filter { $0.isString && !$0.content.isEmpty }.prefix(5)
        if !stops.isEmpty { json.member("stop_sequences") { $0.array { for text in stops { $0.copy(text) } } } }
    }

    /// Models that think do so unless they are told otherwise; the others refuse the member.
    private func writeThinking(_ json: inout JSONBuilder) {
        guard isReasoningModel else { return }
        let isOff = thinking?["type"]?.equals("disabled") ?? (effort == "none")
        let budgets = ["minimal": 512, "low": 1024, "medium": 4096]
        let budget = thinking?["budget_tokens"]?.integer ?? effort.flatMap { budgets[$0] }
        guard isOff || budget != nil else { return }
        json.member("thinking") {
            $0.object {
                $0.member("type", isOff ? "disabled" : "enabled")
                if !isOff, let budget, budget > 0 { $0.member("token_budget", budget) }
            }
        }
    }
}
