import NIOCore

/// What one object of `/api/chat` says: the whole answer, or a line of a stream.
///
///     {"model":"qwen3:8b","created_at":"…","message":{"role":"assistant","content":"Hi","thinking":"…",
///      "tool_calls":[{"function":{"name":"f","arguments":{}}}]},"done":true,"done_reason":"stop",
///      "prompt_eval_count":26,"eval_count":298}
struct OllamaAnswer {
    private(set) var content: JSONView?
    private(set) var thinking: JSONView?
    private(set) var calls: [JSONView] = []
    private(set) var logprobs: JSONView?
    private(set) var error: JSONView?
    private(set) var isDone = false
    private var doneReason: JSONView?
    private var promptTokens: Int?
    private var answerTokens: Int?

    /// Reads an object in place; a line that is none is not Ollama's.
    static func read<Value>(
        _ body: ByteBuffer,
        _ use: (OllamaAnswer) -> Value
    ) throws(DialectFault) -> Value {
        try body.reading { (bytes) throws(DialectFault) in
            guard let json = try? JSONView(document: bytes) else { throw .unreadable("an answer that is no JSON") }
            guard json.isObject else { throw .unreadable("an answer that is no object") }
            return use(OllamaAnswer(json))
        }
    }

    private init(_ json: JSONView) {
        for (key, value) in json.members where !value.isNull {
            if json.isNamed(key, "message") {
                readMessage(value)
            } else if json.isNamed(key, "done") {
                isDone = value.isTrue
            } else if json.isNamed(key, "done_reason") {
                doneReason = value
            } else if json.isNamed(key, "prompt_eval_count") {
                promptTokens = value.integer
            } else if json.isNamed(key, "eval_count") {
                answerTokens = value.integer
            } else if json.isNamed(key, "logprobs") {
                logprobs = value
            } else if json.isNamed(key, "error") {
                error = value
            }
        }
    }

    private mutating func readMessage(_ message: JSONView) {
        for (key, value) in message.members where !value.isNull {
            if message.isNamed(key, "content") {
                content = value.hasText ? value : nil
            } else if message.isNamed(key, "thinking") {
                thinking = value.hasText ? value : nil
            } else if message.isNamed(key, "tool_calls") {
                calls = value.elements
            }
        }
    }

    /// `load` and `unload` come where nothing was asked.
    func finishReason(hasCalls: Bool) -> String {
        if doneReason?.equals("length") == true { return "length" }
        return hasCalls ? "tool_calls" : "stop"
    }

    // MARK: Writing

    /// A `chat.completion`.
    func write(to call: DialectCall, _ json: inout JSONBuilder) {
        json.object { json in
            json.member("id", "chatcmpl-" + call.tag)
            json.member("object", "chat.completion")
            json.member("created", call.created)
            json.member("model", call.model)
            json.member("choices") { json in
                json.array { json in
                    json.object { json in
                        json.member("index", 0)
                        json.member("message") { json in
                            json.object { json in
                                json.member("role", "assistant")
                                writeMessage(call, firstCall: 0, isDelta: false, &json)
                            }
                        }
                        writeLogprobs(&json)
                        json.member("finish_reason", finishReason(hasCalls: !calls.isEmpty))
                    }
                }
            }
            writeUsage(&json)
        }
    }

    /// The members of a `message` or of a `delta`, its role left out.
    func writeMessage(_ call: DialectCall, firstCall: Int, isDelta: Bool, _ json: inout JSONBuilder) {
        if let content {
            json.member("content", copying: content)
        } else if !isDelta {
            json.member("content", orNull: calls.isEmpty ? "" : nil)
        }
        json.member("reasoning_content", copying: thinking)
        guard !calls.isEmpty else { return }
        json.member("tool_calls") { json in
            json.array { json in
                for (place, made) in calls.enumerated() {
                    Self.write(made, at: firstCall + place, call, isDelta: isDelta, &json)
                }
            }
        }
    }

    private static func write(
        _ made: JSONView,
        at place: Int,
        _ call: DialectCall,
        isDelta: Bool,
        _ json: inout JSONBuilder
    ) {
        let function = made["function"]
        json.object { json in
            if isDelta { json.member("index", place) }
            if let id = made["id"], id.hasText {
                json.member("id", copying: id)
            } else {
                json.member("id", "call_\(call.tag)_\(place)")
            }
            json.member("type", "function")
            json.member("function") { json in
                json.object { json in
                    json.member("name", copying: function?["name"])
                    if let arguments = function?["arguments"] {
                        // Some models' parsers leave text.
                        json.member(
                            "arguments",
                            arguments.string ?? String(decoding: arguments.raw, as: UTF8.self)
                        )
                    } else {
                        json.member("arguments", "{}")
                    }
                }
            }
        }
    }

    func writeLogprobs(_ json: inout JSONBuilder) {
        guard let logprobs, logprobs.isArray else { return }
        json.member("logprobs") { json in json.object { $0.member("content", copying: logprobs) } }
    }

    /// Nothing where the prompt was not counted: a prompt of no tokens would be believed.
    func writeUsage(_ json: inout JSONBuilder) {
        guard let promptTokens, hasUsage else { return }
        let answer = answerTokens ?? 0
        json.member("usage") { json in
            json.object { json in
                json.member("prompt_tokens", promptTokens)
                json.member("completion_tokens", answer)
                json.member("total_tokens", promptTokens + answer)
            }
        }
    }

    var hasUsage: Bool { promptTokens != nil && (promptTokens ?? 0) + (answerTokens ?? 0) > 0 }
}

extension JSONView {
    /// A string that is not empty.
    fileprivate var hasText: Bool { isString && span.range.count > 2 }
}
