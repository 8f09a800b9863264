/// Ollama's own API (docs.ollama.com/api/chat).
///
/// Ollama's decoder passes over members that it does not know; here they are refused, since what is passed over in
/// silence is a fault of whoever wrote it. Types are checked as Go's decoder does.
struct SimulatedOllama: SimulatedDialect {
    let name = DialectName.ollama
    let basePath = ""
    let streamType = "application/x-ndjson"
    let modelsPath = "/api/tags"

    /// Of ollama.com; a server of one's own asks for none (`keyless`).
    func key(in headers: Headers) throws(Complaint) -> String {
        do throws(Complaint) { return try bearer(in: headers) } catch {
            throw Complaint(status: 401, message: "unauthorized")
        }
    }

    func read(_ request: SimulatedProvider.ReceivedRequest, isStrict: Bool) throws(Complaint) -> SimulatedCall? {
        guard request.path == "/api/chat" else { return nil }
        let json = try object(in: request.body)
        try check(json)
        var messages: [SimulatedJSON] = []
        var calls = OpenCalls()
        for message in json["messages"]?.elements ?? [] { messages.append(try read(message, &calls)) }
        return SimulatedCall(chat(json, messages: messages))
    }

    // MARK: The request

    private enum Kind { case string, boolean, array, object, integer, number, strings, format, think, any }

    private static let members: [String: Kind] = [
        "model": .string, "messages": .array, "stream": .boolean, "tools": .array, "format": .format, "think": .think,
        "keep_alive": .any, "options": .object, "truncate": .boolean, "shift": .boolean, "logprobs": .boolean,
        "top_logprobs": .integer,
    ]

    private static let options: [String: Kind] = [
        "num_ctx": .integer, "num_predict": .integer, "temperature": .number, "top_p": .number, "top_k": .integer,
        "min_p": .number, "stop": .strings, "seed": .integer, "repeat_penalty": .number, "repeat_last_n": .integer,
        "presence_penalty": .number, "frequency_penalty": .number, "typical_p": .number, "num_keep": .integer,
        "num_batch": .integer, "num_gpu": .integer, "num_thread": .integer,
    ]

    private static let messageMembers: [String: Kind] = [
        "role": .string, "content": .string, "thinking": .string, "images": .strings, "tool_calls": .array,
        "tool_name": .string, "tool_call_id": .string,
    ]

    private func check(_ json: SimulatedJSON) throws(Complaint) {
        guard json["model"]?.string?.isEmpty == false else {
            throw Complaint(status: 400, message: "model is required")
        }
        try check(json, against: Self.members, in: "ChatRequest")
        try check(json["options"] ?? .object([]), against: Self.options, in: "ChatRequest.options")
        for tool in json["tools"]?.elements ?? [] {
            let function = tool["function"]
            guard tool["type"]?.string == "function", function?["name"]?.string?.isEmpty == false,
                function?["parameters"]?["type"]?.string == "object"
            else { throw mistyped(tool, "ChatRequest.tools", "api.Tool") }
        }
    }

    private func check(
        _ object: SimulatedJSON,
        against known: [String: Kind],
        in place: String
    ) throws(Complaint) {
        for member in object.members ?? [] {
            guard let kind = known[member.name] else {
                throw Complaint(status: 400, message: "unknown field \"\(member.name)\" in \(place)")
            }
            let value = member.value
            let fits =
                switch kind {
                case .string: value.string != nil
                case .boolean: value.bool != nil
                case .array: value.elements != nil
                case .object: value.members != nil
                case .integer: value.integer != nil
                case .number: value.number != nil
                case .strings: value.elements?.allSatisfy { $0.string != nil } == true
                case .format: value.string == "json" || value.string == "" || value.members != nil
                case .think: value.bool != nil || ["high", "medium", "low"].contains(value.string)
                case .any: true
                }
            guard fits else { throw mistyped(value, "\(place).\(member.name)", "\(kind)") }
        }
    }

    private func mistyped(_ value: SimulatedJSON, _ place: String, _ type: String) -> Complaint {
        let found =
            switch value {
            case .null: "null"
            case .bool: "bool"
            case .number: "number"
            case .string: "string"
            case .array: "array"
            case .object: "object"
            }
        return Complaint(
            status: 400,
            message: "json: cannot unmarshal \(found) into Go struct field \(place) of type \(type)"
        )
    }

    // MARK: Messages

    /// Calls that have no result yet, so that results can be given the ids that chat completions have.
    private struct OpenCalls {
        var calls: [(id: String, name: String)] = []
        var count = 0
    }

    private func read(_ message: SimulatedJSON, _ calls: inout OpenCalls) throws(Complaint) -> SimulatedJSON {
        try check(message, against: Self.messageMembers, in: "ChatRequest.messages")
        let role = message["role"]?.string ?? ""
        guard ["system", "user", "assistant", "tool"].contains(role) else {
            throw Complaint(status: 400, message: "invalid role: \(role)")
        }
        var members = [SimulatedJSON.Member(name: "role", value: .string(role))]
        var content = SimulatedJSON.string(message["content"]?.string ?? "")
        if let images = message["images"]?.elements {
            var parts = [part("text", content)]
            for image in images {
                let data = image.string ?? ""
                guard Self.isBase64(data) else {
                    throw Complaint(status: 400, message: "illegal base64 data at input byte 0")
                }
                let url = SimulatedJSON.string("data:image/png;base64," + data)
                parts.append(part("image_url", .object([.init(name: "url", value: url)])))
            }
            content = .array(parts)
        }
        members.append(.init(name: "content", value: content))
        if let made = message["tool_calls"]?.elements {
            members.append(.init(name: "tool_calls", value: .array(try read(calls: made, &calls))))
        }
        if role == "tool" {
            let (id, name) = (message["tool_call_id"]?.string, message["tool_name"]?.string)
            guard let place = calls.calls.firstIndex(where: { id == nil ? $0.name == name : $0.id == id }),
                name == calls.calls[place].name
            else { throw Complaint(status: 400, message: "a tool's result belongs to no call: \(name ?? "no name")") }
            members.append(.init(name: "tool_call_id", value: .string(calls.calls.remove(at: place).id)))
        }
        return .object(members)
    }

    private func part(_ type: String, _ value: SimulatedJSON) -> SimulatedJSON {
        .object([.init(name: "type", value: .string(type)), .init(name: type, value: value)])
    }

    private func read(calls made: [SimulatedJSON], _ open: inout OpenCalls) throws(Complaint) -> [SimulatedJSON] {
        open.calls = []
        var read: [SimulatedJSON] = []
        for call in made {
            guard let name = call["function"]?["name"]?.string, let arguments = call["function"]?["arguments"] else {
                throw mistyped(call, "ChatRequest.messages.tool_calls", "api.ToolCall")
            }
            guard arguments.members != nil else {
                throw mistyped(
                    arguments,
                    "ChatRequest.messages.tool_calls.function.arguments",
                    "api.ToolCallFunctionArguments"
                )
            }
            open.count += 1
            let id = call["id"]?.string ?? "ollama_\(open.count)"
            open.calls.append((id, name))
            let function = SimulatedJSON.object([
                .init(name: "name", value: .string(name)), .init(name: "arguments", value: .string(arguments.text)),
            ])
            read.append(
                .object([
                    .init(name: "id", value: .string(id)), .init(name: "type", value: .string("function")),
                    .init(name: "function", value: function),
                ])
            )
        }
        return read
    }

    private static func isBase64(_ text: String) -> Bool {
        let body = text.utf8.reversed().drop { $0 == UInt8(ascii: "=") }
        return !text.isEmpty && text.utf8.count % 4 == 0 && text.utf8.count - body.count <= 2
            && body.allSatisfy { byte in
                (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 || byte == UInt8(ascii: "+")
                    || byte == UInt8(ascii: "/")
            }
    }

    /// The chat completion request that says the same.
    private func chat(_ json: SimulatedJSON, messages: [SimulatedJSON]) -> SimulatedJSON {
        var members: [SimulatedJSON.Member] = [
            .init(name: "model", value: json["model"] ?? .null),
            .init(name: "messages", value: .array(messages)),
            // It streams unless it is told not to.
            .init(name: "stream", value: json["stream"] ?? .bool(true)),
            .init(name: "stream_options", value: .object([.init(name: "include_usage", value: .bool(true))])),
        ]
        if let tools = json["tools"] { members.append(.init(name: "tools", value: tools)) }
        for option in json["options"]?.members ?? [] {
            members.append(.init(name: option.name == "num_predict" ? "max_tokens" : option.name, value: option.value))
        }
        if let format = json["format"], format.string != "" {
            var parts: [SimulatedJSON.Member] = [
                .init(name: "type", value: .string(format.string == "json" ? "json_object" : "json_schema"))
            ]
            if format.members != nil {
                parts.append(.init(name: "json_schema", value: .object([.init(name: "schema", value: format)])))
            }
            members.append(.init(name: "response_format", value: .object(parts)))
        }
        return .object(members)
    }

    // MARK: The answer

    func whole(_ answer: SimulatedAnswer, sendsUsage: Bool) -> String {
        var message = #""content":\#(SimulatedJSON.quoted(answer.text))"#
        if let reasoning = answer.reasoning { message += #","thinking":\#(SimulatedJSON.quoted(reasoning))"# }
        if !answer.toolCalls.isEmpty { message += #","tool_calls":\#(calls(of: answer))"# }
        return line(answer, message, end: end(of: answer, sendsUsage: sendsUsage))
    }

    func events(
        _ answer: SimulatedAnswer,
        shape: SimulatedProvider.Streaming,
        includesUsage: Bool
    ) -> [[UInt8]] {
        var lines: [String] = []
        if let reasoning = answer.reasoning {
            lines.append(line(answer, #""content":"","thinking":\#(SimulatedJSON.quoted(reasoning))"#))
        }
        lines += answer.pieces.map { line(answer, #""content":\#(SimulatedJSON.quoted($0))"#) }
        if !answer.toolCalls.isEmpty {
            lines.append(line(answer, #""content":"","tool_calls":\#(calls(of: answer))"#))
        }
        var sendsUsage = true
        if case .never = shape.usage { sendsUsage = false }
        if shape.sendsDone {
            lines.append(line(answer, #""content":"""#, end: end(of: answer, sendsUsage: sendsUsage)))
        }
        return lines.map { Array(($0 + "\n").utf8) }
    }

    func errorEvent(_ payload: String, shape: SimulatedProvider.Streaming) -> [UInt8] { Array((payload + "\n").utf8) }

    func modelList(_ models: [String]) -> String {
        let entries = models.map {
            #"{"name":\#(SimulatedJSON.quoted($0)),"model":\#(SimulatedJSON.quoted($0)),"#
                + #""modified_at":"2026-01-01T00:00:00Z","size":4683087332,"digest":"sim","details":{"parent_model":"","#
                + #""format":"gguf","family":"llama","families":["llama"],"parameter_size":"8.0B","#
                + #""quantization_level":"Q4_K_M"}}"#
        }
        return #"{"models":[\#(entries.joined(separator: ","))]}"#
    }

    private func line(_ answer: SimulatedAnswer, _ message: String, end: String = #""done":false"#) -> String {
        #"{"model":\#(SimulatedJSON.quoted(answer.model)),"created_at":"2026-01-01T00:00:00.000000Z","#
            + #""message":{"role":"assistant",\#(message)},\#(end)}"#
    }

    private func end(of answer: SimulatedAnswer, sendsUsage: Bool) -> String {
        let reason = answer.finishReason == "length" ? "length" : "stop"
        let counts =
            #","prompt_eval_count":\#(answer.usage.promptTokens),"prompt_eval_duration":1,"#
            + #""eval_count":\#(answer.usage.completionTokens),"eval_duration":1"#
        return #""done":true,"done_reason":"\#(reason)","total_duration":1,"load_duration":1"#
            + (sendsUsage ? counts : "")
    }

    private func calls(of answer: SimulatedAnswer) -> String {
        let calls = answer.toolCalls.enumerated()
            .map { index, call in
                #"{"function":{"index":\#(index),"name":\#(SimulatedJSON.quoted(call.name)),"#
                    + #""arguments":\#(call.arguments)}}"#
            }
        return "[" + calls.joined(separator: ",") + "]"
    }
}
