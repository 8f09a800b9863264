/// A request of the Messages API as the chat completion that it amounts to, for what all simulated providers share.
struct SimulatedAnthropicReading {
    let json: SimulatedJSON

    var chat: SimulatedJSON {
        var members: [SimulatedJSON.Member] = []
        func add(_ name: String, _ value: SimulatedJSON?) {
            if let value, !value.isNull { members.append(.init(name: name, value: value)) }
        }
        add("model", json["model"])
        add("messages", .array(system + (json["messages"]?.elements ?? []).flatMap(messages)))
        add("max_tokens", json["max_tokens"])
        for name in ["temperature", "top_p", "top_k", "stream", "thinking"] { add(name, json[name]) }
        add("stop", json["stop_sequences"])
        add("user", json["metadata"]?["user_id"])
        add("reasoning_effort", json["output_config"]?["effort"])
        let tools = json["tools"]?.elements ?? []
        if !tools.isEmpty { add("tools", .array(tools.map(tool))) }
        add("tool_choice", choice)
        if let schema = json["output_config"]?["format"]?["schema"] {
            let wrapped = SimulatedJSON.object([
                .init(name: "name", value: .string("answer")), .init(name: "schema", value: schema),
            ])
            add(
                "response_format",
                .object([
                    .init(name: "type", value: .string("json_schema")), .init(name: "json_schema", value: wrapped),
                ])
            )
        }
        return .object(members)
    }

    private var system: [SimulatedJSON] {
        guard let system = json["system"], !system.isNull else { return [] }
        return [Self.message("system", system)]
    }

    /// The results of a user's turn are messages of their own.
    private func messages(_ turn: SimulatedJSON) -> [SimulatedJSON] {
        let role = turn["role"]?.string ?? ""
        guard let blocks = turn["content"]?.elements else { return [Self.message(role, turn["content"] ?? .null)] }
        let results = blocks.filter { $0["type"]?.string == "tool_result" }
            .map { block in
                Self.message(
                    "tool",
                    block["content"] ?? .string(""),
                    [.init(name: "tool_call_id", value: block["tool_use_id"] ?? .null)]
                )
            }
        let calls = blocks.filter { $0["type"]?.string == "tool_use" }.map(Self.call)
        let parts = blocks.compactMap(Self.part)
        guard !parts.isEmpty || !calls.isEmpty else { return results }
        let more: [SimulatedJSON.Member] = calls.isEmpty ? [] : [.init(name: "tool_calls", value: .array(calls))]
        return results + [Self.message(role, parts.isEmpty ? .null : .array(parts), more)]
    }

    private static func message(
        _ role: String,
        _ content: SimulatedJSON,
        _ more: [SimulatedJSON.Member] = []
    ) -> SimulatedJSON {
        let content = content.elements.map { .array($0.compactMap(part)) } ?? content
        return .object([.init(name: "role", value: .string(role)), .init(name: "content", value: content)] + more)
    }

    private static func part(_ block: SimulatedJSON) -> SimulatedJSON? {
        switch block["type"]?.string {
        case "text":
            .object([.init(name: "type", value: .string("text")), .init(name: "text", value: block["text"] ?? .null)])
        case "image", "image_url":
            .object([
                .init(name: "type", value: .string("image_url")),
                .init(name: "image_url", value: block["image_url"] ?? block["source"] ?? .null),
            ])
        default: nil
        }
    }

    private static func call(_ block: SimulatedJSON) -> SimulatedJSON {
        .object([
            .init(name: "id", value: block["id"] ?? .null), .init(name: "type", value: .string("function")),
            .init(
                name: "function",
                value: .object([
                    .init(name: "name", value: block["name"] ?? .null),
                    .init(name: "arguments", value: .string(block["input"]?.text ?? "{}")),
                ])
            ),
        ])
    }

    private func tool(_ tool: SimulatedJSON) -> SimulatedJSON {
        .object([
            .init(name: "type", value: .string("function")),
            .init(
                name: "function",
                value: .object([
                    .init(name: "name", value: tool["name"] ?? .null),
                    .init(name: "description", value: tool["description"] ?? .string("")),
                    .init(name: "parameters", value: tool["input_schema"] ?? .object([])),
                ])
            ),
        ])
    }

    private var choice: SimulatedJSON? {
        switch json["tool_choice"]?["type"]?.string {
        case "auto": .string("auto")
        case "any": .string("required")
        case "none": .string("none")
        case "tool":
            .object([
                .init(name: "type", value: .string("function")),
                .init(
                    name: "function",
                    value: .object([.init(name: "name", value: json["tool_choice"]?["name"] ?? .null)])
                ),
            ])
        default: nil
        }
    }
}
