import NIOCore

/// A whole answer of Cohere's chat API as a `chat.completion`.
struct CohereAnswer {
    private let body: JSONView
    private let call: DialectCall

    init(_ body: JSONView, to call: DialectCall) {
        self.body = body
        self.call = call
    }

    func written() throws(DialectFault) -> ByteBuffer {
        var json = JSONBuilder()
        guard let message = body["message"] ?? body["error"] else { throw .unreadable("no message") }
        guard message.isObject else {
            json.object { $0.member("error") { $0.object { $0.member("message", copying: message) } } }
            return json.buffer
        }
        let finish = CohereFinish(body["finish_reason"])
        if let failure = finish.failure {
            json.object { $0.member("error") { failure.write(nil, into: &$0) } }
            return json.buffer
        }
        let calls = message["tool_calls"]?.elements ?? []
        json.object {
            $0.key("id")
            if let id = body["id"] { $0.copy(id) } else { $0.string("chatcmpl-" + call.tag) }
            $0.member("object", "chat.completion")
            $0.member("created", call.created)
            $0.member("model", call.model)
            $0.member("choices") {
                $0.array {
                    $0.object {
                        $0.member("index", 0)
                        $0.member("message") { Self.write(message, calls, into: &$0) }
                        $0.member("finish_reason", finish.reason(calls: !calls.isEmpty).description)
                    }
                }
            }
            if let usage = CohereUsage(body["usage"]) { $0.member("usage") { usage.write(into: &$0) } }
        }
        return json.buffer
    }

    private static func write(_ message: JSONView, _ calls: [JSONView], into json: inout JSONBuilder) {
        let content = message["content"]
        let parts = content?.elements ?? []
        let texts = content.flatMap { $0.isString ? [$0] : nil } ?? parts.compactMap { $0["text"] }
        let thoughts = parts.compactMap { $0["thinking"] } + (message["tool_plan"].map { [$0] } ?? [])
        json.object {
            $0.member("role", "assistant")
            $0.key("content")
            if texts.isEmpty, !calls.isEmpty { $0.raw("null") } else { $0.escapedString(texts.map(\.content)) }
            if thoughts.contains(where: { $0.isString && !$0.content.isEmpty }) {
                $0.key("reasoning_content")
                $0.escapedString(thoughts.map(\.content))
            }
            if !calls.isEmpty {
                $0.member("tool_calls") { $0.array { for call in calls { write(call, into: &$0) } } }
            }
        }
    }

    private static func write(_ call: JSONView, into json: inout JSONBuilder) {
        json.object {
            $0.member("id", copying: call["id"])
            $0.member("type", "function")
            $0.member("function") {
                $0.object {
                    $0.member("name", copying: call["function"]?["name"])
                    $0.key("arguments")
                    ToolInput.writeText(call["function"]?["arguments"], into: &$0)
                }
            }
        }
    }
}

/// Why an answer ended.
struct CohereFinish {
    private let reason: JSONView?

    /// A generation that broke down: no answer, whatever came of it.
    struct Failure {
        let reason: String
        let status: Int

        /// With the provider's own words where it has any.
        func write(_ words: JSONView?, into json: inout JSONBuilder) {
            json.object {
                $0.key("message")
                if let words, words.isString { $0.copy(words) } else { $0.string("the generation ended in \(reason)") }
                $0.member("type", "server_error")
                $0.member("code", status)
            }
        }
    }

    init(_ reason: JSONView?) { self.reason = reason }

    private func `is`(_ name: StaticString) -> Bool { reason?.equals(name) == true }

    var failure: Failure? {
        if `is`("ERROR") { return Failure(reason: "ERROR", status: 500) }
        return `is`("TIMEOUT") ? Failure(reason: "TIMEOUT", status: 504) : nil
    }

    func reason(calls: Bool) -> StaticString {
        if `is`("MAX_TOKENS") || `is`("ERROR_LIMIT") { return "length" }
        if `is`("ERROR_TOXIC") { return "content_filter" }
        return `is`("TOOL_CALL") || calls ? "tool_calls" : "stop"
    }
}

/// Tokens; what was billed where they are not told.
struct CohereUsage {
    private let input: Int
    private let output: Int
    private let cached: Int?

    init?(_ usage: JSONView?) {
        guard let usage, let counts = usage["tokens"] ?? usage["billed_units"] else { return nil }
        guard let input = Self.count(counts["input_tokens"]), let output = Self.count(counts["output_tokens"]) else {
            return nil
        }
        (self.input, self.output) = (input, output)
        cached = Self.count(usage["cached_tokens"])
    }

    /// They may be written with a fraction. No answer has more of them than that.
    private static func count(_ value: JSONView?) -> Int? {
        value?.number.flatMap { Int(exactly: min($0, 1e15).rounded()) }.map { max(0, $0) }
    }

    func write(into json: inout JSONBuilder) {
        json.object {
            $0.member("prompt_tokens", input)
            $0.member("completion_tokens", output)
            $0.member("total_tokens", input + output)
            if let cached {
                $0.member("prompt_tokens_details") { $0.object { $0.member("cached_tokens", cached) } }
            }
        }
    }
}
