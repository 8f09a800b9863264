import Clients
import NIOCore
import NIOHTTP1

/// Stands between the socket and the parser: bounds the head in size and time, stops reading when told to, and hands a
/// request whose head is known straight to the connection, whose answers leave from here.
final class ConnectionGate: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer

    struct HeadTimeout: Error {}

    static let maxHeadBytes = 64 * 1024
    private static let headTime = TimeAmount.seconds(10)

    /// Who requests go to; set before the first byte, and let go of when the channel ends.
    var client: ClientConnection?
    /// For what goes out: no handler behind this one has anything to say to it.
    private(set) var writer: SocketWriter?
    private var context: ChannelHandlerContext?
    private var isStopped = false
    private var readWasWanted = false
    /// Bytes read since the last request ended, while no head has been parsed out of them.
    private var headBytes = 0
    private var isInBody = false
    private var headTimer: Scheduled<Void>?

    // What goes past the parser.

    private var known: KnownHead?
    /// The parser holds nothing: the next byte is the first of a request.
    private var isAtStart = true
    /// The read that the parser's request began with, where it began with a read.
    private var firstRead: ByteBuffer?
    /// Bytes that the parser was given since it last held nothing, and how long its request is; `nil` is unknown.
    private var parsedBytes = 0
    private var requestLength: Int?
    /// What is still to come of the body of a request whose head was known.
    private var bodyBytesLeft = 0
    /// Something of what was read went on to the parser.
    private var hasPassedOn = false

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        writer = SocketWriter(context, isPlain: true)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        headTimer?.cancel()
        self.context = nil
        writer?.close()
        writer = nil
        client = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if bodyBytesLeft > 0 { takeBody(&bytes) }
        while isAtStart, bytes.readableBytes > 0, let match = bytes.withUnsafeReadableBytes({ known?.match($0) }) {
            bytes.moveReaderIndex(forwardBy: match.bodyStart)
            if let body = bytes.readSlice(length: match.contentLength) {
                client?.receive(match.head, body)
            } else {
                client?.receive(match.head, contentLength: match.contentLength)
                bodyBytesLeft = match.contentLength
                takeBody(&bytes)
            }
        }
        if bytes.readableBytes > 0 { parse(bytes, context) }
    }

    /// The end of a body is the end of its request.
    private func takeBody(_ bytes: inout ByteBuffer) {
        if let piece = bytes.readSlice(length: min(bodyBytesLeft, bytes.readableBytes)), piece.readableBytes > 0 {
            bodyBytesLeft -= piece.readableBytes
            client?.receive(piece)
        }
        if bodyBytesLeft == 0 { client?.receiveEnd() }
    }

    private func parse(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        if isAtStart {
            isAtStart = false
            firstRead = bytes
            parsedBytes = 0
        }
        hasPassedOn = true
        parsedBytes += bytes.readableBytes
        if !isInBody { headBytes += bytes.readableBytes }
        context.fireChannelRead(wrapInboundOut(bytes))
        if !isInBody, headBytes > Self.maxHeadBytes { context.fireErrorCaught(HTTPParserError.headerOverflow) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if !isInBody, headBytes > 0, headTimer == nil {
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            headTimer = context.eventLoop.scheduleTask(in: Self.headTime) {
                bound.value.fireErrorCaught(HeadTimeout())
            }
        }
        // Whoever got nothing need not hear that this was all.
        guard hasPassedOn || bodyBytesLeft > 0 else { return }
        hasPassedOn = false
        context.fireChannelReadComplete()
    }

    /// A head has been parsed; what follows is its body. `isWelcome` when another one like it need not be looked at again.
    func headArrived(_ head: ClientHead, isWelcome: Bool) {
        isInBody = true
        headBytes = 0
        headTimer?.cancel()
        headTimer = nil
        requestLength = nil
        guard let bytes = firstRead?.readableBytesView else { return }
        firstRead = nil
        if !head.headers.isChunked, let length = KnownHead.headLength(bytes) {
            requestLength = length + (head.headers.contentLength ?? 0)
        }
        if isWelcome { known = KnownHead(head, bytes) ?? known }
    }

    /// The parser has read a request to its end; whether it holds more tells the count of bytes.
    func requestEnded() {
        isInBody = false
        isAtStart = parsedBytes == requestLength
    }

    func stopReading() { isStopped = true }

    func resumeReading() {
        guard isStopped else { return }
        isStopped = false
        if readWasWanted {
            readWasWanted = false
            context?.read()
        }
    }

    func read(context: ChannelHandlerContext) {
        if isStopped { readWasWanted = true } else { context.read() }
    }
}
