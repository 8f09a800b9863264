import NIOCore
import Testing

@testable import Clients

@Suite struct JSONTextTests {
    /// The text of a document that is one string.
    private static func text(_ json: String) throws -> [UInt8] {
        try Array(json.utf8)
            .withUnsafeBytes { bytes in
                var scanner = JSONScanner(bytes)
                let string = try scanner.string()
                let text = JSONText.unescape(bytes, string)
                #expect(JSONText.string(bytes, string) == String(decoding: text, as: UTF8.self))
                return text
            }
    }

    static let strings: [(json: String, text: String)] = [
        (#""""#, ""), (#""abc""#, "abc"), (#""\"\\\/""#, "\"\\/"), (#""\b\f\n\r\t""#, "\u{8}\u{c}\n\r\t"),
        (#""\u0041\u00e9\u00E9\u20ac""#, "Aéé€"), (#""\u0000x""#, "\0x"), (#""é日😀""#, "é日😀"), (#""é\n日""#, "é\n日"),
        (#""\ud83d\ude00""#, "😀"), (#""\uD83D\uDE00!""#, "😀!"), (#""\uD800\uDC00\uDBFF\uDFFF""#, "\u{10000}\u{10FFFF}"),
        (#""\ud83d""#, "\u{FFFD}"), (#""\ude00""#, "\u{FFFD}"), (#""\ud83dx""#, "\u{FFFD}x"),
        (#""\ud83d\n""#, "\u{FFFD}\n"), (#""\ude00\ud83d""#, "\u{FFFD}\u{FFFD}"),
        (#""\ud83d\ud83d\ude00""#, "\u{FFFD}😀"), (#""\ud83d\u0041""#, "\u{FFFD}A"),
        (#""\ud83d\\ude00""#, "\u{FFFD}\\ude00"),
        (#""\\u0041""#, "\\u0041"), (#""\\\u0041""#, "\\A"), (#""\uffff\ufeff""#, "\u{FFFF}\u{FEFF}"),
    ]

    @Test(arguments: strings) func `escapes are read`(_ json: String, _ text: String) throws {
        #expect(String(decoding: try Self.text(json), as: UTF8.self) == text)
    }

    static let quoted: [(text: String, json: String)] = [
        ("", #""""#), ("a/b", #""a/b""#), ("\"\\", #""\"\\""#), ("\n\r\t", #""\n\r\t""#),
        ("\0\u{1}\u{8}\u{b}\u{c}\u{1f}", #""\u0000\u0001\u0008\u000b\u000c\u001f""#),
        ("\u{7f}é😀\u{2028}", "\"\u{7f}é😀\u{2028}\""),
    ]

    @Test(arguments: quoted) func `text is written with no escape but the needed`(_ text: String, _ json: String) throws
    {
        #expect(JSONText.quoted(text) == json)
        #expect(String(decoding: try Self.text(json), as: UTF8.self) == text)
    }

    @Test(arguments: 0..<8) func `what is written is read as it was`(_ seed: Int) throws {
        var random = SplitMix(seed: UInt64(seed))
        for _ in 0..<250 {
            let text = Self.randomText(&random)
            let json = JSONText.quoted(text)
            #expect(JSONScannerTests.fault(json) == nil)
            #expect(try Self.text(json) == Array(text.utf8))
        }
    }

    @Test(arguments: 0..<4) func `every scalar is read from its escapes`(_ seed: Int) throws {
        var random = SplitMix(seed: UInt64(seed))
        for _ in 0..<250 {
            let text = Self.randomText(&random)
            let json = "\"" + text.utf16.map { Self.escape($0, inCapitals: random.oneIn(2)) }.joined() + "\""
            #expect(try Self.text(json) == Array(text.utf8))
        }
    }

    @Test func `bytes that are not UTF-8 are passed on`() {
        var buffer = ByteBuffer()
        JSONText.escape([0x41, 0xFF, 0x22, 0xC3], into: &buffer)
        #expect(Array(buffer.readableBytesView) == [0x41, 0xFF, 0x5C, 0x22, 0xC3])
    }

    private static func escape(_ unit: UInt16, inCapitals: Bool) -> String {
        let digits = String(unit, radix: 16, uppercase: inCapitals)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }

    private static func randomText(_ random: inout SplitMix) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<random.below(40) {
            let bound: UInt32 = random.pick([0x20, 0x80, 0x100, 0x1_0000, 0x11_0000])
            if let scalar = Unicode.Scalar(UInt32(random.below(Int(bound)))) { text.append(scalar) }
        }
        return String(text)
    }
}
