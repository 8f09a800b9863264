/// What is counted in a text to estimate its tokens; the order is that of the weights in `TokenizerFamily`.
///
/// Everything is a plain count, except the `excess…` features: letters of a word that make it more than one
/// token, in 1/64 token, by what kind of word it is.
enum TokenFeature: Int, CaseIterable {
    case words, excessLower, excessAccented, excessMixed
    case digitTriples, digits
    case punctuationRuns, punctuationNew, punctuationSame
    case lineBreaks, indents, longIndents
    case gluedWords, contractions
    case cyrillic, cyrillicWords, greek, arabic, arabicWords
    case devanagari, devanagariMarks, devanagariWords, thai, thaiMarks
    case hangul, hangulWords, hiragana, hiraganaRuns, katakana, katakanaRuns
    case hanLow, hanMiddle, hanHigh, hanRuns, cjkPunctuation, fullWidth
    case emoji, symbols, otherTwoByte, otherThreeByte, otherFourByte, joiners
    case excessCapitals
    case breaksAfterPunctuation, blankLines, spacedPunctuation, gluedPunctuation, underscores
    case shortWords, digitsAfterWord, wordsAfterDigit
    case excessGlued, wordsAfterSlash, wordsAfterUnderscore, wordsAfterDot, wordsAfterBreak
}

/// The counts of one text, filled in one pass over its bytes.
struct TokenFeatures {
    static let count = 56
    private(set) var values = InlineArray<56, Int>(repeating: 0)

    @inline(__always)
    mutating func add(_ feature: TokenFeature, _ amount: Int = 1) {
        values[feature.rawValue] &+= amount
    }

    /// Tokens, not rounded: each count times the family's weight for it.
    func weighted(by weights: [Float]) -> Float {
        var sum: Float = 0
        for index in 0..<min(Self.count, weights.count) {
            sum += Float(values[index]) * weights[index]
        }
        return sum
    }
}
