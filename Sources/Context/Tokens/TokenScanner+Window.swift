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
        if left >= 8 {
            let next = UnsafeRawPointer(text).loadUnaligned(as: UInt64.self)
            guard next & 0x8080_8080_8080_8080 == 0 else { return nil }
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
        let limit = Self.read(text, left: left, room: room, table: table)
        let masks = ScanMasks(transposing: room.marks)
        let ascii = min(limit, masks.others.trailingZeroBitCount)
        var inside = ScanMasks.first(ascii)
        var letters = masks.letters & inside
        var digits = masks.digits & inside
        var blanks = masks.blanks & inside
        var marksOnly = inside & ~(letters | digits | blanks)
        var starts = (letters & ~(letters &<< 1)) | (digits & ~(digits &<< 1))
        starts |= (blanks & ~(blanks &<< 1)) | (marksOnly & ~(marksOnly &<< 1))
        // The last run is whole where the text ends, or before another script.
        var end = ascii
        if ascii < left, ascii == limit || letters &>> UInt64(truncatingIfNeeded: ascii &- 1) & 1 != 0 {
            end = 63 &- starts.leadingZeroBitCount
            guard end > 0 else { return 0 }
            inside = ScanMasks.first(end)
            letters &= inside
            digits &= inside
            blanks &= inside
            marksOnly &= inside
        }
        count(digits: digits, letters: letters)
        count(punctuation: marksOnly, masks, inside: inside, text)
        count(blanks: blanks, masks.lineFeeds & inside, punctuation: marksOnly)
        count(words: letters, capitals: masks.capitals, text, sums: room.sums, table: table)
        before = table.befores[Int(text[end &- 1])]
        return end
    }

    /// Looks up eight bytes at a time, until one of them is not ASCII.
    ///
    /// - Returns: how many bytes were read.
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
        var last = Int(ByteClass.boundary)
        var group = 0
        var isASCII = true
        sums[0] = 0
        while group < 8, isASCII, group &* 8 < left {
            var bytes: UInt64
            if group &* 8 &+ 8 <= left {
                bytes = UInt64(littleEndian: UnsafeRawPointer(text + group &* 8).loadUnaligned(as: UInt64.self))
            } else {
                bytes = 0x8080_8080_8080_8080
                var index = left &- 1
                while index >= group &* 8 {
                    bytes = bytes &<< 8 | UInt64(text[index])
                    index &-= 1
                }
            }
            isASCII = bytes & 0x8080_8080_8080_8080 == 0
            var mark: UInt64 = 0
            for index in 0..<8 {
                let byte = Int(truncatingIfNeeded: bytes & 0xFF)
                bytes &>>= 8
                mark = mark &>> 1 | table.marks[byte]
                let letter = Int(table.letters[byte])
                sum &+= Int32(table.costs[last &<< 5 | letter])
                last = letter
                sums[group &* 8 &+ index &+ 1] = sum
            }
            marks[group] = mark
            group &+= 1
        }
        sums[group &* 8 &+ 1] = sum &+ Int32(table.costs[last &<< 5 | Int(ByteClass.boundary)])
        let read = group &* 8
        while group < 8 {
            marks[group] = 0
            group &+= 1
        }
        return read
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
        inside: UInt64,
        _ text: UnsafePointer<UInt8>
    ) {
        guard marks != 0 else { return }
        let starts = marks & ~(marks &<< 1)
        let spaces = masks.spaces &<< 1 | (before == .space ? 1 : 0)
        features.add(.punctuationRuns, starts.nonzeroBitCount)
        features.add(.spacedPunctuation, (starts & spaces).nonzeroBitCount)
        features.add(.gluedPunctuation, (starts & masks.letters &>> 1).nonzeroBitCount)
        let more = marks & marks &<< 1
        if more != 0 {
            var same = 0
            var rest = more
            while rest != 0 {
                let index = rest.trailingZeroBitCount
                same &+= text[index] == text[index &- 1] ? 1 : 0
                rest &= rest &- 1
            }
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
        capitals: UInt64,
        _ text: UnsafePointer<UInt8>,
        sums: UnsafeMutablePointer<Int32>,
        table: ScanTable
    ) {
        var starts = words & ~(words &<< 1)
        var lasts = words & ~(words &>> 1)
        while starts != 0 {
            let start = starts.trailingZeroBitCount
            let length = lasts.trailingZeroBitCount &- start &+ 1
            starts &= starts &- 1
            lasts &= lasts &- 1
            let before = start == 0 ? self.before : table.befores[Int(text[start &- 1])]
            count(
                Word(
                    length: length,
                    excess: Int(sums[start &+ length &+ 1] &- sums[start]) &+ Int(table.lengths[length]),
                    capitals: capitals &>> UInt64(truncatingIfNeeded: start) & ScanMasks.first(length)
                ),
                after: before
            )
        }
    }

    /// A word of ASCII letters, at most 64.
    private struct Word {
        let length: Int
        /// What its pairs of letters and its length cost.
        let excess: Int
        /// Which letters are capital, first letter lowest.
        let capitals: UInt64
    }

    @inline(__always)
    private mutating func count(_ word: Word, after before: Before) {
        let capitals = word.capitals
        var excess = word.excess
        var feature = before.isGlue ? TokenFeature.excessGlued : .excessLower
        if capitals > 1 {
            let all = ScanMasks.first(word.length)
            if capitals == all {
                excess &+= LetterPairs.perCapital &* word.length &+ LetterPairs.allCapitals
                feature = .excessCapitals
            } else {
                let up = capitals & ~(capitals &<< 1) & ~1
                let down = capitals &<< 1 & capitals &<< 2 & ~capitals & all
                excess &+= LetterPairs.hump &* (up | down).nonzeroBitCount
                if capitals & 1 != 0 { excess &+= LetterPairs.firstCapital }
                feature = .excessMixed
            }
        } else {
            excess &+= LetterPairs.firstCapital &* Int(truncatingIfNeeded: capitals)
        }
        features.add(feature, max(0, excess))
        count(wordOf: word.length, after: before)
    }
}
