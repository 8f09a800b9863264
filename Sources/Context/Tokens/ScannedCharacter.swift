/// One character of UTF-8 text with its script, read without validation: a broken sequence is one odd byte.
struct ScannedCharacter {
    let scalar: UInt32
    /// Bytes, 1 to 4; never more than are left.
    let length: Int

    /// Scripts that tokenizers treat differently, and those that write without spaces.
    enum Script: UInt8 {
        case latin, greek, cyrillic, arabic, devanagari, thai, hangul, hiragana, katakana, han
        case cjkPunctuation, fullWidth, joiner, emoji, symbol, otherTwoByte, otherThreeByte, otherFourByte
    }

    @inline(__always)
    init(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) {
        let lead = bytes[index]
        let wanted = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1
        guard wanted > 1, index &+ wanted <= bytes.count else {
            scalar = UInt32(lead)
            length = 1
            return
        }
        var value = UInt32(lead) & (wanted == 4 ? 0x07 : wanted == 3 ? 0x0F : 0x1F)
        for offset in 1..<wanted {
            value = value &<< 6 | UInt32(bytes[index &+ offset] & 0x3F)
        }
        scalar = value
        length = wanted
    }

    /// Whether an accented Latin letter stands at `index`: U+00C0–U+024F and U+1E00–U+1EFF.
    @inline(__always)
    static func isLatin(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Bool {
        let lead = bytes[index]
        if lead >= 0xC3, lead <= 0xC9 {
            return index + 1 < bytes.count && (lead < 0xC9 || bytes[index + 1] <= 0x8F)
        }
        return lead == 0xE1 && index + 2 < bytes.count && (0xB8...0xBB).contains(bytes[index + 1])
    }

    @inline(__always)
    var script: Script {
        length == 1 ? .otherTwoByte : Self.script(of: scalar)
    }

    static func script(of scalar: UInt32) -> Script {
        switch scalar {
        case 0xC0...0x24F, 0x1E00...0x1EFF: .latin
        case 0x370...0x3FF: .greek
        case 0x400...0x52F: .cyrillic
        case 0x600...0x6FF, 0x750...0x77F: .arabic
        case 0x900...0x97F: .devanagari
        case 0xE00...0xE7F: .thai
        case 0xAC00...0xD7A3: .hangul
        case 0x3040...0x309F: .hiragana
        case 0x30A0...0x30FF: .katakana
        case 0x4E00...0x9FFF: .han
        case 0x3000...0x303F: .cjkPunctuation
        case 0xFF00...0xFFEF: .fullWidth
        case 0xFE00...0xFE0F, 0x200D: .joiner
        case 0x1F000...: .emoji
        case 0x2000...0x2BFF: .symbol
        case ..<0x800: .otherTwoByte
        case ..<0x10000: .otherThreeByte
        default: .otherFourByte
        }
    }
}
