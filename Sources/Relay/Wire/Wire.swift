import NIOCore

/// The API that a client speaks to Relay.
///
/// Inside everything is a chat completion. A request on another wire is translated where it comes in, its answer where it
/// goes out; the chain between them is the same.
enum Wire: String, Sendable, CaseIterable {
    /// `POST /v1/chat/completions`, and what has no wire of its own.
    case chat
    /// Anthropic's `POST /v1/messages`.
    case messages
    /// OpenAI's `POST /v1/responses`.
    case responses
    /// OpenAI's older `POST /v1/completions`.
    case completions
}

/// A model call as its client sent it, understood: what it asks for, and who writes the answer.
struct WireCall {
    let request: ModelRequest
    /// `nil` where the client speaks chat completions itself.
    let encoder: (any AnswerEncoder)?
    /// Is told of the routing, where the client wants to hear of it; the encoder then.
    let narrator: RouteNarrator?

    init(request: ChatRequest, encoder: (any AnswerEncoder)? = nil) {
        self.request = .chat(request)
        self.encoder = encoder
        narrator = nil
    }

    init(narrated request: ChatRequest, by narrator: RouteNarrator) {
        self.request = .chat(request)
        self.narrator = narrator
        encoder = narrator
    }

    /// Its answer passes on as it comes.
    init(media request: MediaRequest) {
        self.request = .media(request)
        encoder = nil
        narrator = nil
    }

    /// Of what was made of the client's body and is held beside it.
    var translatedBytes: Int {
        guard let chat = request.chat, chat.origin != .chat || narrator != nil else { return 0 }
        return chat.body.readableBytes
    }
}

/// Writes the answer to one exchange in the words of a wire that is not chat completions.
///
/// It is given what a chat completions client would get, in the same order, once that is sure to go out: attempts that
/// were given up never reach it.
protocol AnswerEncoder: AnyObject {
    /// Whole events of a chat completion's stream, `data: [DONE]` at last. `events` is usually one read's worth.
    func encode(_ events: ByteBuffer, into output: inout ByteBuffer)

    /// Whole events that are in the wire's own words: its provider speaks them.
    func forward(_ events: ByteBuffer, into output: inout ByteBuffer)

    /// An error in place of the stream's end.
    func encode(_ error: ClientError, into output: inout ByteBuffer)

    /// What tells a client in silence that somebody is there.
    func encodeKeepAlive(into output: inout ByteBuffer)

    /// A whole `chat.completion`.
    func whole(_ completion: ByteBuffer) -> ByteBuffer
}

extension AnswerEncoder {
    func forward(_ events: ByteBuffer, into output: inout ByteBuffer) { output.writeImmutableBuffer(events) }
}
