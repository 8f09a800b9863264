import NIOCore

/// What one candidate of one response says, in a chat completion's terms; texts are in their escaped form.
struct GeminiCandidate {
    struct Call {
        var id: String
        /// As JSON text, quotes included.
        var name: String
        var arguments: JSONView?
        var signature: String?
    }

    var index = 0
    var content: [UInt8] = []
    var reasoning: [UInt8] = []
    var calls: [Call] = []
    /// `data:` URLs' type and base64, both escaped.
    var images: [(type: JSONView, data: JSONView)] = []
    /// Of a part that is no call.
    var signature: String?
    var finish: GeminiFinish?
    var grounding: JSONView?

    init(_ candidate: JSONView, ids: inout GeminiCallIDs, memory: GeminiMemory) {
        for (key, value) in candidate.members {
            if candidate.isNamed(key, "index") {
                index = value.integer ?? 0
            } else if candidate.isNamed(key, "content") {
                for part in value["parts"]?.elements ?? [] { take(part, ids: &ids, memory: memory) }
            } else if candidate.isNamed(key, "finishReason"), value.isString,
                !value.equals("FINISH_REASON_UNSPECIFIED")
            {
                finish = GeminiFinish(value.string ?? "", message: candidate["finishMessage"]?.string)
            } else if candidate.isNamed(key, "groundingMetadata"), value.isObject {
                grounding = value
            }
        }
    }

    private mutating func take(_ part: JSONView, ids: inout GeminiCallIDs, memory: GeminiMemory) {
        var text: JSONView?
        var call: JSONView?
        var image: JSONView?
        var isThought = false
        var signed: String?
        for (key, value) in part.members {
            if part.isNamed(key, "text"), value.isString {
                text = value
            } else if part.isNamed(key, "thought") {
                isThought = value.isTrue
            } else if part.isNamed(key, "functionCall"), value.isObject {
                call = value
            } else if part.isNamed(key, "thoughtSignature") || part.isNamed(key, "thought_signature") {
                signed = value.string
            } else if part.isNamed(key, "inlineData"), value.isObject {
                image = value
            }
        }
        if let span = text?.span.text, let bytes = text?.bytes {
            if isThought { reasoning += bytes[span.range] } else { content += bytes[span.range] }
        }
        if let call, let name = call["name"], name.isString {
            let id = ids.next(call["id"]?.string)
            if let signed { memory.remember(signed, for: id) }
            let own = name.string.flatMap { memory.name(for: $0) }.map(JSONText.quoted)
            let written = own ?? String(decoding: name.raw, as: UTF8.self)
            calls.append(Call(id: id, name: written, arguments: call["args"], signature: signed))
        } else if let signed, !signed.isEmpty {
            signature = signed
        }
        if let image, !isThought, let type = image["mimeType"], let data = image["data"], data.isString,
            type.string?.hasPrefix("image/") == true
        {
            images.append((type, data))
        }
    }

    var isEmpty: Bool { content.isEmpty && reasoning.isEmpty && calls.isEmpty && images.isEmpty }
}

/// Ids of tool calls: the provider's own, or made of the call's tag, unique in either case.
struct GeminiCallIDs {
    private let tag: String
    private var count = 0

    init(tag: String) { self.tag = tag }

    mutating func next(_ own: String?) -> String {
        count += 1
        if let own, !own.isEmpty { return own }
        return "call_\(tag)_\(count - 1)"
    }
}

/// Why a candidate ended.
enum GeminiFinish {
    case reason(StaticString)
    /// It is no answer: what went wrong, and the status that says what it means.
    case fault(status: Int, code: StaticString, message: String)

    init(_ reason: String, message: String?) {
        switch reason {
        case "STOP", "OTHER", "NO_IMAGE", "IMAGE_OTHER": self = .reason("stop")
        case "MAX_TOKENS", "CONTINUATION": self = .reason("length")
        case "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MALFORMED_RESPONSE":
            self = .fault(
                status: 400,
                code: "tool_use_failed",
                message: "The model failed to call a function (\(reason))" + (message.map { ": \($0)" } ?? ".")
            )
        case "MISSING_THOUGHT_SIGNATURE":
            self = .fault(status: 400, code: "missing_thought_signature", message: message ?? reason)
        case "PUP_LIMITED_DISABLED":
            self = .fault(status: 403, code: "account_disabled", message: message ?? "The account is disabled.")
        // SAFETY, RECITATION, LANGUAGE, BLOCKLIST, PROHIBITED_CONTENT, SPII, IMAGE_SAFETY and what may still come.
        default: self = .reason("content_filter")
        }
    }
}

extension JSONBuilder {
    /// The members of a `delta` or a `message`.
    mutating func writeMembers(of candidate: GeminiCandidate, firstCall: Int, isDelta: Bool) {
        if !candidate.reasoning.isEmpty { member("reasoning_content", escaped: candidate.reasoning) }
        if !candidate.calls.isEmpty {
            member("tool_calls") { json in
                json.array { json in
                    for (place, call) in candidate.calls.enumerated() {
                        json.write(call, index: isDelta ? firstCall + place : nil)
                    }
                }
            }
        }
        if !candidate.images.isEmpty {
            member("images") { json in
                json.array { json in
                    for (place, image) in candidate.images.enumerated() { json.write(image, index: place) }
                }
            }
        }
        if let signature = candidate.signature { writeSignature(signature) }
    }

    private mutating func write(_ call: GeminiCandidate.Call, index: Int?) {
        object { json in
            if let index { json.member("index", index) }
            json.member("id", call.id)
            json.member("type", "function")
            json.member("function") { json in
                json.object { json in
                    json.member("name", raw: call.name)
                    json.key("arguments")
                    if let arguments = call.arguments, arguments.isObject {
                        json.text { JSONText.escape(arguments.raw, into: &$0) }
                    } else {
                        json.string("{}")
                    }
                }
            }
            if let signature = call.signature { json.writeSignature(signature) }
        }
    }

    /// As Google's own OpenAI path has it.
    private mutating func writeSignature(_ signature: String) {
        member("extra_content") { json in
            json.object { json in
                json.member("google") { json in json.object { $0.member("thought_signature", signature) } }
            }
        }
    }

    /// As OpenRouter has it.
    private mutating func write(_ image: (type: JSONView, data: JSONView), index: Int) {
        object { json in
            json.member("type", "image_url")
            json.member("index", index)
            json.member("image_url") { json in
                json.object { json in
                    json.key("url")
                    json.escapedString([
                        Self.bytes("data:"), image.type.inner, Self.bytes(";base64,"), image.data.inner,
                    ])
                }
            }
        }
    }

    private static func bytes(_ text: StaticString) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }
}

extension JSONView {
    /// A string's content as it is written.
    fileprivate var inner: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[span.text?.range ?? span.range.lowerBound..<span.range.lowerBound])
    }
}
