/// What the scanner looks up for bytes, pairs of letters and characters, in memory that is never freed.
///
/// An array would be checked, retained and released where only an address is needed. Sendable, since all of it is written
/// before it is shared and only read from then on.
struct ScanTable: @unchecked Sendable {
    /// By byte, the highest bit in the byte of each of `ScanMasks` that it belongs to.
    let marks: UnsafePointer<UInt64>
    /// By byte.
    let classes: UnsafePointer<UInt8>
    /// By two bytes as they stand in the text, the first one lowest: what the letter costs after the other, or the end
    /// of a word; nothing where neither is a letter.
    let costs: UnsafePointer<Int8>
    /// `LetterPairs.costs`, for words that are not all ASCII.
    let pairs: UnsafePointer<Int8>
    /// By a word's letters behind the first, 0 to 63.
    let lengths: UnsafePointer<Int8>
    /// By byte: what a run behind it has before it.
    let befores: UnsafePointer<TokenScanner.Before>
    /// By byte: what a word behind it counts as, or the sink.
    let words: UnsafePointer<UInt8>
    /// By first byte: what a character of two bytes counts as that is Greek, Cyrillic or Arabic whatever the second byte
    /// is; else the sink.
    let leads: UnsafePointer<ScriptKind>
    /// By `slot(of:)`: what a character counts as; the sink where its sixteen neighbours differ.
    let kinds: UnsafePointer<ScriptKind>

    static let shared = ScanTable()

    private init() {
        marks = Self.table(256) { Self.mark(of: UInt8($0)) }
        classes = Self.table(256) { ByteClass.table[$0] }
        costs = Self.table(0x10000) { pair in
            LetterPairs.costs[LetterPairs.side * Self.letter(pair & 0xFF) + Self.letter(pair >> 8)]
        }
        pairs = Self.table(LetterPairs.costs.count) { LetterPairs.costs[$0] }
        lengths = Self.table(64) { LetterPairs.lengths[min($0 + 1, LetterPairs.lengths.count - 1)] }
        befores = Self.table(256) { TokenScanner.Before(last: UInt8($0), of: ByteClass.table[$0]) }
        words = Self.table(256) { byte in
            let before = TokenScanner.Before(last: UInt8(byte), of: ByteClass.table[byte])
            return before.word.map { UInt8($0.rawValue) } ?? TokenFeatures.sink
        }
        leads = Self.table(256) { lead in
            let first = UInt32(lead & 0x1F) << 6
            let isAlphabet = (0xC0..<0xE0).contains(lead) && first >= 0x370 && first < 0x780
            return isAlphabet ? ScriptKind(first..<first + 0x40) : .unknown
        }
        kinds = Self.table(0x2000) { slot in
            guard slot >= 0x1000 else { return ScriptKind(UInt32(slot)) }
            let first = UInt32(slot - 0x1000) << 4
            return ScriptKind(first..<first + 0x10)
        }
    }

    private static func table<Value>(_ count: Int, _ value: (Int) -> Value) -> UnsafePointer<Value> {
        let memory = UnsafeMutablePointer<Value>.allocate(capacity: count)
        for index in 0..<count { (memory + index).initialize(to: value(index)) }
        return UnsafePointer(memory)
    }

    /// The sets of `ScanMasks` in their order, but for the last, which no byte tells by itself.
    private static func mark(of byte: UInt8) -> UInt64 {
        let byteClass = ByteClass.table[Int(byte)]
        let isLetter = byteClass < ByteClass.accented
        let sets = [
            isLetter, isLetter && byte & 0x20 == 0, byteClass == ByteClass.digit, byte == 0x20, byte == 0x0A,
            byteClass == ByteClass.blank, byte == UInt8(ascii: "_"),
        ]
        return sets.enumerated().reduce(0) { $1.element ? $0 | 0x80 << UInt64(8 * $1.offset) : $0 }
    }

    /// The row or column of `LetterPairs` for a byte.
    private static func letter(_ byte: Int) -> Int {
        Int(ByteClass.table[byte] < ByteClass.accented ? ByteClass.table[byte] : ByteClass.boundary)
    }

    /// Where `kinds` has a scalar of at most 16 bits: from U+1000 on sixteen neighbours are alike, but for a few.
    @inline(__always)
    static func slot(of scalar: UInt32) -> Int {
        Int(truncatingIfNeeded: scalar < 0x1000 ? scalar : 0x1000 &+ scalar &>> 4)
    }
}
