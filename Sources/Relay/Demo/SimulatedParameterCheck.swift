/// Top-level parameters: known, of their type, and not without the one they belong to.
struct SimulatedParameterCheck {
    typealias Complaint = SimulatedCheck.Complaint

    private enum Kind { case string, boolean, integer, number, object, array, any }

    /// What `POST /chat/completions` takes (OpenAI API reference, 2026).
    private static let known: [String: Kind] = [
        "model": .string, "messages": .array, "stream": .boolean, "stream_options": .object, "tools": .array,
        "tool_choice": .any, "parallel_tool_calls": .boolean, "response_format": .object, "temperature": .number,
        "top_p": .number, "n": .integer, "stop": .any, "max_tokens": .integer, "max_completion_tokens": .integer,
        "presence_penalty": .number, "frequency_penalty": .number, "logit_bias": .object, "logprobs": .boolean,
        "top_logprobs": .integer, "user": .string, "seed": .integer, "metadata": .object, "store": .boolean,
        "reasoning_effort": .string, "service_tier": .string, "modalities": .array, "audio": .object,
        "prediction": .object, "web_search_options": .object, "functions": .array, "function_call": .any,
        "prompt_cache_key": .string, "safety_identifier": .string, "verbosity": .string,
        "prompt_cache_retention": .string,
    ]

    let json: SimulatedJSON
    let isStrict: Bool

    func check() throws(Complaint) {
        for name in ["model", "messages"] where json[name] == nil || json[name]?.isNull == true {
            throw Complaint(status: 400, message: "Missing required parameter: '\(name)'.", param: name)
        }
        for member in json.members ?? [] {
            guard let kind = Self.known[member.name] else {
                if !isStrict { continue }
                throw Complaint(status: 400, message: "Unrecognized request argument supplied: \(member.name)")
            }
            if !member.value.isNull { try check(member.value, is: kind, named: member.name) }
        }
        try checkCompanions()
    }

    private func check(_ value: SimulatedJSON, is kind: Kind, named name: String) throws(Complaint) {
        let (fits, word) =
            switch kind {
            case .string: (value.string != nil, "a string")
            case .boolean: (value.bool != nil, "a boolean")
            case .integer: (value.integer != nil, "an integer")
            case .number: (value.number != nil, "a decimal")
            case .object: (value.members != nil, "an object")
            case .array: (value.elements != nil, "an array")
            case .any: (true, "")
            }
        guard fits else {
            throw Complaint(
                status: 400,
                message: "Invalid type for '\(name)': expected \(word).",
                param: name,
                code: "invalid_type"
            )
        }
    }

    private func checkCompanions() throws(Complaint) {
        func isGiven(_ name: String) -> Bool { json[name].map { !$0.isNull } ?? false }
        if isGiven("stream_options"), json["stream"]?.bool != true {
            throw Complaint(
                status: 400,
                message: "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
                param: "stream_options"
            )
        }
        if isGiven("tool_choice"), !isGiven("tools") {
            throw Complaint(
                status: 400,
                message: "'tool_choice' is only allowed when 'tools' are specified.",
                param: "tool_choice"
            )
        }
        if json["tools"]?.elements?.isEmpty == true {
            throw Complaint(
                status: 400,
                message:
                    "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array.",
                param: "tools",
                code: "empty_array"
            )
        }
        if let most = json["max_tokens"]?.integer, most < 1 {
            throw Complaint(
                status: 400,
                message: "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got \(most).",
                param: "max_tokens",
                code: "integer_below_min_value"
            )
        }
    }
}
