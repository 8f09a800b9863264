/// The words of a window: what each of them costs beyond one token, and what it stands behind.
extension TokenScanner {
    /// - Parameters:
    ///   - words: the bytes of the words that are counted.
    ///   - accents: the first bytes of accented letters.
    ///   - sums: what the pairs of letters cost up to each byte.
    @inline(__always)
    func count(
        words: UInt64,
        capitals: UInt64,
        accents: UInt64,
        blanks: UInt64,
        sums: UnsafeMutablePointer<Int32>,
        table: ScanTable
    ) {
        var plain = words
        // Accented letters and inner capitals: few words have them, so only these are asked which.
        var odd = words & (accents | capitals & words &<< 1)
        while odd != 0 {
            let (start, length) = Self.word(of: odd.trailingZeroBitCount, among: words)
            let inWord = ScanMasks.first(length)
            let shift = UInt64(truncatingIfNeeded: start)
            plain &= ~(inWord &<< shift)
            odd &= ~(inWord &<< shift)
            let cost = Int(sums[start &+ length &+ 1] &- sums[start])
            count(
                wordOf: length,
                cost: cost,
                capitals: capitals &>> shift & inWord,
                accents: accents &>> shift & inWord,
                table: table
            )
        }
        count(plain: plain, glued: ~(blanks &<< 1 | (before.isGlue ? 0 : 1)), sums: sums, table: table)
    }

    /// Where the word begins that has a byte at `place`, and how many bytes it has.
    @inline(__always)
    private static func word(of place: Int, among words: UInt64) -> (start: Int, length: Int) {
        let others = ~words
        let start = 64 &- (others & ~(~0 &<< UInt64(truncatingIfNeeded: place))).leadingZeroBitCount
        let length = (others &>> UInt64(truncatingIfNeeded: start)).trailingZeroBitCount
        return (start, min(length, 64 &- start))
    }

    /// Counts words that have no capital but the first letter, and no accented one: sums instead of jumps, since nobody
    /// can foresee which words cost more than one token.
    @inline(__always)
    private func count(
        plain words: UInt64,
        glued: UInt64,
        sums: UnsafeMutablePointer<Int32>,
        table: ScanTable
    ) {
        var starts = words & ~(words &<< 1)
        var lasts = words & ~(words &>> 1)
        // Two sums of 32 bits, the higher one for words that are written together with what stands before.
        var excess = 0
        while starts != 0 {
            let start = starts.trailingZeroBitCount
            let last = lasts.trailingZeroBitCount
            starts &= starts &- 1
            lasts &= lasts &- 1
            let cost = Int(sums[last &+ 2] &- sums[start] &+ table.lengths[last &- start])
            let isGlued = Int(truncatingIfNeeded: glued &>> UInt64(truncatingIfNeeded: start) & 1)
            excess &+= Self.positive(cost) &<< (isGlued &<< 5)
        }
        features.add(.excessLower, Int(truncatingIfNeeded: UInt32(truncatingIfNeeded: excess)))
        features.add(.excessGlued, excess &>> 32)
    }

    /// - Parameters:
    ///   - length: its bytes.
    ///   - capitals: which of them are capital, first one lowest.
    ///   - accents: which of them begin accented letters.
    @inline(__always)
    private func count(wordOf length: Int, cost: Int, capitals: UInt64, accents: UInt64, table: ScanTable) {
        let all = ScanMasks.first(length)
        let letters = length &- accents.nonzeroBitCount
        var excess = cost &+ Int(table.lengths[letters &- 1])
        if capitals == all {
            // The costs of pairs have the first one as of a word that is not all capitals.
            excess &+= LetterPairs.perCapital &* length &+ LetterPairs.allCapitals &- LetterPairs.firstCapital
            features.add(.excessCapitals, Self.positive(excess))
            return
        }
        let up = capitals & ~(capitals &<< 1) & ~1
        let down = capitals &<< 1 & capitals &<< 2 & ~capitals & all
        excess &+= LetterPairs.hump &* (up | down).nonzeroBitCount
        features.add(accents == 0 ? .excessMixed : .excessAccented, Self.positive(excess))
    }

    /// The greater of a number of 31 bits and 0. Said with `max` or a mask, the compiler makes a jump of it.
    @inline(__always)
    private static func positive(_ number: Int) -> Int {
        Int(truncatingIfNeeded: UInt32(truncatingIfNeeded: number)) &>> (number &>> (Int.bitWidth &- 1) & 32)
    }

    /// - Parameters:
    ///   - starts: where words begin, but for most of those behind a space.
    ///   - longer: which letters have two more behind them.
    @inline(__always)
    func count(
        _ starts: UInt64,
        behind text: UnsafePointer<UInt8>,
        longer: UInt64,
        table: ScanTable
    ) {
        let first = Int(truncatingIfNeeded: (starts & 1) &<< 1 | longer & 1)
        features.add(slot: table.firsts[first &<< 4 | Int(before.rawValue)])
        var starts = starts & ~1
        while starts != 0 {
            let start = starts.trailingZeroBitCount
            let isLonger = Int(truncatingIfNeeded: longer &>> UInt64(truncatingIfNeeded: start) & 1)
            features.add(slot: table.words[isLonger &<< 8 | Int(text[start &- 1])])
            starts &= starts &- 1
        }
    }
}
