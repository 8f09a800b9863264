import NIOCore
import Testing

@testable import Clients

@Suite struct ResponseParserTests {
    struct Good: Sendable, CustomTestStringConvertible {
        let name: String
        let text: String
        var status = 200
        var body = ""
        var keepsAlive = true
        var rest = ""

        var testDescription: String { name }
    }

    static let good: [Good] = [
        Good(name: "fixed length", text: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", body: "hello"),
        Good(name: "no body", text: "HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n", status: 500),
        Good(name: "no reason", text: "HTTP/1.1 200 \r\ncontent-length: 0\r\n\r\n"),
        Good(name: "no blank before the reason", text: "HTTP/1.1 404\r\ncontent-length: 0\r\n\r\n", status: 404),
        Good(name: "a status of nobody's", text: "HTTP/1.1 799 \r\ncontent-length: 0\r\n\r\n", status: 799),
        Good(
            name: "blanks around a value",
            text: "HTTP/1.1 200 OK\r\nContent-Length:   2  \r\nConnection:\t x\t \r\n\r\nok",
            body: "ok"
        ),
        Good(name: "no blank before a value", text: "HTTP/1.1 200 OK\r\ncontent-length:2\r\nx:\r\n\r\nok", body: "ok"),
        Good(
            name: "Latin-1 in a value",
            text: "HTTP/1.1 200 OK\r\nx-name: caf\u{e9}\r\ncontent-length: 2\r\n\r\nok",
            body: "ok"
        ),
        Good(
            name: "a second response follows",
            text: "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
            body: "ok",
            rest: "HTTP/1.1 200 OK\r\n\r\n"
        ),
        Good(
            name: "chunked",
            text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n06\r\n world\r\n0\r\n\r\n",
            body: "hello world"
        ),
        Good(
            name: "chunked in capitals, sizes in both cases",
            text:
                "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\na\r\n0123456789\r\nB\r\nabcdefghijk\r\n000\r\n\r\n",
            body: "0123456789abcdefghijk"
        ),
        Good(
            name: "chunk extensions",
            text: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;a=b;c=\"d e\"\r\nok\r\n0;last\r\n\r\n",
            body: "ok"
        ),
        Good(
            name: "trailers",
            text: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx-sum: 1\r\nx-b:\r\n\r\n",
            body: "ok",
            rest: "HTTP"
        ),
        Good(
            name: "no chunk but the last",
            text: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
        Good(
            name: "a body that looks like chunks",
            text: "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n0\r\n\r\n",
            body: "0\r\n\r\n"
        ),
        Good(
            name: "up to the close",
            text: "HTTP/1.1 200 OK\r\nserver: x\r\n\r\nall of it\r\n\r\n",
            body: "all of it\r\n\r\n",
            keepsAlive: false
        ),
        Good(name: "up to an immediate close", text: "HTTP/1.1 200 OK\r\n\r\n", keepsAlive: false),
        Good(
            name: "interim answers",
            text: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nlink: </a>\r\n\r\n"
                + "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
            body: "ok"
        ),
        Good(name: "204", text: "HTTP/1.1 204 No Content\r\nserver: x\r\n\r\n", status: 204, rest: "more"),
        Good(name: "304", text: "HTTP/1.1 304 Not Modified\r\netag: \"x\"\r\n\r\n", status: 304),
        Good(
            name: "304 with the length of what it is about",
            text: "HTTP/1.1 304 \r\ncontent-length: 9\r\n\r\n",
            status: 304
        ),
        Good(
            name: "HTTP/1.0",
            text: "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok",
            body: "ok",
            keepsAlive: false
        ),
        Good(
            name: "HTTP/1.0 that stays",
            text: "HTTP/1.0 200 OK\r\nconnection: Keep-Alive\r\ncontent-length: 2\r\n\r\nok",
            body: "ok"
        ),
        Good(name: "HTTP/1.0 up to the close", text: "HTTP/1.0 200 OK\r\n\r\nok", body: "ok", keepsAlive: false),
        Good(
            name: "connection: close",
            text: "HTTP/1.1 200 OK\r\nConnection: Close\r\ncontent-length: 2\r\n\r\nok",
            body: "ok",
            keepsAlive: false
        ),
        Good(
            name: "close among other tokens",
            text: "HTTP/1.1 200 OK\r\nconnection: foo ,\t close , bar\r\ncontent-length: 0\r\n\r\n",
            keepsAlive: false
        ),
        Good(
            name: "close in a second field",
            text: "HTTP/1.1 200 OK\r\nconnection: keep-alive\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
            keepsAlive: false
        ),
        Good(
            name: "a token that only contains close",
            text: "HTTP/1.1 200 OK\r\nconnection: closed, ,x-close\r\ncontent-length: 0\r\n\r\n"
        ),
    ]

    @Test(arguments: good) func `a response is read the same however it arrives`(_ response: Good) {
        let bytes = Array((response.text + response.rest).latin1)
        let whole = ParsedResponse.whole(bytes)
        #expect(!whole.isRefused)
        #expect(whole.hasEnded)
        #expect(whole.status == response.status)
        #expect(String(decoding: whole.body, as: UTF8.self) == response.body)
        #expect(whole.keepsAlive == response.keepsAlive)
        #expect(whole.leftOver == response.rest.utf8.count)
        #expect(ParsedResponse.byteByByte(bytes) == whole)
        for place in 0...bytes.count {
            #expect(ParsedResponse.split(bytes, at: place) == whole)
        }
    }

    @Test(arguments: good) func `a response that is cut is never taken for a whole one`(_ response: Good) {
        let bytes = Array(response.text.latin1)
        let head = (response.text.latin1.count) - response.body.utf8.count
        for length in 0..<bytes.count {
            let cut = ParsedResponse.whole(Array(bytes[..<length]))
            if response.name.contains("up to"), length >= head {
                #expect(cut.hasEnded)
            } else {
                #expect(cut.isRefused && !cut.hasEnded)
            }
        }
    }

    static let chunkedHead = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"

    static let bad: [(name: String, text: String)] = [
        ("not HTTP", "SSH-2.0-OpenSSH_9.6\r\n\r\n"),
        ("HTTP/2", "HTTP/2.0 200 OK\r\n\r\n"),
        ("HTTP/1.2", "HTTP/1.2 200 OK\r\n\r\n"),
        ("HTTP/0.9", "HTTP/0.9 200 OK\r\n\r\n"),
        ("in lower case", "http/1.1 200 OK\r\n\r\n"),
        ("an empty line first", "\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"),
        ("a blank first", " HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"),
        ("two blanks", "HTTP/1.1  200 OK\r\n\r\n"),
        ("a tab", "HTTP/1.1\t200 OK\r\n\r\n"),
        ("a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"),
        ("a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"),
        ("a status under 100", "HTTP/1.1 099 OK\r\n\r\n"),
        ("a status of letters", "HTTP/1.1 2x0 OK\r\n\r\n"),
        ("no status", "HTTP/1.1\r\n\r\n"),
        ("bare LF after the status line", "HTTP/1.1 200 OK\ncontent-length: 0\r\n\r\n"),
        ("bare LF after a field", "HTTP/1.1 200 OK\r\ncontent-length: 0\n\r\n"),
        ("bare LF for the empty line", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\n"),
        ("bare CR in a field", "HTTP/1.1 200 OK\r\nx: a\rb\r\ncontent-length: 0\r\n\r\n"),
        ("NUL in a field", "HTTP/1.1 200 OK\r\nx: a\0b\r\ncontent-length: 0\r\n\r\n"),
        ("DEL in a field", "HTTP/1.1 200 OK\r\nx: a\u{7f}b\r\ncontent-length: 0\r\n\r\n"),
        ("a blank before the colon", "HTTP/1.1 200 OK\r\ncontent-length : 0\r\n\r\n"),
        ("a blank in a name", "HTTP/1.1 200 OK\r\nx y: 0\r\ncontent-length: 0\r\n\r\n"),
        ("a folded field", "HTTP/1.1 200 OK\r\nx: a\r\n b\r\ncontent-length: 0\r\n\r\n"),
        ("a folded first field", "HTTP/1.1 200 OK\r\n x: a\r\ncontent-length: 0\r\n\r\n"),
        ("no name", "HTTP/1.1 200 OK\r\n: a\r\ncontent-length: 0\r\n\r\n"),
        ("no colon", "HTTP/1.1 200 OK\r\nx\r\ncontent-length: 0\r\n\r\n"),
        ("Latin-1 in a name", "HTTP/1.1 200 OK\r\ncaf\u{e9}: a\r\ncontent-length: 0\r\n\r\n"),
        ("two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nabc"),
        ("the same length twice", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nContent-Length: 2\r\n\r\nok"),
        ("a list of lengths", "HTTP/1.1 200 OK\r\ncontent-length: 2, 2\r\n\r\nok"),
        ("a negative length", "HTTP/1.1 200 OK\r\ncontent-length: -2\r\n\r\nok"),
        ("a length with a plus", "HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\nok"),
        ("a hexadecimal length", "HTTP/1.1 200 OK\r\ncontent-length: 0x2\r\n\r\nok"),
        ("an empty length", "HTTP/1.1 200 OK\r\ncontent-length:\r\n\r\n"),
        ("a length with a tab before it", "HTTP/1.1 200 OK\r\ncontent-length:\t2\r\n\r\nok"),
        ("304 with length and chunks", "HTTP/1.1 304 \r\ncontent-length: 9\r\ntransfer-encoding: chunked\r\n\r\n"),
        ("a length with a blank", "HTTP/1.1 200 OK\r\ncontent-length: 1 2\r\n\r\nok"),
        ("a huge length", "HTTP/1.1 200 OK\r\ncontent-length: 18446744073709551618\r\n\r\nok"),
        ("a length past 18 digits", "HTTP/1.1 200 OK\r\ncontent-length: 0000000000000000002\r\n\r\nok"),
        (
            "length and chunks",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
        ),
        (
            "chunks and length",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n"
        ),
        ("gzip", "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\nok"),
        ("gzip, chunked", "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        ("chunked, chunked", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
        (
            "chunked twice",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
        ("an empty transfer encoding", "HTTP/1.1 200 OK\r\ntransfer-encoding:\r\n\r\n0\r\n\r\n"),
        ("chunked HTTP/1.0", "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("101", "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n"),
        ("an empty chunk size", chunkedHead + "\r\nok\r\n0\r\n\r\n"),
        ("a chunk size of other letters", chunkedHead + "g\r\nok\r\n0\r\n\r\n"),
        ("a chunk size with 0x", chunkedHead + "0x2\r\nok\r\n0\r\n\r\n"),
        ("a negative chunk size", chunkedHead + "-2\r\nok\r\n0\r\n\r\n"),
        ("a blank before a chunk size", chunkedHead + " 2\r\nok\r\n0\r\n\r\n"),
        ("a blank after a chunk size", chunkedHead + "2 \r\nok\r\n0\r\n\r\n"),
        ("a chunk size of 16 digits", chunkedHead + "0000000000000002\r\nok\r\n0\r\n\r\n"),
        ("a chunk size past 64 bits", chunkedHead + "10000000000000002\r\nok\r\n0\r\n\r\n"),
        ("bare LF after a chunk size", chunkedHead + "2\nok\r\n0\r\n\r\n"),
        ("bare CR after a chunk size", chunkedHead + "2\rok\r\n0\r\n\r\n"),
        ("bare LF in an extension", chunkedHead + "2;a\nok\r\n0\r\n\r\n"),
        ("NUL in an extension", chunkedHead + "2;a\0\r\nok\r\n0\r\n\r\n"),
        ("an extension without a name", chunkedHead + "2;\r\nok\r\n0\r\n\r\n"),
        ("an extension without its value", chunkedHead + "2;a=\r\nok\r\n0\r\n\r\n"),
        ("a blank in an extension", chunkedHead + "2;a b\r\nok\r\n0\r\n\r\n"),
        ("an extension whose quote stays open", chunkedHead + "2;a=\"b\r\nok\r\n0\r\n\r\n"),
        ("an extension with more than a quote", chunkedHead + "2;a=\"b\"c\r\nok\r\n0\r\n\r\n"),
        (
            "an extension over the limit",
            chunkedHead + "2;" + String(repeating: "x", count: 1030) + "\r\nok\r\n0\r\n\r\n"
        ),
        ("a chunk longer than its size", chunkedHead + "2\r\nokay\r\n0\r\n\r\n"),
        ("bare LF after a chunk", chunkedHead + "2\r\nok\n0\r\n\r\n"),
        ("a trailer without a colon", chunkedHead + "0\r\nx\r\n\r\n"),
        ("a trailer with a blank before its colon", chunkedHead + "0\r\nx : 1\r\n\r\n"),
        ("a folded trailer", chunkedHead + "0\r\nx: 1\r\n y\r\n\r\n"),
        ("a length in the trailers", chunkedHead + "0\r\nContent-Length: 0\r\n\r\n"),
        ("a transfer encoding in the trailers", chunkedHead + "0\r\ntransfer-encoding: chunked\r\n\r\n"),
        ("a control byte in a trailer", chunkedHead + "0\r\nx: \u{1}\r\n\r\n"),
        ("bare LF after a trailer", chunkedHead + "0\r\nx: 1\n\r\n"),
        ("bare LF for the last line", chunkedHead + "0\r\n\n"),
        ("trailers over the limit", chunkedHead + "0\r\nx: " + String(repeating: "y", count: 8192) + "\r\n\r\n"),
    ]

    @Test(arguments: bad) func `doubtful framing is refused however it arrives`(_ name: String, _ text: String) {
        let bytes = Array(text.latin1)
        let whole = ParsedResponse.whole(bytes)
        #expect(whole.isRefused && !whole.hasEnded)
        #expect(ParsedResponse.byteByByte(bytes).isRefused)
        for place in stride(from: 0, through: bytes.count, by: max(1, bytes.count / 400)) {
            let split = ParsedResponse.split(bytes, at: place)
            #expect(split.isRefused && !split.hasEnded)
            #expect(split.status == whole.status)
            #expect(split.body == whole.body)
        }
    }

    @Test func `what is no HTTP is refused before its line ends`() {
        #expect(ParsedResponse.whole(Array("SSH-".utf8), closes: false).isRefused)
        #expect(ParsedResponse.whole(Array("HTTP/2".utf8), closes: false).isRefused)
        #expect(!ParsedResponse.whole(Array("HTTP/1.".utf8), closes: false).isRefused)
    }

    @Test(arguments: [1, 7, 997, 100_000]) func `a head may have 64 KB and no byte more`(_ size: Int) {
        // A head in crumbs is quadratic work: only the last part comes so.
        func head(of length: Int) -> [UInt8] {
            let frame = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx: \r\n\r\n"
            let filler = String(repeating: "y", count: length - frame.utf8.count)
            return Array("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx: \(filler)\r\n\r\n".utf8)
        }
        for (length, isGood) in [(ResponseParser.maxHeadBytes, true), (ResponseParser.maxHeadBytes + 1, false)] {
            let bytes = head(of: length)
            #expect(bytes.count == length)
            let start = size < 900 ? length - 20 * size : 0
            let starts = stride(from: start, to: length, by: size)
            let pieces = [bytes[..<start]] + starts.map { bytes[$0..<min($0 + size, length)] }
            let read = ParsedResponse(pieces, closes: false)
            #expect(read.hasEnded == isGood)
            #expect(read.isRefused == !isGood)
        }
    }

    @Test func `a head that never ends is refused once it is too long`() {
        let bytes = Array(("HTTP/1.1 200 OK\r\nx: " + String(repeating: "y", count: 70_000)).utf8)
        #expect(ParsedResponse.whole(bytes, closes: false).isRefused)
        let many = Array(("HTTP/1.1 200 OK\r\n" + String(repeating: "a: b\r\n", count: 300)).utf8)
        #expect(ParsedResponse.whole(many, closes: false).isRefused)
    }

    @Test func `trailers that never end are refused once they are too long`() {
        let lines = String(repeating: "x: y\r\n", count: 2000)
        let bytes = Array((Self.chunkedHead + "0\r\n" + lines).utf8)
        #expect(ParsedResponse.whole(bytes, closes: false).isRefused)
        #expect(ParsedResponse.inPieces(of: 100, bytes).isRefused)
    }

    @Test func `the parser is ready for the next response after a reset`() throws {
        var parser = ResponseParser()
        var bytes = ByteBuffer(string: "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 1\r\n\r\na")
        while let event = try parser.next(&bytes) {
            if case .end = event { break }
        }
        #expect(!parser.keepsAlive)
        parser.reset()
        #expect(parser.isAtStart && parser.keepsAlive)
        bytes.writeString("HTTP/1.1 204 \r\n\r\n")
        guard case .head(let head) = try parser.next(&bytes) else {
            Issue.record("no head")
            return
        }
        #expect(head.status == 204)
    }

    // MARK: The head's fields

    private func head(_ fields: String) throws -> ResponseHead {
        var parser = ResponseParser()
        var bytes = ByteBuffer(string: "HTTP/1.1 200 OK\r\n\(fields)\r\n")
        guard case .head(let head) = try #require(try parser.next(&bytes)) else { throw ResponseParser.Fault.badField }
        return head
    }

    @Test func `a field is found by its name in any case, the first of several`() throws {
        let head = try head("X-One:  1 \r\nx-two: a\r\nX-TWO: b\r\nx-empty:\r\n")
        #expect(head.first("x-one") == "1")
        #expect(head.first("x-two") == "a")
        #expect(head.first("x-empty") == "")
        #expect(head.first("x-three") == nil)
        #expect(head.all(prefix: "x-").map(\.name) == ["x-one", "x-two", "x-two", "x-empty"])
        #expect(head.all(prefix: "x-t").map(\.value) == ["a", "b"])
    }

    @Test func `fields stay readable when the buffer they came in is used again`() throws {
        var parser = ResponseParser()
        var bytes = ByteBuffer(string: "HTTP/1.1 200 OK\r\nx-one: 1\r\ncontent-length: 3\r\n\r\n")
        guard case .head(let head) = try #require(try parser.next(&bytes)) else { return }
        bytes.clear()
        bytes.writeString(String(repeating: "z", count: 40))
        #expect(head.first("x-one") == "1")
    }

    static let rateLimited: [(field: String, speaks: Bool)] = [
        ("x-ratelimit-remaining: 1", true), ("X-RateLimit-Limit-Requests: 1", true), ("RateLimit: 1", true),
        ("ratelimit-reset: 1", true), ("modelscope-ratelimit-model-requests-limit: 1", true),
        ("x-rate-limit: 1", false), ("retry-after: 1", false), ("ratelim: 1", false), ("xx: ratelimit", false),
        ("date: x", false),
    ]

    @Test(arguments: rateLimited) func `a head says whether it speaks of rate limits`(_ field: String, _ speaks: Bool)
        throws
    {
        #expect(try head("server: x\r\n\(field)\r\n").mentionsRateLimits == speaks)
    }

    static let types: [(type: String, isStream: Bool)] = [
        ("text/event-stream", true), ("Text/Event-Stream; charset=utf-8", true), ("application/json", false),
        ("text/plain", false), ("", false),
    ]

    @Test(arguments: types) func `a head says whether it begins an event stream`(_ type: String, _ isStream: Bool)
        throws
    {
        #expect(try head("content-type: \(type)\r\n").isStream == isStream)
    }
}

extension String {
    /// One byte for each scalar up to U+00FF.
    var latin1: [UInt8] { unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }
}
