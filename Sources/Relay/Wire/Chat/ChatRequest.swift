import Clients
import NIOCore

/// A chat completion request as the client sent it, and where in its bytes everything is that Relay acts on.
///
/// A view, not a copy: what Relay does not know stays in the bytes and reaches the provider untouched. Read once and
/// never changed; a class, since many hold it and none needs one of its own.
final class ChatRequest: Sendable {
    let body: ByteBuffer
    /// Every top-level member, in order.
    let members: [Member]
    /// `model`, as asked for.
    let model: String
    let wantsStream: Bool
    /// `stream_options.include_usage`.
    let wantsUsage: Bool
    let messages: [MessageSpan]
    /// A `tools` array that is not empty.
    let tools: JSONValueSpan?
    let responseFormat: ResponseFormat
    /// `max_completion_tokens`, else `max_tokens`.
    let maxTokens: Int?
    /// Relay's own `model_type`, `model_scale`, `model_name`.
    let filters: RouteFilters
    let hasImages: Bool
    let hasAudio: Bool
    /// The model is to go on with a text that is already there.
    let endsWithAssistant: Bool
    /// Normalisation may touch the answer: neither a prefilled one, nor one whose samples are counted, nor what goes
    /// between two texts.
    let allowsNormalization: Bool
    /// What the client sent, where this is a translation of it.
    let original: ClientOriginal?
    let origin: Origin

    /// How the client asked.
    enum Origin: Sendable {
        /// In a chat completion of its own.
        case chat
        /// In the words of another wire. What only some models understand goes to those alone.
        case translated
        /// For what belongs between a prompt and its `suffix`: goes to models that can, by a path of their own.
        case fillIn
    }

    enum ResponseFormat: Sendable { case text, jsonObject, jsonSchema }

    enum Role: Sendable { case system, user, assistant, tool }

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

    /// A top-level member.
    struct Member: Sendable {
        let key: JSONString
        let value: JSONValueSpan
        /// What it means to Relay.
        let name: Name

        /// From the key's opening quote to the value's end.
        var range: Range<Int> { key.range.lowerBound - 1..<value.range.upperBound }

        enum Name: Sendable {
            case model, messages, stream, streamOptions, maxTokens, maxCompletionTokens, tools, responseFormat
            case logprobs
            case reasoningEffort
            /// `model_type`, `model_scale`, `model_name`: Relay's own, for nobody else.
            case modelType, modelScale, modelName
            case other
        }
    }

    /// What the reader has found; no more is known of the request than that. It becomes the request's own, uncopied.
    struct Findings: ~Copyable {
        var members: [Member] = []
        var model = ""
        var wantsStream = false
        var wantsUsage = false
        var messages: [MessageSpan] = []
        var tools: JSONValueSpan?
        var responseFormat = ResponseFormat.text
        var maxTokens: Int?
        var filters = RouteFilters()
        var wantsLogprobs = false
    }

    init(
        _ body: ByteBuffer,
        _ findings: consuming Findings,
        origin: Origin = .chat,
        original: ClientOriginal? = nil
    ) {
        self.body = body
        self.origin = origin
        self.original = original
        members = findings.members
        model = findings.model
        wantsStream = findings.wantsStream
        wantsUsage = findings.wantsUsage
        messages = findings.messages
        tools = findings.tools
        responseFormat = findings.responseFormat
        maxTokens = findings.maxTokens
        filters = findings.filters
        hasImages = messages.contains { $0.images > 0 }
        hasAudio = messages.contains { $0.audios > 0 }
        endsWithAssistant = messages.last?.role == .assistant
        allowsNormalization = !endsWithAssistant && !findings.wantsLogprobs && origin != .fillIn
    }

    func member(_ name: Member.Name) -> Member? { members.first { $0.name == name } }

    /// The names of the functions offered.
    func toolNames() -> Set<String> {
        guard let tools else { return [] }
        return body.withUnsafeReadableBytes { ToolNames.read($0, tools) }
    }
}
