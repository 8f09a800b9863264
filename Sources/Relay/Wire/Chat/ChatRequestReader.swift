import Clients
import NIOCore

/// Reads a chat completion request in one pass over its bytes.
struct ChatRequestReader: ~Copyable {
    private let bytes: UnsafeRawBufferPointer
    private var scanner: JSONScanner
    private var request = ChatRequest.Findings()
    private var hasModel = false
    private var hasMessages = false
    private var maxTokens: Int?
    private var maxCompletionTokens: Int?

    /// - Parameters:
    ///   - origin: how the client asked.
    ///   - original: what it sent, where `body` is a translation that a provider of the same API need not be sent.
    static func read(
        _ body: ByteBuffer,
        origin: ChatRequest.Origin = .chat,
        original: ClientOriginal? = nil
    ) throws(RequestFault) -> ChatRequest {
        let read: Result<ChatRequest, RequestFault> = body.withUnsafeReadableBytes { bytes in
            var reader = ChatRequestReader(bytes)
            do throws(JSONFault) {
                if let fault = try reader.readAll() { return .failure(fault) }
                return .success(ChatRequest(body, reader.request, origin: origin, original: original))
            } catch {
                return .failure(.malformed(error))
            }
        }
        return try read.get()
    }

    private init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        scanner = JSONScanner(bytes)
    }

    /// A document that is no JSON is reported before anything that is wrong in it.
    private mutating func readAll() throws(JSONFault) -> RequestFault? {
        var fault: RequestFault?
        func note(_ param: String, _ message: String) {
            if fault == nil { fault = .invalid(param: param, message: message) }
        }
        request.members.reserveCapacity(16)
        guard scanner.peek() == UInt8(ascii: "{") else {
            _ = try scanner.value()
            try scanner.end()
            return .noObject
        }
        try scanner.enterObject()
        var isFirst = true
        while let key = try scanner.nextKey(&isFirst) {
            let name = Self.name(of: key, bytes)
            let value: JSONValueSpan
            if name == .messages, scanner.peek() == UInt8(ascii: "[") {
                let start = scanner.position
                if let wrong = try readMessages() { note(wrong.param, wrong.message) }
                value = JSONValueSpan(kind: .array, range: start..<scanner.position)
            } else {
                value = try scanner.value()
            }
            let member = ChatRequest.Member(key: key, value: value, name: name)
            request.members.append(member)
            if name != .other, value.kind != .null, let wrong = take(member) { note(wrong.param, wrong.message) }
        }
        try scanner.end()
        if !hasModel { note("model", "You must provide a model parameter.") }
        if !hasMessages { note("messages", "Missing required parameter: 'messages'.") }
        if hasMessages, request.messages.isEmpty, fault == nil {
            note("messages", "Invalid 'messages': empty array. Expected at least one message.")
        }
        request.maxTokens = maxCompletionTokens ?? maxTokens
        return fault
    }

    private typealias Wrong = (param: String, message: String)

    /// The length rules nearly every name out before a byte is compared.
    private static func name(of key: JSONString, _ bytes: UnsafeRawBufferPointer) -> ChatRequest.Member.Name {
        func isNamed(_ name: StaticString) -> Bool { JSONKey.equals(bytes, key, name) }
        switch key.range.count {
        case 5: return isNamed("model") ? .model : isNamed("tools") ? .tools : .other
        case 6: return isNamed("stream") ? .stream : .other
        case 8: return isNamed("messages") ? .messages : isNamed("logprobs") ? .logprobs : .other
        case 10:
            return isNamed("max_tokens")
                ? .maxTokens : isNamed("model_type") ? .modelType : isNamed("model_name") ? .modelName : .other
        case 11: return isNamed("model_scale") ? .modelScale : .other
        case 14: return isNamed("stream_options") ? .streamOptions : .other
        case 15: return isNamed("response_format") ? .responseFormat : .other
        case 16: return isNamed("reasoning_effort") ? .reasoningEffort : .other
        case 21: return isNamed("max_completion_tokens") ? .maxCompletionTokens : .other
        default: return .other
        }
    }

    /// Notes a member that Relay acts on. An explicit `null` is the same as leaving it out, and never comes here.
    private mutating func take(_ member: ChatRequest.Member) -> Wrong? {
        let value = member.value
        switch member.name {
        case .model:
            guard let text = value.text else { return wrongType("model", "a string", value) }
            request.model = JSONText.string(bytes, text)
            hasModel = !request.model.isEmpty
        case .tools:
            guard value.kind == .array else { return wrongType("tools", "an array", value) }
            let inner = bytes[value.range.lowerBound + 1..<value.range.upperBound - 1]
            if inner.contains(where: { $0 > 0x20 }) { request.tools = value }
        case .stream:
            guard value.kind == .true || value.kind == .false else { return wrongType("stream", "a boolean", value) }
            request.wantsStream = value.kind == .true
        case .logprobs:
            request.wantsLogprobs = value.kind == .true
        case .messages:
            guard value.kind == .array else { return wrongType("messages", "an array of messages", value) }
            hasMessages = true
        case .maxTokens:
            guard let number = positive(value) else { return wrongType("max_tokens", "a positive integer", value) }
            maxTokens = number
        case .maxCompletionTokens:
            guard let number = positive(value) else {
                return wrongType("max_completion_tokens", "a positive integer", value)
            }
            maxCompletionTokens = number
        case .streamOptions:
            guard value.kind == .object else { return wrongType("stream_options", "an object", value) }
            request.wantsUsage = JSONKey.member("include_usage", of: value, bytes)?.kind == .true
        case .responseFormat:
            guard value.kind == .object else { return wrongType("response_format", "an object", value) }
            return takeResponseFormat(value)
        case .modelType:
            guard let text = value.text else { return wrongType("model_type", "a string", value) }
            request.filters.type = JSONText.string(bytes, text)
        case .modelScale:
            guard let text = value.text else { return wrongType("model_scale", "a string", value) }
            request.filters.scale = JSONText.string(bytes, text)
        case .modelName:
            guard let text = value.text else { return wrongType("model_name", "a string", value) }
            request.filters.name = JSONText.string(bytes, text)
        case .reasoningEffort, .other:
            break
        }
        return nil
    }

    private mutating func takeResponseFormat(_ value: JSONValueSpan) -> Wrong? {
        guard let type = JSONKey.member("type", of: value, bytes)?.text else {
            return ("response_format.type", "Missing required parameter: 'response_format.type'.")
        }
        if JSONKey.equals(bytes, type, "text") {
            request.responseFormat = .text
        } else if JSONKey.equals(bytes, type, "json_object") {
            request.responseFormat = .jsonObject
        } else if JSONKey.equals(bytes, type, "json_schema") {
            request.responseFormat = .jsonSchema
        } else {
            return (
                "response_format.type",
                "Invalid value for 'response_format.type': expected 'text', 'json_object' or 'json_schema'."
            )
        }
        return nil
    }

    private func positive(_ value: JSONValueSpan) -> Int? {
        guard let number = JSONKey.integer(bytes, value), number > 0 else { return nil }
        return number
    }

    private func wrongType(_ param: String, _ expected: String, _ value: JSONValueSpan) -> Wrong {
        (param, "Invalid type for '\(param)': expected \(expected), but got \(value.kind.article) instead.")
    }

    // MARK: Messages

    private mutating func readMessages() throws(JSONFault) -> Wrong? {
        var wrong: Wrong?
        try scanner.enterArray()
        request.messages.removeAll(keepingCapacity: true)
        // Short messages are many; room for a few too many costs nothing.
        request.messages.reserveCapacity(min(max(16, bytes.count / 1024), 1024))
        var isFirst = true
        while try scanner.nextElement(&isFirst) {
            let place = request.messages.count
            guard scanner.peek() == UInt8(ascii: "{") else {
                let value = try scanner.value()
                if wrong == nil { wrong = wrongType("messages[\(place)]", "an object", value) }
                continue
            }
            let fault = try readMessage(place)
            if wrong == nil { wrong = fault }
        }
        return wrong
    }

    private mutating func readMessage(_ place: Int) throws(JSONFault) -> Wrong? {
        var message = ChatRequest.MessageSpan(range: 0..<0, role: .user)
        var role: JSONValueSpan?
        var wrong: Wrong?
        let start = scanner.position
        try scanner.enterObject()
        var isFirst = true
        while let key = try scanner.nextKey(&isFirst) {
            // The length tells the names apart.
            if key.range.count == 7, JSONKey.equals(bytes, key, "content") {
                if scanner.peek() == UInt8(ascii: "[") {
                    let contentStart = scanner.position
                    try readParts(into: &message)
                    message.content = JSONValueSpan(kind: .array, range: contentStart..<scanner.position)
                } else {
                    let value = try scanner.value()
                    if value.isString {
                        message.textBytes += value.range.count - 2
                    } else if value.kind != .null, wrong == nil {
                        wrong = wrongType("messages[\(place)].content", "a string or an array of parts", value)
                    }
                    message.content = value
                }
                continue
            }
            let value = try scanner.value()
            switch key.range.count {
            case 4 where JSONKey.equals(bytes, key, "role"):
                role = value
            case 10 where JSONKey.equals(bytes, key, "tool_calls") && value.kind == .array:
                message.toolCalls = value
                message.textBytes += value.range.count
            case 12 where JSONKey.equals(bytes, key, "tool_call_id"):
                message.toolCallID = value.text
            default:
                break
            }
        }
        message.range = start..<scanner.position
        if let known = readRole(role) {
            message.role = known
        } else if wrong == nil {
            wrong = (
                "messages[\(place)].role",
                role == nil
                    ? "Missing required parameter: 'messages[\(place)].role'."
                    : "Invalid value for 'messages[\(place)].role': supported values are 'system', 'developer', "
                        + "'user', 'assistant', 'tool' and 'function'."
            )
        }
        request.messages.append(message)
        return wrong
    }

    private func readRole(_ value: JSONValueSpan?) -> ChatRequest.Role? {
        guard let text = value?.text else { return nil }
        switch text.range.count {
        case 4 where JSONKey.equals(bytes, text, "user"): return .user
        case 4 where JSONKey.equals(bytes, text, "tool"): return .tool
        case 6 where JSONKey.equals(bytes, text, "system"): return .system
        case 8 where JSONKey.equals(bytes, text, "function"): return .tool
        case 9 where JSONKey.equals(bytes, text, "assistant"): return .assistant
        case 9 where JSONKey.equals(bytes, text, "developer"): return .system
        default: return nil
        }
    }

    private mutating func readParts(into message: inout ChatRequest.MessageSpan) throws(JSONFault) {
        try scanner.enterArray()
        var isFirst = true
        while try scanner.nextElement(&isFirst) {
            guard scanner.peek() == UInt8(ascii: "{") else {
                _ = try scanner.value()
                continue
            }
            try scanner.enterObject()
            var isFirstMember = true
            while let key = try scanner.nextKey(&isFirstMember) {
                let value = try scanner.value()
                if JSONKey.equals(bytes, key, "text"), value.isString {
                    message.textBytes += value.range.count - 2
                } else if JSONKey.equals(bytes, key, "image_url") {
                    message.images += 1
                } else if JSONKey.equals(bytes, key, "input_audio") {
                    message.audios += 1
                }
            }
        }
    }
}

/// Names of functions in a `tools` array.
enum ToolNames {
    static func read(_ bytes: UnsafeRawBufferPointer, _ tools: JSONValueSpan) -> Set<String> {
        var names: Set<String> = []
        var scanner = JSONScanner(bytes)
        scanner.position = tools.range.lowerBound
        do throws(JSONFault) {
            try scanner.enterArray()
            var isFirst = true
            while try scanner.nextElement(&isFirst) {
                guard scanner.peek() == UInt8(ascii: "{") else {
                    _ = try scanner.value()
                    continue
                }
                try scanner.enterObject()
                var isFirstMember = true
                while let key = try scanner.nextKey(&isFirstMember) {
                    guard JSONKey.equals(bytes, key, "function"), scanner.peek() == UInt8(ascii: "{") else {
                        _ = try scanner.value()
                        continue
                    }
                    try scanner.enterObject()
                    var isFirstInner = true
                    while let inner = try scanner.nextKey(&isFirstInner) {
                        let value = try scanner.value()
                        if JSONKey.equals(bytes, inner, "name"), let text = value.text {
                            names.insert(JSONText.string(bytes, text))
                        }
                    }
                }
            }
        } catch {
            return names
        }
        return names
    }
}

extension JSONValueSpan.Kind {
    /// As said in an error message.
    var article: String {
        switch self {
        case .string, .escapedString: "a string"
        case .number: "a number"
        case .true, .false: "a boolean"
        case .null: "null"
        case .object: "an object"
        case .array: "an array"
        }
    }
}
