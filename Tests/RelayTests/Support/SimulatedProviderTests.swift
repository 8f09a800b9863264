import Testing

@testable import Relay

/// What the other tests lean on: the fake upstream plays what it is told to, and the client sees it.
struct SimulatedProviderTests {
    typealias Fault = SimulatedProvider.Fault
    typealias Behavior = SimulatedProvider.Behavior
    typealias Framing = SimulatedProvider.Delivery.Framing

    private static let key = [(name: "Authorization", value: "Bearer test")]
    private static let paris = "Paris is the capital of France."

    private func ask(
        _ provider: SimulatedProvider,
        stream: Bool = false,
        members: String? = nil,
        headers: [(name: String, value: String)] = key
    ) async throws -> ChatAnswer {
        let question = "Where is Paris?"
        return try await chat(
            port: provider.port,
            model: "m",
            question,
            stream: stream,
            members: members,
            headers: headers
        )
    }

    @Test func `a whole answer and a stream say the same`() async throws {
        let provider = try await SimulatedProvider.start()
        let whole = try await ask(provider)
        let stream = try await ask(provider, stream: true, members: #""stream_options":{"include_usage":true}"#)
        #expect(whole.content == Self.paris && whole.finishReasons == ["stop"] && whole.usages.count == 1)
        #expect(stream.content == Self.paris && stream.finishReasons == ["stop"] && stream.isDone)
        #expect(stream.usages == whole.usages && stream.deltas.count == 7)
        #expect(provider.tally.answered == 2 && provider.calls.allSatisfy { $0.complaint == nil })
        try await provider.shutdown()
    }

    @Test func `what a provider refuses is refused`() async throws {
        let behavior = Behavior()
            .with { behavior in
                behavior.models = ["m"]
                behavior.window = 100
                behavior.isStrict = true
            }
        let provider = try await SimulatedProvider.start(behavior: behavior)
        #expect(try await ask(provider, headers: []).status == 401)
        #expect(try await chat(port: provider.port, model: "n", "x", headers: Self.key).status == 404)
        let long = String(repeating: "word ", count: 100)
        let tooLong = try await chat(port: provider.port, model: "m", long, headers: Self.key)
        #expect(tooLong.error?["code"]?.string == "context_length_exceeded")
        #expect(try await ask(provider, members: #""top_k":3"#).status == 400)
        #expect(try await ask(provider, members: #""model":"m""#).status == 400)
        #expect(try await ask(provider, members: #""stream_options":{"include_usage":true}"#).status == 400)
        let orphan = #"{"model":"m","messages":[{"role":"tool","tool_call_id":"a","content":"1"}]}"#
        #expect(try await chat(port: provider.port, body: orphan, headers: Self.key).status == 400)
        try await provider.shutdown()
    }

    @Test(arguments: [
        (Fault.status(503, body: "{}"), 503, RawResponse.End.complete),
        (.rateLimited(.gemini, retryAfter: "7"), 429, .complete),
        (.cut(afterChunks: 3), 200, .truncated),
        (.truncatedContentLength, 200, .truncated),
        (.errorInBody200, 200, .complete),
        (.garbageBody, 200, .complete),
        (.emptyAnswer(finishReason: nil), 200, .complete),
        (.errorFrameInStream(afterChunks: 2), 200, .complete),
    ])
    func `faults leave their mark once`(_ fault: Fault, _ status: Int, _ end: RawResponse.End) async throws {
        let provider = try await SimulatedProvider.start()
        provider.play(fault)
        let answer = try await ask(provider, stream: true)
        #expect(answer.status == status && answer.response.end == end && answer.content != Self.paris)
        #expect(try await ask(provider, stream: true).content == Self.paris)
        try await provider.shutdown()
    }

    @Test func `connections that end early end as they were told to`() async throws {
        let provider = try await SimulatedProvider.start()
        provider.play(.resetBeforeHead, .closeBeforeHead, .reset(afterChunks: 2))
        await #expect(throws: RawHTTPClient.Failure.reset) { try await ask(provider) }
        await #expect(throws: RawHTTPClient.Failure.truncated) { try await ask(provider) }
        #expect(try await ask(provider, stream: true).response.end != .complete)
        #expect(provider.tally.broken == 3 && provider.tally.connections == 3)
        try await provider.shutdown()
    }

    @Test func `a client that hangs up is seen to`() async throws {
        let provider = try await SimulatedProvider.start()
        provider.play(.stall(afterChunks: 2))
        let client = try await RawHTTPClient.connect(port: provider.port)
        let body = Array(#"{"model":"m","stream":true,"messages":[{"role":"user","content":"x"}]}"#.utf8)
        try await client.sendRequest("POST", "/v1/chat/completions", headers: Self.key, body: body)
        _ = try await client.readHead()
        await client.close()
        try await eventually { provider.tally.cancelled == 1 && provider.tally.openConnections == 0 }
        #expect(provider.calls.map(\.outcome) == [.cancelled])
        try await provider.shutdown()
    }

    @Test(arguments: [1, 2, 3, 7]) func `a shredded stream is the same stream`(_ count: Int) async throws {
        let provider = try await SimulatedProvider.start(
            behavior: Behavior(answer: "Füße, 北京, 🙂")
                .with { behavior in
                    behavior.delivery.bodyBytesPerPiece = count
                    behavior.delivery.bytesPerWrite = count + 1
                    behavior.streaming.lineEnd = "\r\n"
                    behavior.streaming.leadingComments = ["ping"]
                    behavior.streaming.spaceAfterColon = false
                }
        )
        let answer = try await ask(provider, stream: true)
        #expect(answer.content == "Füße, 北京, 🙂" && answer.comments == ["ping"] && answer.isDone)
        try await provider.shutdown()
    }

    @Test func `a limit lets through what it says`() async throws {
        let limit = SimulatedProvider.RateLimit(requests: 2, window: .seconds(60))
        let provider = try await SimulatedProvider.start(behavior: Behavior(rateLimit: limit))
        let start = ContinuousClock.now
        #expect(try await ask(provider).response.header("x-ratelimit-remaining-requests") == "1")
        #expect(try await ask(provider).status == 200)
        let refused = try await ask(provider)
        // What is left of the window, in whole seconds; a busy machine may have spent some of it.
        let spent = Int(start.duration(to: .now).seconds.rounded(.up))
        let seconds = refused.response.header("retry-after").flatMap { Int($0) }
        #expect(refused.status == 429 && (60 - spent...60).contains(seconds ?? 0))
        #expect(refused.response.header("x-ratelimit-reset-requests")?.isEmpty == false && provider.tally.refused == 1)
        try await provider.shutdown()
    }

    @Test(arguments: [Framing.contentLength, .chunked, .closeDelimited], [false, true])
    func `every framing carries the whole answer`(_ framing: Framing, _ stream: Bool) async throws {
        let provider = try await SimulatedProvider.start(
            behavior: Behavior()
                .with { behavior in
                    behavior.delivery.whole = framing
                    behavior.delivery.stream = framing
                }
        )
        let answer = try await ask(provider, stream: stream)
        #expect(answer.content == Self.paris && answer.response.end == .complete)
        try await provider.shutdown()
    }

    @Test(arguments: [
        // Two calls a second, at 0, 900, 1000, 1100 and 1900 ms: fixed windows turn at 1000, sliding ones call by call.
        (SimulatedProvider.RateLimit.Kind.fixed, [true, true, true, true, false]),
        (.sliding, [true, true, true, false, true]),
    ])
    func `windows turn as their kind does`(_ kind: SimulatedProvider.RateLimit.Kind, _ expected: [Bool]) {
        let start = ContinuousClock.now
        let limit = SimulatedProvider.RateLimit(requests: 2, window: .seconds(1), kind: kind)
        var window = SimulatedProvider.RateWindow(start: start)
        let admitted = [0, 900, 1000, 1100, 1900]
            .map { milliseconds in
                switch window.admit(tokens: 1, under: limit, at: start + .milliseconds(milliseconds)) {
                case .allowed: true
                case .refused: false
                }
            }
        #expect(admitted == expected)
    }

    @Test(arguments: SimulatedProvider.ErrorStyle.allCases)
    func `every provider's refusal is JSON`(_ style: SimulatedProvider.ErrorStyle) throws {
        _ = try SimulatedJSON.parse(style.rateLimitBody(model: "a \"model\""))
        _ = try SimulatedJSON.parse(style.body(status: 500, message: "no\nway"))
    }

    @Test func `the demo's catalog, settings and requests are JSON`() throws {
        let urls = Dictionary(uniqueKeysWithValues: DemoProviders.cast.map { ($0.name, "http://127.0.0.1:1/v1") })
        #expect(try SimulatedJSON.parse(DemoProviders.catalog(baseURLs: urls))["providers"]?.elements?.count == 5)
        _ = try SimulatedJSON.parse(DemoProviders.settings)
        for scene in DemoScript.scenes {
            let json = try SimulatedJSON.parse(Array(scene.body.utf8))
            try SimulatedCheck(behavior: .init()).check(SimulatedCall(json))
        }
        for name in DemoProviders.presetNames { #expect(DemoProviders.preset(named: name) != nil) }
    }
}
