import NIOCore

/// A body with changes that have not been made yet: it is written once, where it is wanted.
struct SplicedBody: Sendable {
    private let original: ByteBuffer
    private var edits: ByteEdits

    init(_ original: ByteBuffer, _ edits: ByteEdits) {
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

    /// Slices of the original and what was put between them.
    mutating func pieces() -> [ByteBuffer] { edits.applied(to: original) }
}
