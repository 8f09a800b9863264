import NIOCore

/// Changes to a body, each a range of the client's bytes and what stands there instead; applied in one pass.
struct ByteEdits: Sendable {
    private struct Edit: Sendable {
        let range: Range<Int>
        let bytes: [UInt8]

        func goesBefore(_ other: Edit) -> Bool {
            (range.lowerBound, range.upperBound) < (other.range.lowerBound, other.range.upperBound)
        }
    }

    private var edits: [Edit] = []

    var isEmpty: Bool { edits.isEmpty }

    mutating func replace(_ range: Range<Int>, with text: String) {
        edits.append(Edit(range: range, bytes: Array(text.utf8)))
    }

    mutating func replace(_ range: Range<Int>, with bytes: [UInt8]) {
        edits.append(Edit(range: range, bytes: bytes))
    }

    mutating func insert(_ text: String, at offset: Int) {
        replace(offset..<offset, with: text)
    }

    /// Several pieces at one place, in their order.
    mutating func insert(_ pieces: [[UInt8]], at offset: Int) {
        for piece in pieces { replace(offset..<offset, with: piece) }
    }

    /// Takes elements out of a comma-separated list, with the commas that belong to them. At least one must stay
    /// unless the list may become empty, which is then what is left between its brackets.
    mutating func remove(_ isRemoved: (Int) -> Bool, from elements: [Range<Int>]) {
        var place = 0
        while place < elements.count {
            guard isRemoved(place) else {
                place += 1
                continue
            }
            let first = place
            while place < elements.count, isRemoved(place) { place += 1 }
            let range =
                if first > 0 {
                    elements[first - 1].upperBound..<elements[place - 1].upperBound
                } else if place < elements.count {
                    elements[0].lowerBound..<elements[place].lowerBound
                } else {
                    elements[0].lowerBound..<elements[place - 1].upperBound
                }
            edits.append(Edit(range: range, bytes: []))
        }
    }

    /// By place, those at one place in the order they were made. They come nearly sorted and are few, so that each is
    /// simply moved to where it belongs.
    private func ordered() -> [Edit] {
        var ordered = edits
        for place in ordered.indices.dropFirst() {
            let edit = ordered[place]
            var hole = place
            while hole > 0, edit.goesBefore(ordered[hole - 1]) {
                ordered[hole] = ordered[hole - 1]
                hole -= 1
            }
            ordered[hole] = edit
        }
        return ordered
    }

    /// The edited body: slices of the original and what was put between them. Edits do not overlap.
    func applied(to body: ByteBuffer) -> [ByteBuffer] {
        guard !edits.isEmpty else { return [body] }
        let ordered = ordered()
        var pieces: [ByteBuffer] = []
        pieces.reserveCapacity(ordered.count * 2 + 1)
        var position = 0
        func keep(upTo end: Int) {
            guard end > position, let piece = body.getSlice(at: body.readerIndex + position, length: end - position)
            else { return }
            pieces.append(piece)
        }
        for edit in ordered {
            assert(edit.range.lowerBound >= position, "edits overlap")
            keep(upTo: edit.range.lowerBound)
            if !edit.bytes.isEmpty { pieces.append(ByteBuffer(bytes: edit.bytes)) }
            position = max(position, edit.range.upperBound)
        }
        keep(upTo: body.readableBytes)
        return pieces
    }
}
