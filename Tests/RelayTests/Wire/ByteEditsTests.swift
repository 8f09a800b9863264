import NIOCore
import Testing

@testable import Relay

struct ByteEditsTests {
    /// Every second byte goes and all others become another, in two rows of edits.
    private static func edited(_ count: Int) -> (text: String, time: Duration) {
        let body = ByteBuffer(string: String(repeating: "ab", count: count))
        var edits = ByteEdits()
        for place in 0..<count { edits.remove(2 * place..<2 * place + 1) }
        for place in 0..<count { edits.replace(2 * place + 1..<2 * place + 2, with: "c") }
        edits.insert("(", at: 0)
        edits.insert("[", at: 0)
        var output = ByteBuffer()
        let time = ContinuousClock().measure { body.withUnsafeReadableBytes { edits.apply(to: $0, into: &output) } }
        return (String(buffer: output), time)
    }

    @Test(arguments: [1, 3, 2000]) func `edits are made in their place, whatever the order they come in`(_ count: Int) {
        #expect(Self.edited(count).text == "([" + String(repeating: "c", count: count))
    }

    @Test func `many edits out of order take time that grows with their number`() {
        _ = Self.edited(1000)
        let (short, long) = (Self.edited(2000).time, Self.edited(32_000).time)
        #expect(long < short * 80, "\(short) \(long)")
    }
}
