extension [UInt8] {
    /// Where `needle` begins at or after `start`.
    func firstIndex(of needle: [UInt8], from start: Int = 0) -> Int? {
        needle.withUnsafeBufferPointer { firstIndex(of: $0, from: start) }
    }

    /// Where the UTF-8 of `needle` begins at or after `start`.
    func firstIndex(of needle: String, from start: Int = 0) -> Int? {
        var needle = needle
        return needle.withUTF8 { firstIndex(of: $0, from: start) }
    }

    /// The bytes with ASCII letters in lower case.
    var lowercasedASCII: [UInt8] {
        map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    }

    private func firstIndex(of needle: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        withUnsafeBufferPointer { bytes in
            guard let first = needle.first, start >= 0, needle.count <= bytes.count else { return nil }
            var index = start
            search: while index <= bytes.count - needle.count {
                defer { index += 1 }
                guard bytes[index] == first else { continue }
                for offset in 1..<Swift.max(1, needle.count) where bytes[index + offset] != needle[offset] {
                    continue search
                }
                return index
            }
            return nil
        }
    }
}

/// Which pairs of bytes a text has, so that most phrases that are not in it are told without searching.
struct BytePairs: Sendable {
    private var bits: [UInt64]

    init(of text: [UInt8]) {
        var bits = [UInt64](repeating: 0, count: 64)
        for (first, second) in zip(text, text.dropFirst()) {
            let pair = Self.index(first, second)
            bits[pair >> 6] |= 1 << UInt64(pair & 63)
        }
        self.bits = bits
    }

    /// False when the text cannot hold the phrase.
    func mayContain(_ phrase: String) -> Bool {
        var last: UInt8?
        for byte in phrase.utf8 {
            if let last {
                let pair = Self.index(last, byte)
                if bits[pair >> 6] & 1 << UInt64(pair & 63) == 0 { return false }
            }
            last = byte
        }
        return true
    }

    private static func index(_ first: UInt8, _ second: UInt8) -> Int {
        (Int(first) << 5 ^ Int(second)) & 4095
    }
}
