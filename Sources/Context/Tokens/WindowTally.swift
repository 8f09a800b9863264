/// What windows count by mere sets of places, until it is added to the features.
struct WindowTally {
    /// Words, short ones; runs with underscores, marks that a letter follows.
    var words = SetTally()
    /// Runs, those behind a space; marks that repeat the one before, and those that do not.
    var punctuation = SetTally()
    /// Digits, triples; numbers behind a word, words behind a number.
    var digits = SetTally()
    /// Indents; line breaks, those behind punctuation, blank lines.
    var blanks = SetTally()
    /// How many windows may be counted before the counts are taken.
    private(set) var room = SetTally.capacity

    @inline(__always)
    mutating func beginWindow() {
        room &-= 1
    }

    @inline(__always)
    mutating func take(into features: TokenFeatures) {
        guard room < SetTally.capacity else { return }
        room = SetTally.capacity
        features.add(words.take(), .words, .shortWords, .underscores, .gluedPunctuation)
        features.add(punctuation.take(), .punctuationRuns, .spacedPunctuation, .punctuationSame, .punctuationNew)
        features.add(digits.take(), .digits, .digitTriples, .digitsAfterWord, .wordsAfterDigit)
        features.add(blanks.take(), .indents, .lineBreaks, .breaksAfterPunctuation, .blankLines)
    }
}

extension TokenFeatures {
    @inline(__always)
    fileprivate func add(
        _ counts: SetTally.Sets,
        _ first: TokenFeature,
        _ second: TokenFeature,
        _ third: TokenFeature,
        _ fourth: TokenFeature
    ) {
        add(first, Int(truncatingIfNeeded: counts[0]))
        add(second, Int(truncatingIfNeeded: counts[1]))
        add(third, Int(truncatingIfNeeded: counts[2]))
        add(fourth, Int(truncatingIfNeeded: counts[3]))
    }
}
