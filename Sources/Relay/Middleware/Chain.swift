import Clients
import NIOCore

/// The middleware chain: its stages in the order in which a request passes them, and what they share.
///
///     SessionAffinity   the conversation's pinned route
///     ContextWindow     fits the history          ┐
///     ContextHandoff    tells who takes over      │
///     StyleDirective    adds the style guide      ├ once per candidate
///     Dispatch          order → reserve → call    ┘
///     Normalization     on the way back
///
/// `Exchange` walks one request through it. Everything here is shared by all event loops; a new catalog is a new chain,
/// swapped in whole.
final class Chain: Sendable {
    let sessionAffinity: SessionAffinity
    let contextWindow: ContextWindow
    let contextHandoff: ContextHandoff
    let styleDirective: StyleDirective
    let dispatch: Dispatch
    let normalization: Normalization

    let quotaQueue: QuotaQueue
    let times: ChainTimes
    /// How each route is called, by its index.
    let dialing: [Dialing]
    /// How those are called that fill in the middle, by the route's index.
    let fillIn: [Int: Dialing]
    let usage: UsageLedger
    /// Where finished requests are noted; `nil` where nothing is stored.
    let requests: RequestLog?
    let metrics: CallMetrics
    /// `server.show_provider`.
    let showsProvider: Bool

    init(
        sessionAffinity: SessionAffinity,
        contextWindow: ContextWindow,
        contextHandoff: ContextHandoff = ContextHandoff(when: .off),
        styleDirective: StyleDirective,
        dispatch: Dispatch,
        normalization: Normalization,
        quotaQueue: QuotaQueue,
        times: ChainTimes,
        dialing: [Dialing],
        fillIn: [Int: Dialing],
        usage: UsageLedger,
        requests: RequestLog? = nil,
        metrics: CallMetrics = CallMetrics(),
        showsProvider: Bool
    ) {
        self.sessionAffinity = sessionAffinity
        self.contextWindow = contextWindow
        self.contextHandoff = contextHandoff
        self.styleDirective = styleDirective
        self.dispatch = dispatch
        self.normalization = normalization
        self.quotaQueue = quotaQueue
        self.times = times
        self.dialing = dialing
        self.fillIn = fillIn
        self.usage = usage
        self.requests = requests
        self.metrics = metrics
        self.showsProvider = showsProvider
    }

    func dialing(of route: Route, for request: ModelRequest) -> Dialing {
        guard request.chat?.origin == .fillIn, let fillIn = fillIn[route.index] else { return dialing[route.index] }
        return fillIn
    }
}

/// The settings' times and counts that an exchange goes by.
struct ChainTimes: Sendable {
    let maxAttempts: Int
    /// After so long without a byte a stream's client is told that somebody is there.
    let silence: Duration
}

/// What is known of a call before its body is read. A class, since all that has to do with the call holds it.
final class CallFacts: Sendable {
    let received: Now
    /// The API that the client speaks.
    let wire: Wire
    let framing: ReplyHead.Framing
    /// Unique within this process; part of ids that Relay makes.
    let tag: String
    /// Who asks, as far as keys tell; sessions of different clients are different.
    let client: String
    /// The key it was given, where it was given one.
    let key: ClientKey?
    /// The session header's value.
    let sessionID: String?
    /// How long it may wait for quota.
    let maxWait: Duration
    /// `X-Use-ServerSide-System-Prompt`.
    let serverSidePrompt: Bool?
    /// `x-request-id`, where the client gave one.
    let requestID: String?
    /// The body's, as the client says it.
    let contentType: String?
    /// The provider is to search the web for the answer.
    let searchesWeb: Bool
    /// The client is told how it is routed.
    let narratesRouting: Bool
    /// `anthropic-version` and `anthropic-beta`, as the client sent them.
    let anthropicVersion: String?
    let anthropicBeta: String?
    /// What a browser of another origin wants to read.
    let cors: ReplyFields?

    init(
        received: Now,
        wire: Wire,
        framing: ReplyHead.Framing,
        tag: String,
        client: String,
        key: ClientKey? = nil,
        sessionID: String? = nil,
        maxWait: Duration,
        serverSidePrompt: Bool? = nil,
        requestID: String? = nil,
        contentType: String? = nil,
        searchesWeb: Bool = false,
        narratesRouting: Bool = false,
        anthropicVersion: String? = nil,
        anthropicBeta: String? = nil,
        cors: ReplyFields? = nil
    ) {
        self.received = received
        self.wire = wire
        self.framing = framing
        self.tag = tag
        self.client = client
        self.key = key
        self.sessionID = sessionID
        self.maxWait = maxWait
        self.serverSidePrompt = serverSidePrompt
        self.requestID = requestID
        self.contentType = contentType
        self.searchesWeb = searchesWeb
        self.narratesRouting = narratesRouting
        self.anthropicVersion = anthropicVersion
        self.anthropicBeta = anthropicBeta
        self.cors = cors
    }

    /// What every answer carries, whatever becomes of the call.
    func writeAnswerFields(into buffer: inout ByteBuffer) {
        writeRequestID("x-request-id", into: &buffer)
        if wire == .messages { writeRequestID("request-id", into: &buffer) }
        if let cors { buffer.writeImmutableBuffer(cors.bytes) }
    }

    private func writeRequestID(_ name: StaticString, into buffer: inout ByteBuffer) {
        if let requestID { return buffer.writeField(name, requestID) }
        buffer.write(room: name.utf8CodeUnitCount + tag.utf8.count + 8) { line in
            line.put(name)
            line.put(": req_")
            line.put(tag)
            line.put("\r\n")
        }
    }
}

/// How a route is called: where it is, and the head of every request to it.
final class Dialing: Sendable {
    let target: UpstreamTarget
    /// Heads of calls, everything before `content-length`.
    let heads: Heads
    /// `nil` where the provider speaks chat completions itself.
    let dialect: (any Dialect)?
    /// Where the provider speaks a wire that clients speak, too.
    let native: Native?
    /// What answers say of the route: `x-routed-via` and its kin.
    let fields: ReplyFields
    let times: CallTimes

    init(
        target: UpstreamTarget,
        heads: Heads,
        dialect: (any Dialect)?,
        native: Native?,
        fields: ReplyFields,
        times: CallTimes
    ) {
        self.target = target
        self.heads = heads
        self.dialect = dialect
        self.native = native
        self.fields = fields
        self.times = times
    }

    /// How a client's own bytes are sent on.
    struct Native: Sendable {
        let wire: Wire
        /// Without what the client says of the API's version.
        let start: ByteBuffer

        func head(_ facts: CallFacts) -> ByteBuffer {
            var head = start
            head.writeField("anthropic-version", facts.anthropicVersion ?? "2023-06-01")
            if let beta = facts.anthropicBeta { head.writeField("anthropic-beta", beta) }
            return head
        }
    }

    struct Heads: Sendable {
        /// Of chat completions; some dialects call a stream by another path.
        let whole: ByteBuffer
        let stream: ByteBuffer
        /// Of the other endpoints that the route serves, without `content-type`.
        let media: [MediaEndpoint: ByteBuffer]
    }
}
