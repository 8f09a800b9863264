/// What the scanner looks up for every byte and every pair of letters, side by side in memory that is never freed.
///
/// An array would be checked, retained and released where only an address is needed.
struct ScanTable: @unchecked Sendable {  // Written before it is shared, then only read.
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
        let marks = UnsafeMutablePointer<UInt64>.allocate(capacity: 256)
        let classes = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
        let costs = UnsafeMutablePointer<Int8>.allocate(capacity: 0x10000)
        let pairs = UnsafeMutablePointer<Int8>.allocate(capacity: LetterPairs.costs.count)
        for (index, cost) in LetterPairs.costs.enumerated() { (pairs + index).initialize(to: cost) }
        let lengths = UnsafeMutablePointer<Int8>.allocate(capacity: 64)
        let words = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
        let befores = UnsafeMutablePointer<TokenScanner.Before>.allocate(capacity: 256)
        let kinds = UnsafeMutablePointer<ScriptKind>.allocate(capacity: 0x2000)
        for scalar in UInt32(0)..<0x1000 {
            (kinds + Self.slot(of: scalar)).initialize(to: ScriptKind(scalar))
        }
        for first in stride(from: UInt32(0x1000), to: 0x10000, by: 0x10) {
            (kinds + Self.slot(of: first)).initialize(to: ScriptKind(first..<first + 0x10))
        }
        let leads = UnsafeMutablePointer<ScriptKind>.allocate(capacity: 256)
        for lead in UInt32(0)..<256 {
            let first = (lead & 0x1F) << 6
            let isAlphabet = (0xC0..<0xE0).contains(lead) && first >= 0x370 && first < 0x780
            (leads + Int(lead)).initialize(to: isAlphabet ? ScriptKind(first..<first + 0x40) : .unknown)
        }
        for second in 0..<256 {
            for first in 0..<256 {
                let pair = LetterPairs.side * Self.letter(first) + Self.letter(second)
                (costs + (second << 8 | first)).initialize(to: LetterPairs.costs[pair])
            }
        }
        for more in 0..<64 {
            (lengths + more).initialize(to: LetterPairs.lengths[min(more + 1, LetterPairs.lengths.count - 1)])
        }
        for byte in UInt8.min...UInt8.max {
            let byteClass = ByteClass.table[Int(byte)]
            let isLetter = byteClass < ByteClass.accented
            var mark: UInt64 = 0
            if isLetter { mark |= 0x80 }
            if isLetter, byte & 0x20 == 0 { mark |= 0x80 << 8 }
            if byteClass == ByteClass.digit { mark |= 0x80 << 16 }
            if byte == 0x20 { mark |= 0x80 << 24 }
            if byte == 0x0A { mark |= 0x80 << 32 }
            if byteClass == ByteClass.blank { mark |= 0x80 << 40 }
            if byte == UInt8(ascii: "_") { mark |= 0x80 << 48 }
            (marks + Int(byte)).initialize(to: mark)
            (classes + Int(byte)).initialize(to: byteClass)
            let before = TokenScanner.Before(last: byte, of: byteClass)
            (befores + Int(byte)).initialize(to: before)
            (words + Int(byte)).initialize(to: before.word.map { UInt8($0.rawValue) } ?? TokenFeatures.sink)
        }
        self.marks = UnsafePointer(marks)
        self.classes = UnsafePointer(classes)
        self.costs = UnsafePointer(costs)
        self.pairs = UnsafePointer(pairs)
        self.lengths = UnsafePointer(lengths)
        self.words = UnsafePointer(words)
        self.leads = UnsafePointer(leads)
        self.kinds = UnsafePointer(kinds)
        self.befores = UnsafePointer(befores)
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
