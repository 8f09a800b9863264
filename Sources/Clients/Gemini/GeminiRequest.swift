import NIOCore

/// Writes a chat completion request as Gemini's `GenerateContentRequest`.
///
///     {"systemInstruction":{"parts":[…]},"contents":[{"role":"user","parts":[…]},…],
///      "tools":[…],"toolConfig":{…},"generationConfig":{…}}
struct GeminiRequest {
    let model: GeminiModel
    let members: Members
    private let memory: GeminiMemory

    /// What of a chat completion has a meaning to Gemini; `null` is left out.
    struct Members {
        var messages: JSONView?
        var tools: JSONView?
        var toolChoice: JSONView?
        var responseFormat: JSONView?
        var temperature: JSONView?
        var topP: JSONView?
        var topK: JSONView?
        var maxTokens: JSONView?
        var stop: JSONView?
        var count: JSONView?
        var seed: JSONView?
        var presencePenalty: JSONView?
        var frequencyPenalty: JSONView?
        var reasoningEffort: JSONView?
        var reasoning: JSONView?
        var thinking: JSONView?
        var modalities: JSONView?
        var model = ""

        init(_ chat: JSONView) {
            for (key, value) in chat.members where !value.isNull {
                switch JSONText.string(chat.bytes, key) {
                case "messages": messages = value
                case "tools": tools = value
                case "tool_choice": toolChoice = value
                case "response_format": responseFormat = value
                case "temperature": temperature = value
                case "top_p": topP = value
                case "top_k": topK = value
                case "max_completion_tokens": maxTokens = value
                case "max_tokens": maxTokens = maxTokens ?? value
                case "stop": stop = value
                case "n": count = value
                case "seed": seed = value
                case "presence_penalty": presencePenalty = value
                case "frequency_penalty": frequencyPenalty = value
                case "reasoning_effort": reasoningEffort = value
                case "reasoning": reasoning = value
                case "thinking": thinking = value
                case "modalities": modalities = value
                case "model": model = value.string ?? ""
                default: break
                }
            }
        }
    }

    init(_ chat: JSONView, memory: GeminiMemory) {
        members = Members(chat)
        model = GeminiModel(members.model)
        self.memory = memory
    }

    func written(capacity: Int) throws(DialectFault) -> ByteBuffer {
        let tools = GeminiTools(members.tools, choice: members.toolChoice, memory: memory)
        let format = GeminiFormat(members.responseFormat, model: model, hasTools: tools.isOffered)
        var contents = GeminiContents(model: model, memory: memory)
        for message in members.messages?.elements ?? [] { try contents.take(message) }
        if let words = format.words { contents.system.append(.written(words)) }
        contents.finish()
        var buffer = ByteBuffer()
        buffer.reserveCapacity(capacity)
        var json = JSONBuilder(buffer)
        json.object { json in
            if !contents.system.isEmpty {
                json.member("systemInstruction") { json in
                    json.object { json in
                        json.member("parts") { json in
                            json.array { json in for part in contents.system { part.write(into: &json) } }
                        }
                    }
                }
            }
            json.member("contents") { json in
                json.array { json in for turn in contents.turns { turn.write(into: &json) } }
            }
            tools.write(into: &json)
            writeConfiguration(format, into: &json)
        }
        return json.buffer
    }
}
