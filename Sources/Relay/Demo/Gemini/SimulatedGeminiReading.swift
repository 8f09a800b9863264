/// A `generateContent` request as the chat completion that it asks for.
struct SimulatedGeminiReading {
    let json: SimulatedJSON
    let model: String
    let isStream: Bool

    var chat: SimulatedJSON {
        var members: [SimulatedJSON.Member] = [
            .init(name: "model", value: .string(model)), .init(name: "stream", value: .bool(isStream)),
            .init(name: "messages", value: .array(messages)),
        ]
        func add(_ name: String, _ value: SimulatedJSON?) {
            if let value { members.append(.init(name: name, value: value)) }
        }
        // Gemini counts in every answer, asked or not.
        if isStream { add("stream_options", .object([.init(name: "include_usage", value: .bool(true))])) }
        let config = json["generationConfig"]
        for (theirs, ours) in Self.settings { add(ours, config?[theirs]) }
        add("response_format", responseFormat)
        let tools = tools
        if !tools.isEmpty { add("tools", .array(tools)) }
        add("tool_choice", toolChoice)
        return .object(members)
    }

    private static let settings = [
        ("temperature", "temperature"), ("topP", "top_p"), ("topK", "top_k"), ("maxOutputTokens", "max_tokens"),
        ("stopSequences", "stop"), ("candidateCount", "n"), ("seed", "seed"), ("presencePenalty", "presence_penalty"),
        ("frequencyPenalty", "frequency_penalty"),
    ]

    // MARK: Messages

    private var messages: [SimulatedJSON] {
        var messages: [SimulatedJSON] = []
        if let system = json["systemInstruction"] {
            let text = (system["parts"]?.elements ?? []).compactMap { $0["text"]?.string }.joined(separator: "\n")
            messages.append(Self.message("system", [.init(name: "content", value: .string(text))]))
        }
        /// The ids of the calls that the next results belong to.
        var open: [String] = []
        for (place, content) in (json["contents"]?.elements ?? []).enumerated() {
            let parts = content["parts"]?.elements ?? []
            if content["role"]?.string == "model" {
                let calls = parts.compactMap { $0["functionCall"] }
                open = calls.indices.map { calls[$0]["id"]?.string ?? "call_\(place)_\($0)" }
                messages.append(Self.assistant(parts, calls: zip(open, calls).map { ($0, $1) }))
            } else {
                let results = parts.compactMap { $0["functionResponse"] }
                messages += zip(open, results)
                    .map { id, result in
                        Self.message(
                            "tool",
                            [
                                .init(name: "tool_call_id", value: .string(id)),
                                .init(name: "content", value: .string(result["response"]?.text ?? "")),
                            ]
                        )
                    }
                let said = parts.filter { $0["functionResponse"] == nil }.map(Self.part)
                if !said.isEmpty {
                    messages.append(Self.message("user", [.init(name: "content", value: .array(said))]))
                }
                open = []
            }
        }
        return messages
    }

    private static func message(_ role: String, _ members: [SimulatedJSON.Member]) -> SimulatedJSON {
        .object([.init(name: "role", value: .string(role))] + members)
    }

    private static func assistant(_ parts: [SimulatedJSON], calls: [(String, SimulatedJSON)]) -> SimulatedJSON {
        let text = parts.compactMap { $0["text"]?.string }.joined()
        var members: [SimulatedJSON.Member] = [.init(name: "content", value: .string(text))]
        if !calls.isEmpty {
            let written = calls.map { id, call -> SimulatedJSON in
                let function: [SimulatedJSON.Member] = [
                    .init(name: "name", value: call["name"] ?? .null),
                    .init(name: "arguments", value: .string(call["args"]?.text ?? "{}")),
                ]
                return .object([
                    .init(name: "id", value: .string(id)), .init(name: "type", value: .string("function")),
                    .init(name: "function", value: .object(function)),
                ])
            }
            members.append(.init(name: "tool_calls", value: .array(written)))
        }
        return message("assistant", members)
    }

    private static func part(_ part: SimulatedJSON) -> SimulatedJSON {
        if let text = part["text"] {
            return .object([.init(name: "type", value: .string("text")), .init(name: "text", value: text)])
        }
        let type = part["inlineData"]?["mimeType"]?.string ?? ""
        let kind = type.hasPrefix("image/") ? "image_url" : type.hasPrefix("audio/") ? "input_audio" : "file"
        return .object([
            .init(name: "type", value: .string(kind)), .init(name: kind, value: part["inlineData"] ?? .null),
        ])
    }

    // MARK: Tools and JSON

    private var tools: [SimulatedJSON] {
        (json["tools"]?.elements ?? []).flatMap { $0["functionDeclarations"]?.elements ?? [] }
            .map { declaration in
                var function: [SimulatedJSON.Member] = [.init(name: "name", value: declaration["name"] ?? .null)]
                if let schema = declaration["parametersJsonSchema"] ?? declaration["parameters"] {
                    function.append(.init(name: "parameters", value: Self.lowered(schema)))
                }
                return .object([
                    .init(name: "type", value: .string("function")),
                    .init(name: "function", value: .object(function)),
                ])
            }
    }

    private var toolChoice: SimulatedJSON? {
        let config = json["toolConfig"]?["functionCallingConfig"]
        switch config?["mode"]?.string {
        case "ANY":
            let names = config?["allowedFunctionNames"]?.elements ?? []
            guard names.count == 1 else { return .string("required") }
            return .object([
                .init(name: "type", value: .string("function")),
                .init(name: "function", value: .object([.init(name: "name", value: names[0])])),
            ])
        case "NONE": return .string("none")
        case "AUTO": return .string("auto")
        default: return nil
        }
    }

    private var responseFormat: SimulatedJSON? {
        let config = json["generationConfig"]
        guard config?["responseMimeType"]?.string == "application/json" else { return nil }
        guard let schema = config?["responseJsonSchema"] ?? config?["responseSchema"] else {
            return .object([.init(name: "type", value: .string("json_object"))])
        }
        return .object([
            .init(name: "type", value: .string("json_schema")),
            .init(
                name: "json_schema",
                value: .object([
                    .init(name: "name", value: .string("answer")), .init(name: "schema", value: Self.lowered(schema)),
                ])
            ),
        ])
    }

    /// Types may be written `STRING`.
    private static func lowered(_ schema: SimulatedJSON) -> SimulatedJSON {
        switch schema {
        case .object(let members):
            .object(
                members.map { member in
                    if member.name == "type", let type = member.value.string {
                        return .init(name: "type", value: .string(type.lowercased()))
                    }
                    return .init(name: member.name, value: lowered(member.value))
                }
            )
        case .array(let elements): .array(elements.map(lowered))
        default: schema
        }
    }
}
