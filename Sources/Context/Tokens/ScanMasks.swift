/// Up to 64 bytes of ASCII as sets: bit by bit, which of them are letters, digits and so on.
struct ScanMasks {
    var letters: UInt64
    var capitals: UInt64
    var digits: UInt64
    var spaces: UInt64
    var lineFeeds: UInt64
    /// Spaces, tabs, carriage returns, line feeds.
    var blanks: UInt64
    var underscores: UInt64
    /// Bytes that repeat the byte before them.
    var repeats: UInt64

    /// - Parameter marks: eight bytes of text each; in their byte n the eight bits of the nth set, first byte lowest.
    @inline(__always)
    init(transposing marks: UnsafePointer<UInt64>) {
        letters = marks[0]
        capitals = marks[1]
        digits = marks[2]
        spaces = marks[3]
        lineFeeds = marks[4]
        blanks = marks[5]
        underscores = marks[6]
        repeats = marks[7]
        Self.swap(&letters, &lineFeeds, 32, 0x0000_0000_FFFF_FFFF)
        Self.swap(&capitals, &blanks, 32, 0x0000_0000_FFFF_FFFF)
        Self.swap(&digits, &underscores, 32, 0x0000_0000_FFFF_FFFF)
        Self.swap(&spaces, &repeats, 32, 0x0000_0000_FFFF_FFFF)
        Self.swap(&letters, &digits, 16, 0x0000_FFFF_0000_FFFF)
        Self.swap(&capitals, &spaces, 16, 0x0000_FFFF_0000_FFFF)
        Self.swap(&lineFeeds, &underscores, 16, 0x0000_FFFF_0000_FFFF)
        Self.swap(&blanks, &repeats, 16, 0x0000_FFFF_0000_FFFF)
        Self.swap(&letters, &capitals, 8, 0x00FF_00FF_00FF_00FF)
        Self.swap(&digits, &spaces, 8, 0x00FF_00FF_00FF_00FF)
        Self.swap(&lineFeeds, &blanks, 8, 0x00FF_00FF_00FF_00FF)
        Self.swap(&underscores, &repeats, 8, 0x00FF_00FF_00FF_00FF)
    }

    @inline(__always)
    private static func swap(_ one: inout UInt64, _ other: inout UInt64, _ bits: UInt64, _ mask: UInt64) {
        let difference = (one &>> bits ^ other) & mask
        other ^= difference
        one ^= difference &<< bits
    }

    /// The first `count` bits, 1 to 64.
    @inline(__always)
    static func first(_ count: Int) -> UInt64 {
        ~0 &>> UInt64(truncatingIfNeeded: 64 &- count)
    }
}
