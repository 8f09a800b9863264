import Clients
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// One client's connection: gathers requests, lets them in, serves them one after the other in the order they came.
final class ClientConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart

    /// A request that has arrived and waits for those before it.
    private enum Pending {
        case request(ClientRequest, ByteBuffer)
        case refusal(ClientRequest, ClientError)
        case broken(ClientError)
    }

    private static let maxPipelined = 8

    private let gateway: Gateway
    private let services: LoopServices
    private let gate: ConnectionGate
    private var context: ChannelHandlerContext?
    private var incoming: IncomingRequest?
    private var pending: [Pending] = []
    private var current: (call: ModelCall, framing: ReplyHead.Framing)?
    /// A page of the office is being made on another thread.
    private var isReading = false
    /// It listens to what happens.
    private var events: EventStream?
    private var isServing: Bool { current != nil || isReading || events != nil }
    private var isClosing = false
    private(set) var isWritable = true
    /// Whose the head was that came last, and the client keys that this was told by.
    private var lastCaller: (caller: Caller, head: ClientHead, revision: Int)?
    private var bodyTimer: Scheduled<Void>?
    private var bodyBytesAtTimer = 0

    init(gateway: Gateway, services: LoopServices, gate: ConnectionGate) {
        self.gateway = gateway
        self.services = services
        self.gate = gate
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        switch unwrapInboundIn(data) {
        case .head(let head): receive(head)
        case .body(let bytes): receive(bytes)
        case .end:
            gate.requestEnded()
            receiveEnd()
        }
    }

    private func receive(_ head: HTTPRequestHead) {
        var request = ClientRequest(head, sessionHeader: gateway.settings.session.idHeader, at: .read())
        let refusal = admit(&request)
        gate.headArrived(request.head, isWelcome: refusal == nil)
        // Nothing is upgraded to: what follows such a request is not HTTP/1.1 any more.
        if request.headers.wantsUpgrade { request = request.closingAfterwards }
        begin(request, refusal: refusal ?? gateway.gatekeeper.bodyRefusal(of: request))
    }

    /// A request with a head that came before and was welcome; its body follows.
    func receive(_ head: ClientHead, contentLength: Int) {
        guard !isClosing else { return }
        var request = ClientRequest(head, contentLength: contentLength, at: .read())
        let refusal = readmit(&request)
        begin(request, refusal: refusal)
    }

    /// The same with all of its body: most requests come in one piece, and are served without being gathered.
    func receive(_ head: ClientHead, _ body: ByteBuffer) {
        guard !isClosing else { return }
        var request = ClientRequest(head, contentLength: body.readableBytes, at: .read())
        let refusal = readmit(&request)
        guard refusal == nil, !isServing, pending.isEmpty, gateway.memory.take(body.readableBytes) else {
            begin(request, refusal: refusal)
            receive(body)
            return receiveEnd()
        }
        serve(request, body)
    }

    /// Whether a known head is still welcome only changes with the client keys.
    private func readmit(_ request: inout ClientRequest) -> ClientError? {
        if let last = lastCaller, last.head === request.head,
            gateway.gatekeeper.stillAdmits(last.caller, since: last.revision, at: request.received)
        {
            request.caller = last.caller
        } else if let refusal = admit(&request) {
            return refusal
        }
        return gateway.gatekeeper.bodyRefusal(of: request)
    }

    private func admit(_ request: inout ClientRequest) -> ClientError? {
        let revision = gateway.gatekeeper.clients.revision
        do throws(ClientError) {
            request.caller = try gateway.gatekeeper.admit(request, hop: gateway.hopMark)
            // A session may end at any time.
            let isAsked = request.path.hasPrefix(AdminAPI.prefix)
            lastCaller = isAsked ? nil : (request.caller, request.head, revision)
            return nil
        } catch {
            lastCaller = nil
            return error
        }
    }

    private func begin(_ request: consuming ClientRequest, refusal: ClientError?) {
        let isExpecting = request.headers.expectsContinue
        if let refusal, refusal.closesConnection || isExpecting || !request.hasSmallBody {
            // The body is not read: the answer goes out now and the connection ends with it.
            return enqueue(.refusal(request.closingAfterwards, refusal))
        }
        incoming = IncomingRequest(request: request, refusal: refusal)
        if refusal == nil, isExpecting, !isServing, pending.isEmpty {
            write(ClientBytes(ByteBuffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n")))
        }
    }

    func receive(_ bytes: ByteBuffer) {
        guard !isClosing, incoming != nil, incoming?.refusal == nil else { return }
        guard gateway.memory.take(bytes.readableBytes) else { return refuseBody(.outOfMemory) }
        incoming?.append(bytes)
        if incoming?.body.readableBytes ?? 0 > gateway.gatekeeper.maxBodyBytes {
            refuseBody(.bodyTooLarge(limit: gateway.gatekeeper.maxBodyBytes))
        }
    }

    /// What follows of the body is not wanted: after the answer the connection is closed.
    private func refuseBody(_ error: ClientError) {
        guard let request = incoming?.request else { return }
        dropIncoming()
        enqueue(.refusal(request.closingAfterwards, error))
    }

    private func dropIncoming() {
        if let incoming { gateway.memory.give(incoming.body.readableBytes) }
        incoming = nil
    }

    func receiveEnd() {
        guard !isClosing, let done = incoming.take() else { return }
        if let refusal = done.refusal {
            enqueue(.refusal(done.request, refusal))
        } else {
            if !isServing, pending.isEmpty, !isClosing { return serve(done.request, done.body) }
            enqueue(.request(done.request, done.body))
        }
    }

    private func enqueue(_ next: Pending) {
        pending.append(next)
        if pending.count >= Self.maxPipelined { gate.stopReading() }
        if !isServing { serveNext() }
    }

    private func serveNext() {
        while !isServing, !isClosing, !pending.isEmpty {
            let next = pending.removeFirst()
            if pending.count < Self.maxPipelined { gate.resumeReading() }
            switch next {
            case .request(let request, let body): serve(request, body)
            case .refusal(let request, let error):
                replyError(error, to: request)
            case .broken(let error):
                replyError(error, on: .chat, framing: .init(keepsAlive: false), fields: ReplyFields())
            }
        }
    }

    private func serve(_ request: consuming ClientRequest, _ body: ByteBuffer) {
        if gateway.isDraining.load(ordering: .relaxed) { request = request.closingAfterwards }
        switch request.head.endpoint {
        case let match where match.isOwners && request.caller.key != nil:
            gateway.memory.give(body.readableBytes)
            replyError(.ownersOnly, to: request)
        case .model(let wire):
            serveModel(request, body) { facts throws(RequestFault) in try gateway.read(body, on: wire, facts) }
        case .media(let endpoint):
            serveModel(request, body) { facts throws(RequestFault) in try gateway.read(body, for: endpoint, facts) }
        case .question(let question):
            answer(request, isSlow: body.readableBytes > ContextWindow.offloadBytes, holding: body.readableBytes) {
                [gateway, request] in gateway.office.answer(question, body, request: request, gateway: gateway)
            }
        case .office(let page):
            gateway.memory.give(body.readableBytes)
            write(ClientBytes(gateway.office.answer(page, request: request, gateway: gateway)))
            replyEnded(keepsAlive: request.framing.keepsAlive)
        case .errand(let errand):
            answer(request, holding: body.readableBytes) { [gateway, request] in
                await gateway.office.answer(errand, request: request, gateway: gateway)
            }
        case .admin(let found, let perform):
            request.remote = context?.remoteAddress?.ipAddress
            answer(request, holding: body.readableBytes) { [gateway, request] in
                await gateway.office.answer(found, by: perform, body, request: request, gateway: gateway)
            }
        case .events:
            gateway.memory.give(body.readableBytes)
            guard gateway.admin != nil else { return replyError(.notStored, to: request) }
            let stream = EventStream(request, gateway: gateway, loop: services.loop, connection: self)
            events = stream
            stream.begin()
        case .refused(let error):
            gateway.memory.give(body.readableBytes)
            replyError(error, to: request)
        }
    }

    // MARK: The office

    /// Writes what `make` makes; on another thread where that takes long.
    /// - Parameter count: bytes of the request, held until then.
    private func answer(
        _ request: ClientRequest,
        isSlow: Bool,
        holding count: Int,
        _ make: @escaping @Sendable () -> ByteBuffer
    ) {
        guard isSlow else {
            write(ClientBytes(make()))
            gateway.memory.give(count)
            return replyEnded(keepsAlive: request.framing.keepsAlive)
        }
        isReading = true
        let bound = NIOLoopBound(self, eventLoop: services.loop)
        gateway.threads.runIfActive(eventLoop: services.loop, make)
            .whenComplete { result in
                // The pool refuses work only while Relay stops.
                bound.value.finish(request, with: try? result.get(), holding: count)
            }
    }

    /// Writes what others are waited for.
    private func answer(
        _ request: ClientRequest,
        holding count: Int,
        _ make: @escaping @Sendable () async -> ByteBuffer
    ) {
        isReading = true
        let bound = NIOLoopBound(self, eventLoop: services.loop)
        Task { [loop = services.loop] in
            let bytes = await make()
            loop.execute { bound.value.finish(request, with: bytes, holding: count) }
        }
    }

    /// A stream of events is over: nothing follows it on its connection.
    func eventsEnded() {
        events = nil
        closeAfterReply()
    }

    /// What was made elsewhere is here.
    private func finish(_ request: ClientRequest, with bytes: ByteBuffer?, holding count: Int) {
        isReading = false
        gateway.memory.give(count)
        guard let bytes else { return closeAfterReply() }
        write(ClientBytes(bytes))
        replyEnded(keepsAlive: request.framing.keepsAlive)
    }

    // MARK: Model calls

    private func serveModel(
        _ request: ClientRequest,
        _ body: ByteBuffer,
        read: (CallFacts) throws(RequestFault) -> WireCall
    ) {
        let facts = gateway.facts(of: request)
        var memory = HeldMemory(gateway.memory, holding: body.readableBytes)
        let wireCall: WireCall
        do throws(RequestFault) {
            wireCall = try read(facts)
        } catch {
            return replyError(ClientError(error), to: request)
        }
        guard memory.take(wireCall.translatedBytes) else { return replyError(.outOfMemory, to: request) }
        let call = ModelCall(
            connection: self,
            gateway: gateway,
            services: services,
            call: wireCall,
            facts: facts,
            memory: memory
        )
        current = (call, facts.framing)
        call.begin()
    }

    /// Called once by every model call, with its answer written or its client gone.
    func callEnded(_ call: ModelCall, hasReply: Bool) {
        guard let framing = current?.framing else { return }
        current = nil
        guard hasReply else { return }
        replyEnded(keepsAlive: framing.keepsAlive && !call.endsWithConnection)
    }

    // MARK: Replies

    /// When what is written goes out.
    enum Sending {
        /// The client may have closed its side, and the connection with it be gone in a moment.
        case now
        /// Together with what else this loop writes.
        case withOthers
    }

    func write(_ bytes: consuming ClientBytes, sending: Sending = .now) {
        guard let writer = gate.writer, let first = bytes.first else { return }
        writer.append(first)
        for piece in bytes.rest { writer.append(piece) }
        switch sending {
        case .now: writer.flush()
        case .withOthers: services.writes.flush(writer)
        }
    }

    private func replyError(_ error: ClientError, to request: ClientRequest) {
        replyError(error, on: request.wire, framing: request.framing, fields: gateway.fields(for: request))
    }

    private func replyError(_ error: ClientError, on wire: Wire, framing: ReplyHead.Framing, fields: ReplyFields) {
        var framing = framing
        if error.closesConnection { framing.keepsAlive = false }
        write(ClientBytes(Reply.error(error, on: wire, framing: framing, fields: fields)))
        replyEnded(keepsAlive: framing.keepsAlive)
    }

    private func replyEnded(keepsAlive: Bool) {
        if keepsAlive, !gateway.isDraining.load(ordering: .relaxed) {
            // The reader of this queue is `serveNext`'s own loop, or it begins here.
            if !pending.isEmpty { services.loop.assumeIsolated().execute { self.serveNext() } }
        } else {
            closeAfterReply()
        }
    }

    /// Bytes that the client still sends must not turn the answer into a reset: they are read for a moment.
    private func closeAfterReply() {
        guard !isClosing else { return }
        isClosing = true
        guard let context else { return }
        gate.resumeReading()
        gate.writer?.flush()
        context.close(mode: .output, promise: nil)
        let bound = NIOLoopBound(context, eventLoop: services.loop)
        services.loop.scheduleTask(in: .milliseconds(500)) { bound.value.close(promise: nil) }
    }

    // MARK: The channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        gateway.connections.add(self, on: services.loop)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        gateway.connections.remove(self)
    }

    /// A body that has begun must move: checked only while one is on its way.
    func channelReadComplete(context: ChannelHandlerContext) {
        if incoming != nil, bodyTimer == nil { watchBody() }
        context.fireChannelReadComplete()
    }

    private func watchBody() {
        bodyBytesAtTimer = incoming?.received ?? 0
        let bound = NIOLoopBound(self, eventLoop: services.loop)
        bodyTimer = services.loop.scheduleTask(in: .seconds(30)) {
            let connection = bound.value
            connection.bodyTimer = nil
            guard let incoming = connection.incoming else { return }
            guard incoming.received == connection.bodyBytesAtTimer else { return connection.watchBody() }
            connection.refuseBody(.bodyStalled)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        current?.call.setWritable(isWritable)
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        isClosing = true
        bodyTimer?.cancel()
        dropIncoming()
        for case .request(_, let body) in pending { gateway.memory.give(body.readableBytes) }
        pending = []
        current?.call.clientLeft()
        events?.leave()
        events = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !isClosing else { return }
        if let error = error as? HTTPParserError {
            dropIncoming()
            enqueue(.broken(.unreadableRequest(error)))
        } else if error is ConnectionGate.HeadTimeout {
            closeAfterReply()
        } else {
            context.close(promise: nil)
        }
    }

    /// The last answer of a connection that is being drained has been given, or there is none. Events are no answer that
    /// would end.
    func closeIfIdle() {
        if let events { return events.end() }
        if !isServing, pending.isEmpty, incoming == nil { closeAfterReply() }
    }
}
