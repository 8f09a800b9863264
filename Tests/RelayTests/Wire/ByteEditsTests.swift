import Clients
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
        #expect(edits.apply(to: body, into: &output).isEmpty)
        return String(buffer: output)
    }

    @Test(arguments: [1, 3, 32_000]) func `edits are made in their place, whatever the order they come in`(_ count: Int)
    {
        #expect(Self.edited(count) == "([" + String(repeating: "c", count: count))
    }

    @Test func `only long stretches of a body are left where they lie`() {
        let long = String(repeating: "a", count: ByteBuffer.copiedBytes + 1)
        let text = "12" + long + "34" + long + "567"
        let body = ByteBuffer(string: text)
        let second = 4 + long.utf8.count
        var edits = ByteEdits()
        edits.replace(0..<1, with: "one")
        edits.replace(second - 2..<second - 1, with: "three")
        edits.insert("!", at: second + long.utf8.count)
        edits.remove(text.utf8.count - 1..<text.utf8.count)
        var output = ByteBuffer(string: "head ")
        let rest = edits.apply(to: body, into: &output)
        #expect(String(buffer: output) == "head one")
        #expect(rest.map { String(buffer: $0) } == ["2" + long, "three", "4" + long, "!56"])
    }
}
