package import NIOCore

/// Short writes, of which an answer's head has a dozen: each in one step, where NIO's go through several layers.
extension ByteBuffer {
    /// Up to here a stretch of a body is copied behind what goes before it: one write of one buffer costs less than the copy.
    package static let copiedBytes = 16 * 1024

    package mutating func write(_ text: StaticString) {
        write(room: text.utf8CodeUnitCount) { $0.put(text) }
    }

    /// A number that is not negative, in decimal digits.
    package mutating func writeDecimal(_ number: Int) {
        write(room: ShortWriter.digits) { $0.put(number) }
    }

    /// Several pieces in one step. `room` is enough for them.
    @inline(__always)
    package mutating func write(room: Int, _ pieces: (inout ShortWriter) -> Void) {
        writeWithUnsafeMutableBytes(minimumWritableBytes: room) { target in
            var writer = ShortWriter(target)
            pieces(&writer)
            return writer.count
        }
    }
}

/// Puts texts and numbers one behind the other into memory that has room for them.
package struct ShortWriter {
    private let target: UnsafeMutableRawBufferPointer
    /// Bytes that have been put.
    private(set) var count = 0

    /// The most that a number has.
    package static let digits = 20

    fileprivate init(_ target: UnsafeMutableRawBufferPointer) { self.target = target }

    @inline(__always)
    package mutating func put(_ text: StaticString) {
        put(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always)
    package mutating func put(_ text: String) {
        var text = text
        text.withUTF8 { put(UnsafeRawBufferPointer($0)) }
    }

    /// In decimal digits; what is negative is 0.
    package mutating func put(_ number: Int) {
        let number = UInt64(clamping: number)
        var width = 1
        var greater = number / 10
        while greater > 0 {
            width += 1
            greater /= 10
        }
        precondition(width <= target.count - count, "no room")
        var rest = number
        for place in (0..<width).reversed() {
            target[count + place] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        count += width
    }

    @inline(__always)
    private mutating func put(_ bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count <= target.count - count, "no room")
        guard let start = target.baseAddress, let source = bytes.baseAddress else { return }
        (start + count).copyMemory(from: source, byteCount: bytes.count)
        count += bytes.count
    }
}
