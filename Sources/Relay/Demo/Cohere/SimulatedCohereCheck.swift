/// Members, messages and tools as Cohere's chat API takes them.
struct SimulatedCohereCheck {
    typealias Complaint = SimulatedCheck.Complaint

    private static let known: Set<String> = [
        "model", "messages", "stream", "tools", "strict_tools", "documents", "citation_options", "response_format",
        "safety_mode", "max_tokens", "stop_sequences", "temperature", "seed", "frequency_penalty", "presence_penalty",
        "k", "p", "logprobs", "tool_choice", "thinking", "priority",
    ]
    private static let messageMembers: [String: Set<String>] = [
        "system": ["role", "content"], "user": ["role", "content"], "tool": ["role", "content", "tool_call_id"],
        "assistant": ["role", "content", "tool_calls", "tool_plan", "citations"],
    ]

    let json: SimulatedJSON

    func check() throws(Complaint) {
        try checkMembers(json, Self.known)
        guard json["model"]?.string?.isEmpty == false else { throw refused("model is required") }
        try checkRanges()
        try checkMessages()
        try checkTools()
        try checkFormat()
        if json["thinking"] != nil, json["model"]?.string?.contains("reasoning") != true {
            throw refused("thinking is not supported for this model")
        }
    }

    private func refused(_ message: String) -> Complaint {
        Complaint(status: 400, message: "invalid request: \(message)")
    }

    private func checkMembers(_ object: SimulatedJSON, _ known: Set<String>) throws(Complaint) {
        for member in object.members ?? [] where !known.contains(member.name) {
            throw Complaint(
                status: 422,
                message: "unknown field: parameter '\(member.name)' is not a valid field. For proper usage, please "
                    + "refer to https://docs.cohere.com/reference/chat"
            )
        }
    }

    private func checkRanges() throws(Complaint) {
        let ranges = [
            "p": 0.01...0.99, "k": 0...500, "frequency_penalty": 0...1, "presence_penalty": 0...1,
            "temperature": 0...5, "max_tokens": 0...1_000_000,
        ]
        for (name, range) in ranges {
            guard let value = json[name] else { continue }
            guard let number = value.number, range.contains(number) else {
                throw refused("\(name) must be between \(range.lowerBound) and \(range.upperBound) inclusive.")
            }
        }
        let stops = json["stop_sequences"]?.elements ?? []
        guard stops.count <= 5, stops.allSatisfy({ $0.string?.isEmpty == false }) else {
            throw refused("stop_sequences must have at most 5 non-empty strings.")
        }
    }

    // MARK: Messages

    private func checkMessages() throws(Complaint) {
        let messages = json["messages"]?.elements ?? []
        guard let last = messages.last else { throw refused("messages must have at least one element.") }
        for (place, message) in messages.enumerated() {
            guard let role = message["role"]?.string, let known = Self.messageMembers[role] else {
                throw refused("invalid role in messages[\(place)]")
            }
            try checkMembers(message, known)
            try checkContent(message, role: role, at: place)
        }
        guard ["user", "tool"].contains(last["role"]?.string ?? "") else {
            throw refused("the last message must be a user or a tool message.")
        }
    }

    private func checkContent(_ message: SimulatedJSON, role: String, at place: Int) throws(Complaint) {
        let isCall = message["tool_calls"]?.elements?.isEmpty == false
        if role == "assistant", isCall {
            for call in message["tool_calls"]?.elements ?? [] { try checkCall(call) }
            if message["content"] == nil { return }
        }
        if let text = message["content"]?.string {
            guard !text.isEmpty else { throw refused("all elements in messages must have content.") }
            return
        }
        guard let parts = message["content"]?.elements, !parts.isEmpty else {
            throw refused("all elements in messages must have content.")
        }
        let types =
            role == "user" ? ["text", "image_url"] : role == "tool" ? ["text", "document"] : ["text", "thinking"]
        for part in parts {
            guard let type = part["type"]?.string, types.contains(type) else {
                throw refused("content of type \(part["type"]?.string ?? "") is not valid in messages[\(place)]")
            }
            if type == "text" { try checkMembers(part, ["type", "text"]) }
            if type == "image_url" {
                try checkMembers(part, ["type", "image_url"])
                guard part["image_url"]?["url"]?.string?.isEmpty == false else {
                    throw refused("image_url needs a url")
                }
            }
        }
    }

    private func checkCall(_ call: SimulatedJSON) throws(Complaint) {
        try checkMembers(call, ["id", "type", "function"])
        let arguments = call["function"]?["arguments"]?.string ?? ""
        guard let parsed = try? SimulatedJSON.parse(arguments), parsed.members != nil else {
            throw refused("tool call arguments must be a JSON object.")
        }
    }

    // MARK: Tools and format

    private func checkTools() throws(Complaint) {
        for tool in json["tools"]?.elements ?? [] {
            try checkMembers(tool, ["type", "function"])
            guard let function = tool["function"] else { throw refused("tools need a function") }
            try checkMembers(function, ["name", "description", "parameters"])
            guard function["name"]?.string?.isEmpty == false, function["parameters"]?.members != nil else {
                throw refused("a tool's name and parameters are required")
            }
            if function["parameters"]?["$schema"] != nil || function["parameters"]?["additionalProperties"] != nil {
                throw refused("tool parameters have unsupported schema features")
            }
        }
        guard let choice = json["tool_choice"] else { return }
        guard ["REQUIRED", "NONE"].contains(choice.string ?? "") else {
            throw refused("tool_choice must be REQUIRED or NONE")
        }
        guard json["tools"]?.elements?.isEmpty == false else { throw refused("tool_choice needs tools") }
    }

    private func checkFormat() throws(Complaint) {
        guard let format = json["response_format"] else { return }
        try checkMembers(format, ["type", "json_schema"])
        guard ["text", "json_object"].contains(format["type"]?.string ?? "") else {
            throw refused("response_format.type must be text or json_object")
        }
        guard json["tools"] == nil else { throw refused("response_format is not supported with tools") }
        if let schema = format["json_schema"] { try checkSchema(schema) }
    }

    private func checkSchema(_ schema: SimulatedJSON) throws(Complaint) {
        for name in ["additionalProperties", "minimum", "maximum", "minLength", "maxLength", "minItems", "$schema"]
        where schema[name] != nil {
            throw refused("json_schema has the unsupported keyword \(name)")
        }
        for name in ["properties", "$defs"] {
            for member in schema[name]?.members ?? [] { try checkSchema(member.value) }
        }
        if let items = schema["items"] { try checkSchema(items) }
    }
}
