import NIOCore
import NIOHTTP1
import Testing

@testable import Relay

/// A head that repeats is taken without the parser; one that differs in anything but its length is not.
struct KnownHeadTests {
    private static let head =
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 12\r\nX-A: b\r\n\r\n"

    private static func known(_ text: String, method: HTTPMethod = .POST, _ fields: [(String, String)] = [])
        -> KnownHead?
    {
        var parsed = HTTPRequestHead(version: .http1_1, method: method, uri: "/v1/chat/completions")
        parsed.headers = HTTPHeaders([("Content-Length", "12")] + fields)
        let head = ClientHead(parsed, sessionHeader: "x-session-id")
        return KnownHead(head, ByteBuffer(string: text).readableBytesView)
    }

    private static func match(_ known: KnownHead, _ text: String) -> KnownHead.Match? {
        Array(text.utf8).withUnsafeBytes { known.match($0) }
    }

    @Test(arguments: [("12", 12), ("0", 0), ("7", 7), ("123456789", 123_456_789), ("007", 7)])
    func `the same head with another length is known`(_ digits: String, _ length: Int) throws {
        let known = try #require(Self.known(Self.head + "hello"))
        let text = Self.head.replacing("12", with: digits)
        let match = try #require(Self.match(known, text + "body"))
        #expect(match.contentLength == length && match.bodyStart == text.utf8.count)
    }

    @Test func `a head that is not all there is not known`() throws {
        let known = try #require(Self.known(Self.head))
        for length in 0..<Self.head.utf8.count {
            let start = Array(Self.head.utf8.prefix(length))
            #expect(start.withUnsafeBytes { known.match($0) } == nil, "\(length) bytes")
        }
    }

    @Test func `a head that differs in any byte but the length's is not known`() throws {
        let known = try #require(Self.known(Self.head))
        let bytes = Array(Self.head.utf8)
        let digits = try #require(Self.head.utf8.firstRange(of: "12".utf8))
        let places = Self.head.utf8.distance(from: Self.head.startIndex, to: digits.lowerBound)..<Self.head.utf8.count
        for place in bytes.indices {
            var changed = bytes
            changed[place] ^= 1
            // Another digit is another length.
            if places.prefix(2).contains(place) { continue }
            #expect(changed.withUnsafeBytes { known.match($0) } == nil, "\(place)")
        }
    }

    @Test(arguments: ["", "-1", "+1", " 1", "1 ", "1,2", "0x1", "1234567890"])
    func `a length that leaves a doubt is the parser's`(_ value: String) throws {
        let known = try #require(Self.known(Self.head))
        #expect(Self.match(known, Self.head.replacing("12", with: value)) == nil)
    }

    @Test(arguments: [
        "\r\n" + head,
        head.replacing("\r\nX-A", with: "\nX-A"),
        head.replacing("X-A: b", with: "X-A: b\rc"),
        head.replacing("X-A: b", with: "content-length: 12"),
        head.replacing("12", with: "12 "),
        head.replacing("\r\n\r\n", with: "\r\nX-Long: \(String(repeating: "x", count: 5000))\r\n\r\n"),
        String(head.dropLast(2)),
    ]) func `a head of an unusual form is not remembered`(_ text: String) {
        #expect(Self.known(text) == nil)
    }

    @Test func `neither is one that asks for more than an answer`() {
        #expect(Self.known(Self.head, [("Transfer-Encoding", "chunked")]) == nil)
        #expect(Self.known(Self.head, [("Connection", "close")]) == nil)
        #expect(Self.known(Self.head, [("Upgrade", "websocket")]) == nil)
        #expect(Self.known(Self.head, [("Expect", "100-continue")]) == nil)
        #expect(Self.known(Self.head, method: .GET) == nil)
    }

    // MARK: Over a socket

    private static func post(_ body: String, _ fields: String = "") -> String {
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n"
            + body
    }

    private static func body(_ text: String) -> String {
        #"{"model":"meta-model","messages":[{"role":"user","content":"\#(text)"}]}"#
    }

    @Test func `requests on one connection are told apart wherever they are cut`() async throws {
        try await RelayUnderTest.run([.init("One")]) { relay in
            let client = try await relay.connect()
            let requests = (0..<3).map { Self.post(Self.body(String(repeating: "a", count: $0 * 50))) }
            let bytes = Array(requests.joined().utf8)
            for cut in stride(from: 1, to: bytes.count, by: 7) {
                try await client.send(Array(bytes[..<cut]))
                try await client.send(Array(bytes[cut...]))
                for _ in requests { #expect(try await client.readResponse().status == 200, "cut at \(cut)") }
            }
            await client.close()
        }
    }

    @Test func `a known head with a wrong body is refused as ever, and others go on`() async throws {
        try await RelayUnderTest.run([.init("One")], settings: { $0.server.maxBodyBytes = 1000 }) { relay in
            let client = try await relay.connect()
            for (text, status) in [
                (Self.post(Self.body("hi")), 200), (Self.post("{"), 400), (Self.post(Self.body("ho")), 200),
                (Self.post("", "X-Other: 1\r\n"), 400), (Self.post(Self.body("ha"), "X-Other: 1\r\n"), 200),
                ("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n", 200), (Self.post(Self.body("hu")), 200),
                (Self.post(Self.body(String(repeating: "a", count: 2000))), 413),
            ] {
                try await client.send(text)
                #expect(try await client.readResponse().status == status)
            }
            #expect(try await client.receive() == nil, "a body that is not read ends the connection")
            await client.close()
        }
    }
}
