import NIOCore
import NIOSSL
import NIOTLS

/// One connection to a provider: writes a request, reads the answer, and goes back to its pool.
final class UpstreamConnection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private let pool: UpstreamPool
    let target: UpstreamTarget
    /// Those to the same target, of which it is one between two calls.
    let idle: UpstreamPool.IdleConnections
    private var context: ChannelHandlerContext?
    private var writer: SocketWriter?
    private var parser = ResponseParser()
    /// Bytes of an unfinished head, chunk line or trailer.
    private var pending: ByteBuffer?
    private var call: UpstreamCall?
    private var isReady = false
    private var isPaused = false
    private var readWasWanted = false
    /// Closes the connection when an answer that nobody waits for does not end.
    private var endTimer: Scheduled<Void>?
    /// The number of the pool's sweeps when it went idle; it closes it after some more.
    var idleSince = 0
    /// Whether it has carried an answer before: such a connection may have been closed by the provider meanwhile.
    private(set) var isReused = false
    /// Nobody wants it any more; it may not even stand yet.
    private(set) var isClosed = false
    /// It broke: a body that ends with the connection has not ended.
    private var isBroken = false

    init(pool: UpstreamPool, target: UpstreamTarget, idle: UpstreamPool.IdleConnections) {
        self.pool = pool
        self.target = target
        self.idle = idle
    }

    /// Asked with every call, and so not of the channel, which answers for any thread.
    var isUsable: Bool { isReady && !isClosed && context != nil }

    // MARK: The call

    /// Takes over a call: at once on a connection that stands, else when it does.
    func begin(_ call: UpstreamCall) {
        self.call = call
        call.connection = self
        parser.reset()
        if isReady { send(call) }
    }

    private func send(_ call: UpstreamCall) {
        guard let writer else { return }
        writer.append(call.request.first)
        for piece in call.request.rest { writer.append(piece) }
        // A long body is best sent while the processor has it at hand.
        if call.request.isShort { pool.writes.flush(writer) } else { writer.flush() }
        call.isSent = true
    }

    /// The call's owner has left.
    func abandon() {
        call = nil
        close()
    }

    /// Often the end is in the bytes at hand; only where it is not, a timer is set.
    func expectEnd() {
        resumeReading()
        guard let context, endTimer == nil else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.execute {
            let connection = bound.value
            guard connection.call != nil, connection.endTimer == nil else { return }
            connection.endTimer = connection.context?.eventLoop.scheduleTask(in: .seconds(2)) { bound.value.abandon() }
        }
    }

    func close() {
        isClosed = true
        endTimer?.cancel()
        pool.forget(self)
        context?.close(promise: nil)
    }

    func pauseReading() { isPaused = true }

    func resumeReading() {
        isPaused = false
        if readWasWanted {
            readWasWanted = false
            context?.read()
        }
    }

    // MARK: Channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        writer = SocketWriter(context, isPlain: target.tls == nil && target.proxy == nil)
        if context.channel.isActive, target.tls == nil { becomeReady() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        writer?.close()
        writer = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent { becomeReady() }
        context.fireUserInboundEventTriggered(event)
    }

    private func becomeReady() {
        guard !isReady else { return }
        isReady = true
        guard let call else { return }
        send(call)
        call.deliver(.connected)
    }

    func read(context: ChannelHandlerContext) {
        if isPaused {
            readWasWanted = true
        } else {
            context.read()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        guard let call, !call.isCancelled else {
            // An idle connection has nothing to say: what comes here is a farewell or nonsense.
            close()
            return
        }
        if var held = pending {
            pending = nil
            held.writeBuffer(&bytes)
            bytes = held
        }
        call.answerBegan = call.answerBegan || bytes.readableBytes > 0
        var read = UpstreamRead()
        do throws(ResponseParser.Fault) {
            try parse(&bytes, into: &read)
        } catch {
            // What came before the fault still counts: a stream may be complete.
            if !read.isEmpty { call.deliver(.read(read)) }
            return fail(.malformed(error))
        }
        if read.hasEnded {
            finish(call, with: read, leftOver: bytes.readableBytes)
        } else {
            if bytes.readableBytes > 0 { pending = bytes }
            if !read.isEmpty { call.deliver(.read(read)) }
        }
    }

    /// Nobody stands behind it who would want to know.
    func channelReadComplete(context: ChannelHandlerContext) {}

    /// Takes all that can be told from `bytes`.
    private func parse(_ bytes: inout ByteBuffer, into read: inout UpstreamRead) throws(ResponseParser.Fault) {
        while let event = try parser.next(&bytes) {
            switch event {
            case .head(let head): read.head = head
            case .body(let piece): read.append(piece, rest: bytes.readableBytes)
            case .end:
                read.hasEnded = true
                return
            }
        }
    }

    private func finish(_ call: UpstreamCall, with read: consuming UpstreamRead, leftOver: Int) {
        release(call)
        isPaused = false
        endTimer?.cancel()
        endTimer = nil
        let isReusable = parser.keepsAlive && leftOver == 0
        isReused = true
        if isReusable {
            pool.recycle(self)
            if readWasWanted { resumeReading() }
        } else {
            close()
        }
        call.deliver(.read(read), isLast: true)
    }

    /// The next call may be on this connection already when the last one's owner speaks again.
    private func release(_ call: UpstreamCall) {
        self.call = nil
        call.connection = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        isClosed = true
        pool.forget(self)
        guard let call else {
            context.fireChannelInactive()
            return
        }
        if !call.answerBegan {
            fail(isReady ? .closedBeforeHead : .cannotConnect("closed during the TLS handshake"))
        } else if isBroken {
            fail(parser.isAtStart ? .closedBeforeHead : .closedInBody)
        } else {
            do throws(ResponseParser.Fault) {
                try parser.close()
                var end = UpstreamRead()
                end.hasEnded = true
                finish(call, with: end, leftOver: 0)
            } catch {
                fail(parser.isAtStart ? .closedBeforeHead : .closedInBody)
            }
        }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isReady {
            // A peer that leaves out its `close_notify` has cut nothing that the framing would not tell.
            if case NIOSSLError.uncleanShutdown = error {} else { isBroken = true }
            isClosed = true
            // What matters of a reset is whether the answer had begun; `channelInactive` follows and says so.
            context.close(promise: nil)
        } else {
            fail(.cannotConnect(Self.describe(error)))
        }
    }

    private static func describe(_ error: any Error) -> String {
        error is NIOSSLError || error is NIOSSLExtraError || error is BoringSSLError ? "TLS: \(error)" : "\(error)"
    }

    func fail(_ fault: UpstreamFault) {
        guard let call else { return close() }
        release(call)
        close()
        if fault == .closedBeforeHead, isReused, !call.answerBegan, call.mayRetry, !call.isCancelled {
            call.mayRetry = false
            pool.connect(for: call)
        } else {
            call.deliver(.failed(fault), isLast: true)
        }
    }
}
