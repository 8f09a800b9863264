/// Counts the token features of UTF-8 text in one pass, a few instructions per byte.
///
/// It cuts text where byte-pair tokenizers cut it before merging (words with the blank before them, digits,
/// punctuation, white space, scripts) and never fails: a broken sequence counts as another character.
struct TokenScanner {
    private var features = TokenFeatures()
    private var before = Before.start

    /// What stood before the current run, as far as it changes how the run is cut.
    private enum Before: UInt8 {
        case start, space, tab, lineBreak, letter, digit, script
        case apostrophe, slash, underscore, dot, punctuation

        init(mark: UInt8) {
            switch mark {
            case UInt8(ascii: "'"): self = .apostrophe
            case UInt8(ascii: "/"), UInt8(ascii: "\\"): self = .slash
            case UInt8(ascii: "_"): self = .underscore
            case UInt8(ascii: "."): self = .dot
            default: self = .punctuation
            }
        }

        @inline(__always) var isPunctuation: Bool { rawValue >= Before.apostrophe.rawValue }
    }

    static func features(of bytes: UnsafeBufferPointer<UInt8>) -> TokenFeatures {
        var scanner = TokenScanner()
        LetterPairs.costs.withUnsafeBufferPointer { pairs in
            ByteClass.table.withUnsafeBufferPointer { classes in
                scanner.scan(bytes, pairs: pairs, classes: classes)
            }
        }
        return scanner.features
    }

    @inline(__always)
    private mutating func scan(
        _ bytes: UnsafeBufferPointer<UInt8>,
        pairs: UnsafeBufferPointer<Int8>,
        classes: UnsafeBufferPointer<UInt8>
    ) {
        var index = 0
        while index < bytes.count {
            switch classes[Int(bytes[index])] {
            case 0..<ByteClass.accented:
                index = word(bytes, from: index, pairs: pairs, classes: classes)
            case ByteClass.digit:
                index = digits(bytes, from: index, classes: classes)
            case ByteClass.blank:
                index = blanks(bytes, from: index, classes: classes)
            case ByteClass.punctuation:
                index = punctuation(bytes, from: index, classes: classes)
            default:
                if Character.isLatin(bytes, at: index) {
                    index = word(bytes, from: index, pairs: pairs, classes: classes)
                } else {
                    index = script(bytes, from: index)
                }
            }
        }
    }

    private typealias Character = ScannedCharacter

    @inline(__always)
    private mutating func word(
        _ bytes: UnsafeBufferPointer<UInt8>,
        from start: Int,
        pairs: UnsafeBufferPointer<Int8>,
        classes: UnsafeBufferPointer<UInt8>
    ) -> Int {
        var index = start
        var last = Int(ByteClass.boundary)
        var excess = 0
        var length = 0
        var capitals = 0
        var humps = 0
        var capitalRun = 0
        var accented = false
        var firstIsCapital = false
        while index < bytes.count {
            let byte = bytes[index]
            var letter = Int(classes[Int(byte)])
            if letter < Int(ByteClass.accented) {
                index += 1
                if byte & 0x20 == 0 {
                    if length == 0 { firstIsCapital = true } else if capitalRun == 0 { humps += 1 }
                    capitals += 1
                    capitalRun += 1
                } else {
                    if capitalRun > 1 { humps += 1 }
                    capitalRun = 0
                }
            } else if letter == Int(ByteClass.lead), Character.isLatin(bytes, at: index) {
                letter = Int(ByteClass.accented)
                accented = true
                if capitalRun > 1 { humps += 1 }
                capitalRun = 0
                index += byte >= 0xE0 ? 3 : 2
            } else {
                break
            }
            excess &+= Int(pairs[last &* LetterPairs.side &+ letter])
            last = letter
            length &+= 1
        }
        excess &+= Int(pairs[last &* LetterPairs.side &+ Int(ByteClass.boundary)])
        excess &+= Int(pairs[LetterPairs.lengths &+ min(length, 16)])
        if capitals == length, length > 1 {
            excess &+= Int(pairs[LetterPairs.perCapital]) &* capitals &+ Int(pairs[LetterPairs.allCapitals])
        } else {
            if firstIsCapital { excess &+= Int(pairs[LetterPairs.firstCapital]) }
            excess &+= Int(pairs[LetterPairs.hump]) &* humps
        }
        excess = max(0, excess)
        features.add(.words)
        if length <= 2 { features.add(.shortWords) }
        if before == .digit { features.add(.wordsAfterDigit) }
        if accented {
            features.add(.excessAccented, excess)
        } else if capitals == 0 || capitals == 1 && firstIsCapital {
            let isGlued = before.rawValue > Before.lineBreak.rawValue
            features.add(isGlued ? .excessGlued : .excessLower, excess)
        } else if capitals == length {
            features.add(.excessCapitals, excess)
        } else {
            features.add(.excessMixed, excess)
        }
        switch before {
        case .start, .space: break
        case .tab, .lineBreak: features.add(.wordsAfterBreak)
        case .apostrophe where length <= 2: features.add(.contractions)
        case .slash: features.add(.wordsAfterSlash)
        case .underscore: features.add(.wordsAfterUnderscore)
        case .dot: features.add(.wordsAfterDot)
        default: features.add(.gluedWords)
        }
        before = .letter
        return index
    }

    @inline(__always)
    private mutating func digits(
        _ bytes: UnsafeBufferPointer<UInt8>,
        from start: Int,
        classes: UnsafeBufferPointer<UInt8>
    ) -> Int {
        var index = start + 1
        while index < bytes.count, classes[Int(bytes[index])] == ByteClass.digit { index += 1 }
        features.add(.digitTriples, (index - start + 2) / 3)
        features.add(.digits, index - start)
        if before == .letter { features.add(.digitsAfterWord) }
        before = .digit
        return index
    }

    @inline(__always)
    private mutating func blanks(
        _ bytes: UnsafeBufferPointer<UInt8>,
        from start: Int,
        classes: UnsafeBufferPointer<UInt8>
    ) -> Int {
        var index = start
        var breaks = 0
        var tail = 0
        while index < bytes.count, classes[Int(bytes[index])] == ByteClass.blank {
            tail += 1
            if bytes[index] == 0x0A {
                breaks += 1
                tail = 0
            }
            index += 1
        }
        if breaks > 0 {
            features.add(.lineBreaks)
            if before.isPunctuation { features.add(.breaksAfterPunctuation) }
            if breaks > 1 { features.add(.blankLines) }
        }
        if tail > 1 { features.add(.indents) }
        if tail > 16 { features.add(.longIndents) }
        before = tail == 0 ? .lineBreak : bytes[index - 1] == 0x20 ? .space : .tab
        return index
    }

    @inline(__always)
    private mutating func punctuation(
        _ bytes: UnsafeBufferPointer<UInt8>,
        from start: Int,
        classes: UnsafeBufferPointer<UInt8>
    ) -> Int {
        var index = start + 1
        var same = 0
        var hasUnderscore = bytes[start] == UInt8(ascii: "_")
        while index < bytes.count, classes[Int(bytes[index])] == ByteClass.punctuation {
            if bytes[index] == bytes[index - 1] { same += 1 }
            if bytes[index] == UInt8(ascii: "_") { hasUnderscore = true }
            index += 1
        }
        features.add(.punctuationRuns)
        features.add(.punctuationSame, same)
        features.add(.punctuationNew, index - start - 1 - same)
        if before == .space { features.add(.spacedPunctuation) }
        if index - start == 1, index < bytes.count, classes[Int(bytes[index])] < ByteClass.accented {
            features.add(.gluedPunctuation)
        }
        if hasUnderscore { features.add(.underscores) }
        before = Before(mark: bytes[index - 1])
        return index
    }

    /// A run of one script that is not Latin; counted character by character.
    private mutating func script(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var index = start
        let first = Character(bytes, at: index)
        let script = first.script
        var current = first
        repeat {
            count(current.scalar, of: script)
            index += current.length
            guard index < bytes.count, bytes[index] >= 0x80 else { break }
            current = Character(bytes, at: index)
        } while current.script == script
        switch script {
        case .han: features.add(.hanRuns)
        case .hiragana: features.add(.hiraganaRuns)
        case .katakana: features.add(.katakanaRuns)
        case .hangul: features.add(.hangulWords)
        case .cyrillic: features.add(.cyrillicWords)
        case .arabic: features.add(.arabicWords)
        case .devanagari: features.add(.devanagariWords)
        default: break
        }
        before = .script
        return index
    }

    @inline(__always)
    private mutating func count(_ scalar: UInt32, of script: ScannedCharacter.Script) {
        switch script {
        case .han: features.add(scalar < 0x6000 ? .hanLow : scalar < 0x8000 ? .hanMiddle : .hanHigh)
        case .devanagari:
            features.add(scalar < 0x904 || (0x93A...0x94F).contains(scalar) ? .devanagariMarks : .devanagari)
        case .thai:
            let isMark =
                scalar == 0xE31 || (0xE34...0xE3A).contains(scalar) || (0xE47...0xE4E).contains(scalar)
            features.add(isMark ? .thaiMarks : .thai)
        case .greek: features.add(.greek)
        case .cyrillic: features.add(.cyrillic)
        case .arabic: features.add(.arabic)
        case .hangul: features.add(.hangul)
        case .hiragana: features.add(.hiragana)
        case .katakana: features.add(.katakana)
        case .cjkPunctuation: features.add(.cjkPunctuation)
        case .fullWidth: features.add(.fullWidth)
        case .joiner: features.add(.joiners)
        case .emoji: features.add(.emoji)
        case .symbol: features.add(.symbols)
        case .latin, .otherTwoByte: features.add(.otherTwoByte)
        case .otherThreeByte: features.add(.otherThreeByte)
        case .otherFourByte: features.add(.otherFourByte)
        }
    }
}
