package import NIOCore

/// What the connections of one event loop have written and not sent yet. It goes out when the loop has dealt with all that
/// it woke up for, so that who is at the other end of several of them is woken once and not for each.
package final class WriteBatch {
    private let loop: any EventLoop
    private var waiting: [ChannelHandlerContext] = []
    private var flushing: [ChannelHandlerContext] = []

    package init(loop: any EventLoop) { self.loop = loop }

    /// Flushes with the others; a connection that has closed until then has nothing left to send.
    package func flush(_ context: ChannelHandlerContext) {
        waiting.append(context)
        guard waiting.count == 1 else { return }
        loop.assumeIsolated().execute { self.flushAll() }
    }

    /// A flush may make others write.
    private func flushAll() {
        swap(&waiting, &flushing)
        for context in flushing { context.flush() }
        flushing.removeAll(keepingCapacity: true)
    }
}
