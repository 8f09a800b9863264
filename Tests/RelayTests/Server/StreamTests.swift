import NIOCore
import Testing

@testable import Relay

/// Streams as providers send them, cut anywhere; and as clients take them, or do not.
struct StreamTests {
    typealias Behavior = SimulatedProvider.Behavior
    typealias Member = RelayUnderTest.Member

    private static let text = "Füße, 北京, 🙂: jedes Zeichen \"zerschnitten\"\n\nund\twieder ganz."

    struct Shape: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var change: @Sendable (inout Behavior) -> Void

        init(_ name: String, _ change: @escaping @Sendable (inout Behavior) -> Void) {
            (testDescription, self.change) = (name, change)
        }
    }

    static let shapes: [Shape] = [
        Shape("plain") { _ in },
        Shape("bytes one by one") { $0.delivery.bodyBytesPerPiece = 1 },
        Shape("pieces of two") { $0.delivery.bodyBytesPerPiece = 2 },
        Shape("pieces of seven") { $0.delivery.bodyBytesPerPiece = 7 },
        Shape("writes of three, framing and all") { behavior in
            behavior.delivery.bytesPerWrite = 3
            behavior.delivery.betweenWrites = .microseconds(50)
        },
        Shape("CRLF") { $0.streaming.lineEnd = "\r\n" },
        Shape("CR") { $0.streaming.lineEnd = "\r" },
        Shape("CRLF in pieces") { behavior in
            behavior.streaming.lineEnd = "\r\n"
            behavior.delivery.bodyBytesPerPiece = 1
        },
        Shape("no space after the colon") { $0.streaming.spaceAfterColon = false },
        Shape("comments") { behavior in
            behavior.streaming.leadingComments = ["OPENROUTER PROCESSING", ""]
            behavior.streaming.commentBetween = "ping"
        },
        Shape("no [DONE]") { $0.streaming.sendsDone = false },
        Shape("no [DONE], closed") { behavior in
            behavior.streaming.sendsDone = false
            behavior.delivery.stream = .closeDelimited
        },
        Shape("of announced length") { $0.delivery.stream = .contentLength },
        Shape("until the connection closes") { $0.delivery.stream = .closeDelimited },
        Shape("no role") { $0.streaming.startsWithRole = false },
        Shape("empty deltas") { $0.streaming.emptyDeltas = 5 },
        Shape("a whole answer instead") { $0.streaming.answersWhole = true },
        Shape("a whole answer in pieces") { behavior in
            behavior.streaming.answersWhole = true
            behavior.delivery.whole = .chunked
            behavior.delivery.bodyBytesPerPiece = 3
        },
        Shape("one delta") { $0.streaming.pieces = .whole },
        Shape("single characters") { $0.streaming.pieces = .characters(1) },
        Shape("usage with the finish") { $0.streaming.usage = .withFinish },
    ]

    @Test(arguments: shapes, [false, true])
    func `a stream reads the same however it was sent`(_ shape: Shape, _ normalizes: Bool) async throws {
        let member = Member("One", Behavior(answer: .text(Self.text)).with(shape.change))
        try await RelayUnderTest.run([member], settings: { if !normalizes { $0.normalize = .none } }) { relay in
            let answer = try await relay.ask(stream: true, members: #""stream_options":{"include_usage":true}"#)
            #expect(answer.content == Self.text && answer.finishReasons == ["stop"] && answer.isDone)
            #expect(answer.usages.count == 1 && answer.error == nil && answer.response.end == .complete)
            #expect(answer.items.filter { $0.data == "[DONE]" }.count == 1)
            #expect(answer.response.header("x-fallback-trail") == nil)
        }
    }

    @Test(arguments: [true, false], [true, false])
    func `tool calls have ids and indexes whatever the provider left out`(_ ids: Bool, _ indexes: Bool) async throws {
        let behavior = Behavior()
            .with { behavior in
                behavior.tools = .allOffered
                behavior.streaming.sendsToolCallIDs = ids
                behavior.streaming.sendsToolCallIndexes = indexes
            }
        let tools = ["alpha", "beta"]
            .map {
                #"{"type":"function","function":{"name":"\#($0)","parameters":{"properties":{"x":{"type":"integer"}}}}}"#
            }
        try await RelayUnderTest.run([Member("One", behavior)]) { relay in
            let answer = try await relay.ask(stream: true, members: #""tools":[\#(tools.joined(separator: ","))]"#)
            let calls = answer.toolCalls
            #expect(calls.map(\.name) == ["alpha", "beta"] && calls.map(\.index) == [0, 1])
            #expect(calls.allSatisfy { $0.arguments == #"{"x":42}"# && $0.id?.isEmpty == false })
            #expect(Set(calls.compactMap(\.id)).count == 2 && answer.finishReasons == ["tool_calls"])
            let deltas = answer.items.compactMap { $0.data.flatMap { try? SimulatedJSON.parse($0) } }
                .compactMap { $0["choices"]?[0]?["delta"]?["tool_calls"]?[0] }
            #expect(deltas.count == 6 && deltas.allSatisfy { $0["index"]?.integer != nil })
        }
    }

    @Test func `reasoning is an answer and stays apart`() async throws {
        let member = Member("One", Behavior().with { $0.reasoning = "Let me think: it is on the Seine." })
        try await RelayUnderTest.run([member]) { relay in
            for stream in [false, true] {
                let answer = try await relay.ask(stream: stream)
                #expect(answer.reasoning == "Let me think: it is on the Seine.")
                #expect(answer.content == "Paris is the capital of France.")
            }
        }
    }

    @Test func `stream and whole answer are normalised alike`() async throws {
        let behavior = Behavior()
            .with { behavior in
                behavior.decoration.think = "Seine?"
                behavior.decoration.preamble = "Certainly! "
                behavior.decoration.fencesJSON = true
                behavior.decoration.postamble = "\n\nLet me know if you need anything else!"
                behavior.jsonAnswer = #"{"city": "Paris", "n": [1, 2]}"#
            }
        let format = #""response_format":{"type":"json_object"}"#
        for pieces in [SimulatedProvider.Streaming.Pieces.words, .whole, .characters(1)] {
            let member = Member("One", behavior.with { $0.streaming.pieces = pieces })
            try await RelayUnderTest.run([member]) { relay in
                for (members, expected) in [
                    (nil, "Paris is the capital of France."), (format, #"{"city": "Paris", "n": [1, 2]}"#),
                ] {
                    for stream in [false, true] {
                        let answer = try await relay.ask(stream: stream, members: members)
                        #expect(answer.content == expected, "stream \(stream)")
                        #expect(answer.finishReasons == ["stop"])
                    }
                }
                #expect(relay.providers[0].calls.last?.json["response_format"]?["type"]?.string == "json_object")
            }
        }
    }

    @Test func `a tool call that was written as text becomes one`() async throws {
        let member = Member("One", Behavior().with { $0.tools = .writtenAsText })
        try await RelayUnderTest.run([member]) { relay in
            for stream in [false, true] {
                let answer = try await relay.ask(stream: stream, members: PassThroughTests.tools)
                #expect(answer.toolCalls.map(\.name) == ["weather"] && answer.content.isEmpty)
                #expect(answer.finishReasons == ["tool_calls"])
                #expect(
                    answer.toolCalls.first.map { (try? SimulatedJSON.parse($0.arguments))?["city"]?.string } == "sample"
                )
            }
        }
    }

    // MARK: Clients that leave or lag

    @Test(arguments: [true, false], [true, false])
    func `a client that hangs up cancels the call`(_ stream: Bool, _ resets: Bool) async throws {
        try await RelayUnderTest.run([Member("One")], settings: { $0.routing.maxConcurrentRequests = 1 }) { relay in
            relay.providers[0].play(stream ? .stall(afterChunks: 4) : .hangBeforeHead)
            let client = try await relay.connect()
            let body = #"{"model":"meta-model","stream":\#(stream),"messages":[{"role":"user","content":"hi"}]}"#
            try await client.sendRequest("POST", "/v1/chat/completions", body: Array(body.utf8))
            if stream { _ = try await client.readHead() }
            try await eventually(within: .seconds(30)) { relay.providers[0].calls.count == 1 }
            if resets { await client.reset() } else { await client.close() }
            try await eventually(within: .seconds(30)) { relay.providers[0].tally.cancelled == 1 }
            #expect(relay.providers[0].calls.map(\.outcome) == [.cancelled])
            try await eventually(within: .seconds(30)) {
                relay.gateway.admission.running == 0 && relay.gateway.memory.bytes == 0
            }
            // Its place is free, and its route is none the worse.
            let next = try await relay.ask()
            #expect(next.status == 200 && next.response.header("x-fallback-trail") == nil)
        }
    }

    @Test func `a slow reader slows its provider down`() async throws {
        let piece = String(repeating: "0123456789abcdef", count: 4096)
        let pieces = Array(repeating: piece, count: 512)
        let member = Member("One", Behavior(answer: .pieces(pieces)).with { $0.streaming.pieces = .whole })
        try await RelayUnderTest.run([member]) { relay in
            let client = try await relay.connect()
            let body = #"{"model":"meta-model","stream":true,"messages":[{"role":"user","content":"hi"}]}"#
            try await client.pauseReading()
            try await client.sendRequest("POST", "/v1/chat/completions", body: Array(body.utf8))
            try await eventually(within: .seconds(30)) { relay.providers[0].calls.count == 1 }
            // 32 MB do not fit into the sockets on the way; so the provider must still be at it.
            try await Task.sleep(for: .milliseconds(700))
            #expect(relay.providers[0].calls.map(\.outcome) == [.underWay])
            try await client.resumeReading()
            let answer = ChatAnswer(try await client.readResponse(within: .seconds(30)))
            #expect(answer.content.utf8.count == piece.utf8.count * pieces.count && answer.isDone)
            await client.close()
        }
    }

    @Test func `a slow reader that leaves frees everything`() async throws {
        let pieces = Array(repeating: String(repeating: "x", count: 65_536), count: 512)
        try await RelayUnderTest.run([Member("One", Behavior(answer: .pieces(pieces)))]) { relay in
            let client = try await relay.connect()
            let body = #"{"model":"meta-model","stream":true,"messages":[{"role":"user","content":"hi"}]}"#
            try await client.pauseReading()
            try await client.sendRequest("POST", "/v1/chat/completions", body: Array(body.utf8))
            try await eventually(within: .seconds(30)) { relay.providers[0].calls.count == 1 }
            await client.reset()
            try await eventually(within: .seconds(30)) {
                relay.providers[0].tally.openConnections == 0 && relay.gateway.admission.running == 0
            }
            try await relay.becomesIdle()
        }
    }

    /// A client may be found gone while something is being written to it.
    @Test func `clients that leave at any moment are each counted once`() async throws {
        let behavior = Behavior(answer: .pieces(Array(repeating: String(repeating: "x", count: 500), count: 100)))
        try await RelayUnderTest.run([Member("One", behavior)]) { relay in
            let body = Array(#"{"model":"meta-model","stream":true,"messages":[{"role":"user","content":"hi"}]}"#.utf8)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<60 {
                    group.addTask {
                        let client = try await relay.connect()
                        try await client.sendRequest("POST", "/v1/chat/completions", body: body)
                        for _ in 0..<number % 4 { _ = try await client.receive() }
                        await client.reset()
                    }
                }
                try await group.waitForAll()
            }
            try await eventually(within: .seconds(30)) {
                relay.gateway.admission.running == 0 && relay.providers[0].calls.allSatisfy { $0.outcome != .underWay }
            }
            try await relay.becomesIdle()
        }
    }
}
