/// Counts the token features of UTF-8 text in one pass, a few instructions per byte.
///
/// It cuts text where byte-pair tokenizers cut it before merging (words with the blank before them, digits,
/// punctuation, white space, scripts) and never fails: a broken sequence counts as another character.
struct TokenScanner {
    let features: TokenFeatures
    var before = Before.start

    /// What stood before the current run, as far as it changes how the run is cut.
    enum Before: UInt8 {
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

        /// - Parameters:
        ///   - last: the last byte of what stands before.
        ///   - byteClass: the class of that byte.
        init(last: UInt8, of byteClass: UInt8) {
            switch byteClass {
            case ByteClass.digit: self = .digit
            case ByteClass.blank: self = last == 0x20 ? .space : last == 0x0A ? .lineBreak : .tab
            case ByteClass.punctuation: self.init(mark: last)
            case ByteClass.lead: self = .script
            default: self = .letter
            }
        }

        /// What a word behind it counts as; a long one behind an apostrophe is no contraction.
        var word: TokenFeature? {
            switch self {
            case .start, .space: nil
            case .tab, .lineBreak: .wordsAfterBreak
            case .apostrophe: .contractions
            case .slash: .wordsAfterSlash
            case .underscore: .wordsAfterUnderscore
            case .dot: .wordsAfterDot
            case .letter, .digit, .script, .punctuation: .gluedWords
            }
        }

        /// Whether a word is written together with it.
        @inline(__always) var isGlue: Bool { rawValue > Before.lineBreak.rawValue }
        @inline(__always) var isPunctuation: Bool { rawValue >= Before.apostrophe.rawValue }
    }

    /// - Parameter memory: room for the counts and for what a window needs, in this order.
    @inline(__always)
    static func features(
        of bytes: UnsafeBufferPointer<UInt8>,
        in memory: UnsafeMutablePointer<Int>
    ) -> TokenFeatures {
        let features = TokenFeatures(in: memory)
        scan(bytes, into: features, room: UnsafeMutableRawPointer(memory + TokenFeatures.capacity))
        return features
    }

    @inline(never)
    private static func scan(
        _ bytes: UnsafeBufferPointer<UInt8>,
        into features: TokenFeatures,
        room: UnsafeMutableRawPointer
    ) {
        var scanner = TokenScanner(features: features)
        scanner.scan(bytes, room: WindowRoom(room), table: .shared)
    }

    @inline(__always)
    private mutating func scan(_ bytes: UnsafeBufferPointer<UInt8>, room: WindowRoom, table: ScanTable) {
        var tally = WindowTally()
        var index = 0
        while index < bytes.count {
            index =
                window(bytes, from: index, room: room, tally: &tally, table: table)
                ?? run(bytes, from: index, table: table)
            if tally.room == 0 { tally.take(into: features) }
        }
        tally.take(into: features)
    }

    /// Counts one run, whatever it is, byte by byte.
    mutating func run(_ bytes: UnsafeBufferPointer<UInt8>, from index: Int, table: ScanTable) -> Int {
        switch table.classes[Int(bytes[index])] {
        case 0..<ByteClass.accented:
            word(bytes, from: index, table: table)
        case ByteClass.digit:
            digits(bytes, from: index, classes: table.classes)
        case ByteClass.blank:
            blanks(bytes, from: index, classes: table.classes)
        case ByteClass.punctuation:
            punctuation(bytes, from: index, classes: table.classes)
        default:
            if Character.isLatin(bytes, at: index) {
                word(bytes, from: index, table: table)
            } else {
                scripts(bytes, from: index, table: table)
            }
        }
    }

    private typealias Character = ScannedCharacter

    private mutating func word(
        _ bytes: UnsafeBufferPointer<UInt8>,
        from start: Int,
        table: ScanTable
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
            var letter = Int(table.classes[Int(byte)])
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
            excess &+= Int(table.pairs[last &* LetterPairs.side &+ letter])
            last = letter
            length &+= 1
        }
        excess &+= Int(table.pairs[last &* LetterPairs.side &+ Int(ByteClass.boundary)])
        excess &+= Int(table.lengths[min(length, 64) &- 1])
        if capitals == length, length > 1 {
            excess &+= LetterPairs.perCapital &* capitals &+ LetterPairs.allCapitals
        } else {
            if firstIsCapital { excess &+= LetterPairs.firstCapital }
            excess &+= LetterPairs.hump &* humps
        }
        excess = max(0, excess)
        if accented {
            features.add(.excessAccented, excess)
        } else if capitals == 0 || capitals == 1 && firstIsCapital {
            features.add(before.isGlue ? .excessGlued : .excessLower, excess)
        } else if capitals == length {
            features.add(.excessCapitals, excess)
        } else {
            features.add(.excessMixed, excess)
        }
        features.add(.words)
        if length <= 2 { features.add(.shortWords) }
        if before == .digit { features.add(.wordsAfterDigit) }
        if let word = before.word { features.add(word == .contractions && length > 2 ? .gluedWords : word) }
        before = .letter
        return index
    }

    private mutating func digits(
        _ bytes: UnsafeBufferPointer<UInt8>,
        from start: Int,
        classes: UnsafePointer<UInt8>
    ) -> Int {
        var index = start + 1
        while index < bytes.count, classes[Int(bytes[index])] == ByteClass.digit { index += 1 }
        features.add(.digitTriples, (index - start + 2) / 3)
        features.add(.digits, index - start)
        if before == .letter { features.add(.digitsAfterWord) }
        before = .digit
        return index
    }

    private mutating func blanks(
        _ bytes: UnsafeBufferPointer<UInt8>,
        from start: Int,
        classes: UnsafePointer<UInt8>
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

    private mutating func punctuation(
        _ bytes: UnsafeBufferPointer<UInt8>,
        from start: Int,
        classes: UnsafePointer<UInt8>
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
}
