import NIOCore

/// An answer of Workers AI, or one event of its stream.
///
/// Its OpenAI-compatible endpoint answers with chat completions. Some models answer as `/ai/run` does, alone or in
/// Cloudflare's envelope:
///
///     {"result":{"response":"Hi","tool_calls":[{"name":"f","arguments":{}}],"usage":{…}},
///      "success":true,"errors":[],"messages":[]}
///     {"result":null,"success":false,"errors":[{"code":3036,"message":"…"}],"messages":[]}
struct CloudflareAnswer {
    /// A chat completion that stands in the envelope.
    private var completion: JSONView?
    private(set) var response: JSONView?
    private(set) var calls: [JSONView] = []
    private(set) var usage: JSONView?
    private(set) var error: JSONView?
    private var isRefused = false
    /// A chat completion, a chunk of one, or an error in OpenAI's words: nothing to translate.
    private(set) var isChat = false

    static func read<Value>(
        _ body: ByteBuffer,
        _ use: (CloudflareAnswer) -> Value
    ) throws(DialectFault) -> Value {
        try body.reading { (bytes) throws(DialectFault) in
            guard let json = try? JSONView(document: bytes) else { throw .unreadable("an answer that is no JSON") }
            return use(CloudflareAnswer(json))
        }
    }

    private init(_ json: JSONView) {
        for (key, value) in json.members where !value.isNull {
            if json.isNamed(key, "choices") || json.isNamed(key, "error") {
                isChat = true
                return
            } else if json.isNamed(key, "success") {
                isRefused = value.span.kind == .false
            } else if json.isNamed(key, "errors") {
                error = value.elements.first
            } else if json.isNamed(key, "result") {
                readResult(value)
            }
        }
        if response == nil, completion == nil { readResult(json) }
    }

    private mutating func readResult(_ result: JSONView) {
        for (key, value) in result.members where !value.isNull {
            if result.isNamed(key, "choices") {
                completion = result
            } else if result.isNamed(key, "response") {
                response = value
            } else if result.isNamed(key, "tool_calls") {
                calls = value.elements
            } else if result.isNamed(key, "usage"), value.isObject {
                usage = value
            }
        }
    }

    /// What stands for it; `nil` where it is a chat completion already, or nothing that is known.
    func completion(to call: DialectCall) -> ByteBuffer? {
        if isChat { return nil }
        if let refusal { return refusal }
        var json = JSONBuilder()
        if let completion {
            json.copy(completion)
            return json.buffer
        }
        guard response != nil || !calls.isEmpty else { return nil }
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
                                writeMessage(call, firstCall: nil, &json)
                            }
                        }
                        json.member("finish_reason", calls.isEmpty ? "stop" : "tool_calls")
                    }
                }
            }
            json.member("usage", copying: usage)
        }
        return json.buffer
    }

    /// Cloudflare's words in the place where an error is looked for.
    var refusal: ByteBuffer? {
        guard isRefused || error != nil && response == nil && completion == nil else { return nil }
        var json = JSONBuilder()
        json.object { json in
            json.member("error") { json in
                json.object { json in
                    if let message = error?["message"] {
                        json.member("message", copying: message)
                    } else {
                        json.member("message", "Workers AI refused the request.")
                    }
                    json.member("code", copying: error?["code"])
                }
            }
        }
        return json.buffer
    }

    /// The members of a `message` or, where calls are counted on from earlier ones, of a `delta`.
    func writeMessage(_ call: DialectCall, firstCall: Int?, _ json: inout JSONBuilder) {
        if let response {
            // JSON that was asked for may come as JSON.
            json.member("content", response.string ?? String(decoding: response.raw, as: UTF8.self))
        } else if firstCall == nil {
            json.member("content", orNull: nil)
        }
        guard !calls.isEmpty else { return }
        json.member("tool_calls") { json in
            json.array { json in
                for (place, made) in calls.enumerated() {
                    let function = made["function"] ?? made
                    let place = (firstCall ?? 0) + place
                    json.object { json in
                        if firstCall != nil { json.member("index", place) }
                        if let id = made["id"], id.isString {
                            json.member("id", copying: id)
                        } else {
                            json.member("id", "call_\(call.tag)_\(place)")
                        }
                        json.member("type", "function")
                        json.member("function") { json in
                            json.object { json in
                                json.member("name", copying: function["name"])
                                let arguments = function["arguments"]
                                json.member(
                                    "arguments",
                                    arguments?.string ?? arguments.map { String(decoding: $0.raw, as: UTF8.self) }
                                        ?? "{}"
                                )
                            }
                        }
                    }
                }
            }
        }
    }
}
