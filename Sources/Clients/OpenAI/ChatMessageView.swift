/// One message of a chat completion request, read for a dialect that says it in other words.
struct ChatMessageView {
    enum Role { case system, user, assistant, tool }

    /// A part of a message's content.
    enum Part {
        /// The text, and the part it stands in where content is an array.
        case text(JSONView, of: JSONView?)
        /// `image_url`: its URL, `https:` or `data:`.
        case image(url: JSONView, of: JSONView)
        /// The `file` object: `file_data`, `file_id`, `filename`.
        case file(JSONView, of: JSONView)
        /// What this one is called, which has no text.
        case other(String)
    }

    private(set) var role = Role.user
    private(set) var content: JSONView?
    private(set) var toolCalls: [ToolCall] = []
    private(set) var toolCallID: JSONView?
    private(set) var refusal: JSONView?
    private(set) var reasoning: JSONView?
    /// Signed thinking: `{"type":"thinking","thinking":…,"signature":…}` or `{"type":"redacted_thinking","data":…}`.
    private(set) var thinkingBlocks: [JSONView] = []

    struct ToolCall {
        let id: JSONView?
        let name: JSONView?
        /// A JSON object as a string; an object from clients that know no better.
        let arguments: JSONView?
    }

    init(_ message: JSONView) {
        for (key, value) in message.members where !value.isNull {
            switch JSONText.string(message.bytes, key) {
            case "role": role = Self.role(value)
            case "content": content = value
            case "tool_calls": toolCalls = value.elements.map(Self.toolCall)
            case "tool_call_id": toolCallID = value
            case "refusal": refusal = value
            case "reasoning_content", "reasoning": reasoning = value
            case "thinking_blocks": thinkingBlocks = value.elements
            default: break
            }
        }
    }

    private static func role(_ value: JSONView) -> Role {
        if value.equals("assistant") { return .assistant }
        if value.equals("tool") { return .tool }
        return value.equals("system") || value.equals("developer") ? .system : .user
    }

    private static func toolCall(_ call: JSONView) -> ToolCall {
        let function = call["function"]
        return ToolCall(id: call["id"], name: function?["name"], arguments: function?["arguments"])
    }

    /// The content's parts; texts of nothing but blanks are none.
    var parts: [Part] {
        guard let content else { return [] }
        if content.isString { return content.isBlank ? [] : [.text(content, of: nil)] }
        return content.elements.compactMap(Self.part)
    }

    private static func part(_ part: JSONView) -> Part? {
        if part.isString { return part.isBlank ? nil : .text(part, of: nil) }
        guard let type = part["type"] else { return nil }
        if type.equals("image_url"), let image = part["image_url"] {
            guard let url = image.isString ? image : image["url"], url.isString else { return .other("image_url") }
            return .image(url: url, of: part)
        }
        if type.equals("file"), let file = part["file"] { return .file(file, of: part) }
        if let text = part["text"] ?? part["refusal"], text.isString {
            return text.isBlank ? nil : .text(text, of: part)
        }
        return .other(type.string ?? "part")
    }
}

/// `data:image/png;base64,…`, split without reading it.
struct DataURL {
    let mediaType: String
    /// Base64, as written; it needs no escapes.
    let data: UnsafeRawBufferPointer

    /// `nil` where `content` is another URL, or the data are not base64. The bytes must outlive it.
    init?(_ content: UnsafeRawBufferPointer) {
        guard content.count > 5, content.prefix(5).elementsEqual("data:".utf8),
            let comma = content.firstIndex(of: UInt8(ascii: ","))
        else { return nil }
        let head = String(decoding: content[5..<comma], as: UTF8.self).lowercased().split(separator: ";")
        guard head.last?.trimmingSpaces == "base64" else { return nil }
        mediaType = head.count > 1 ? head[0].trimmingSpaces : "text/plain"
        data = UnsafeRawBufferPointer(rebasing: content[(comma + 1)...])
    }
}

extension Substring {
    fileprivate var trimmingSpaces: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
