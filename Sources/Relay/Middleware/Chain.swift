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

/// What is known of a call before its body is read.
struct CallFacts: Sendable {
    var received: Now
    /// The API that the client speaks.
    var wire: Wire
    var framing: ReplyHead.Framing
    /// Unique within this process; part of ids that Relay makes.
    var tag: String
    /// Who asks, as far as keys tell; sessions of different clients are different.
    var client: String
    /// The key it was given, where it was given one.
    var key: ClientKey?
    /// The session header's value.
    var sessionID: String?
    /// How long it may wait for quota.
    var maxWait: Duration
    /// `X-Use-ServerSide-System-Prompt`.
    var serverSidePrompt: Bool?
    /// `x-request-id`, where the client gave one.
    var requestID: String?
    /// The body's, as the client says it.
    var contentType: String?
    /// The provider is to search the web for the answer.
    var searchesWeb = false
    /// The client is told how it is routed.
    var narratesRouting = false
    /// `anthropic-version` and `anthropic-beta`, as the client sent them.
    var anthropicVersion: String?
    var anthropicBeta: String?
    /// What a browser of another origin wants to read.
    var cors: ReplyFields?

    /// What every answer carries, whatever becomes of the call.
    func writeAnswerFields(into buffer: inout ByteBuffer) {
        writeRequestID("x-request-id", into: &buffer)
        if wire == .messages { writeRequestID("request-id", into: &buffer) }
        if let cors { buffer.writeImmutableBuffer(cors.bytes) }
    }

    private func writeRequestID(_ name: StaticString, into buffer: inout ByteBuffer) {
        if let requestID { return buffer.writeField(name, requestID) }
        buffer.writeStaticString(name)
        buffer.writeStaticString(": req_")
        buffer.writeString(tag)
        buffer.writeStaticString("\r\n")
    }
}

/// How a route is called: where it is, and the head of every request to it.
struct Dialing: Sendable {
    let target: UpstreamTarget
    /// Heads of calls, everything before `content-length`.
    let heads: Heads
    /// `nil` where the provider speaks chat completions itself.
    let dialect: (any Dialect)?
    /// Where the provider speaks a wire that clients speak, too.
    var native: Native?
    /// What answers say of the route: `x-routed-via` and its kin.
    let fields: ReplyFields
    let times: CallTimes

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
