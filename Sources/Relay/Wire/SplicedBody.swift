import NIOCore

/// A body with changes that have not been made yet: it is written once, where it is wanted.
struct SplicedBody: Sendable {
    private let original: ByteBuffer
    private var edits: ByteEdits

    init(_ original: ByteBuffer, _ edits: ByteEdits = ByteEdits()) {
        self.original = original
        self.edits = edits
    }

    /// In bytes, as it will be written.
    var length: Int { original.readableBytes + edits.growth }

    /// Behind what `output` holds, up to the first stretch that is too long to be copied; returns what follows.
    mutating func write(into output: inout ByteBuffer) -> [ByteBuffer] { edits.apply(to: original, into: &output) }

    /// All of it in one buffer.
    mutating func joined() -> ByteBuffer {
        var output = ByteBufferAllocator().buffer(capacity: length)
        for piece in write(into: &output) { output.writeImmutableBuffer(piece) }
        return output
    }
}
