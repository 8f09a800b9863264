import NIOCore

/// A whole `GenerateContentResponse`, or an array of them as a stream without `alt=sse` is, as a `chat.completion`.
struct GeminiWholeAnswer {
    private var candidates: [GeminiCandidate] = []
    /// Where the candidate of an index stands among them.
    private var places: [Int: Int] = [:]
    private var usage: GeminiUsage?
    private var id: String?
    private var error: ByteBuffer?

    static func read(_ body: ByteBuffer, call: DialectCall, memory: GeminiMemory) throws(DialectFault) -> ByteBuffer {
        let read: ByteBuffer? = body.withUnsafeReadableBytes { bytes in
            guard let view = try? JSONView(document: bytes) else { return nil }
            var answer = GeminiWholeAnswer()
            var ids = GeminiCallIDs(tag: call.tag)
            for response in view.isArray ? view.elements : [view] {
                answer.take(response, ids: &ids, memory: memory)
                if let error = answer.error { return error }
            }
            return answer.written(call)
        }
        guard let read else { throw .unreadable("the answer is no JSON") }
        return read
    }

    private mutating func take(_ response: JSONView, ids: inout GeminiCallIDs, memory: GeminiMemory) {
        let reading = GeminiResponse(response)
        error = error ?? reading.error
        usage = reading.usage ?? usage
        id = id ?? reading.id
        for view in reading.candidates {
            let candidate = GeminiCandidate(view, ids: &ids, memory: memory)
            if case .fault(let status, let code, let message)? = candidate.finish {
                error = error ?? GeminiResponse.error(status: status, code: code, message: message)
            }
            if let known = places[candidate.index] {
                candidates[known].add(candidate)
            } else {
                places[candidate.index] = candidates.count
                candidates.append(candidate)
            }
        }
    }

    private func written(_ call: DialectCall) -> ByteBuffer {
        var json = JSONBuilder()
        json.object { json in
            json.member("id", id ?? "chatcmpl-\(call.tag)")
            json.member("object", "chat.completion")
            json.member("created", call.created)
            json.member("model", call.model)
            json.member("choices") { json in
                json.array { json in for candidate in candidates { write(candidate, into: &json) } }
            }
            if let usage {
                json.key("usage")
                usage.write(into: &json)
            }
        }
        return json.buffer
    }

    private func write(_ candidate: GeminiCandidate, into json: inout JSONBuilder) {
        json.object { json in
            json.member("index", candidate.index)
            json.member("message") { json in
                json.object { json in
                    json.member("role", "assistant")
                    if candidate.content.isEmpty, !candidate.calls.isEmpty {
                        json.member("content", raw: "null")
                    } else {
                        json.member("content", escaped: candidate.content)
                    }
                    json.writeMembers(of: candidate, firstCall: 0, isDelta: false)
                    if let grounding = candidate.grounding.map(GeminiGrounding.init), !grounding.isEmpty {
                        json.key("annotations")
                        grounding.write(content: candidate.content, into: &json)
                    }
                }
            }
            if case .reason(let reason)? = candidate.finish {
                let isCall = !candidate.calls.isEmpty && reason.description == "stop"
                json.member("finish_reason", isCall ? "tool_calls" : reason.description)
            } else {
                json.member("finish_reason", raw: "null")
            }
        }
    }
}

extension GeminiCandidate {
    /// What a later response says of the same candidate.
    fileprivate mutating func add(_ more: GeminiCandidate) {
        content += more.content
        reasoning += more.reasoning
        calls += more.calls
        images += more.images
        signature = more.signature ?? signature
        finish = more.finish ?? finish
        grounding = more.grounding ?? grounding
    }
}

/// What one response holds, whole or one of a stream.
struct GeminiResponse {
    private(set) var candidates: [JSONView] = []
    private(set) var usage: GeminiUsage?
    private(set) var id: String?
    /// `{"error":…}`: an error that came as an answer, or a prompt that was refused.
    private(set) var error: ByteBuffer?

    init(_ response: JSONView) {
        for (key, value) in response.members {
            if response.isNamed(key, "candidates") {
                candidates = value.elements.filter(\.isObject)
            } else if response.isNamed(key, "usageMetadata") {
                usage = GeminiUsage(value)
            } else if response.isNamed(key, "responseId") {
                id = value.string
            } else if response.isNamed(key, "error"), !value.isNull {
                var json = JSONBuilder()
                json.object { $0.member("error", copying: value) }
                error = json.buffer
            } else if response.isNamed(key, "promptFeedback"), let reason = value["blockReason"]?.string {
                let words = value["blockReasonMessage"]?.string.map { ": \($0)" } ?? ""
                error = Self.error(
                    status: 400,
                    code: "content_filter",
                    message: "The provider blocked the prompt (\(reason))\(words)"
                )
            }
        }
        // A prompt that was answered was not blocked.
        if !candidates.isEmpty, response["error"] == nil { error = nil }
    }

    static func error(status: Int, code: StaticString, message: String) -> ByteBuffer {
        var json = JSONBuilder()
        json.object { json in
            json.member("error") { json in
                json.object { json in
                    json.member("message", message)
                    json.member("type", "invalid_request_error")
                    json.member("code", code.description)
                    json.member("status_code", status)
                }
            }
        }
        return json.buffer
    }
}
