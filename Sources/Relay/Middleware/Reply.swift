import NIOCore

/// The client's side of one exchange: what has been sent, and how what follows is framed.
struct Reply {
    let isStream: Bool
    let framing: ReplyHead.Framing
    private let silence: Duration
    private(set) var headSent = false
    /// The head went out in silence, before a route was known.
    private var wasEarly = false
    /// What has been gathered and not sent.
    var output: ChunkWriter
    var lastWrite: ContinuousClock.Instant = .now

    init(isStream: Bool, framing: ReplyHead.Framing, silence: Duration) {
        self.isStream = isStream
        self.framing = framing
        self.silence = silence
        output = ChunkWriter(isChunked: !framing.isVersion10)
    }

    /// A failed attempt's events are forgotten.
    mutating func discard() {
        _ = output.take(last: false)
    }

    /// The client knows already who answers; until then `flush` wants the fields that say so.
    var tellsRoute: Bool { headSent && !wasEarly }

    // MARK: Streams

    /// Sends what was gathered, with the head when it is the first. Behind an early head the routing goes as a comment.
    mutating func flush(last: Bool, at now: Now, fields: ReplyFields?, into pieces: inout [ByteBuffer]) {
        guard last || output.pending > 0 else { return }
        lastWrite = now.continuous
        if let fields, !headSent {
            pieces.append(head(fields))
        } else if let fields, wasEarly {
            wasEarly = false
            pieces += comment(Self.routing(fields))
        }
        if let piece = output.take(last: last) { pieces.append(piece) }
    }

    private mutating func head(_ fields: ReplyFields) -> ByteBuffer {
        headSent = true
        var buffer = ByteBufferAllocator().buffer(capacity: 512)
        ReplyHead.write(
            status: 200,
            contentType: "text/event-stream; charset=utf-8",
            length: .stream,
            framing: framing,
            fields: fields,
            into: &buffer
        )
        return buffer
    }

    private func comment(_ text: String) -> [ByteBuffer] {
        var writer = ChunkWriter(isChunked: !framing.isVersion10)
        writer.write { _ = $0.writeString(": \(text)\n\n") }
        return writer.take(last: false).map { [$0] } ?? []
    }

    /// `x-routed-via Groq/llama-3.3-70b; attempts=2`.
    private static func routing(_ fields: ReplyFields) -> String {
        var (route, attempts) = ("", "")
        for line in String(buffer: fields.bytes).split(separator: "\r\n") {
            if line.hasPrefix("x-routed-via: ") { route = String(line.dropFirst("x-routed-via: ".count)) }
            if line.hasPrefix("x-gateway-attempts: ") {
                attempts = String(line.dropFirst("x-gateway-attempts: ".count))
            }
        }
        return "x-routed-via \(route); attempts=\(attempts)"
    }

    /// The error in place of the stream's end.
    mutating func streamError(_ error: ClientError, at now: Now) -> [ByteBuffer] {
        lastWrite = now.continuous
        discardUnlessCommitted()
        ChatStreamReply.writeError(error, into: &output)
        return output.take(last: true).map { [$0] } ?? []
    }

    private mutating func discardUnlessCommitted() {
        if wasEarly { discard() }
    }

    // MARK: Silence

    /// When the client is to hear something again; only streams can be told.
    var keepAliveDeadline: ContinuousClock.Instant? {
        isStream ? lastWrite.advanced(by: silence) : nil
    }

    /// The head, if it has not gone out, and a comment.
    mutating func keepAlive(at now: Now, fields: ReplyFields) -> ByteBuffer? {
        guard let time = keepAliveDeadline, time <= now.continuous else { return nil }
        lastWrite = now.continuous
        var buffer = ByteBuffer()
        if !headSent {
            buffer = head(fields)
            wasEarly = true
        }
        for piece in comment("keep-alive") { buffer.writeImmutableBuffer(piece) }
        return buffer
    }

    // MARK: Whole answers

    func whole(_ body: [ByteBuffer], fields: ReplyFields) -> [ByteBuffer] {
        let length = body.reduce(0) { $0 + $1.readableBytes }
        var buffer = ByteBufferAllocator().buffer(capacity: 768 + (length <= 16 * 1024 ? length : 0))
        ReplyHead.write(
            status: 200,
            contentType: "application/json",
            length: .fixed(length),
            framing: framing,
            fields: fields,
            into: &buffer
        )
        guard framing.hasBody else { return [buffer] }
        guard length <= 16 * 1024 else { return [buffer] + body }
        for piece in body { buffer.writeImmutableBuffer(piece) }
        return [buffer]
    }

    func error(_ error: ClientError, fields: ReplyFields) -> [ByteBuffer] {
        [Self.error(error, framing: framing, fields: fields)]
    }

    static func error(_ error: ClientError, framing: ReplyHead.Framing, fields: ReplyFields) -> ByteBuffer {
        var fields = fields
        if let seconds = error.retryAfterSeconds { fields.add("retry-after", seconds) }
        if error.isFinal { fields.add("x-should-retry", "false") }
        if let allowed = error.allowedMethods { fields.add("allow", allowed) }
        if error.status == 401 { fields.add("www-authenticate", "Bearer") }
        let body = error.body
        var buffer = ByteBuffer()
        ReplyHead.write(
            status: error.status,
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
