import Testing

@testable import Relay

/// A stream that breaks after its first words ends in an error event: never in `stop`, never in `[DONE]`.
struct BrokenStreamTests {
    typealias Fault = SimulatedProvider.Fault
    typealias Member = RelayUnderTest.Member

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var fault: Fault
    }

    static let cases: [Case] = [
        .init(testDescription: "cut", fault: .cut(afterChunks: 4)),
        .init(testDescription: "reset", fault: .reset(afterChunks: 4)),
        .init(testDescription: "stalled", fault: .stall(afterChunks: 4)),
        .init(testDescription: "an error event", fault: .errorFrameInStream(afterChunks: 4)),
        .init(testDescription: "an event that is no JSON", fault: .errorFrameInStream(afterChunks: 4, body: "{oops")),
        .init(
            testDescription: "a chunk size that is none",
            fault: .rawBytes([
                .init(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + chunk(event("Paris is the "))
                ),
                .init("zz\r\nmore", after: .milliseconds(500)),
            ])
        ),
        .init(
            testDescription: "closed without a finish reason",
            fault: .rawBytes([
                .init(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
                        + event("Paris is ")
                ),
                .init(event("the capital "), after: .milliseconds(500)),
            ])
        ),
    ]

    private static func event(_ text: String) -> String {
        #"data: {"id":"a","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":"#
            + #"{"role":"assistant","content":"\#(text)"},"finish_reason":null}]}"# + "\n\n"
    }

    private static func chunk(_ text: String) -> String {
        String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n"
    }

    /// What breaks in the same moment in which it began has not gone out yet, and may still be covered.
    private static let unhurried = Member(
        "One",
        .init().with { $0.latency.betweenChunks = .exactly(.milliseconds(300)) }
    )

    @Test(arguments: cases) func `a stream that breaks ends in an error event`(_ fault: Case) async throws {
        try await RelayUnderTest.run([Self.unhurried, Member("Two")], settings: Self.impatient) { relay in
            relay.providers[0].play(fault.fault)
            let answer = try await relay.ask(stream: true, members: #""stream_options":{"include_usage":true}"#)
            #expect(answer.status == 200 && answer.content.hasPrefix("Paris is "))
            #expect(answer.response.header("x-routed-via") == "One/one-model")
            #expect(answer.finishReasons.isEmpty && !answer.isDone && answer.usages.isEmpty)
            #expect(answer.error?["code"]?.string == "stream_interrupted")
            #expect(answer.items.last?.data?.contains("\"error\"") == true)
            // The body itself is complete: HTTP has nothing to complain of.
            #expect(answer.response.end == .complete)
            #expect(relay.providers.map { $0.calls.count } == [1, 0])
        }
    }

    @Test func `the connection serves on after a stream that broke`() async throws {
        try await RelayUnderTest.run([Self.unhurried], settings: Self.impatient) { relay in
            relay.providers[0].play(.cut(afterChunks: 4))
            let client = try await relay.connect()
            let body = Array(#"{"model":"meta-model","stream":true,"messages":[{"role":"user","content":"hi"}]}"#.utf8)
            for end in [false, true] {
                try await client.sendRequest("POST", "/v1/chat/completions", body: body)
                let answer = ChatAnswer(try await client.readResponse())
                #expect(answer.isDone == end && (answer.error == nil) == end)
            }
            await client.close()
        }
    }

    @Test func `a stream that says nothing gives way to the next provider`() async throws {
        try await RelayUnderTest.run(settings: Self.impatient) { relay in
            for fault in [Fault.stall(afterChunks: 1), .hangBeforeHead, .stall(afterChunks: 0)] {
                relay.providers[0].play(fault)
                let answer = try await relay.ask(stream: true)
                #expect(answer.isDone && answer.response.header("x-fallback-trail") == "One/one-model=timeout")
                #expect(answer.response.header("x-routed-via") == "Two/two-model")
            }
            // The provider hears of the last one a moment after the client has its answer.
            try await eventually { relay.providers[0].tally.cancelled == 3 }
        }
    }

    @Test func `a whole answer that does not come gives way too`() async throws {
        try await RelayUnderTest.run(settings: Self.impatient) { relay in
            for fault in [Fault.hangBeforeHead, .stall(afterChunks: 0)] {
                relay.providers[0].play(fault)
                let answer = try await relay.ask()
                #expect(answer.response.header("x-fallback-trail") == "One/one-model=timeout")
                #expect(answer.content == "Paris is the capital of France.")
            }
        }
    }

    private static let impatient: @Sendable (inout Settings) -> Void = { settings in
        settings.http.firstByteTimeoutSeconds = 3
        settings.http.streamIdleTimeoutSeconds = 3
        settings.circuitBreaker.failureThreshold = 100
    }
}
