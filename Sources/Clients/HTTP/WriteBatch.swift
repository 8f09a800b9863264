package import NIOCore

/// What the connections of one event loop have written while it deals with what it woke up for. They send together when the loop
/// is through, which is at once where it woke up for one of them: who is at the other end of several is woken once and not for
/// each, and does not take the processor from this loop in the midst of its work.
package final class WriteBatch {
    private let loop: any EventLoop
    private var waiting: [SocketWriter] = []
    private var flushing: [SocketWriter] = []

    package init(loop: any EventLoop) { self.loop = loop }

    /// Flushes with the others; a connection that has closed until then has nothing left to send.
    package func flush(_ writer: SocketWriter) {
        if waiting.isEmpty { loop.assumeIsolated().execute { self.flushAll() } }
        waiting.append(writer)
    }

    /// A flush may make others write.
    private func flushAll() {
        swap(&waiting, &flushing)
        for writer in flushing { writer.flush() }
        flushing.removeAll(keepingCapacity: true)
    }
}
