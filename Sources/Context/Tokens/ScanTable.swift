/// What the scanner looks up for bytes, pairs of letters and characters, in memory that is never freed.
///
/// An array would be checked, retained and released where only an address is needed. Sendable, since all of it is written
/// before it is shared and only read from then on.
struct ScanTable: @unchecked Sendable {
    /// By byte.
    let classes: UnsafePointer<UInt8>
    /// By two bytes as they stand in the text, the first one lowest: what the letter costs after the other, or the end
    /// of a word, a capital at its begin included; nothing where neither is a letter. An accented letter of two bytes
    /// costs with its first one.
    let costs: UnsafePointer<Int8>
    /// `LetterPairs.costs`, for words that are not all ASCII.
    let pairs: UnsafePointer<Int8>
    /// By a word's letters behind the first, 0 to 63.
    let lengths: UnsafePointer<Int32>
    /// By byte: what a run behind it has before it.
    let befores: UnsafePointer<TokenScanner.Before>
    /// By byte: what a word behind it counts as, or the sink; from 256 on, if it has three letters or more.
    let words: UnsafePointer<UInt8>
    /// By what stands before a word, from 16 on if it has three letters or more; from 32 on what the word counts as.
    let firsts: UnsafePointer<UInt8>
    /// By first byte: what a character of two bytes counts as that is Greek, Cyrillic or Arabic whatever the second byte
    /// is; else the sink.
    let leads: UnsafePointer<ScriptKind>
    /// By `slot(of:)`: what a character counts as; the sink where its sixteen neighbours differ.
    let kinds: UnsafePointer<ScriptKind>

    static let shared = ScanTable()

    private init() {
        classes = Self.table(256) { ByteClass.table[$0] }
        costs = Self.table(0x10000) { Self.cost(of: UInt8($0 >> 8), behind: UInt8($0 & 0xFF)) }
        pairs = Self.table(LetterPairs.costs.count) { LetterPairs.costs[$0] }
        lengths = Self.table(64) { Int32(LetterPairs.lengths[min($0 + 1, LetterPairs.lengths.count - 1)]) }
        // Of what is not ASCII, windows have accented letters alone.
        befores = Self.table(256) { $0 < 0x80 ? .init(last: UInt8($0), of: ByteClass.table[$0]) : .letter }
        words = Self.table(512) { slot in
            let byte = UInt8(slot & 0xFF)
            return Self.word(behind: .init(last: byte, of: ByteClass.table[Int(byte)]), isLong: slot >= 256)
        }
        firsts = Self.table(64) { slot in
            guard slot >= 32, let before = TokenScanner.Before(rawValue: UInt8(slot & 15)) else {
                return TokenFeatures.sink
            }
            return Self.word(behind: before, isLong: slot & 16 != 0)
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

    private static func word(behind before: TokenScanner.Before, isLong: Bool) -> UInt8 {
        guard let word = before.word else { return TokenFeatures.sink }
        return UInt8((word == .contractions && isLong ? .gluedWords : word).rawValue)
    }

    private static func cost(of byte: UInt8, behind before: UInt8) -> Int8 {
        if ScanMasks.accentLeads.contains(before) { return 0 }
        let row = letter(before, accented: ScanMasks.followers)
        let column = letter(byte, accented: ScanMasks.accentLeads)
        let isFirstCapital = row == Int(ByteClass.boundary) && column < Int(ByteClass.accented) && byte & 0x20 == 0
        let cost = LetterPairs.costs[LetterPairs.side * row + column]
        return isFirstCapital ? cost + Int8(LetterPairs.firstCapital) : cost
    }

    /// The row or column of `LetterPairs` for a byte, where some stand for an accented letter.
    private static func letter(_ byte: UInt8, accented: ClosedRange<UInt8>) -> Int {
        let byteClass = ByteClass.table[Int(byte)]
        if byteClass < ByteClass.accented { return Int(byteClass) }
        return Int(accented.contains(byte) ? ByteClass.accented : ByteClass.boundary)
    }

    /// Where `kinds` has a scalar of at most 16 bits: from U+1000 on sixteen neighbours are alike, but for a few.
    @inline(__always)
    static func slot(of scalar: UInt32) -> Int {
        Int(truncatingIfNeeded: scalar < 0x1000 ? scalar : 0x1000 &+ scalar &>> 4)
    }
}
