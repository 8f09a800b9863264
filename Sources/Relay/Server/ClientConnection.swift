import Clients
import NIOCore
import NIOHTTP1
import Synchronization

/// One client's connection: gathers requests, lets them in, serves them one after the other in the order they came.
final class ClientConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    /// A request that has arrived and waits for those before it.
    private enum Pending {
        case request(ClientRequest, ByteBuffer)
        case refusal(ClientRequest, ClientError)
        case broken(ClientError)
    }

    /// What is being served.
    private enum Current {
        case call(ModelCall, ReplyHead.Framing)
        case admission(ticket: UInt64, ChatRequest, CallFacts)
    }

    private static let maxPipelined = 8

    private let gateway: Gateway
    private let services: LoopServices
    private let gate: ConnectionGate
    private var context: ChannelHandlerContext?
    private var incoming: IncomingRequest?
    private var pending: [Pending] = []
    private var current: Current?
    private var isClosing = false
    private(set) var isWritable = true
    private var admissionTimer: Scheduled<Void>?
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
        case .end: receiveEnd()
        }
    }

    private func receive(_ head: HTTPRequestHead) {
        gate.headArrived()
        let request = ClientRequest(head, at: .read())
        var refusal = gateway.gatekeeper.refusal(of: request, hop: gateway.hopMark)
        if refusal == nil { refusal = gateway.gatekeeper.bodyRefusal(of: request) }
        incoming = IncomingRequest(request: request, refusal: refusal)
        if let refusal, refusal.closesConnection {
            incoming = nil
            return enqueue(.broken(refusal))
        }
        if refusal == nil, current == nil, pending.isEmpty,
            request.header("expect")?.lowercased() == "100-continue"
        {
            write([ByteBuffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n")])
        }
    }

    private func receive(_ bytes: ByteBuffer) {
        guard incoming != nil else { return }
        let count = bytes.readableBytes
        guard gateway.memory.take(count) else { return refuseBody(.outOfMemory) }
        incoming?.append(bytes)
        let total = incoming?.body.readableBytes ?? 0
        if total > gateway.gatekeeper.maxBodyBytes {
            refuseBody(.bodyTooLarge(limit: gateway.gatekeeper.maxBodyBytes))
        }
    }

    /// What follows of the body is not wanted: after the answer the connection is closed.
    private func refuseBody(_ error: ClientError) {
        if let held = incoming?.held { gateway.memory.give(held) }
        incoming = nil
        enqueue(.broken(error))
    }

    private func receiveEnd() {
        gate.requestEnded()
        guard let done = incoming else { return }
        incoming = nil
        if let refusal = done.refusal {
            gateway.memory.give(done.held)
            enqueue(.refusal(done.request, refusal))
        } else {
            enqueue(.request(done.request, done.body))
        }
    }

    private func enqueue(_ next: Pending) {
        pending.append(next)
        if pending.count >= Self.maxPipelined { gate.stopReading() }
        if current == nil { serveNext() }
    }

    private func serveNext() {
        while current == nil, !isClosing, !pending.isEmpty {
            let next = pending.removeFirst()
            if pending.count < Self.maxPipelined { gate.resumeReading() }
            switch next {
            case .request(let request, let body): serve(request, body)
            case .refusal(let request, let error):
                replyError(error, framing: request.framing, fields: gateway.gatekeeper.corsFields(for: request))
            case .broken(let error):
                replyError(error, framing: .init(keepsAlive: false), fields: ReplyFields())
            }
        }
    }

    private func serve(_ request: ClientRequest, _ body: ByteBuffer) {
        var request = request
        if gateway.isDraining.load(ordering: .relaxed) { request = request.closingAfterwards }
        switch Endpoints.find(request) {
        case .chatCompletions: serveChat(request, body)
        case .office(let page):
            gateway.memory.give(body.readableBytes)
            write([gateway.office.answer(page, request: request, gateway: gateway)])
            replyEnded(keepsAlive: request.framing.keepsAlive)
        case .refused(let error):
            gateway.memory.give(body.readableBytes)
            replyError(error, framing: request.framing, fields: gateway.gatekeeper.corsFields(for: request))
        }
    }

    // MARK: Model calls

    private func serveChat(_ request: ClientRequest, _ body: ByteBuffer) {
        var facts = gateway.facts(of: request)
        let chat: ChatRequest
        do throws(RequestFault) {
            chat = try ChatRequestReader.read(body)
        } catch {
            gateway.memory.give(body.readableBytes)
            return replyError(ClientError(error), framing: request.framing, fields: facts.answerFields)
        }
        facts.waitKey = WaitKey(model: chat.model, filters: chat.filters)
        let bound = NIOLoopBound(self, eventLoop: services.loop)
        let loop = services.loop
        let entry = gateway.admission.enter(wake: { loop.execute { bound.value.admitted() } })
        switch entry {
        case .admitted: begin(chat, facts)
        case .full:
            gateway.memory.give(body.readableBytes)
            replyError(.busy, framing: request.framing, fields: facts.answerFields)
        case .waiting(let ticket):
            current = .admission(ticket: ticket, chat, facts)
            admissionTimer = loop.scheduleTask(in: gateway.queueTimeout) { bound.value.waitedTooLong() }
        }
    }

    /// A place in the line has become a place among the running.
    private func admitted() {
        admissionTimer?.cancel()
        guard case .admission(_, let chat, let facts) = current else { return gateway.admission.leave() }
        current = nil
        begin(chat, facts)
    }

    private func waitedTooLong() {
        guard case .admission(let ticket, let chat, let facts) = current else { return }
        // Between the two its place may have come free: then it is served after all.
        guard gateway.admission.abandon(ticket: ticket) else { return }
        current = nil
        gateway.memory.give(chat.body.readableBytes)
        replyError(.busy, framing: facts.framing, fields: facts.answerFields)
    }

    private func begin(_ chat: ChatRequest, _ facts: CallFacts) {
        let exchange = Exchange(chain: gateway.chain, request: chat, facts: facts)
        let call = ModelCall(connection: self, gateway: gateway, services: services, exchange: exchange)
        current = .call(call, facts.framing)
        call.begin()
    }

    /// Called once by every model call, with its answer written or its client gone.
    func callEnded(_ call: ModelCall, hasReply: Bool) {
        gateway.admission.leave()
        gateway.memory.give(call.requestBytes)
        guard case .call(let running, let framing) = current, running === call else { return }
        current = nil
        guard hasReply else { return }
        let closes = !framing.keepsAlive || (framing.isVersion10 && call.isStream)
        replyEnded(keepsAlive: !closes)
    }

    // MARK: Replies

    func write(_ pieces: [ByteBuffer]) {
        guard let context else { return }
        for piece in pieces { context.write(wrapOutboundOut(piece), promise: nil) }
        context.flush()
    }

    private func replyError(_ error: ClientError, framing: ReplyHead.Framing, fields: ReplyFields) {
        var framing = framing
        if error.closesConnection { framing.keepsAlive = false }
        write([Reply.error(error, framing: framing, fields: fields)])
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
        bodyBytesAtTimer = incoming?.held ?? 0
        let bound = NIOLoopBound(self, eventLoop: services.loop)
        bodyTimer = services.loop.scheduleTask(in: .seconds(30)) {
            let connection = bound.value
            connection.bodyTimer = nil
            guard let incoming = connection.incoming else { return }
            guard incoming.held == connection.bodyBytesAtTimer else { return connection.watchBody() }
            connection.refuseBody(.bodyStalled)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        if case .call(let call, _) = current { call.setWritable(isWritable) }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        isClosing = true
        bodyTimer?.cancel()
        if let held = incoming?.held { gateway.memory.give(held) }
        incoming = nil
        for case .request(_, let body) in pending { gateway.memory.give(body.readableBytes) }
        pending = []
        switch current {
        case .call(let call, _): call.clientLeft()
        case .admission(let ticket, let chat, _):
            admissionTimer?.cancel()
            current = nil
            gateway.memory.give(chat.body.readableBytes)
            // Woken already: the place is given back when the wake-up arrives.
            _ = gateway.admission.abandon(ticket: ticket)
        case nil: break
        }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !isClosing else { return }
        if let error = error as? HTTPParserError {
            incoming = nil
            enqueue(.broken(.unreadableRequest(error)))
        } else if error is ConnectionGate.HeadTimeout {
            closeAfterReply()
        } else {
            context.close(promise: nil)
        }
    }

    /// The last answer of a connection that is being drained has been given, or there is none.
    func closeIfIdle() {
        if current == nil, pending.isEmpty, incoming == nil { closeAfterReply() }
    }
}

/// A request whose body is on its way.
private struct IncomingRequest {
    let request: ClientRequest
    let refusal: ClientError?
    var body = ByteBuffer()
    /// Bytes counted against the common limit.
    var held = 0

    init(request: ClientRequest, refusal: ClientError?) {
        self.request = request
        self.refusal = refusal
    }

    mutating func append(_ bytes: ByteBuffer) {
        held += bytes.readableBytes
        guard refusal == nil else { return }
        if body.readableBytes == 0 {
            body = bytes
            if let length = request.header("content-length").flatMap({ Int($0) }), length > bytes.readableBytes {
                body.reserveCapacity(length)
            }
        } else {
            body.writeImmutableBuffer(bytes)
        }
    }
}

extension ClientError {
    static func unreadableRequest(_ error: HTTPParserError) -> ClientError {
        let isTooLong = error == .headerOverflow
        return ClientError(
            status: isTooLong ? 431 : 400,
            message: isTooLong
                ? "The request's head is longer than \(ConnectionGate.maxHeadBytes) bytes."
                : "The request is not HTTP/1.1 (\(error)).",
            type: "invalid_request_error",
            code: isTooLong ? "request_header_fields_too_large" : "bad_request",
            closesConnection: true
        )
    }

    static let bodyStalled = ClientError(
        status: 408,
        message: "The request's body did not arrive: nothing came for 30 s.",
        type: "invalid_request_error",
        code: "request_timeout",
        isFinal: false,
        closesConnection: true
    )
}
