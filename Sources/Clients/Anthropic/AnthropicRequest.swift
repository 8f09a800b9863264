import NIOCore

/// A chat completion request in the words of the Messages API.
struct AnthropicRequest {
    private let model: String
    private let traits: AnthropicModel
    private var messages: [ChatMessageView] = []
    private var maxTokens: Int?
    private var temperature: Double?
    private var topP: JSONView?
    private var topK: JSONView?
    private var stop: JSONView?
    private var isStream = false
    private var user: JSONView?
    private var tools = AnthropicTools()
    private var format = AnthropicFormat()
    private var thinking = AnthropicThinking()
    private var cacheControl: JSONView?

    init(_ chat: JSONView) throws(DialectFault) {
        var model = ""
        for (key, value) in chat.members where !value.isNull {
            switch JSONText.string(chat.bytes, key) {
            case "model": model = value.string ?? ""
            case "messages": messages = value.elements.map(ChatMessageView.init)
            case "max_tokens": maxTokens = maxTokens ?? value.integer
            case "max_completion_tokens": maxTokens = value.integer ?? maxTokens
            case "temperature": temperature = value.number
            case "top_p": topP = value
            case "top_k": topK = value
            case "stop": stop = value
            case "stream": isStream = value.isTrue
            case "user": user = value
            case "metadata": user = value["user_id"] ?? user
            case "tools": tools.offered = value.elements
            case "tool_choice": tools.choice = value
            case "parallel_tool_calls": tools.isParallel = value.span.kind != .false
            case "web_search_options": tools.searches = true
            case "response_format": format.read(value)
            case "reasoning_effort": thinking.effort = value.string
            case "reasoning": thinking.read(reasoning: value)
            case "thinking": thinking.read(thinking: value)
            case "cache_control": cacheControl = value
            case "n" where (value.integer ?? 1) > 1: throw .cannotSay("more than one choice")
            default: break
            }
        }
        self.model = model
        traits = AnthropicModel(model)
        tools.namesCalled = messages.flatMap { $0.toolCalls.compactMap(\.name) }
        format.isEnforced = traits.enforcesSchemas && format.canBeEnforced
    }

    func written() throws(DialectFault) -> ByteBuffer {
        let turns = AnthropicTurns(messages, takesPrefill: traits.takesPrefill)
        var plan = thinking.plan(for: traits, maxTokens: maxTokens)
        if tools.isForced || turns.forbidThinking(traits.thinking) { plan.stopThinking(maxTokens: maxTokens) }
        var fault: DialectFault?
        var json = JSONBuilder()
        json.object {
            $0.member("model", model)
            $0.member("max_tokens", plan.maxTokens)
            if isStream { $0.member("stream", true) }
            writeSystem(&$0)
            $0.key("messages")
            do throws(DialectFault) { try turns.write(into: &$0) } catch { fault = error }
            tools.write(into: &$0)
            writeSampling(isThinking: plan.isThinking, &$0)
            writeStop(&$0)
            plan.write(into: &$0)
            writeOutput(effort: plan.effort, &$0)
            if let user, user.isString {
                $0.member("metadata") { $0.object { $0.member("user_id", copying: user) } }
            }
            $0.member("cache_control", copying: cacheControl)
        }
        if let fault { throw fault }
        return json.buffer
    }

    /// One plain text as a string; several, or one that is marked for the cache, as blocks.
    private func writeSystem(_ json: inout JSONBuilder) {
        let parts = messages.filter { $0.role == .system }.flatMap(\.parts)
        let instruction = format.instruction
        guard !parts.isEmpty || instruction != nil else { return }
        json.key("system")
        if instruction == nil, parts.count == 1, case .text(let text, of: let part) = parts[0],
            part?["cache_control"] == nil
        {
            return json.copy(text)
        }
        json.array { json in
            for case .text(let text, of: let part) in parts { AnthropicBlocks.text(text, of: part, into: &json) }
            if let instruction {
                json.object {
                    $0.member("type", "text")
                    $0.member("text", instruction)
                }
            }
        }
    }

    /// With thinking none of them may be set; newer models take only one of temperature and top_p, or none.
    private func writeSampling(isThinking: Bool, _ json: inout JSONBuilder) {
        guard traits.takesSampling, !isThinking else { return }
        if let temperature {
            json.member("temperature", raw: temperature >= 1 ? "1" : temperature <= 0 ? "0" : "\(temperature)")
        }
        if temperature == nil || traits.takesBothSamplers { json.member("top_p", copying: topP) }
        if let topK = topK?.integer, topK > 0 { json.member("top_k", topK) }
    }

    private func writeStop(_ json: inout JSONBuilder) {
        guard let stop else { return }
        let texts = (stop.isString ? [stop] : stop.elements).filter { $0.isString && !$0.isBlank }
        guard !texts.isEmpty else { return }
        json.member("stop_sequences") { $0.array { for text in texts { $0.copy(text) } } }
    }

    private func writeOutput(effort: String?, _ json: inout JSONBuilder) {
        guard effort != nil || format.isEnforced else { return }
        json.member("output_config") {
            $0.object {
                if let effort { $0.member("effort", effort) }
                if format.isEnforced { format.write(into: &$0) }
            }
        }
    }
}
