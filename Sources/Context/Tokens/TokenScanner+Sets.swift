/// What a window counts by mere sets of places.
extension TokenScanner {
    @inline(__always)
    func count(
        _ masks: ScanMasks,
        words: UInt64,
        inside: UInt64,
        _ text: UnsafePointer<UInt8>,
        tally: inout WindowTally,
        table: ScanTable
    ) {
        let digits = masks.digits & inside
        let blanks = masks.blanks & inside
        let marks = inside & ~(words | digits | blanks)
        let spaces = masks.spaces &<< 1
        let starts = words & ~(words &<< 1)
        let longer = words &>> 1 & words &>> 2 & ~Self.short(words, masks.accents)
        let runs = marks & ~(marks &<< 1)
        let more = marks & marks &<< 1
        tally.words.add(
            starts,
            starts & ~longer,
            Self.first(of: masks.underscores & marks, among: marks, from: runs),
            runs & masks.letters &>> 1
        )
        tally.punctuation.add(
            runs,
            runs & (spaces | (before == .space ? 1 : 0)),
            more & masks.repeats,
            more & ~masks.repeats
        )
        count(starts & ~spaces, behind: text, longer: longer, table: table)
        // Many windows have neither of these.
        if digits != 0 || before == .digit { count(digits: digits, words: words, starts: starts, tally: &tally) }
        let lineFeeds = masks.lineFeeds & blanks
        if lineFeeds | blanks & blanks &<< 1 != 0 {
            count(blanks: blanks, lineFeeds, punctuation: marks, tally: &tally)
        }
    }

    @inline(__always)
    private func count(digits: UInt64, words: UInt64, starts: UInt64, tally: inout WindowTally) {
        let numbers = digits & ~(digits &<< 1)
        let fourth = digits & digits &<< 1 & digits &<< 2 & digits &<< 3
        var triples = numbers
        var next = numbers &<< 3 & fourth
        while next != 0 {
            triples |= next
            next = next &<< 3 & fourth
        }
        tally.digits.add(
            digits,
            triples,
            numbers & (words &<< 1 | (before == .letter ? 1 : 0)),
            starts & (digits &<< 1 | (before == .digit ? 1 : 0))
        )
    }

    @inline(__always)
    private func count(blanks: UInt64, _ lineFeeds: UInt64, punctuation: UInt64, tally: inout WindowTally) {
        let rest = blanks & ~lineFeeds
        let second = rest & rest &<< 1
        let fourth = second & second &<< 2
        let eighth = fourth & fourth &<< 4
        let sixteenth = eighth & eighth &<< 8
        let ends = rest & ~(blanks &>> 1)
        if sixteenth != 0 { features.add(.longIndents, (sixteenth & sixteenth &<< 1 & ends).nonzeroBitCount) }
        let starts = blanks & ~(blanks &<< 1)
        let afterPunctuation = starts & (punctuation &<< 1 | (before.isPunctuation ? 1 : 0))
        let breaks = Self.first(of: lineFeeds, among: blanks, from: starts)
        tally.blanks.add(
            second & ends,
            breaks,
            Self.first(of: lineFeeds, among: blanks, from: afterPunctuation),
            Self.first(of: lineFeeds, among: blanks, from: breaks &<< 1)
        )
    }

    /// The letters that begin words of at most two letters, though the words have more than two bytes.
    @inline(__always)
    private static func short(_ words: UInt64, _ accents: UInt64) -> UInt64 {
        guard accents != 0 else { return 0 }
        let three = words &>> 1 & words &>> 2
        let hasThree = three & ~(words &>> 3) & (accents | accents &>> 1)
        let hasFour = three & words &>> 3 & ~(words &>> 4) & accents & accents &>> 2
        return hasThree | hasFour
    }

    /// The first of `wanted` in each run of `all` that begins in `starts`, or none: adding the starts carries through
    /// everything else up to it.
    @inline(__always)
    private static func first(of wanted: UInt64, among all: UInt64, from starts: UInt64) -> UInt64 {
        let others = all & ~wanted
        return wanted & (starts | others &+ (starts & others))
    }
}
