import Clients
import NIOCore
import NIOPosix

@testable import Relay

/// One exchange outside any event loop: events go in with a time of the test's own, and what comes out is kept.
struct ExchangeRun {
    private let exchange: Exchange
    /// Every byte that went to the client.
    private(set) var written: [UInt8] = []
    /// The routes that were called, in order.
    private(set) var calls: [String] = []
    private(set) var bodies: [String] = []
    private(set) var cancelled = 0
    private(set) var hasEnded = false
    private(set) var waitsUntil: Instant?
    private let start: Now
    private(set) var seconds = 0.0

    static let whole = #"{"model":"meta-model","messages":[{"role":"user","content":"Where is Paris?"}]}"#
    static let stream =
        #"{"model":"meta-model","stream":true,"messages":[{"role":"user","content":"Where is Paris?"}]}"#

    static let text =
        #"{"id":"a","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":"#
        + #"{"role":"assistant","content":"Paris is the capital."},"finish_reason":null}]}"#
    static let role =
        #"{"id":"a","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":"#
        + #"{"role":"assistant","content":""},"finish_reason":null}]}"#
    static let finish =
        #"{"id":"a","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"#
        + #""finish_reason":"stop"}]}"#

    init(
        _ body: String,
        members: [RelayUnderTest.Member] = [.init("One"), .init("Two")],
        framing: ReplyHead.Framing = .init(),
        maxWait: Duration = .seconds(10),
        queuedFor seconds: Double? = nil,
        settings change: (inout Settings) -> Void = { _ in }
    ) async throws {
        try self.init(
            body,
            chain: try await Self.chain(members, settings: change),
            framing: framing,
            maxWait: maxWait,
            queuedFor: seconds,
            at: QuotaClock.at(0)
        )
    }

    init(
        _ body: String,
        chain: Chain,
        framing: ReplyHead.Framing = .init(),
        maxWait: Duration = .seconds(10),
        session: String? = nil,
        client: String = "",
        queuedFor seconds: Double? = nil,
        wire: Wire = .chat,
        at start: Now
    ) throws {
        let facts = CallFacts(
            received: start,
            wire: wire,
            framing: framing,
            tag: "t1",
            client: client,
            sessionID: session,
            maxWait: maxWait,
            requestID: "req_test"
        )
        let body = ByteBuffer(string: body)
        if wire == .messages {
            let reading = try MessagesRequestReader.read(body)
            let encoder = MessagesEncoder(reading.request, showsThinking: reading.showsThinking, tag: "t1")
            let call = WireCall(request: reading.request, encoder: encoder)
            exchange = Exchange(chain: chain, call: call, facts: facts, buffers: BufferRing())
        } else {
            let call = WireCall(request: try ChatRequestReader.read(body))
            exchange = Exchange(chain: chain, call: call, facts: facts, buffers: BufferRing())
        }
        self.start = start
        receive(seconds.map { .queued(until: start.instant.advanced(by: .seconds($0))) } ?? .begin)
    }

    static func chain(
        _ members: [RelayUnderTest.Member],
        settings change: (inout Settings) -> Void = { _ in }
    ) async throws -> Chain {
        let urls = members.indices.map { "http://127.0.0.1:\($0 + 1)/v1" }
        let configuration = try RelayUnderTest.configuration(members, baseURLs: urls, settings: change)
        let client = SimpleClient(group: MultiThreadedEventLoopGroup.singleton, names: names)
        let boot = try Boot(configuration, client: client)
        return try boot.chain(for: await boot.providers().usable)
    }

    private static let names = NameResolver()

    // MARK: Events

    var now: Now { start.advanced(by: .seconds(seconds)) }

    var phase: Exchange.Phase { exchange.phase }
    var chain: Chain { exchange.chain }

    /// Seconds from the start to when the exchange wants to be woken.
    var deadline: Double? { exchange.deadline.map { start.instant.duration(to: $0).seconds } }

    mutating func receive(_ event: consuming Exchange.Event) {
        let actions = exchange.receive(event, at: now)
        if actions.cancelsCall { cancelled += 1 }
        for piece in actions.write.all { written += Array(piece.readableBytesView) }
        if actions.ends { hasEnded = true }
        if let (route, request) = actions.call {
            calls.append(route.name)
            bodies.append(String(buffer: request.body))
        }
        waitsUntil = actions.waitsUntil
    }

    /// Goes on to that many seconds after the start, ticking whenever it is wanted on the way.
    mutating func advance(to time: Double) {
        while let deadline, deadline <= time, !hasEnded {
            seconds = max(seconds, deadline)
            receive(.tick)
        }
        seconds = time
    }

    mutating func connect() { receive(.upstream(.connected)) }

    mutating func head(_ status: Int = 200, _ type: String = "text/event-stream", _ fields: String = "") throws {
        var parser = ResponseParser()
        var bytes = ByteBuffer(
            string: "HTTP/1.1 \(status) X\r\nContent-Type: \(type)\r\nTransfer-Encoding: chunked\r\n\(fields)\r\n"
        )
        guard case .head(let head) = try parser.next(&bytes) else { throw RawHTTPClient.Failure.malformed("head") }
        read { $0.head = head }
    }

    mutating func body(_ text: String) { read { $0.body = ByteBuffer(string: text) } }

    /// The provider has said all.
    mutating func end() { read { $0.hasEnded = true } }

    mutating func read(_ change: (inout UpstreamRead) -> Void) {
        var read = UpstreamRead()
        change(&read)
        receive(.upstream(.read(read)))
    }

    mutating func event(_ data: String) { body("data: \(data)\n\n") }

    mutating func answer(_ status: Int, _ text: String, _ fields: String = "") throws {
        connect()
        try head(status, "application/json", fields)
        body(text)
        end()
    }

    // MARK: What the client sees

    /// The response so far.
    func response() throws -> RawResponse {
        var reader = RawResponseReader()
        reader.feed(.init(bytes: written, at: .now))
        guard let head = try reader.takeHead() else { throw RawHTTPClient.Failure.truncated }
        var response = RawResponse(head: head, pieces: [], end: .truncated)
        while true {
            switch try reader.takeBody() {
            case .piece(let piece): response.pieces.append(piece)
            case .needsMore: return response
            case .end:
                response.end = .complete
                return response
            }
        }
    }
}
