package import NIOCore

/// Cuts a byte stream into server-sent events (WHATWG HTML §9.2.6): LF, CRLF or CR ends a line, an empty line ends an
/// event, `data` may stand on several lines, a line that begins with a colon is a comment.
package struct SSEReader: Sendable {
    /// One event, or one or more comments on their own.
    package struct Frame: Sendable {
        /// All of it, with the empty line.
        package let raw: ByteBuffer
        /// The `data` field; `nil` where there is none. Several lines are joined by a blank, not by LF: it is JSON, where the
        /// one is as good as the other, and much of it goes on into events of our own, where it stands on one line.
        package let data: ByteBuffer?
    }

    package struct TooLong: Error, Sendable {}

    package static let maxFrameBytes = 16 * 1024 * 1024

    private(set) var buffer = ByteBuffer()
    /// Bytes of `buffer` in which no end of an event was found yet: none is looked at twice.
    private(set) var searched = 0
    /// Where the last line of these begins.
    private var lineStart = 0

    package init() {}

    /// Bytes of an event that has not ended.
    package var hasRest: Bool { buffer.readableBytes > 0 }

    package mutating func append(_ bytes: ByteBuffer) {
        if buffer.readableBytes == 0 {
            buffer = bytes
        } else {
            // Where every piece ends inside an event the buffer never runs empty: what was read must go all the same.
            buffer.discardReadBytes()
            buffer.writeImmutableBuffer(bytes)
        }
    }

    /// The next event whose end has arrived.
    package mutating func next() throws(TooLong) -> Frame? {
        let length = buffer.withUnsafeReadableBytes {
            Self.frameLength($0, searched: &searched, lineStart: &lineStart)
        }
        guard length ?? buffer.readableBytes <= Self.maxFrameBytes else { throw TooLong() }
        guard let length, let raw = buffer.readSlice(length: length) else { return nil }
        (searched, lineStart) = (0, 0)
        return Frame(raw: raw, data: Self.data(of: raw))
    }

    /// What is left when the stream has ended: an event whose empty line never came still counts for providers that
    /// leave the last one out.
    package mutating func finish() -> Frame? {
        guard buffer.readableBytes > 0, let raw = buffer.readSlice(length: buffer.readableBytes) else { return nil }
        (searched, lineStart) = (0, 0)
        var ended = raw
        ended.write("\n\n")
        return Frame(raw: ended, data: Self.data(of: raw))
    }

    /// Bytes up to and with the line end of the first empty line.
    private static func frameLength(
        _ bytes: UnsafeRawBufferPointer,
        searched: inout Int,
        lineStart: inout Int
    ) -> Int? {
        while let end = lineEnd(bytes, from: searched) {
            guard let next = afterLineEnd(bytes, end) else {
                searched = end
                return nil
            }
            if end == lineStart { return next }
            (searched, lineStart) = (next, next)
        }
        searched = bytes.count
        return nil
    }

    static func lineEnd(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var at = start
        let (lf, cr) = (SIMD16<UInt8>(repeating: 0x0A), SIMD16<UInt8>(repeating: 0x0D))
        while at + 16 <= bytes.count {
            let piece = bytes.loadUnaligned(fromByteOffset: at, as: SIMD16<UInt8>.self)
            let halves = unsafeBitCast((piece .== lf) .| (piece .== cr), to: SIMD2<UInt64>.self)
            if halves[0] != 0 { return at + halves[0].trailingZeroBitCount / 8 }
            if halves[1] != 0 { return at + 8 + halves[1].trailingZeroBitCount / 8 }
            at += 16
        }
        while at < bytes.count {
            if bytes[at] == 0x0A || bytes[at] == 0x0D { return at }
            at += 1
        }
        return nil
    }

    /// `nil` when a CR is the last byte so far: an LF that belongs to it may follow.
    private static func afterLineEnd(_ bytes: UnsafeRawBufferPointer, _ end: Int) -> Int? {
        guard bytes[end] == 0x0D else { return end + 1 }
        guard end + 1 < bytes.count else { return nil }
        return bytes[end + 1] == 0x0A ? end + 2 : end + 1
    }

    /// The value of `data`, a slice of the event where it stands on one line.
    private static func data(of raw: ByteBuffer) -> ByteBuffer? {
        var lines: [Range<Int>] = []
        let first: Range<Int>? = raw.withUnsafeReadableBytes { bytes in
            var first: Range<Int>?
            var start = 0
            while start < bytes.count {
                let end = lineEnd(bytes, from: start) ?? bytes.count
                if let value = dataValue(bytes, start..<end) {
                    if first == nil { first = value } else { lines.append(value) }
                }
                start = end < bytes.count ? afterLineEnd(bytes, end) ?? bytes.count : end
            }
            return first
        }
        guard let first else { return nil }
        let start = raw.readerIndex
        var data = raw.getSlice(at: start + first.lowerBound, length: first.count)
        for line in lines {
            data?.write(" ")
            if let more = raw.getSlice(at: start + line.lowerBound, length: line.count) {
                data?.writeImmutableBuffer(more)
            }
        }
        return data
    }

    /// `data: value` or `data:value`; the value's range.
    private static func dataValue(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) -> Range<Int>? {
        guard line.count >= 4, bytes.loadUnaligned(fromByteOffset: line.lowerBound, as: UInt32.self) == dataName else {
            return nil
        }
        var start = line.lowerBound + 4
        guard start < line.upperBound else { return start..<start }
        guard bytes[start] == UInt8(ascii: ":") else { return nil }
        start += 1
        if start < line.upperBound, bytes[start] == 0x20 { start += 1 }
        return start..<line.upperBound
    }

    /// `data` as it lies in memory.
    private static let dataName = UInt32(littleEndian: 0x6174_6164)
}
