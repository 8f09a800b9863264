import NIOCore
import Testing

@testable import Clients

struct OneLineTests {
    @Test(arguments: [
        ("", ""), ("{}", "{}"), ("\n", ""), ("{\r\n  \"a\": 1,\n\n  \"b\\n\": [\r2]\n}\n", #"{  "a": 1,  "b\n": [2]}"#),
    ])
    func `line ends are left out`(_ json: String, _ line: String) {
        var buffer = ByteBuffer(string: ">")
        ByteBuffer(string: json).withUnsafeReadableBytes { buffer.writeOneLine($0) }
        #expect(String(buffer: buffer) == ">" + line)
        #expect(String(buffer: ByteBuffer(string: json).onOneLine) == line)
    }

    @Test func `what is on one line is not copied`() {
        let json = ByteBuffer(string: #"{"a":"\n"}"#)
        let (before, after) = (json.withUnsafeReadableBytes { $0 }, json.onOneLine.withUnsafeReadableBytes { $0 })
        #expect(before.baseAddress == after.baseAddress)
    }
}
