import Foundation
import Testing

@testable import Clients

/// Foundation's JSON reader and ours accept and refuse the same documents.
///
/// Where they are known to part, the document is left out of the comparison:
/// - bytes that Foundation takes for a byte order mark, UTF-16 or UTF-32 (a NUL among the first four);
/// - a lone surrogate escape, which is well formed by RFC 8259 and which ours reads as U+FFFD;
/// - a comma after the last element or member, which Foundation lets pass;
/// - nesting past our limit of 128 (Foundation's is 512);
/// - numbers that no `Double` holds: ours reads no values.
@Suite struct JSONOracleTests {
    private static let samples: [String] =
        JSONScannerTests.valid.map(\.text)
        + [
            #"{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Hé\n\"x\" 😀"},"finish_reason":null}],"usage":{"prompt_tokens":12,"completion_tokens":3.5e0}}"#,
            #"{"messages":[{"role":"user","content":[{"type":"text","text":"a\u00e9\ud83d\ude00"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA/+=="}}]}],"stream":true,"temperature":-0.5E-1,"tools":[]}"#,
            #" [ [ ] , { } , "" , 0 , -1.25e+3 , true , false , null , [ { "a" : [ 1 , 2 ] } ] ] "#,
        ]

    private static let pieces: [[UInt8]] =
        [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\u00e9", "\\ud83d\\ude00", "\\n", "true", "false",
            "null", "0",
            "-", "+", ".", "e", "E1", "1", "01", " ", "\n", "\t", "\r", "/", "'", "é", "😀", "\u{1}", "\u{7f}", "\"a\":",
            "{}",
        ]
        .map { Array($0.utf8) } + [[0x80], [0xC3], [0xED, 0xA0, 0x80], [0xF4, 0x90], [0xFF], [0xC0, 0x80]]

    private static func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix) {
        let place = random.below(bytes.count + 1)
        switch random.below(6) {
        case 0 where place < bytes.count: bytes.remove(at: place)
        case 1 where place < bytes.count: bytes.replaceSubrange(place...place, with: random.pick(pieces))
        case 2 where place < bytes.count: bytes.removeSubrange(place..<min(bytes.count, place + 1 + random.below(8)))
        case 3 where place < bytes.count:
            let end = min(bytes.count, place + 1 + random.below(10))
            bytes.insert(contentsOf: bytes[place..<end], at: random.below(bytes.count))
        case 4: bytes.removeLast(min(bytes.count, random.below(4)))
        default: bytes.insert(contentsOf: random.pick(pieces), at: place)
        }
    }

    private static func foundationAccepts(_ bytes: [UInt8]) -> Bool {
        (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
    }

    /// Whether a `\u` escape of half a pair stands without its other half.
    private static func hasLoneSurrogate(_ bytes: [UInt8]) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self).lowercased()
        let pairs = text.replacing(/\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}/, with: "")
        return pairs.contains(/\\ud[89a-f][0-9a-f]{2}/)
    }

    private static func isComparable(_ bytes: [UInt8]) -> Bool {
        if bytes.prefix(4).contains(0) || bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return false }
        if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE]) { return false }
        if hasLoneSurrogate(bytes) { return false }
        let text = String(decoding: bytes, as: UTF8.self)
        if text.contains(/,[ \t\r\n]*[\]}]/) { return false }
        return !text.contains(/[eE][+]?[0-9]{3,}/) && !text.contains(/[0-9]{30,}/)
    }

    @Test(arguments: JSONScannerTests.invalid.map(\.text)) func `what ours forbids, Foundation forbids`(_ text: String)
    {
        let bytes = Array(text.utf8)
        if Self.isComparable(bytes) { #expect(!Self.foundationAccepts(bytes)) }
    }

    @Test(arguments: 0..<12) func `ours and Foundation agree on mutated documents`(_ seed: Int) {
        var random = SplitMix(seed: UInt64(seed))
        var accepted = 0
        for _ in 0..<400 {
            var bytes = Array(random.pick(Self.samples).utf8)
            for _ in 0...random.below(3) { Self.mutate(&bytes, &random) }
            guard Self.isComparable(bytes) else { continue }
            let fault = JSONScannerTests.fault(bytes)
            #expect((fault == nil) == Self.foundationAccepts(bytes), "\(String(decoding: bytes, as: UTF8.self))")
            if fault == nil { accepted += 1 }
            if let fault { #expect((0...bytes.count).contains(fault.offset)) }
        }
        #expect((20...380).contains(accepted))
    }

    @Test(arguments: 0..<4) func `strings are read as Foundation reads them`(_ seed: Int) throws {
        var random = SplitMix(seed: UInt64(seed) + 1000)
        let inside = Self.pieces.filter { $0 != [0x22] && $0 != [0x5C] && String(validating: $0, as: UTF8.self) != nil }
        for _ in 0..<200 {
            let content = (0..<random.below(12)).flatMap { _ in random.pick(inside) }
            let bytes = [0x22] + content + [0x22]
            guard JSONScannerTests.fault(bytes) == nil, !Self.hasLoneSurrogate(bytes) else { continue }
            let theirs = try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed) as? String
            let ours = try bytes.withUnsafeBytes { all in
                var scanner = JSONScanner(all)
                return JSONText.string(all, try scanner.string())
            }
            #expect(ours == theirs)
        }
    }
}
