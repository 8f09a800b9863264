import Clients
import NIOCore

/// The client's side of one exchange: what has been sent, and how what follows is framed.
struct Reply: ~Copyable {
    let isStream: Bool
    let framing: ReplyHead.Framing
    private let silence: Duration
    private(set) var headSent = false
    /// The head went out in silence, before a route was known.
    private var wasEarly = false
    /// What has been gathered and not sent: a chat completion's events, whatever the wire.
    var output: ChunkWriter
    /// Writes them in the client's words where its wire is another one.
    let encoder: (any AnswerEncoder)?
    /// What is gathered is in the client's words already.
    var forwards = false
    /// Until something is written, when the call came.
    private var lastWrite: Instant
    /// What has begun cannot be ended properly: its connection ends with it.
    var isBroken = false
    /// What has begun is a stream of events, with a place for an error.
    private(set) var isEventStream = true
    /// The head has told how long the body is.
    private var hasLength = false

    /// To HTTP/1.0 an answer of unknown length ends where the connection does.
    var endsWithConnection: Bool { isBroken || framing.isVersion10 && headSent && !hasLength }

    init(
        isStream: Bool,
        framing: ReplyHead.Framing,
        silence: Duration,
        encoder: (any AnswerEncoder)?,
        since received: Instant
    ) {
        lastWrite = received
        self.isStream = isStream
        self.encoder = encoder
        self.framing = framing
        self.silence = silence
        output = ChunkWriter(isChunked: !framing.isVersion10)
    }

    /// A failed attempt's events are forgotten.
    mutating func discard() {
        _ = output.take(last: false)
        forwards = false
    }

    // MARK: Streams

    /// What has to go before the next piece of a stream: the head, or behind an early one a comment on the route.
    enum Opening { case head, comment, nothing }

    var opening: Opening { headSent ? wasEarly ? .comment : .nothing : .head }

    /// The head of a stream without the fields that the exchange knows; `ReplyHead.end` follows them.
    func streamHead() -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: 768)
        ReplyHead.begin(
            status: 200,
            contentType: "text/event-stream; charset=utf-8",
            length: .stream,
            framing: framing,
            into: &buffer
        )
        return buffer
    }

    /// The head of an answer that passes on as it comes. One of known length is not cut into chunks.
    mutating func passedHead(contentType: String, length: Int?) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: 768)
        hasLength = length != nil
        isEventStream = MultipartForm.mediaType(of: contentType) == "text/event-stream"
        ReplyHead.begin(
            status: 200,
            contentType: contentType,
            length: length.map { .fixed($0) } ?? .stream,
            framing: framing,
            into: &buffer
        )
        return buffer
    }

    /// Takes a piece of such an answer.
    mutating func pass(_ bytes: ByteBuffer) {
        output.write { $0.writeImmutableBuffer(bytes) }
    }

    /// Sends what was gathered behind `opening`, in one buffer.
    mutating func flush(last: Bool, at now: Now, opening: ByteBuffer?, into bytes: inout ClientBytes) {
        lastWrite = now.instant
        headSent = true
        wasEarly = false
        guard let piece = takeOutput(last: last) else {
            if let opening { bytes.append(opening) }
            return
        }
        guard var opening else { return bytes.append(piece) }
        opening.writeImmutableBuffer(piece)
        bytes.append(opening)
    }

    /// What was gathered, in the client's words and framed; `nil` when that is nothing.
    private mutating func takeOutput(last: Bool) -> ByteBuffer? {
        guard let encoder else { return output.take(last: last, framed: !hasLength) }
        let events = output.take(last: false, framed: false)
        return framed(last: last) { output in
            if let events { write(events, by: encoder, into: &output) }
        }
    }

    private func write(_ events: ByteBuffer, by encoder: any AnswerEncoder, into output: inout ByteBuffer) {
        if forwards { encoder.forward(events, into: &output) } else { encoder.encode(events, into: &output) }
    }

    private func framed(last: Bool = false, _ write: (inout ByteBuffer) -> Void) -> ByteBuffer? {
        var writer = ChunkWriter(isChunked: !framing.isVersion10)
        writer.write(write)
        return writer.take(last: last)
    }

    /// A comment event, framed.
    func comment(_ text: String) -> ByteBuffer? {
        framed { _ = $0.writeString(": \(text)\n\n") }
    }

    /// The error in place of the stream's end.
    mutating func streamError(_ error: ClientError, at now: Now) -> ByteBuffer? {
        lastWrite = now.instant
        if wasEarly { discard() }
        guard let encoder else {
            ChatStreamReply.writeError(error, into: &output)
            return output.take(last: true)
        }
        let events = output.take(last: false, framed: false)
        return framed(last: true) { output in
            if let events { write(events, by: encoder, into: &output) }
            encoder.encode(error, into: &output)
        }
    }

    // MARK: Silence

    /// When the client is to hear something again; only streams can be told.
    var keepAliveDeadline: Instant? {
        isStream ? lastWrite.advanced(by: silence) : nil
    }

    /// The head, if it has not gone out, and a sign of life. `fields` are those that every answer carries.
    mutating func keepAlive(at now: Now, fields: (inout ByteBuffer) -> Void) -> ByteBuffer? {
        guard let time = keepAliveDeadline, time <= now.instant else { return nil }
        lastWrite = now.instant
        let sign = encoder.map { encoder in framed { encoder.encodeKeepAlive(into: &$0) } } ?? comment("keep-alive")
        guard let sign else { return nil }
        wasEarly = wasEarly || !headSent
        return opened(with: sign, fields)
    }

    /// An event that goes out by itself, behind the head if that has not gone out.
    mutating func event(
        at now: Now,
        fields: (inout ByteBuffer) -> Void,
        _ write: (inout ByteBuffer) -> Void
    ) -> ByteBuffer? {
        lastWrite = now.instant
        return framed(write).map { opened(with: $0, fields) }
    }

    private mutating func opened(with piece: ByteBuffer, _ fields: (inout ByteBuffer) -> Void) -> ByteBuffer {
        guard !headSent else { return piece }
        headSent = true
        var buffer = streamHead()
        fields(&buffer)
        ReplyHead.end(&buffer)
        buffer.writeImmutableBuffer(piece)
        return buffer
    }

    // MARK: Whole answers

    /// The bytes that a whole answer begins with: its head, and the body where that is short.
    static func room(forWhole length: Int) -> Int { 768 + (length <= ByteBuffer.copiedBytes ? length : 0) }

    /// The head of a whole answer without the fields that the exchange knows.
    func beginWhole(length: Int, contentType: String, into buffer: inout ByteBuffer) {
        ReplyHead.begin(
            status: 200,
            contentType: contentType,
            length: .fixed(length),
            framing: framing,
            into: &buffer
        )
    }

    static func error(
        _ error: ClientError,
        on wire: Wire,
        framing: ReplyHead.Framing,
        fields: ReplyFields
    ) -> ByteBuffer {
        var fields = fields
        if let seconds = error.retryAfterSeconds { fields.add("retry-after", seconds) }
        if error.isFinal { fields.add("x-should-retry", "false") }
        if let allowed = error.allowedMethods { fields.add("allow", allowed) }
        if error.status == 401 { fields.add("www-authenticate", "Bearer") }
        let body = error.body(on: wire)
        var buffer = ByteBuffer()
        ReplyHead.write(
            status: error.status(on: wire),
            contentType: "application/json",
            length: .fixed(body.utf8.count),
            framing: framing,
            fields: fields,
            into: &buffer
        )
        if framing.hasBody { buffer.writeString(body) }
        return buffer
    }
}

/// What goes to the client in one go: nearly always one buffer, which then costs no array.
struct ClientBytes: Sendable {
    private(set) var first: ByteBuffer?
    private(set) var rest: [ByteBuffer] = []

    init() {}
    init(_ first: ByteBuffer) { self.first = first }

    var isEmpty: Bool { first == nil }

    mutating func append(_ bytes: ByteBuffer) {
        if first == nil { first = bytes } else { rest.append(bytes) }
    }

    /// What was gathered; nothing is left.
    mutating func take() -> ClientBytes {
        let taken = self
        self = ClientBytes()
        return taken
    }

    /// In the order in which they go.
    var all: [ByteBuffer] { (first.map { [$0] } ?? []) + rest }
}
