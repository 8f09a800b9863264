/// The words of a window: what each of them costs beyond one token, and what it stands behind.
extension TokenScanner {
    /// - Parameters:
    ///   - words: the letters of the words that are counted.
    ///   - sums: what the pairs of letters cost up to each byte.
    @inline(__always)
    func count(
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
