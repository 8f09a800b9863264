/// Members, tools and thinking as the Messages API takes them; the rest is for `SimulatedAnthropicTurnCheck`.
struct SimulatedAnthropicCheck {
    typealias Complaint = SimulatedCheck.Complaint

    private enum Kind { case string, boolean, integer, number, object, array, any }

    private static let known: [String: Kind] = [
        "model": .string, "messages": .array, "max_tokens": .integer, "system": .any, "stream": .boolean,
        "stop_sequences": .array, "temperature": .number, "top_p": .number, "top_k": .integer, "metadata": .object,
        "tools": .array, "tool_choice": .object, "thinking": .object, "output_config": .object,
        "service_tier": .string, "container": .any, "cache_control": .object, "inference_geo": .string,
        "diagnostics": .object, "speed": .string, "context_management": .object, "mcp_servers": .array,
    ]

    let json: SimulatedJSON

    private var model: String { json["model"]?.string ?? "" }
    private var isThinking: Bool { ["enabled", "adaptive"].contains(json["thinking"]?["type"]?.string ?? "") }

    func check() throws(Complaint) {
        for name in ["model", "max_tokens", "messages"] where json[name] == nil {
            throw Self.refused("\(name): Field required")
        }
        for member in json.members ?? [] {
            guard let kind = Self.known[member.name] else {
                throw Self.refused("\(member.name): Extra inputs are not permitted")
            }
            try check(member.value, is: kind, named: member.name)
        }
        guard (json["max_tokens"]?.integer ?? 0) >= 1 else {
            throw Self.refused("max_tokens: Input should be greater than or equal to 1")
        }
        try checkSampling()
        try checkTools()
        try checkThinking()
        try checkFormat()
        try SimulatedAnthropicTurnCheck(json: json, isThinking: json["thinking"]?["type"]?.string == "enabled").check()
    }

    static func refused(_ message: String) -> Complaint { Complaint(status: 400, message: message) }

    private func check(_ value: SimulatedJSON, is kind: Kind, named name: String) throws(Complaint) {
        let (fits, word) =
            switch kind {
            case .string: (value.string != nil, "a valid string")
            case .boolean: (value.bool != nil, "a valid boolean")
            case .integer: (value.integer != nil, "a valid integer")
            case .number: (value.number != nil, "a valid number")
            case .object: (value.members != nil, "a valid dictionary")
            case .array: (value.elements != nil, "a valid list")
            case .any: (true, "")
            }
        guard fits else { throw Self.refused("\(name): Input should be \(word)") }
    }

    // MARK: Sampling

    private func checkSampling() throws(Complaint) {
        if let temperature = json["temperature"]?.number, !(0...1).contains(temperature) {
            throw Self.refused("temperature: range: 0..1")
        }
        let isNew = ["opus-4-7", "opus-4-8", "opus-5", "sonnet-5", "haiku-5", "fable", "mythos"]
            .contains { model.contains($0) }
        for name in ["temperature", "top_p", "top_k"] where isNew && json[name] != nil {
            throw Self.refused("`\(name)` is deprecated for this model.")
        }
        if ["-4-1", "-4-5", "-4-6"].contains(where: { model.contains($0) }), json["temperature"] != nil,
            json["top_p"] != nil
        {
            throw Self.refused(
                "`temperature` and `top_p` cannot both be specified for this model. Please use only one."
            )
        }
        for stop in json["stop_sequences"]?.elements ?? [] where stop.string?.allSatisfy(\.isWhitespace) != false {
            throw Self.refused("stop_sequences: each stop sequence must contain non-whitespace")
        }
        for member in json["metadata"]?.members ?? [] where member.name != "user_id" {
            throw Self.refused("metadata.\(member.name): Extra inputs are not permitted")
        }
    }

    // MARK: Tools

    private static let toolMembers: Set<String> = [
        "name", "description", "input_schema", "type", "cache_control", "strict", "input_examples",
        "defer_loading", "allowed_callers", "eager_input_streaming",
    ]

    private func checkTools() throws(Complaint) {
        let tools = json["tools"]?.elements ?? []
        for (place, tool) in tools.enumerated() {
            let type = tool["type"]?.string ?? "custom"
            guard type == "custom" else { continue }
            let path = "tools.\(place).custom"
            guard let name = tool["name"]?.string else { throw Self.refused("\(path).name: Field required") }
            guard Self.isName(name), name.utf8.count <= 128 else {
                throw Self.refused("\(path).name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'")
            }
            for member in tool.members ?? [] where !Self.toolMembers.contains(member.name) {
                throw Self.refused("\(path).\(member.name): Extra inputs are not permitted")
            }
            guard let schema = tool["input_schema"] else { throw Self.refused("\(path).input_schema: Field required") }
            guard schema["type"]?.string == "object" else {
                throw Self.refused("\(path).input_schema.type: Input should be 'object'")
            }
            if ["anyOf", "oneOf", "allOf"].contains(where: { schema[$0] != nil }) {
                throw Self.refused(
                    "\(path).input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level"
                )
            }
        }
        let names = tools.compactMap { $0["name"]?.string }
        guard Set(names).count == names.count else { throw Self.refused("tools: Tool names must be unique.") }
        try checkChoice(names)
    }

    private func checkChoice(_ names: [String]) throws(Complaint) {
        guard let choice = json["tool_choice"] else { return }
        guard !names.isEmpty else { throw Self.refused("tool_choice: may only be specified while providing tools") }
        guard ["auto", "any", "tool", "none"].contains(choice["type"]?.string ?? "") else {
            throw Self.refused("tool_choice: Input tag does not match any of the expected tags")
        }
        if choice["type"]?.string == "tool", !names.contains(choice["name"]?.string ?? "") {
            throw Self.refused("Tool '\(choice["name"]?.string ?? "")' not found in provided tools")
        }
        if choice["type"]?.string == "none", choice["disable_parallel_tool_use"] != nil {
            throw Self.refused("tool_choice.none.disable_parallel_tool_use: Extra inputs are not permitted")
        }
    }

    static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_" || $0 == "-" }
    }

    // MARK: Thinking and format

    private func checkThinking() throws(Complaint) {
        guard let thinking = json["thinking"] else { return }
        let isAdaptiveModel = ["-4-6", "-4-7", "-4-8", "opus-5", "sonnet-5", "haiku-5", "fable", "mythos"]
            .contains { model.contains($0) }
        switch thinking["type"]?.string {
        case "enabled":
            if isAdaptiveModel, !model.contains("-4-6") {
                throw Self.refused(
                    "\"thinking.type.enabled\" is not supported for this model. Use \"thinking.type.adaptive\" and "
                        + "\"output_config.effort\" to control thinking behavior."
                )
            }
            guard let budget = thinking["budget_tokens"]?.integer, budget >= 1024 else {
                throw Self.refused("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")
            }
            guard budget < json["max_tokens"]?.integer ?? 0 else {
                throw Self.refused("`max_tokens` must be greater than `thinking.budget_tokens`.")
            }
        case "adaptive":
            guard isAdaptiveModel else { throw Self.refused("adaptive thinking is not supported on this model") }
        case "disabled": break
        default: throw Self.refused("thinking: Input tag does not match any of the expected tags")
        }
        guard isThinking else { return }
        if let temperature = json["temperature"]?.number, temperature != 1 {
            throw Self.refused("`temperature` may only be set to 1 when thinking is enabled or in adaptive mode.")
        }
        if json["top_k"] != nil { throw Self.refused("`top_k` must be unset when thinking is enabled.") }
        if ["any", "tool"].contains(json["tool_choice"]?["type"]?.string ?? "") {
            throw Self.refused("Thinking may not be enabled when tool_choice forces tool use.")
        }
    }

    private func checkFormat() throws(Complaint) {
        guard let config = json["output_config"] else { return }
        for member in config.members ?? [] where !["effort", "format"].contains(member.name) {
            throw Self.refused("output_config.\(member.name): Extra inputs are not permitted")
        }
        if let effort = config["effort"]?.string, !["low", "medium", "high", "xhigh", "max"].contains(effort) {
            throw Self.refused("output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'")
        }
        guard let format = config["format"] else { return }
        guard format["type"]?.string == "json_schema", let schema = format["schema"] else {
            throw Self.refused("output_config.format.schema: Field required")
        }
        try checkSchema(schema)
    }

    private func checkSchema(_ schema: SimulatedJSON) throws(Complaint) {
        if schema["type"]?.string == "object", schema["additionalProperties"]?.bool != false {
            throw Self.refused(
                "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false"
            )
        }
        for name in ["minimum", "maximum", "minLength", "maxLength", "maxItems"] where schema[name] != nil {
            let type = schema["type"]?.string ?? ""
            throw Self.refused("output_config.format.schema: For '\(type)' type, property '\(name)' is not supported")
        }
        for name in ["properties", "$defs"] {
            for member in schema[name]?.members ?? [] { try checkSchema(member.value) }
        }
        if let items = schema["items"] { try checkSchema(items) }
        for branch in schema["anyOf"]?.elements ?? [] { try checkSchema(branch) }
    }
}
