import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import Clients

/// NIOHTTP1 reads what ours has accepted and must have read the same.
@Suite struct ResponseOracleTests {
    /// What NIOHTTP1 makes of a response to a GET.
    private struct Oracle {
        var status: UInt?
        var body: [UInt8] = []
        var hasEnded = false
        /// Where it ended before the connection closed.
        var endedEarly = false
        var error: (any Error)?

        init(_ bytes: ArraySlice<UInt8>) {
            let channel = EmbeddedChannel()
            do {
                try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(HTTPResponseDecoder()))
                try channel.writeOutbound(
                    HTTPClientRequestPart.head(HTTPRequestHead(version: .http1_1, method: .GET, uri: "/"))
                )
                try channel.writeInbound(ByteBuffer(bytes: bytes))
                try drain(channel)
                endedEarly = hasEnded
                _ = try channel.finish(acceptAlreadyClosed: true)
                try drain(channel)
            } catch {
                self.error = error
                _ = try? channel.finish(acceptAlreadyClosed: true)
            }
        }

        private mutating func drain(_ channel: EmbeddedChannel) throws {
            while let part = try channel.readInbound(as: HTTPClientResponsePart.self) {
                switch part {
                case .head(let head): status = head.status.code
                case .body(let piece): body += piece.readableBytesView
                case .end: hasEnded = true
                }
            }
        }
    }

    /// Whether ours accepts; then both must have read the same, from the same bytes.
    private static func check(_ bytes: [UInt8]) -> Bool {
        let ours = ParsedResponse.whole(bytes)
        let bytewise = ParsedResponse.byteByByte(bytes)
        let text = String(decoding: bytes, as: UTF8.self).debugDescription
        guard ours.hasEnded, !ours.isRefused else {
            #expect(!bytewise.hasEnded, "\(text)")
            return false
        }
        #expect(bytewise == ours, "\(text)")
        let used = bytes[..<(bytes.count - ours.leftOver)]
        let isDelimited = ParsedResponse.whole(Array(used), closes: false).hasEnded
        let theirs = Oracle(used)
        let isSame =
            theirs.error == nil && theirs.status == ours.status.map(UInt.init) && theirs.body == ours.body
            && theirs.hasEnded && theirs.endedEarly == isDelimited
        #expect(isSame, "\(text): \(theirs)")
        if isDelimited { #expect(!Oracle(used.dropLast()).endedEarly, "\(text)") }
        return true
    }

    @Test(arguments: ResponseParserTests.good)
    func `what ours reads, NIOHTTP1 reads the same`(_ response: ResponseParserTests.Good) {
        let bytes = Array((response.text + response.rest).latin1)
        #expect(Self.check(bytes))
    }

    private static let lines = [
        "content-length: 3", "Content-Length: 0", "content-length: 5", "transfer-encoding: chunked",
        "Transfer-Encoding: identity", "connection: close", "connection: keep-alive", "connection: upgrade",
        "upgrade: h2c", " folded", "x: y", "x:", "keep-alive: timeout=5", "trailer: x", "content-length : 3",
        "transfer-encoding: chunked, gzip", "proxy-connection: close", "HTTP/1.1 200 OK", "HTTP/1.1 100 Continue", "",
    ]

    private static let bytesOfInterest = Array("\r\n \t:;,=\"0123456789abcfxgHTP/.-+\0\u{7f}".latin1) + [0x80, 0xff]

    private static func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix) {
        let place = random.below(bytes.count + 1)
        switch random.below(10) {
        case 0...2 where place < bytes.count: bytes[place] = random.pick(bytesOfInterest)
        case 3: bytes.insert(random.pick(bytesOfInterest), at: place)
        case 4 where place < bytes.count: bytes.remove(at: place)
        case 5 where place < bytes.count:
            let end = min(bytes.count, place + 1 + random.below(12))
            bytes.insert(contentsOf: bytes[place..<end], at: random.below(bytes.count))
        case 6 where place < bytes.count: bytes.removeSubrange(place..<min(bytes.count, place + 1 + random.below(6)))
        case 7 where place < bytes.count: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 8 where place < bytes.count: bytes[place] ^= 0x20
        default:
            // A line of its own, after a line that was there.
            let ends = bytes.indices.filter { bytes[$0] == 0x0A }
            guard !ends.isEmpty else { return }
            bytes.insert(contentsOf: (random.pick(lines) + "\r\n").utf8, at: random.pick(ends) + 1)
        }
    }

    @Test(arguments: 0..<16) func `what ours accepts of mutated responses, NIOHTTP1 reads the same`(_ seed: Int) {
        var random = SplitMix(seed: UInt64(seed))
        var accepted = 0
        let samples = ResponseParserTests.good.map { Array(($0.text + $0.rest).latin1) }
        for _ in 0..<400 {
            var bytes = random.pick(samples)
            for _ in 0...random.below(3) { Self.mutate(&bytes, &random) }
            if Self.check(bytes) { accepted += 1 }
        }
        // Neither everything nor nothing: else the mutations say little.
        #expect((40...360).contains(accepted))
    }
}
