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

/// The counts of one text, in memory of the caller's: a value this large would be copied from call to call.
struct TokenFeatures {
    static let count = 56
    /// For counts that nobody asks for, so that none need be left out.
    static let sink = UInt8(count)
    /// How many integers there must be room for.
    static let capacity = count + 1

    let counts: UnsafeMutablePointer<Int>

    @inline(__always)
    init(in memory: UnsafeMutablePointer<Int>) {
        counts = memory
        counts.initialize(repeating: 0, count: Self.capacity)
    }

    @inline(__always)
    func add(_ feature: TokenFeature, _ amount: Int = 1) {
        counts[feature.rawValue] &+= amount
    }

    /// - Parameter slot: the raw value of a feature, or the sink.
    @inline(__always)
    func add(slot: UInt8, _ amount: Int = 1) {
        counts[Int(slot)] &+= amount
    }

    /// The features that text in Latin letters has none of.
    private static let firstScript = TokenFeature.cyrillic.rawValue
    private static let endOfScripts = TokenFeature.excessCapitals.rawValue

    /// Tokens, not rounded: each count times the family's weight for it.
    @inline(__always)
    func weighted(by weights: UnsafeBufferPointer<Float>) -> Float {
        guard weights.count >= Self.count else { return 0 }
        var sum: Float = 0
        for index in 0..<Self.firstScript { sum += Float(counts[index]) * weights[index] }
        var any = 0
        for index in Self.firstScript..<Self.endOfScripts { any |= counts[index] }
        // Most text has none of these, and adding nothing changes nothing.
        if any != 0 {
            for index in Self.firstScript..<Self.endOfScripts { sum += Float(counts[index]) * weights[index] }
        }
        for index in Self.endOfScripts..<Self.count { sum += Float(counts[index]) * weights[index] }
        return sum
    }
}
