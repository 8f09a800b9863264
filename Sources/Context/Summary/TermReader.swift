/// Cuts UTF-8 text into the terms it is scored by.
///
/// Words of scripts with spaces are folded and stemmed lightly; scripts without spaces (Han, Kana, Thai, Hangul with
/// its particles) give pairs of neighbouring characters. Identifiers (paths, dotted and snake-case names, camel
/// case, anything with digits) are terms of their own, with their case.
struct TermReader {
    /// A term as it was found.
    struct Found {
        /// Identity of the stem; words and identifiers never collide.
        var hash: UInt64
        /// Identity of the stem's first letters, 0 when the stem is not longer than that.
        var prefix: UInt64
        /// Identity of the word as it is written, folded; 0 for pairs and identifiers.
        var word: UInt64
        var range: Range<Int>
        /// Begins with a capital, or holds a digit.
        var isCapital = false
        var hasDigit = false
    }

    private static let prefixLength = 5
    private static let longestStem = 16

    let bytes: UnsafeBufferPointer<UInt8>
    private let classes: UnsafeBufferPointer<UInt8>
    private var letters = InlineArray<16, UInt32>(repeating: 0)

    init(_ bytes: UnsafeBufferPointer<UInt8>, classes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
        self.classes = classes
    }

    /// Calls `visit` for each word or character pair of `range`, in order. Linear.
    @inline(__always)
    mutating func words(in range: Range<Int>, _ visit: (Found) -> Void) {
        var index = range.lowerBound
        while index < range.upperBound {
            let byteClass = classes[Int(bytes[index])]
            if byteClass <= ByteClass.digit {
                index = word(from: index, to: range.upperBound, visit)
            } else if byteClass == ByteClass.lead {
                let character = ScannedCharacter(bytes, at: index)
                if character.script.isSpaceless {
                    index = pairs(from: index, to: range.upperBound, visit)
                } else if character.script.isLetter {
                    index = word(from: index, to: range.upperBound, visit)
                } else {
                    index += character.length
                }
            } else {
                index += 1
            }
        }
    }

    @inline(__always)
    private mutating func word(from start: Int, to end: Int, _ visit: (Found) -> Void) -> Int {
        var index = start
        var length = 0
        var whole = TermHash(seed: 1)
        var hasDigit = false
        var isCapital = false
        while index < end {
            let byte = bytes[index]
            let byteClass = classes[Int(byte)]
            var scalar = UInt32(byte)
            if byteClass < ByteClass.accented {
                if byte & 0x20 == 0, index == start { isCapital = true }
                scalar |= 0x20
                index += 1
            } else if byteClass == ByteClass.digit {
                hasDigit = true
                index += 1
            } else if byteClass == ByteClass.lead {
                let character = ScannedCharacter(bytes, at: index)
                if character.scalar == 0x2019 {
                    guard index + 3 < end, classes[Int(bytes[index + 3])] < ByteClass.accented else { break }
                    scalar = 0x27
                } else {
                    guard character.script.isLetter else { break }
                    scalar = character.folded
                    if index == start, scalar != character.scalar { isCapital = true }
                }
                index += character.length
            } else if byte == 0x27, index > start, index + 1 < end,
                classes[Int(bytes[index + 1])] < ByteClass.accented
            {
                index += 1
            } else {
                break
            }
            whole.add(scalar)
            if length < Self.longestStem { letters[length] = scalar }
            length += 1
        }
        var stem = TermHash(seed: 2)
        var prefix = TermHash(seed: 3)
        let stemLength = length <= Self.longestStem && !hasDigit ? Stem.length(letters, length) : length
        if length <= Self.longestStem {
            for position in 0..<stemLength {
                stem.add(letters[position])
                if position < Self.prefixLength { prefix.add(letters[position]) }
            }
        }
        visit(
            Found(
                hash: length <= Self.longestStem ? stem.value : whole.value,
                prefix: stemLength >= Self.prefixLength && length <= Self.longestStem ? prefix.value : 0,
                word: whole.value,
                range: start..<max(index, start + 1),
                isCapital: isCapital,
                hasDigit: hasDigit
            )
        )
        return max(index, start + 1)
    }

    @inline(__always)
    private func pairs(from start: Int, to end: Int, _ visit: (Found) -> Void) -> Int {
        var previous = ScannedCharacter(bytes, at: start)
        var from = start
        var index = start + previous.length
        var found = false
        while index < end, bytes[index] >= 0x80 {
            let character = ScannedCharacter(bytes, at: index)
            guard character.script.isSpaceless else { break }
            var hash = TermHash(seed: 4)
            hash.add(previous.scalar)
            hash.add(character.scalar)
            visit(Found(hash: hash.value, prefix: 0, word: 0, range: from..<index + character.length))
            found = true
            previous = character
            from = index
            index += character.length
        }
        if !found {
            var hash = TermHash(seed: 4)
            hash.add(previous.scalar)
            visit(Found(hash: hash.value, prefix: 0, word: 0, range: start..<index))
        }
        return index
    }

    /// Calls `visit` for each identifier of `range`: a run of `A–Z a–z 0–9 _ . / -` that has a shape no plain word
    /// has. Linear.
    @inline(__always)
    func identifiers(in range: Range<Int>, _ visit: (Found) -> Void) {
        var index = range.lowerBound
        while index < range.upperBound {
            guard Self.isPart(bytes[index], classes) else {
                index += 1
                continue
            }
            let start = index
            while index < range.upperBound, Self.isPart(bytes[index], classes) { index += 1 }
            var from = start
            var to = index
            while from < to, classes[Int(bytes[from])] == ByteClass.punctuation, bytes[from] != 0x5F { from += 1 }
            while to > from, classes[Int(bytes[to - 1])] == ByteClass.punctuation, bytes[to - 1] != 0x5F { to -= 1 }
            if to - from >= 3, let found = identifier(from..<to) { visit(found) }
        }
    }

    @inline(__always)
    private func identifier(_ range: Range<Int>) -> Found? {
        var hash = TermHash(seed: 5)
        var letters = 0
        var marks = 0
        var digits = 0
        var humps = 0
        var hyphens = 0
        for index in range {
            let byte = bytes[index]
            hash.add(byte)
            let byteClass = classes[Int(byte)]
            if byteClass == ByteClass.digit {
                digits += 1
            } else if byteClass == ByteClass.punctuation {
                if byte == 0x2D { hyphens += 1 } else { marks += 1 }
            } else {
                letters += 1
                if byte & 0x20 == 0, index > range.lowerBound,
                    classes[Int(bytes[index - 1])] < ByteClass.accented, bytes[index - 1] & 0x20 != 0
                {
                    humps += 1
                }
            }
        }
        let isNumber = letters == 0 && digits > 0 && marks + hyphens < 2
        guard !isNumber, letters + digits > 1, marks > 0 || digits > 0 || humps > 0 else { return nil }
        return Found(hash: hash.value, prefix: 0, word: 0, range: range, hasDigit: digits > 0)
    }

    @inline(__always)
    private static func isPart(_ byte: UInt8, _ classes: UnsafeBufferPointer<UInt8>) -> Bool {
        classes[Int(byte)] <= ByteClass.digit || byte == 0x5F || byte == 0x2E || byte == 0x2F || byte == 0x2D
    }
}

extension ScannedCharacter {
    /// The lower-case scalar for the alphabets with a simple rule: Latin, Greek, Cyrillic.
    @inline(__always)
    var folded: UInt32 {
        switch scalar {
        case 0xC0...0xDE, 0x391...0x3A9, 0x410...0x42F: scalar + 0x20
        case 0x400...0x40F: scalar + 0x50
        case 0x100...0x137, 0x14A...0x177, 0x1E00...0x1EFF: scalar | 1
        case 0x139...0x148, 0x179...0x17E: scalar + (scalar & 1)
        default: scalar
        }
    }
}

extension ScannedCharacter.Script {
    /// Written without spaces between words, or with particles that stick to them.
    @inline(__always)
    var isSpaceless: Bool {
        switch self {
        case .han, .hiragana, .katakana, .thai, .hangul: true
        default: false
        }
    }

    /// Part of a word where spaces part words. Unknown alphabets count as letters.
    @inline(__always)
    var isLetter: Bool {
        switch self {
        case .latin, .greek, .cyrillic, .arabic, .devanagari, .otherThreeByte: true
        default: false
        }
    }
}
