/// Whether bytes are UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF).
enum UTF8Check {
    /// The offset of the first byte that is not.
    static func firstFault(_ bytes: UnsafePointer<UInt8>, count: Int) -> Int? {
        var at = 0
        while at < count {
            let lead = bytes[at]
            if lead < 0x80 {
                at = endOfASCII(bytes, from: at + 1, count)
                continue
            }
            // Most of what is not ASCII has two or three bytes: no table of lengths and ranges for them. What these two do not
            // take, the switch judges.
            if lead & 0xE0 == 0xC0, lead >= 0xC2, at + 1 < count, bytes[at + 1] & 0xC0 == 0x80 {
                at += 2
                continue
            }
            if lead & 0xF0 == 0xE0, at + 2 < count, bytes[at + 1] & 0xC0 == 0x80, bytes[at + 2] & 0xC0 == 0x80 {
                let scalar = UInt32(lead & 0x0F) << 12 | UInt32(bytes[at + 1] & 0x3F) << 6
                if scalar >= 0x800, scalar & 0xF800 != 0xD800 {
                    at += 3
                    continue
                }
            }
            let length: Int
            let second: ClosedRange<UInt8>
            switch lead {
            case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
            case 0xE0: (length, second) = (3, 0xA0...0xBF)
            case 0xED: (length, second) = (3, 0x80...0x9F)
            case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
            case 0xF0: (length, second) = (4, 0x90...0xBF)
            case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
            case 0xF4: (length, second) = (4, 0x80...0x8F)
            default: return at
            }
            guard at + length <= count, second.contains(bytes[at + 1]) else { return at }
            for index in 2..<max(length, 2) where bytes[at + index] & 0xC0 != 0x80 { return at }
            at += length
        }
        return nil
    }

    /// The next byte that is not ASCII, or the end: sixteen at a time.
    @inline(__always)
    private static func endOfASCII(_ bytes: UnsafePointer<UInt8>, from start: Int, _ count: Int) -> Int {
        var at = start
        while at + 16 <= count {
            let block = UnsafeRawPointer(bytes + at).loadUnaligned(as: SIMD2<UInt64>.self) & 0x8080_8080_8080_8080
            if block[0] != 0 { return at + block[0].trailingZeroBitCount / 8 }
            if block[1] != 0 { return at + 8 + block[1].trailingZeroBitCount / 8 }
            at += 16
        }
        while at < count, bytes[at] < 0x80 { at += 1 }
        return at
    }
}
