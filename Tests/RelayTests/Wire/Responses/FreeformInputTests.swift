import NIOCore
import Testing

@testable import Relay

/// The text of a freeform tool, out of the arguments that a model wrote.
struct FreeformInputTests {
    @Test(arguments: [
        (#"{"input":"*** Begin\n+a\t\"b\" \\ é 🙂"}"#, "*** Begin\n+a\t\"b\" \\ é 🙂"),
        (" {\n \"input\" :\"x\" , \"more\":1}", "x"), (#"{"input":""}"#, ""),
        (#"{"input":"\u00e9 \ud83d\ude42 \/"}"#, "é 🙂 /"), (#"{"input":"\ud83d x \ude42"}"#, "\u{FFFD} x \u{FFFD}"),
        (#"{"input":"\ud83d\ud83d\ude42\ud83d"}"#, "\u{FFFD}🙂\u{FFFD}"),
        (#"{"input":"\ud83d\n"}"#, "\u{FFFD}\n"),
        // Neither JSON nor far from it: what was meant is plain.
        (#"{"input":"\d+ \u12"}"#, #"\d+ \u12"#), ("{\"input\":\"a\nb\"}", "a\nb"),
        (#"{"input":"cut off"#, "cut off"), (#"{"patch":"*** x"}"#, "*** x"), (#"{"n":1,"input":"y"}"#, "y"),
        (#""bare\n""#, "bare\n"), ("*** Begin Patch\n\"a\"", "*** Begin Patch\n\"a\""), ("{}", "{}"), ("", ""),
    ])
    func `it is found, and read alike wherever it is cut`(_ arguments: String, _ expected: String) throws {
        let bytes = Array(arguments.utf8)
        for cut in 0...bytes.count
        where arguments.utf8.index(arguments.startIndex, offsetBy: cut).samePosition(in: arguments.unicodeScalars)
            != nil
        {
            var input = FreeformInput()
            var deltas: [String] = []
            for piece in [bytes[..<cut], bytes[cut...]] {
                var delta = ByteBuffer()
                input.append(Array(piece), into: &delta)
                deltas.append(String(buffer: delta))
            }
            var rest = ByteBuffer()
            input.end(into: &rest)
            deltas.append(String(buffer: rest))
            // Each delta is a string of its own.
            let texts = deltas.compactMap { (try? SimulatedJSON.parse("\"\($0)\""))?.string }
            #expect(texts.count == 3 && texts.joined() == expected, "cut at \(cut): \(deltas)")
            #expect(String(buffer: input.text) == deltas.joined())
        }
    }
}
