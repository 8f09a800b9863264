package import NIOCore

/// Buffers of one event loop for what calls send and answer, written over again when what was in them has gone out: under load
/// neither costs new memory.
///
/// Nobody has to say when that is. A buffer that somebody still holds is left to them, and a new one takes its place.
package final class BufferRing {
    private var buffers: [ByteBuffer]
    private var place = 0

    /// As many as an event loop may have under way at a time, when it is busy.
    private static let count = 64
    /// A buffer with room for more is not kept.
    private static let keptBytes = 8 * 1024

    package init() { buffers = Array(repeating: ByteBuffer(), count: Self.count) }

    /// A buffer with what `write` puts into it.
    /// - Parameter capacity: of bytes that it will need.
    package func buffer(_ capacity: Int, _ write: (inout ByteBuffer) -> Void) -> ByteBuffer {
        var buffer = ByteBuffer()
        let place = place
        swap(&buffer, &buffers[place])
        self.place = (place + 1) % Self.count
        buffer.clear(minimumCapacity: capacity)
        write(&buffer)
        if buffer.capacity <= Self.keptBytes { buffers[place] = buffer }
        return buffer
    }

    /// The same where there may be no ring.
    static func buffer(_ capacity: Int, of ring: BufferRing?, _ write: (inout ByteBuffer) -> Void) -> ByteBuffer {
        if let ring { return ring.buffer(capacity, write) }
        var buffer = ByteBufferAllocator().buffer(capacity: capacity)
        write(&buffer)
        return buffer
    }
}
