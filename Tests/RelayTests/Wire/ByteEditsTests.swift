import NIOCore
import Testing

@testable import Relay

struct ByteEditsTests {
    /// Every second byte goes and all others become another, in two rows of edits.
    private static func edited(_ count: Int) -> String {
        let body = ByteBuffer(string: String(repeating: "ab", count: count))
        var edits = ByteEdits()
        for place in 0..<count { edits.remove(2 * place..<2 * place + 1) }
        for place in 0..<count { edits.replace(2 * place + 1..<2 * place + 2, with: "c") }
        edits.insert("(", at: 0)
        edits.insert("[", at: 0)
        var output = ByteBuffer()
        body.withUnsafeReadableBytes { edits.apply(to: $0, into: &output) }
        return String(buffer: output)
    }

    @Test(arguments: [1, 3, 32_000]) func `edits are made in their place, whatever the order they come in`(_ count: Int)
    {
        #expect(Self.edited(count) == "([" + String(repeating: "c", count: count))
    }
}
