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

    @inline(__always)
    private mutating func count(
        words: UInt64,
        _ masks: ScanMasks,
        _ text: UnsafePointer<UInt8>,
        sums: UnsafeMutablePointer<Int32>,
        table: ScanTable
    ) {
        guard words != 0 else { return }
        let starts = words & ~(words &<< 1)
        let lasts = words & ~(words &>> 1)
        let more = words &>> 1 & words &>> 2
        features.add(.words, starts.nonzeroBitCount)
        features.add(.shortWords, (starts & ~more).nonzeroBitCount)
        if masks.digits != 0 || before == .digit {
            let digits = masks.digits &<< 1 | (before == .digit ? 1 : 0)
            features.add(.wordsAfterDigit, (starts & digits).nonzeroBitCount)
        }
        count(starts & ~(masks.spaces &<< 1), behind: text, longer: more, table: table)
        let capitals = masks.capitals & words
        let blanks = masks.blanks &<< 1 | (before.isGlue ? 0 : 1)
        if capitals & ~starts == 0 {
            count(plain: starts, lasts, capitals: capitals, blanks: blanks, sums: sums, table: table)
        } else {
            count(mixed: starts, lasts, capitals: capitals, blanks: blanks, sums: sums, table: table)
        }
    }

    /// Counts words that have no capital but the first letter: sums instead of jumps, since nobody can foresee which
    /// words cost more than one token.
    @inline(__always)
    private func count(
        plain starts: UInt64,
        _ lasts: UInt64,
        capitals: UInt64,
        blanks: UInt64,
        sums: UnsafeMutablePointer<Int32>,
        table: ScanTable
    ) {
        var starts = starts
        var lasts = lasts
        var lower = 0
        var glued = 0
        while starts != 0 {
            let start = starts.trailingZeroBitCount
            let last = lasts.trailingZeroBitCount
            let shift = UInt64(truncatingIfNeeded: start)
            starts &= starts &- 1
            lasts &= lasts &- 1
            let capital = Int(truncatingIfNeeded: capitals &>> shift & 1)
            let cost = Int(sums[last &+ 2] &- sums[start]) &+ Int(table.lengths[last &- start])
            let excess = Self.positive(cost &+ LetterPairs.firstCapital &* capital)
            lower &+= excess
            glued &+= Self.kept(excess, unless: Int(truncatingIfNeeded: blanks &>> shift & 1))
        }
        features.add(.excessLower, lower &- glued)
        features.add(.excessGlued, glued)
    }

    @inline(__always)
    private func count(
        mixed starts: UInt64,
        _ lasts: UInt64,
        capitals: UInt64,
        blanks: UInt64,
        sums: UnsafeMutablePointer<Int32>,
        table: ScanTable
    ) {
        var starts = starts
        var lasts = lasts
        var lower = 0
        var glued = 0
        while starts != 0 {
            let start = starts.trailingZeroBitCount
            let last = lasts.trailingZeroBitCount
            let shift = UInt64(truncatingIfNeeded: start)
            starts &= starts &- 1
            lasts &= lasts &- 1
            let cost = Int(sums[last &+ 2] &- sums[start]) &+ Int(table.lengths[last &- start])
            let inWord = capitals &>> shift & ScanMasks.first(last &- start &+ 1)
            if inWord > 1 {
                count(wordOf: last &- start &+ 1, cost: cost, capitals: inWord)
                continue
            }
            let excess = Self.positive(cost &+ LetterPairs.firstCapital &* Int(truncatingIfNeeded: inWord))
            lower &+= excess
            glued &+= Self.kept(excess, unless: Int(truncatingIfNeeded: blanks &>> shift & 1))
        }
        features.add(.excessLower, lower &- glued)
        features.add(.excessGlued, glued)
    }

    /// - Parameter capitals: which letters are capital, first letter lowest; one of them is not the first.
    @inline(__always)
    private func count(wordOf length: Int, cost: Int, capitals: UInt64) {
        let all = ScanMasks.first(length)
        if capitals == all {
            let excess = cost &+ LetterPairs.perCapital &* length &+ LetterPairs.allCapitals
            features.add(.excessCapitals, Self.positive(excess))
            return
        }
        let up = capitals & ~(capitals &<< 1) & ~1
        let down = capitals &<< 1 & capitals &<< 2 & ~capitals & all
        let first = Int(truncatingIfNeeded: capitals & 1)
        let excess = cost &+ LetterPairs.hump &* (up | down).nonzeroBitCount &+ LetterPairs.firstCapital &* first
        features.add(.excessMixed, Self.positive(excess))
    }

    /// The greater of a number of 32 bits and 0. Said with `max` or a mask, the compiler makes a jump of it.
    @inline(__always)
    private static func positive(_ number: Int) -> Int {
        kept(Int(truncatingIfNeeded: UInt32(truncatingIfNeeded: number)), unless: number &>> (Int.bitWidth &- 1) & 1)
    }

    /// A number of 32 bits, or 0 if the bit is 1.
    @inline(__always)
    private static func kept(_ number: Int, unless bit: Int) -> Int {
        number &>> (bit &<< 5)
    }

    /// - Parameters:
    ///   - starts: where words begin, but for most of those behind a space.
    ///   - longer: which letters have two more behind them.
    @inline(__always)
    private func count(
        _ starts: UInt64,
        behind text: UnsafePointer<UInt8>,
        longer: UInt64,
        table: ScanTable
    ) {
        var starts = starts
        if starts & 1 != 0 {
            if let word = before.word {
                features.add(word == .contractions && longer & 1 != 0 ? .gluedWords : word)
            }
            starts &= ~1
        }
        while starts != 0 {
            let start = starts.trailingZeroBitCount
            var slot = table.words[Int(text[start &- 1])]
            if slot == UInt8(TokenFeature.contractions.rawValue), longer &>> UInt64(truncatingIfNeeded: start) & 1 != 0
            {
                slot = UInt8(TokenFeature.gluedWords.rawValue)
            }
            features.add(slot: slot)
            starts &= starts &- 1
        }
    }
}
