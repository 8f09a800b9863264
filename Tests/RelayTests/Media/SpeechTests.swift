import Testing

@testable import Relay

/// Sound goes to the client piece by piece, untouched.
struct SpeechTests {
    typealias Member = RelayUnderTest.Member

    private static let members = #""input":"Bonjour","voice":"alloy""#

    private static func providers(_ change: @escaping (inout SimulatedProvider.Behavior) -> Void = { _ in }) -> [Member]
    {
        ["One", "Two"].map { Member($0, models: [.init("voice", type: "speech")], .init().with(change)) }
    }

    @Test(arguments: [SimulatedProvider.Delivery.Framing.contentLength, .chunked, .closeDelimited])
    func `every byte arrives with its type`(_ framing: SimulatedProvider.Delivery.Framing) async throws {
        let providers = Self.providers { $0.delivery.stream = framing }
        try await RelayUnderTest.run(providers) { relay in
            let response = try await relay.post("/audio/speech", Self.members + #","response_format":"opus""#)
            #expect(response.body == SimulatedMediaAnswer.sound(40_000) && response.end == .complete)
            #expect(response.header("content-type") == "audio/opus")
            #expect(response.header("content-length") == (framing == .contentLength ? "40000" : nil))
            #expect(response.header("x-routed-via") == "One/voice")
        }
    }

    @Test func `the connection serves the next request`() async throws {
        try await RelayUnderTest.run(Self.providers()) { relay in
            let client = try await relay.connect()
            for _ in 0..<3 {
                let body = #"{"model":"meta-model",\#(Self.members)}"#
                try await client.sendRequest("POST", "/v1/audio/speech", body: Array(body.utf8))
                #expect(try await client.readResponse().body.count == 40_000)
            }
            await client.close()
        }
    }

    @Test func `the first pieces go out before the last have come`() async throws {
        let providers = Self.providers { $0.latency.betweenChunks = .exactly(.milliseconds(30)) }
        try await RelayUnderTest.run(providers) { relay in
            let response = try await relay.post("/audio/speech", Self.members)
            let (first, last) = (response.pieces.first?.at, response.pieces.last?.at)
            #expect(response.body.count == 40_000)
            let time = try #require(first).duration(to: try #require(last))
            #expect(time > .milliseconds(150))
        }
    }

    @Test(arguments: [true, false])
    func `sound that breaks off ends without its end`(_ isChunked: Bool) async throws {
        let providers = Self.providers { $0.delivery.stream = isChunked ? .chunked : .contentLength }
        try await RelayUnderTest.run(providers) { relay in
            relay.providers[0].play(.cut(afterChunks: 3))
            let response = try await relay.post("/audio/speech", Self.members)
            #expect(response.status == 200 && response.end == .truncated)
            #expect(response.body == Array(SimulatedMediaAnswer.sound(40_000).prefix(3 * 4096)))
            #expect(relay.providers[1].calls.isEmpty)
            try await relay.becomesIdle()
        }
    }

    @Test func `before the first byte the next provider takes over`() async throws {
        try await RelayUnderTest.run(Self.providers()) { relay in
            relay.providers[0].play(.cut(afterChunks: 0))
            let response = try await relay.post("/audio/speech", Self.members)
            #expect(response.body == SimulatedMediaAnswer.sound(40_000))
            #expect(response.header("x-fallback-trail") == "One/voice=cut")
        }
    }

    @Test func `a client that does not drain holds the provider back`() async throws {
        let providers = Self.providers { $0.media.soundBytes = 48 * 1024 * 1024 }
        try await RelayUnderTest.run(providers) { relay in
            let client = try await relay.connect()
            let body = #"{"model":"meta-model",\#(Self.members)}"#
            // Before it asks: on a busy machine all of it might be there with the head.
            try await client.pauseReading()
            try await client.sendRequest("POST", "/v1/audio/speech", body: Array(body.utf8))
            try await eventually(within: .seconds(30)) { relay.providers[0].calls.count == 1 }
            try await Task.sleep(for: .milliseconds(700))
            #expect(relay.providers[0].calls.first?.outcome == .underWay)
            try await client.resumeReading()
            _ = try await client.readHead(within: .seconds(60))
            var count = 0
            while let piece = try await client.readBodyPiece(within: .seconds(60)) { count += piece.bytes.count }
            #expect(count == 48 * 1024 * 1024)
            await client.close()
        }
    }

    @Test func `a client that leaves ends the call`() async throws {
        let providers = Self.providers { $0.latency.betweenChunks = .exactly(.milliseconds(50)) }
        try await RelayUnderTest.run(providers) { relay in
            let client = try await relay.connect()
            let body = #"{"model":"meta-model",\#(Self.members)}"#
            try await client.sendRequest("POST", "/v1/audio/speech", body: Array(body.utf8))
            _ = try await client.readHead()
            await client.close()
            try await eventually { relay.providers[0].calls.first?.outcome == .cancelled }
            try await relay.becomesIdle()
        }
    }

    @Test func `HTTP 1.0 gets the sound and a closed connection`() async throws {
        try await RelayUnderTest.run(Self.providers()) { relay in
            let body = #"{"model":"meta-model",\#(Self.members)}"#
            let response = try await relay.exchange(
                "POST /v1/audio/speech HTTP/1.0\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            )
            #expect(response.body == SimulatedMediaAnswer.sound(40_000) && response.end == .complete)
            #expect(response.header("transfer-encoding") == nil)
        }
    }
}
