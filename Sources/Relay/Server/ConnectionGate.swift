import NIOCore
import NIOHTTP1

/// Stands between the socket and the parser: bounds the head in size and time, and stops reading when told to.
final class ConnectionGate: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer

    struct HeadTimeout: Error {}

    static let maxHeadBytes = 64 * 1024
    private static let headTime = TimeAmount.seconds(10)

    private var context: ChannelHandlerContext?
    private var isStopped = false
    private var readWasWanted = false
    /// Bytes read since the last request ended, while no head has been parsed out of them.
    private var headBytes = 0
    private var isInBody = false
    private var headTimer: Scheduled<Void>?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        headTimer?.cancel()
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !isInBody { headBytes += unwrapInboundIn(data).readableBytes }
        context.fireChannelRead(data)
        if !isInBody, headBytes > Self.maxHeadBytes { context.fireErrorCaught(HTTPParserError.headerOverflow) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if !isInBody, headBytes > 0, headTimer == nil {
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            headTimer = context.eventLoop.scheduleTask(in: Self.headTime) {
                bound.value.fireErrorCaught(HeadTimeout())
            }
        }
        context.fireChannelReadComplete()
    }

    /// A head has been parsed; what follows is its body.
    func headArrived() {
        isInBody = true
        headBytes = 0
        headTimer?.cancel()
        headTimer = nil
    }

    func requestEnded() { isInBody = false }

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
