/// What a character that is not ASCII counts as: its own feature, and the feature of a run of its script.
struct ScriptKind {
    /// Equal within one script.
    let script: ScannedCharacter.Script
    /// The raw value of a `TokenFeature`.
    let feature: UInt8
    /// The same, or the sink.
    let run: UInt8

    static let unknown = ScriptKind(script: .otherTwoByte, feature: TokenFeatures.sink, run: TokenFeatures.sink)

    private init(script: ScannedCharacter.Script, feature: UInt8, run: UInt8) {
        self.script = script
        self.feature = feature
        self.run = run
    }

    init(_ scalar: UInt32) {
        self.init(scalar, script: ScannedCharacter.script(of: scalar))
    }

    /// What all of them count as; unknown if they differ.
    init(_ scalars: Range<UInt32>) {
        let first = ScriptKind(scalars.lowerBound)
        let areAlike = scalars.allSatisfy {
            let other = ScriptKind($0)
            return other.script == first.script && other.feature == first.feature
        }
        self = areAlike ? first : .unknown
    }

    init(_ scalar: UInt32, script: ScannedCharacter.Script) {
        self.script = script
        feature = UInt8(Self.feature(of: scalar, script).rawValue)
        run = Self.run(of: script).map { UInt8($0.rawValue) } ?? TokenFeatures.sink
    }

    private static func run(of script: ScannedCharacter.Script) -> TokenFeature? {
        switch script {
        case .han: .hanRuns
        case .hiragana: .hiraganaRuns
        case .katakana: .katakanaRuns
        case .hangul: .hangulWords
        case .cyrillic: .cyrillicWords
        case .arabic: .arabicWords
        case .devanagari: .devanagariWords
        default: nil
        }
    }

    private static func feature(of scalar: UInt32, _ script: ScannedCharacter.Script) -> TokenFeature {
        switch script {
        case .han: scalar < 0x6000 ? .hanLow : scalar < 0x8000 ? .hanMiddle : .hanHigh
        case .devanagari: scalar < 0x904 || (0x93A...0x94F).contains(scalar) ? .devanagariMarks : .devanagari
        case .thai:
            scalar == 0xE31 || (0xE34...0xE3A).contains(scalar) || (0xE47...0xE4E).contains(scalar)
                ? .thaiMarks : .thai
        case .greek: .greek
        case .cyrillic: .cyrillic
        case .arabic: .arabic
        case .hangul: .hangul
        case .hiragana: .hiragana
        case .katakana: .katakana
        case .cjkPunctuation: .cjkPunctuation
        case .fullWidth: .fullWidth
        case .joiner: .joiners
        case .emoji: .emoji
        case .symbol: .symbols
        case .latin, .otherTwoByte: .otherTwoByte
        case .otherThreeByte: .otherThreeByte
        case .otherFourByte: .otherFourByte
        }
    }
}
