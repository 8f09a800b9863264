import Clients
import NIOCore
import NIOPosix
import Synchronization

/// Everything that serving needs and that all event loops share. Made once at start; only counters change.
final class Gateway: Sendable {
    let settings: Settings
    private let current: Mutex<Chain>
    let gatekeeper: Gatekeeper
    let admission: AdmissionQueue
    let memory: MemoryBudget
    let office: Office
    /// What the admin API works on; `nil` where nothing is stored.
    let admin: AdminDesk?
    let events: EventHub
    let health: KeyHealthWatch
    let connections = ConnectionList()
    let responses = ResponseStore()
    let threads: NIOThreadPool
    let images: ImageFetcher
    let isDraining = Atomic<Bool>(false)
    /// Tells our own calls from others when one comes back.
    let hopMark: String
    /// The longest that a call may wait for quota.
    private let maxWait: Duration
    private let lastTag = Atomic<UInt64>(0)
    private let tagPrefix: String

    /// What new requests go through; those under way keep theirs.
    var chain: Chain { current.withLock { $0 } }

    func replace(with chain: Chain) {
        current.withLock { $0 = chain }
        events.publish("routes", #"{"routes":\#(chain.dispatch.table.routes.count)}"#)
    }

    var queueTimeout: Duration { .seconds(settings.routing.queueTimeoutSeconds) }

    init(
        settings: Settings,
        chain: Chain,
        office: Office,
        admin: AdminDesk?,
        events: EventHub,
        health: KeyHealthWatch,
        hopMark: String,
        threads: NIOThreadPool,
        images: ImageFetcher
    ) {
        self.images = images
        self.settings = settings
        current = Mutex(chain)
        self.office = office
        self.admin = admin
        self.events = events
        self.health = health
        self.hopMark = hopMark
        self.threads = threads
        gatekeeper = Gatekeeper(settings.server, admin: admin?.access)
        admission = AdmissionQueue(
            maxRunning: settings.routing.maxConcurrentRequests,
            maxWaiting: settings.routing.maxQueuedRequests
        )
        memory = MemoryBudget(limit: settings.server.maxBufferedBytes)
        maxWait = .seconds(settings.routing.maxQuotaWaitSeconds)
        // Five digits, so that an id of fifteen bytes has room in a string without memory of its own.
        tagPrefix = String(Int.random(in: 0..<60_466_176), radix: 36)
    }

    /// What every answer to this request carries: its id, the client's or a new one, and CORS.
    func fields(for request: ClientRequest) -> ReplyFields {
        var fields = ReplyFields()
        let facts = facts(of: request)
        fields.write { facts.writeAnswerFields(into: &$0) }
        return fields
    }

    private func newTag() -> String {
        tagPrefix + String(lastTag.wrappingAdd(1, ordering: .relaxed).newValue, radix: 36)
    }

    /// What a model call asks for, in whichever words.
    func read(_ body: ByteBuffer, on wire: Wire, _ facts: CallFacts) throws(RequestFault) -> WireCall {
        switch wire {
        case .chat:
            return facts.narratesRouting
                ? try StreamRouteReader.read(body) : WireCall(request: try ChatRequestReader.read(body))
        case .messages:
            let reading = try MessagesRequestReader.read(body)
            return WireCall(
                request: reading.request,
                encoder: MessagesEncoder(
                    reading.request,
                    showsThinking: reading.showsThinking,
                    tag: facts.tag
                )
            )
        case .responses: return try ResponsesReader.read(body, facts, from: responses)
        case .completions: return try CompletionsReader.read(body, facts)
        }
    }

    /// What a call to an endpoint other than chat asks for.
    func read(
        _ body: ByteBuffer,
        for endpoint: MediaEndpoint,
        _ facts: CallFacts
    ) throws(RequestFault) -> WireCall {
        WireCall(media: try MediaRequestReader.read(body, for: endpoint, contentType: facts.contentType))
    }

    /// What a call's head says of it.
    func facts(of request: ClientRequest) -> CallFacts {
        let headers = request.headers
        return CallFacts(
            received: request.received,
            wire: request.wire,
            framing: request.framing,
            tag: newTag(),
            client: request.caller.holder,
            key: request.caller.key,
            sessionID: headers.sessionID ?? headers.agentSessionID,
            maxWait: headers.maxWait.map { min($0, maxWait) } ?? maxWait,
            serverSidePrompt: headers.serverSidePrompt,
            requestID: headers.requestID,
            contentType: headers.contentType,
            searchesWeb: request.path == Endpoints.webSearchPath,
            narratesRouting: request.path == Endpoints.streamRoutePath,
            anthropicVersion: headers.anthropicVersion,
            anthropicBeta: headers.anthropicBeta,
            cors: headers.origin == nil ? nil : gatekeeper.corsFields(for: request)
        )
    }
}

/// The open connections, for draining them.
final class ConnectionList: Sendable {
    private struct Entry: Sendable {
        let loop: any EventLoop
        let connection: NIOLoopBound<ClientConnection>
    }

    private let entries = Mutex<[ObjectIdentifier: Entry]>([:])

    func add(_ connection: ClientConnection, on loop: any EventLoop) {
        let entry = Entry(loop: loop, connection: NIOLoopBound(connection, eventLoop: loop))
        entries.withLock { $0[ObjectIdentifier(connection)] = entry }
    }

    func remove(_ connection: ClientConnection) {
        _ = entries.withLock { $0.removeValue(forKey: ObjectIdentifier(connection)) }
    }

    var count: Int { entries.withLock { $0.count } }

    /// Closes those that serve nothing; the others close after their answer.
    func closeIdle() {
        let all = entries.withLock { Array($0.values) }
        for entry in all { entry.loop.execute { entry.connection.value.closeIfIdle() } }
    }
}
