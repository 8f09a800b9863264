/// The common case, up to 64 bytes of ASCII and accented letters at a time: the runs are found and counted as sets of
/// bits, since jumps that depend on every word's length cost more than all else.
extension TokenScanner {
    /// Counts all whole runs of the text from `start` on, as far as a window reaches.
    ///
    /// - Returns: where the first run begins that was not counted; `nil` if none was.
    @inline(__always)
    mutating func window(
        _ bytes: UnsafeBufferPointer<UInt8>,
        from start: Int,
        room: WindowRoom,
        tally: inout WindowTally,
        table: ScanTable
    ) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        var text = base + start
        let left = bytes.count &- start
        guard Self.isWorthwhile(text, left: left) else { return nil }
        if left < 64 { text = Self.tail(text, left: left, room) }
        let end = count(text, left: left, room: room, tally: &tally, table: table)
        return end == 0 ? nil : start &+ end
    }

    /// A few bytes between two words of another script are not worth a window.
    @inline(__always)
    private static func isWorthwhile(_ text: UnsafePointer<UInt8>, left: Int) -> Bool {
        guard left >= 8 else { return false }
        let next = UInt64(littleEndian: UnsafeRawPointer(text).loadUnaligned(as: UInt64.self))
        let foreign = next & 0x8080_8080_8080_8080
        return foreign == 0 || ScanMasks.accentLeads.contains(text[foreign.trailingZeroBitCount &>> 3])
    }

    /// The last bytes of a text, and behind them bytes that are part of no character.
    @inline(never)
    private static func tail(_ text: UnsafePointer<UInt8>, left: Int, _ room: WindowRoom) -> UnsafePointer<UInt8> {
        room.tail.initialize(repeating: 0xFF, count: 64)
        room.tail.update(from: text, count: left)
        return UnsafePointer(room.tail)
    }

    /// - Returns: how many bytes were counted.
    @inline(__always)
    private mutating func count(
        _ text: UnsafePointer<UInt8>,
        left: Int,
        room: WindowRoom,
        tally: inout WindowTally,
        table: ScanTable
    ) -> Int {
        let masks = ScanMasks(text, in: room.masks)
        guard masks.count > 0 else { return 0 }
        var end = masks.count
        var inside = ScanMasks.first(end)
        let letters = masks.letters | masks.accents | masks.accents &<< 1
        // The last run is whole where the text ends, or before another script.
        if end < left, end == 64 || letters &>> UInt64(truncatingIfNeeded: end &- 1) & 1 != 0 {
            let digits = masks.digits
            let blanks = masks.blanks
            let changes = (letters ^ letters &<< 1) | (digits ^ digits &<< 1) | (blanks ^ blanks &<< 1)
            end = 63 &- (changes & inside & ~1).leadingZeroBitCount
            guard end > 0 else { return 0 }
            inside = ScanMasks.first(end)
        }
        tally.beginWindow()
        Self.sum(text, end, into: room.sums, table: table)
        count(masks, words: letters & inside, inside: inside, text, tally: &tally, table: table)
        count(
            words: letters & inside,
            capitals: masks.capitals,
            accents: masks.accents,
            blanks: masks.blanks,
            sums: room.sums,
            table: table
        )
        before = table.befores[Int(text[end &- 1])]
        return end
    }

    /// Adds up what the letters of the first `count` bytes cost; some behind them are added too.
    @inline(__always)
    private static func sum(
        _ text: UnsafePointer<UInt8>,
        _ count: Int,
        into sums: UnsafeMutablePointer<Int32>,
        table: ScanTable
    ) {
        var sum: Int32 = 0
        var last = 0
        var index = 0
        sums[0] = 0
        repeat {
            let source = UnsafeRawPointer(text + index)
            var pair = Int(text[index]) &<< 8 | last
            for offset in 0..<8 {
                sum &+= Int32(table.costs[pair])
                sums[index &+ offset &+ 1] = sum
                if offset == 7 { break }
                pair = Int(UInt16(littleEndian: source.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
            }
            last = Int(text[index &+ 7])
            index &+= 8
        } while index < count
        sums[index &+ 1] = sum &+ Int32(table.costs[last])
    }
}
