import CScan
import Testing

@testable import Clients

/// What is passed over 64 bytes at a time, held against a reading byte by byte, on every kind of processor that this one can be.
@Suite struct StringScanTests {
    private static let widths = [SCAN_ANY, SCAN_32, SCAN_64].filter { $0.rawValue <= scan_widest().rawValue }

    private static let pieces: [[UInt8]] = [
        "ab", "hello wo", "0123456789abcdef", #"\n"#, #"\t"#, #"\/"#, #"\""#, #"\\"#, #"\\\\\\"#, #"\u00e9"#,
        #"\uD83d\uDe42"#, "é", "\u{7FF}", "\u{800}", "漢", "\u{D7FF}", "\u{FFFF}", "🙂", "\u{10FFFF}",
    ]
    .map { Array($0.utf8) }

    /// What a byte is replaced by, to see it found.
    private static let wrong: [UInt8] = [
        0x00, 0x1F, 0x22, 0x5C, 0x75, 0x80, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xE0, 0xED, 0xF0, 0xF4, 0xF5, 0xFF,
    ]

    private static func content(_ length: Int, _ random: inout SplitMix) -> [UInt8] {
        var content: [UInt8] = []
        while content.count < length { content += random.pick(pieces) }
        return content
    }

    /// How many bytes of content are sound, escape by escape and character by character.
    private static func soundLength(_ bytes: ArraySlice<UInt8>) -> Int {
        var rest = bytes
        while let byte = rest.first {
            if byte < 0x20 || byte == UInt8(ascii: "\"") { break }
            let length: Int
            if byte == UInt8(ascii: "\\") {
                guard let escaped = rest.dropFirst().first else { break }
                if escaped == UInt8(ascii: "u") {
                    let digits = rest.dropFirst(2).prefix(4)
                    guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else {
                        break
                    }
                    length = 6
                } else {
                    guard #""\/bfnrt"#.utf8.contains(escaped) else { break }
                    length = 2
                }
            } else {
                var decoder = UTF8()
                var iterator = rest.makeIterator()
                guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { break }
                length = UTF8.width(scalar)
            }
            rest = rest.dropFirst(length)
        }
        return bytes.count - rest.count
    }

    private static func passed(_ bytes: [UInt8], _ width: scan_width) -> (count: Int, hasEscapes: Bool) {
        var hasEscapes = false
        let count = bytes.withUnsafeBufferPointer { scan_string_by(width, $0.baseAddress, $0.count, &hasEscapes) }
        return (count, hasEscapes)
    }

    @Test func everythingSoundIsPassedAndNothingElse() {
        var random = SplitMix(seed: 11)
        for _ in 0..<6000 {
            var bytes = Self.content(64 + random.below(300), &random)
            for _ in 0..<random.below(3) { bytes[random.below(bytes.count)] = random.pick(Self.wrong) }
            let sound = Self.soundLength(bytes[...])
            for width in Self.widths {
                let (count, hasEscapes) = Self.passed(bytes, width)
                // Whole blocks, less what an escape or a character would lose of itself.
                let least = sound / 64 * 64 - 5
                #expect(count <= sound && count >= least, "\(width) \(bytes)")
                #expect(Self.soundLength(bytes[..<count]) == count, "\(width) \(bytes)")
                #expect(hasEscapes || !bytes[..<count].contains(UInt8(ascii: "\\")), "\(width) \(bytes)")
            }
        }
    }

    @Test func lessThanABlockIsLeft() {
        for width in Self.widths {
            #expect(Self.passed([UInt8](repeating: 0x61, count: 63), width).count == 0)
            #expect(Self.passed([UInt8](repeating: 0x61, count: 64), width).count == 64)
        }
    }

    /// A long string's fault is where a byte-by-byte reading finds it.
    @Test func aLongStringsEndAndFaultsAreFoundWhereverTheyAre() throws {
        var random = SplitMix(seed: 12)
        for round in 0..<4000 {
            var bytes = Self.content(round % 400, &random)
            if random.oneIn(2), !bytes.isEmpty { bytes[random.below(bytes.count)] = random.pick(Self.wrong) }
            let document =
                [UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")] + Self.content(random.below(100), &random)
            let sound = Self.soundLength(document[1...])
            let read = document.withUnsafeBytes { bytes -> Result<JSONString, JSONFault> in
                var scanner = JSONScanner(bytes)
                do throws(JSONFault) { return .success(try scanner.string()) } catch { return .failure(error) }
            }
            switch read {
            case .success(let string):
                #expect(string.range == 1..<1 + sound, "\(document)")
                #expect(document[1 + sound] == UInt8(ascii: "\""), "\(document)")
                #expect(string.hasEscapes == document[string.range].contains(UInt8(ascii: "\\")), "\(document)")
            case .failure(let fault):
                // Bytes that are no UTF-8 are told of where nothing else is wrong.
                #expect(fault.offset >= 1 + sound, "\(document) \(fault)")
                if fault.reason == .badUTF8 { #expect(fault.offset == 1 + sound, "\(document) \(fault)") }
                #expect(
                    1 + sound == document.count || document[1 + sound] != UInt8(ascii: "\""),
                    "\(document) \(fault)"
                )
            }
        }
    }
}
