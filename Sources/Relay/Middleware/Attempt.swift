import Clients
import NIOCore

/// One call of one route: what was reserved for it, what has come of it, and how long it may still take.
///
/// A class, since it is changed with every piece of an answer; only its exchange knows it.
final class Attempt {
    /// 1 for the first.
    let number: Int
    let route: Route
    let reservation: Reservation
    let startedAt: Now
    /// The prompt's estimate, as it was sent.
    let promptTokens: Int
    let times: CallTimes
    /// Decodes the answer when the client wants a stream.
    var stream: ChatStreamReply?
    /// The provider's own API, where it is not chat completions, and how its answer is read.
    private let dialect: (any Dialect)?
    private var dialectStream: (any DialectStream)?
    private let tag: String
    /// The provider speaks the client's own API: what it says is only read here, and goes on as it came.
    let isNative: Bool
    private var forwarding: MessagesForwarding?
    /// What a stream that is forwarded would be as a chat completion's.
    private var translation = ChunkWriter(isChunked: false)
    /// A whole answer as it came, where `body` is its translation.
    private(set) var nativeBody: ByteBuffer?
    private(set) var head: ResponseHead?
    private(set) var isStreaming = false
    /// What comes goes to the client as it is: sound, events that are no chat completion's.
    var passesOn = false
    /// What came of an answer that is not streamed.
    private(set) var body = ByteBuffer()
    /// Tool calls that were found in an answer that the provider had refused itself.
    private(set) var rescuedCalls = 0
    private(set) var wasSent = false
    private(set) var firstMeaningfulAt: Now?
    private var connectedAt: Now?
    private var lastPieceAt: Now?
    var hasEnded = false

    static let maxBodyBytes = 64 * 1024 * 1024

    init(
        number: Int,
        route: Route,
        reservation: Reservation,
        startedAt: Now,
        promptTokens: Int,
        times: CallTimes,
        dialect: (any Dialect)?,
        tag: String,
        nativeModel: String? = nil
    ) {
        self.number = number
        self.route = route
        self.reservation = reservation
        self.startedAt = startedAt
        self.promptTokens = promptTokens
        self.times = times
        self.dialect = dialect
        self.tag = tag
        isNative = nativeModel != nil
        forwarding = nativeModel.map { MessagesForwarding(model: $0) }
    }

    /// Events of its stream are the client's own, not a chat completion's.
    var forwardsStream: Bool { isNative && isStreaming }

    /// A stream that has something to say.
    var isMeaningful: Bool { isStreaming && stream?.isMeaningful == true }

    /// A stream whose first words have come, if only for the rules to hold them.
    var hasBegun: Bool { stream.map { $0.answerBytes > 0 || $0.isMeaningful } == true }

    /// The answer is complete and its time has been counted.
    var isSettled: Bool { stream?.state == .complete || hasEnded }

    func connected(at now: Now) {
        wasSent = true
        connectedAt = now
    }

    func received(_ head: ResponseHead, at now: Now) {
        wasSent = true
        self.head = head
        lastPieceAt = now
        isStreaming = stream != nil && head.status / 100 == 2 && head.isStream
        if isStreaming { dialectStream = dialect?.stream(of: dialectCall) }
    }

    private var dialectCall: DialectCall {
        DialectCall(model: route.model.name, tag: tag, created: Int(startedAt.wall))
    }

    /// Something has come that is not gathered.
    func noteRead(at now: Now) { lastPieceAt = now }

    /// `false` when the answer is longer than anyone means.
    func gather(_ bytes: ByteBuffer, at now: Now) -> Bool {
        lastPieceAt = now
        if body.readableBytes == 0 {
            body = bytes
        } else {
            body.writeImmutableBuffer(bytes)
        }
        return body.readableBytes <= Self.maxBodyBytes
    }

    /// What stands for the provider's refusal; `stream` starts anew.
    func rescue(_ answer: ByteBuffer, calls: Int, stream: ChatStreamReply?) {
        body = answer
        rescuedCalls = calls
        self.stream = stream
        dialectStream = nil
    }

    func receive(_ bytes: ByteBuffer, into output: inout ChunkWriter, at now: Now) {
        lastPieceAt = now
        guard dialectStream != nil else { return stream?.receive(bytes, into: &output) ?? () }
        guard forwarding == nil else { return forward(bytes, into: &output) }
        translate(into: &output) { stream, events throws(DialectFault) in try stream?.receive(bytes, into: &events) }
    }

    func end(into output: inout ChunkWriter) {
        if forwardsStream { return endForwarding(into: &output) }
        if dialectStream != nil {
            translate(into: &output) { stream, events throws(DialectFault) in try stream?.end(into: &events) }
        }
        stream?.end(into: &output)
    }

    /// Each event is judged before it goes on: one that is no answer ends the attempt and is not forwarded.
    private func forward(_ bytes: ByteBuffer, into output: inout ChunkWriter) {
        forwarding?.append(bytes)
        do throws(SSEReader.TooLong) {
            while stream?.state == .open, let frame = try forwarding?.next() { forward(frame, into: &output) }
        } catch {
            stream?.fail(.unreadable("an event of the stream is too long"))
        }
    }

    private func forward(_ frame: SSEReader.Frame, into output: inout ChunkWriter) {
        if frame.data != nil {
            translate(into: &translation) { stream, events throws(DialectFault) in
                try stream?.receive(frame.raw, into: &events)
            }
            // Of an answer that says something nobody needs it twice.
            if stream?.isMeaningful == true { _ = translation.take(last: false) }
        }
        guard stream?.state == .open || stream?.state == .complete else { return }
        output.write { forwarding?.write(frame, into: &$0) }
    }

    private func endForwarding(into output: inout ChunkWriter) {
        if stream?.state == .open, let frame = forwarding?.finish() { forward(frame, into: &output) }
        guard stream?.state == .open else { return }
        translate(into: &translation) { stream, events throws(DialectFault) in try stream?.end(into: &events) }
        stream?.end(into: &translation)
        if stream?.state == .complete { output.write { forwarding?.writeStop(into: &$0) } }
    }

    /// The events of an empty stream, for whoever passes it on in the client's words.
    func takeTranslation() -> ByteBuffer? { translation.take(last: false, framed: false) }

    /// What came before a fault still counts: a stream may be complete.
    private func translate(
        into output: inout ChunkWriter,
        _ read: (inout (any DialectStream)?, inout ByteBuffer) throws(DialectFault) -> Void
    ) {
        var events = ByteBuffer()
        var fault: DialectFault?
        do throws(DialectFault) { try read(&dialectStream, &events) } catch { fault = error }
        if events.readableBytes > 0 { stream?.receive(events, into: &output) }
        if let fault { stream?.fail(UpstreamFailure(fault)) }
    }

    /// A whole answer as a chat completion; `false` where it cannot be read.
    func translateBody() -> Bool {
        guard let dialect else { return true }
        do throws(DialectFault) {
            let answer = body
            body = try dialect.answer(answer, to: dialectCall)
            if isNative { nativeBody = answer }
            return true
        } catch {
            return false
        }
    }

    /// Embeddings as OpenAI has them; `false` where they cannot be read.
    func translateEmbeddings() -> Bool {
        guard let embeddings = dialect?.embeddings else { return true }
        do throws(DialectFault) {
            body = try embeddings.answer(body, model: route.model.name)
            return true
        } catch {
            return false
        }
    }

    func noteMeaningful(at now: Now) {
        if firstMeaningfulAt == nil { firstMeaningfulAt = now }
    }

    func errors(_ now: Now) -> UpstreamErrorContext {
        UpstreamErrorContext(head: head, route: route, now: now)
    }

    func note(_ now: Now) -> ChatWholeReply.ProviderNote {
        let latency = startedAt.duration(to: now)
        return ChatWholeReply.ProviderNote(
            provider: route.provider.name,
            model: route.model.name,
            latencyMilliseconds: Int(latency.milliseconds.rounded()),
            attempt: number
        )
    }

    /// For providers that count nothing: the prompt's estimate and four bytes to a token of the answer.
    func estimatedUsage(answerBytes: Int) -> TokenUsage {
        TokenUsage(promptTokens: promptTokens, completionTokens: (answerBytes + 3) / 4)
    }

    /// What a failed call has used of the token windows: nothing where it was refused, the estimate where it ran.
    func spentTokens(_ failure: UpstreamFailure) -> Int? {
        switch failure {
        case .truncatedStream, .timeout, .emptyAnswer, .invalidOutput, .offSchema, .unreadable:
            stream?.usage?.totalTokens
        default: 0
        }
    }

    // MARK: Time

    /// Which of its times has run out.
    func timeout(at now: Now, isCommitted: Bool) -> TimeoutKind? {
        let (kind, time) = nextTimeout(isCommitted: isCommitted)
        if time <= now.instant { return kind }
        if let total = times.total, startedAt.instant.advanced(by: total) <= now.instant { return .total }
        return nil
    }

    func deadline(isCommitted: Bool) -> Instant {
        let (_, time) = nextTimeout(isCommitted: isCommitted)
        return times.total.map { min(time, startedAt.instant.advanced(by: $0)) } ?? time
    }

    /// A whole answer, and a stream that has something to say, may pause; a stream that says nothing may not.
    private func nextTimeout(isCommitted: Bool) -> (TimeoutKind, Instant) {
        guard wasSent else { return (.connect, startedAt.instant.advanced(by: times.connect)) }
        if let lastPieceAt, isCommitted || !isStreaming || firstMeaningfulAt != nil {
            return (.idle, lastPieceAt.instant.advanced(by: times.streamIdle))
        }
        return (.firstByte, (connectedAt ?? startedAt).instant.advanced(by: times.firstByte))
    }
}

/// Times allowed to one call: the settings', raised by what the catalog says of the provider.
struct CallTimes: Sendable {
    var connect: Duration
    /// To the first meaningful delta of a stream, to the head of a whole answer.
    var firstByte: Duration
    var streamIdle: Duration
    var total: Duration?

    init(_ settings: Settings.HTTP, _ provider: ProviderTimeouts) {
        connect = .seconds(max(settings.connectTimeoutSeconds, provider.connect ?? 0))
        firstByte = .seconds(max(settings.effectiveFirstByteSeconds, provider.firstByte ?? 0))
        streamIdle = .seconds(max(settings.effectiveStreamIdleSeconds, provider.streamIdle ?? 0))
        total = (provider.total ?? settings.totalTimeoutSeconds).map { .seconds($0) }
    }
}

/// What is needed to read an upstream's error: its headers, its quirks and the time.
struct UpstreamErrorContext {
    let head: ResponseHead?
    let route: Route
    let now: Now

    func read(status: Int, body: ByteBuffer) -> (UpstreamFailure, UpstreamErrorDetails) {
        // An error body is small; of a page that somebody serves instead, the beginning is enough.
        let bytes = Array(body.readableBytesView.prefix(64 * 1024))
        let failure = UpstreamErrorReader.read(
            status: status,
            headers: head,
            body: bytes,
            quirks: route.quirks,
            now: now
        )
        return (failure, UpstreamErrorDetails(body: bytes))
    }
}

extension ResponseHead: UpstreamHeaders {}

/// A connection that broke before its head has none.
extension Optional: UpstreamHeaders where Wrapped: UpstreamHeaders {
    func first(_ lowercasedName: String) -> String? { flatMap { $0.first(lowercasedName) } }
}

extension UpstreamFailure {
    init(_ fault: DialectFault) {
        switch fault {
        case .cannotSay(let what): self = .unreadable(what)
        case .unreadable(let what): self = .unreadable(what)
        }
    }

    /// What a broken connection means: before the head it may have been chance, in the body the answer is cut.
    init(_ fault: UpstreamFault) {
        switch fault {
        case .cannotConnect(let reason): self = .connectionFailed(reason)
        case .closedBeforeHead: self = .connectionFailed("closed before the answer")
        case .closedInBody: self = .truncatedStream
        case .malformed(let fault): self = .unreadable("\(fault)")
        }
    }
}
