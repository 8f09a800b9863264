import Clients
import NIOCore

/// A chat completion request as the client sent it, and where in its bytes everything is that Relay acts on.
///
/// A view, not a copy: what Relay does not know stays in the bytes and reaches the provider untouched.
struct ChatRequest: Sendable {
    let body: ByteBuffer
    /// Every top-level member, in order.
    var members: [JSONMember] = []
    /// `model`, as asked for.
    var model = ""
    var wantsStream = false
    /// `stream_options.include_usage`.
    var wantsUsage = false
    var messages: [MessageSpan] = []
    /// The `messages` array, brackets included.
    var messagesRange = 0..<0
    /// A `tools` array that is not empty.
    var tools: JSONValueSpan?
    var responseFormat = ResponseFormat.text
    /// `max_completion_tokens`, else `max_tokens`.
    var maxTokens: Int?
    /// Relay's own `model_type`, `model_scale`, `model_name`.
    var filters = RouteFilters()
    /// `logprobs` belong to the text as it was sampled: nothing may be changed then.
    var wantsLogprobs = false

    enum ResponseFormat: Sendable { case text, jsonObject, jsonSchema }

    /// One message: where it is and what it is, without its text.
    struct MessageSpan: Sendable {
        var range: Range<Int>
        var role: Role
        var content: JSONValueSpan?
        var toolCalls: JSONValueSpan?
        var toolCallID: JSONString?
        var images = 0
        var audios = 0
        /// Bytes of text as they stand in the request, escapes included.
        var textBytes = 0

        /// There is a text, or an array of parts.
        var hasContent: Bool { content.map { $0.kind != .null } ?? false }
    }

    enum Role: Sendable { case system, user, assistant, tool }

    func member(_ name: StaticString) -> JSONMember? {
        body.withUnsafeReadableBytes { bytes in members.first { JSONKey.equals(bytes, $0.key, name) } }
    }

    var hasImages: Bool { messages.contains { $0.images > 0 } }
    var hasAudio: Bool { messages.contains { $0.audios > 0 } }
    var endsWithAssistant: Bool { messages.last?.role == .assistant }

    /// Normalisation may touch the answer: neither a prefilled one nor one whose samples are counted.
    var allowsNormalization: Bool { !endsWithAssistant && !wantsLogprobs }

    /// The names of the functions offered.
    func toolNames() -> Set<String> {
        guard let tools else { return [] }
        return body.withUnsafeReadableBytes { ToolNames.read($0, tools) }
    }
}

/// What a client may be told of its request. Status and envelope are `ClientError`'s.
enum RequestFault: Error, Sendable, Equatable {
    case malformed(JSONFault)
    /// A member is missing, of the wrong type or of a value that cannot be.
    case invalid(param: String, message: String)
}
