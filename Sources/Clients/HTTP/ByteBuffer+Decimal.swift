package import NIOCore

extension ByteBuffer {
    /// A number that is not negative, in decimal digits.
    package mutating func writeDecimal(_ number: Int) {
        var rest = UInt64(clamping: number)
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var place = 20
            repeat {
                place -= 1
                digits[place] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            _ = writeBytes(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: digits[place...])))
        }
    }
}
