package import NIOCore

/// What the connections of one event loop have written while it deals with what it woke up for. The first of them sends at
/// once, so that a lone call waits for nobody; the others send together when the loop is through, so that who is at the
/// other end of several of them is woken once and not for each.
package final class WriteBatch {
    private let loop: any EventLoop
    private var isOpen = false
    private var waiting: [ChannelHandlerContext] = []
    private var flushing: [ChannelHandlerContext] = []

    package init(loop: any EventLoop) { self.loop = loop }

    /// Flushes now or with the others; a connection that has closed until then has nothing left to send.
    package func flush(_ context: ChannelHandlerContext) {
        guard !isOpen else { return waiting.append(context) }
        isOpen = true
        loop.assumeIsolated().execute { self.flushAll() }
        context.flush()
    }

    /// A flush may make others write.
    private func flushAll() {
        isOpen = false
        guard !waiting.isEmpty else { return }
        swap(&waiting, &flushing)
        for context in flushing { context.flush() }
        flushing.removeAll(keepingCapacity: true)
    }
}
