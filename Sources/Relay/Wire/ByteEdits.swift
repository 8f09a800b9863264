import Clients
import NIOCore

/// Changes to a body, each a range of the client's bytes and what stands there instead; applied in one pass.
struct ByteEdits: Sendable {
    private struct Edit: Sendable {
        let range: Range<Int>
        /// Where in `texts` that is which takes its place.
        let text: Range<Int>

        func goesBefore(_ other: Edit) -> Bool {
            range.lowerBound < other.range.lowerBound
                || range.lowerBound == other.range.lowerBound && range.upperBound < other.range.upperBound
        }
    }

    private var edits: [Edit] = []
    /// All texts, one behind the other: an edit of its own is three numbers.
    private var texts: [UInt8] = []

    var isEmpty: Bool { edits.isEmpty }

    /// Makes room at once for so many edits and so much text.
    mutating func reserve(edits count: Int, bytes: Int) {
        edits.reserveCapacity(count)
        texts.reserveCapacity(bytes)
    }

    mutating func replace(_ range: Range<Int>, with text: String) {
        let start = texts.count
        var text = text
        text.withUTF8 { texts.append(contentsOf: $0) }
        edits.append(Edit(range: range, text: start..<texts.count))
    }

    mutating func replace(_ range: Range<Int>, with bytes: [UInt8]) {
        let start = texts.count
        texts += bytes
        edits.append(Edit(range: range, text: start..<texts.count))
    }

    mutating func insert(_ text: String, at offset: Int) {
        replace(offset..<offset, with: text)
    }

    mutating func insert(_ bytes: [UInt8], at offset: Int) {
        replace(offset..<offset, with: bytes)
    }

    mutating func remove(_ range: Range<Int>) {
        edits.append(Edit(range: range, text: 0..<0))
    }

    /// Takes elements out of a comma-separated list, with the commas that belong to them. At least one must stay
    /// unless the list may become empty, which is then what is left between its brackets.
    @inline(__always)
    mutating func remove(_ isRemoved: (Int) -> Bool, of count: Int, at range: (Int) -> Range<Int>) {
        var place = 0
        while place < count {
            guard isRemoved(place) else {
                place += 1
                continue
            }
            let first = place
            while place < count, isRemoved(place) { place += 1 }
            if first > 0 {
                remove(range(first - 1).upperBound..<range(place - 1).upperBound)
            } else if place < count {
                remove(range(0).lowerBound..<range(place).lowerBound)
            } else {
                remove(range(0).lowerBound..<range(place - 1).upperBound)
            }
        }
    }

    mutating func remove(_ isRemoved: (Int) -> Bool, from elements: [Range<Int>]) {
        remove(isRemoved, of: elements.count, at: { elements[$0] })
    }

    /// Sorts the edits by place, those at one place in the order they were made. They come nearly sorted and are few, so
    /// that each is simply moved to where it belongs; of many that are not, that would take forever.
    private mutating func sort() {
        var moves = 0
        for place in edits.indices.dropFirst() {
            let edit = edits[place]
            var hole = place
            while hole > 0, edit.goesBefore(edits[hole - 1]) {
                edits[hole] = edits[hole - 1]
                hole -= 1
            }
            edits[hole] = edit
            moves += place - hole
            if moves > 16 * edits.count + 1024 { return sortMany() }
        }
    }

    private mutating func sortMany() {
        edits = edits.enumerated()
            .sorted { one, other in
                one.element.goesBefore(other.element)
                    || one.offset < other.offset && !other.element.goesBefore(one.element)
            }
            .map(\.element)
    }

    /// How much longer the body becomes.
    var growth: Int { edits.reduce(0) { $0 + $1.text.count - $1.range.count } }

    private enum Stretch {
        /// Of the body as it was.
        case kept(Range<Int>)
        case put(UnsafeRawBufferPointer)
    }

    /// The edited body, stretch by stretch. Edits do not overlap.
    @inline(__always)
    private mutating func forEachStretch(of length: Int, _ take: (Stretch) -> Void) {
        sort()
        var position = 0
        texts.withUnsafeBytes { texts in
            for edit in edits {
                assert(edit.range.lowerBound >= position, "edits overlap")
                if edit.range.lowerBound > position { take(.kept(position..<edit.range.lowerBound)) }
                if !edit.text.isEmpty { take(.put(UnsafeRawBufferPointer(rebasing: texts[edit.text]))) }
                position = max(position, edit.range.upperBound)
            }
        }
        if position < length { take(.kept(position..<length)) }
    }

    /// Writes the edited body behind what `output` holds.
    mutating func apply(to body: UnsafeRawBufferPointer, into output: inout ByteBuffer) {
        forEachStretch(of: body.count) { stretch in
            switch stretch {
            case .kept(let range): output.writeBytes(UnsafeRawBufferPointer(rebasing: body[range]))
            case .put(let text): output.writeBytes(text)
            }
        }
    }

    /// The same up to the first stretch of the body that is too long to be copied. Returns what follows: slices of the body, and
    /// buffers of what stands between them.
    mutating func apply(to body: ByteBuffer, into output: inout ByteBuffer) -> [ByteBuffer] {
        var rest: [ByteBuffer] = []
        var endsInSlice = false
        func copy(_ bytes: UnsafeRawBufferPointer) {
            if endsInSlice { rest.append(ByteBuffer()) }
            endsInSlice = false
            if rest.isEmpty { output.writeBytes(bytes) } else { rest[rest.count - 1].writeBytes(bytes) }
        }
        body.withUnsafeReadableBytes { bytes in
            forEachStretch(of: bytes.count) { stretch in
                switch stretch {
                case .put(let text): copy(text)
                case .kept(let range):
                    if range.count > ByteBuffer.copiedBytes,
                        let slice = body.getSlice(at: body.readerIndex + range.lowerBound, length: range.count)
                    {
                        rest.append(slice)
                        endsInSlice = true
                    } else {
                        copy(UnsafeRawBufferPointer(rebasing: bytes[range]))
                    }
                }
            }
        }
        return rest
    }
}
