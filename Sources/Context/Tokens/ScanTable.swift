/// What the scanner looks up for every byte and every pair of letters, side by side in memory that is never freed.
///
/// An array would be checked, retained and released where only an address is needed.
struct ScanTable: @unchecked Sendable {  // Written before it is shared, then only read.
    /// By byte, the highest bit in the byte of each of `ScanMasks` that it belongs to.
    let marks: UnsafePointer<UInt64>
    /// By byte.
    let classes: UnsafePointer<UInt8>
    /// By byte: its row and column in `costs`.
    let letters: UnsafePointer<UInt8>
    /// `LetterPairs.costs` in rows of 32; pairs without a letter cost nothing.
    let costs: UnsafePointer<Int8>
    /// By a word's letters, 0 to 64.
    let lengths: UnsafePointer<Int8>
    /// By byte: what a run behind it has before it.
    let befores: UnsafePointer<TokenScanner.Before>

    /// By byte: what a word behind it counts as, or the sink.
    let words: UnsafePointer<UInt8>
    /// By `slot(of:)`: what a character counts as.
    let kinds: UnsafePointer<ScriptKind>

    static let shared = ScanTable()

    private init() {
        let marks = UnsafeMutablePointer<UInt64>.allocate(capacity: 256)
        let classes = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
        let letters = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
        let costs = UnsafeMutablePointer<Int8>.allocate(capacity: 32 * 32)
        let lengths = UnsafeMutablePointer<Int8>.allocate(capacity: 65)
        let words = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
        let befores = UnsafeMutablePointer<TokenScanner.Before>.allocate(capacity: 256)
        costs.initialize(repeating: 0, count: 32 * 32)
        let kinds = UnsafeMutablePointer<ScriptKind>.allocate(capacity: 0x2000)
        for scalar in UInt32(0)..<0x10000 where scalar < 0x1000 || scalar & 0xF == 0 {
            (kinds + Self.slot(of: scalar)).initialize(to: ScriptKind(scalar))
        }
        for row in 0..<LetterPairs.side {
            for column in 0..<LetterPairs.side {
                costs[row << 5 | column] = LetterPairs.costs[row * LetterPairs.side + column]
            }
        }
        for length in 0...64 {
            (lengths + length).initialize(to: LetterPairs.lengths[min(length, LetterPairs.lengths.count - 1)])
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
            (letters + Int(byte)).initialize(to: isLetter ? byteClass : ByteClass.boundary)
            let before = TokenScanner.Before(last: byte, of: byteClass)
            (befores + Int(byte)).initialize(to: before)
            (words + Int(byte)).initialize(to: before.word.map { UInt8($0.rawValue) } ?? TokenFeatures.sink)
        }
        self.marks = UnsafePointer(marks)
        self.classes = UnsafePointer(classes)
        self.letters = UnsafePointer(letters)
        self.costs = UnsafePointer(costs)
        self.lengths = UnsafePointer(lengths)
        self.words = UnsafePointer(words)
        self.kinds = UnsafePointer(kinds)
        self.befores = UnsafePointer(befores)
    }

    /// Where `kinds` has a scalar of at most 16 bits: from U+1000 on sixteen neighbours are alike, but for a few.
    @inline(__always)
    static func slot(of scalar: UInt32) -> Int {
        Int(truncatingIfNeeded: scalar < 0x1000 ? scalar : 0x1000 &+ scalar &>> 4)
    }
}
