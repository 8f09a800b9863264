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

    /// Behind what `output` holds.
    mutating func write(into output: inout ByteBuffer) {
        guard !edits.isEmpty else { return _ = output.writeImmutableBuffer(original) }
        original.withUnsafeReadableBytes { edits.apply(to: $0, into: &output) }
    }

    /// All of it in one buffer.
    mutating func joined() -> ByteBuffer {
        var output = ByteBufferAllocator().buffer(capacity: length)
        write(into: &output)
        return output
    }

    /// Slices of the original and what was put between them.
    mutating func pieces() -> [ByteBuffer] { edits.applied(to: original) }
}
