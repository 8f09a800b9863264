/// 64 bytes as sets: bit by bit, which of them are letters, digits and so on.
struct ScanMasks {
    /// ASCII alone, as all but `accents`.
    let letters: UInt64
    let capitals: UInt64
    let digits: UInt64
    let spaces: UInt64
    let lineFeeds: UInt64
    /// Spaces, tabs, carriage returns, line feeds.
    let blanks: UInt64
    let underscores: UInt64
    /// Bytes that repeat the byte before them.
    let repeats: UInt64
    /// The first bytes of accented letters, U+00C0 to U+023F.
    let accents: UInt64
    /// How many bytes there are before the first that is neither ASCII nor of an accented letter.
    let count: Int

    /// First bytes of accented Latin letters of two bytes, but for the few that begin with C9.
    static let accentLeads: ClosedRange<UInt8> = 0xC3...0xC8
    /// Bytes of a character behind its first one.
    static let followers: ClosedRange<UInt8> = 0x80...0xBF

    /// How many integers are needed to read a text.
    static let room = 2 * 12

    /// - Parameters:
    ///   - text: 64 bytes.
    ///   - room: where they are read into.
    @inline(__always)
    init(_ text: UnsafePointer<UInt8>, in room: UnsafeMutablePointer<UInt64>) {
        Self.read(text, into: room)
        letters = Self.set(0, in: room)
        capitals = letters & Self.set(1, in: room)
        digits = Self.set(2, in: room)
        spaces = Self.set(3, in: room)
        lineFeeds = Self.set(4, in: room)
        blanks = Self.set(5, in: room)
        underscores = Self.set(6, in: room)
        repeats = Self.set(7, in: room)
        if Self.set(8, in: room) & 0x8080_8080_8080_8080 == 0 {
            accents = 0
            count = 64
        } else {
            Self.readForeign(text, into: room)
            let foreign = Self.set(9, in: room)
            accents = Self.set(10, in: room) & Self.set(11, in: room) &>> 1
            count = (foreign & ~(accents | accents &<< 1)).trailingZeroBitCount
        }
    }

    /// Not inlined, as the next one: mixed with what is done with the sets, the compiler makes a mess of both.
    @inline(never)
    private static func read(_ text: UnsafePointer<UInt8>, into room: UnsafeMutablePointer<UInt64>) {
        let block = ScanBlock(text)
        let spaces = block.equal(0x20)
        let lineFeeds = block.equal(0x0A)
        // Capitals and small letters differ in one bit, and so do tab and carriage return.
        put(block.setting(0x20).within(0x61...0x7A), 0, in: room)
        put(block.keeping(0x20).equal(0), 1, in: room)
        put(block.within(0x30...0x39), 2, in: room)
        put(spaces, 3, in: room)
        put(lineFeeds, 4, in: room)
        put(spaces | lineFeeds | block.setting(0x04).equal(0x0D), 5, in: room)
        put(block.equal(UInt8(ascii: "_")), 6, in: room)
        put(block.repeats, 7, in: room)
        put(block.union, 8, in: room)
    }

    @inline(never)
    private static func readForeign(_ text: UnsafePointer<UInt8>, into room: UnsafeMutablePointer<UInt64>) {
        let block = ScanBlock(text)
        put(block.keeping(0x80).equal(0x80), 9, in: room)
        put(
            block.within(Int8(bitPattern: accentLeads.lowerBound)...Int8(bitPattern: accentLeads.upperBound)),
            10,
            in: room
        )
        put(block.keeping(0xC0).equal(0x80), 11, in: room)
    }

    @inline(__always)
    private static func put(_ halves: ScanBlock.Bytes, _ number: Int, in room: UnsafeMutablePointer<UInt64>) {
        UnsafeMutableRawPointer(room + 2 &* number).storeBytes(of: halves, as: ScanBlock.Bytes.self)
    }

    @inline(__always)
    private static func set(_ number: Int, in room: UnsafeMutablePointer<UInt64>) -> UInt64 {
        UInt64(littleEndian: room[2 &* number] | room[2 &* number &+ 1])
    }

    /// The first `count` bits, 1 to 64.
    @inline(__always)
    static func first(_ count: Int) -> UInt64 {
        ~0 &>> UInt64(truncatingIfNeeded: 64 &- count)
    }
}
