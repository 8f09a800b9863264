/// The common case, up to 64 bytes of ASCII at a time: the runs are found and counted as sets of bits, since jumps that
/// depend on every word's length cost more than all else.
extension TokenScanner {
    /// Counts all whole runs of the ASCII text from `start` on, as far as a window reaches.
    ///
    /// - Returns: where the first run begins that was not counted; `nil` if none was.
    @inline(__always)
    mutating func window(
        _ bytes: UnsafeBufferPointer<UInt8>,
        from start: Int,
        room: WindowRoom,
        table: ScanTable
    ) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        let text = base + start
        let left = bytes.count &- start
        // A space between two words of another script is not worth a window.
        if left >= 4 {
            let next = UnsafeRawPointer(text).loadUnaligned(as: UInt32.self)
            guard next & 0x8080_8080 == 0 else { return nil }
        } else if text[0] >= 0x80 {
            return nil
        }
        let end = count(text, left: left, room: room, table: table)
        return end == 0 ? nil : start &+ end
    }

    /// - Returns: how many bytes were counted.
    @inline(__always)
    private mutating func count(
        _ text: UnsafePointer<UInt8>,
        left: Int,
        room: WindowRoom,
        table: ScanTable
    ) -> Int {
        let ascii = Self.read(text, left: left, room: room, table: table)
        let masks = ScanMasks(transposing: room.marks)
        var inside = ScanMasks.first(ascii)
        var letters = masks.letters & inside
        var digits = masks.digits & inside
        var blanks = masks.blanks & inside
        var marks = inside & ~(letters | digits | blanks)
        // The last run is whole where the text ends, or before another script.
        var end = ascii
        if ascii < left, ascii == 64 || letters &>> UInt64(truncatingIfNeeded: ascii &- 1) != 0 {
            let changes = (letters ^ letters &<< 1) | (digits ^ digits &<< 1) | (blanks ^ blanks &<< 1)
            end = 63 &- (changes & inside & ~1).leadingZeroBitCount
            guard end > 0 else { return 0 }
            inside = ScanMasks.first(end)
            letters &= inside
            digits &= inside
            blanks &= inside
            marks &= inside
        }
        count(digits: digits, letters: letters)
        count(punctuation: marks, masks, inside: inside)
        count(blanks: blanks, masks.lineFeeds & inside, punctuation: marks)
        count(words: letters, masks, text, sums: room.sums, table: table)
        before = table.befores[Int(text[end &- 1])]
        return end
    }

    /// Looks up eight bytes at a time, until one of them is not ASCII.
    ///
    /// - Returns: how many bytes are ASCII, at most 64.
    @inline(__always)
    private static func read(
        _ text: UnsafePointer<UInt8>,
        left: Int,
        room: WindowRoom,
        table: ScanTable
    ) -> Int {
        let marks = room.marks
        let sums = room.sums
        var sum: Int32 = 0
        var index = 0
        var before: UInt64 = 0
        var foreign: UInt64 = 0
        sums[0] = 0
        while index < 64, foreign == 0, index < left {
            let source = index &+ 8 <= left ? UnsafeRawPointer(text + index) : tail(text, at: index, left: left, room)
            let word = UInt64(littleEndian: source.loadUnaligned(as: UInt64.self))
            foreign = word & 0x8080_8080_8080_8080
            var mark: UInt64 = 0
            var pair = Int(truncatingIfNeeded: word &<< 8 & 0xFF00 | before &>> 56)
            for offset in 0..<8 {
                mark = mark &>> 1 | table.marks[pair &>> 8]
                sum &+= Int32(table.costs[pair])
                sums[index &+ offset &+ 1] = sum
                if offset == 7 { break }
                let next = source.loadUnaligned(fromByteOffset: offset, as: UInt16.self)
                pair = Int(UInt16(littleEndian: next))
            }
            // A byte differs from the one before it where the sum reaches its highest bit.
            let different = (word ^ (word &<< 8 | before &>> 56)) &+ 0x7F7F_7F7F_7F7F_7F7F
            let repeated = ~different &>> 7 & 0x0101_0101_0101_0101
            marks[index &>> 3] = mark | (repeated &* 0x0102_0408_1020_4080) & 0xFF00_0000_0000_0000
            before = word
            index &+= 8
        }
        sums[index &+ 1] = sum &+ Int32(table.costs[Int(truncatingIfNeeded: before &>> 56)])
        let ascii = foreign == 0 ? index : index &- 8 &+ foreign.trailingZeroBitCount &>> 3
        while index < 64 {
            marks[index &>> 3] = 0
            index &+= 8
        }
        return ascii
    }

    /// The last bytes of a text, and behind them bytes that are not ASCII.
    @inline(never)
    private static func tail(
        _ text: UnsafePointer<UInt8>,
        at start: Int,
        left: Int,
        _ room: WindowRoom
    ) -> UnsafeRawPointer {
        room.tail.storeBytes(of: ~0, as: UInt64.self)
        room.tail.copyMemory(from: text + start, byteCount: left &- start)
        return UnsafeRawPointer(room.tail)
    }

    @inline(__always)
    private mutating func count(digits: UInt64, letters: UInt64) {
        guard digits != 0 else { return }
        let starts = digits & ~(digits &<< 1)
        features.add(.digits, digits.nonzeroBitCount)
        features.add(.digitsAfterWord, (starts & (letters &<< 1 | (before == .letter ? 1 : 0))).nonzeroBitCount)
        let fourth = digits & digits &<< 1 & digits &<< 2 & digits &<< 3
        var triples = starts
        while triples != 0 {
            features.add(.digitTriples, triples.nonzeroBitCount)
            triples = triples &<< 3 & fourth
        }
    }

    @inline(__always)
    private mutating func count(
        punctuation marks: UInt64,
        _ masks: ScanMasks,
        inside: UInt64
    ) {
        guard marks != 0 else { return }
        let starts = marks & ~(marks &<< 1)
        let spaces = masks.spaces &<< 1 | (before == .space ? 1 : 0)
        features.add(.punctuationRuns, starts.nonzeroBitCount)
        features.add(.spacedPunctuation, (starts & spaces).nonzeroBitCount)
        features.add(.gluedPunctuation, (starts & masks.letters &>> 1).nonzeroBitCount)
        let more = marks & marks &<< 1
        if more != 0 {
            let same = (more & masks.repeats).nonzeroBitCount
            features.add(.punctuationSame, same)
            features.add(.punctuationNew, more.nonzeroBitCount &- same)
        }
        let underscores = masks.underscores & inside
        if underscores != 0 {
            features.add(.underscores, Self.first(of: underscores, among: marks, from: starts).nonzeroBitCount)
        }
    }

    /// The first of `wanted` in each run of `all` that begins in `starts`, or none: adding the starts carries through
    /// everything else up to it.
    @inline(__always)
    private static func first(of wanted: UInt64, among all: UInt64, from starts: UInt64) -> UInt64 {
        let others = all & ~wanted
        return wanted & (starts | others &+ (starts & others))
    }

    @inline(__always)
    private mutating func count(blanks: UInt64, _ lineFeeds: UInt64, punctuation: UInt64) {
        let rest = blanks & ~lineFeeds
        let second = rest & rest &<< 1
        if second != 0 {
            let ends = rest & ~(blanks &>> 1)
            features.add(.indents, (second & ends).nonzeroBitCount)
            let fourth = second & second &<< 2
            let eighth = fourth & fourth &<< 4
            let sixteenth = eighth & eighth &<< 8
            if sixteenth != 0 { features.add(.longIndents, (sixteenth & sixteenth &<< 1 & ends).nonzeroBitCount) }
        }
        guard lineFeeds != 0 else { return }
        let starts = blanks & ~(blanks &<< 1)
        let firsts = Self.first(of: lineFeeds, among: blanks, from: starts)
        features.add(.lineBreaks, firsts.nonzeroBitCount)
        let afterPunctuation = starts & (punctuation &<< 1 | (before.isPunctuation ? 1 : 0))
        features.add(
            .breaksAfterPunctuation,
            Self.first(of: lineFeeds, among: blanks, from: afterPunctuation).nonzeroBitCount
        )
        features.add(.blankLines, Self.first(of: lineFeeds, among: blanks, from: firsts &<< 1).nonzeroBitCount)
    }
}
