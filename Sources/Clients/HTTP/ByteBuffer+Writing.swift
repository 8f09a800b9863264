package import NIOCore

/// Short writes, of which an answer's head has a dozen: each in one step, where NIO's go through several layers.
extension ByteBuffer {
    package mutating func write(_ text: StaticString) {
        let count = text.utf8CodeUnitCount
        writeWithUnsafeMutableBytes(minimumWritableBytes: count) { target in
            target.copyMemory(from: UnsafeRawBufferPointer(start: text.utf8Start, count: count))
            return count
        }
    }

    /// A number that is not negative, in decimal digits.
    package mutating func writeDecimal(_ number: Int) {
        let number = UInt64(clamping: number)
        var count = 1
        var greater = number / 10
        while greater > 0 {
            count += 1
            greater /= 10
        }
        writeWithUnsafeMutableBytes(minimumWritableBytes: count) { target in
            var rest = number
            for place in (0..<count).reversed() {
                target[place] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            return count
        }
    }
}
