import Testing

@testable import Relay

/// What a chat completions client is promised, whatever API its provider speaks: that its faults are understood.
struct ConformanceFaultTests {
    typealias Fault = SimulatedProvider.Fault
    typealias Member = RelayUnderTest.Member

    private static let second = Member("Two", .init(answer: "Lyon is not the capital."))

    // MARK: Refusals

    @Test(arguments: Tongue.refusing, [false, true])
    func `a refusal is covered by the next provider`(_ case: (Tongue, Tongue.Refusal), _ stream: Bool) async throws {
        let (tongue, refusal) = `case`
        try await RelayUnderTest.run([tongue.member(), Self.second]) { relay async throws in
            relay.providers[0].play(refusal.fault)
            let answer = try await relay.ask(stream: stream)
            #expect(answer.status == 200 && answer.content == "Lyon is not the capital.")
            #expect(answer.response.header("x-fallback-trail") == "One/\(tongue.model)=\(refusal.code)")
            #expect(relay.providers.map { $0.calls.count } == [1, 1])
        }
    }

    @Test(arguments: Tongue.all, [false, true])
    func `a direct call hears the provider's own words`(_ tongue: Tongue, _ stream: Bool) async throws {
        try await RelayUnderTest.run([tongue.member(), Self.second]) { relay async throws in
            relay.providers[0].play(.error(400, tongue.errors, message: "Your 'frobs' are wrong."))
            let answer = try await relay.ask(model: "One/\(tongue.model)", stream: stream)
            #expect(answer.status == 400 && answer.response.isErrorEnvelope)
            #expect(answer.error?["message"]?.string?.contains("frobs") == true)
        }
    }

    @Test(arguments: Tongue.all)
    func `a key that the provider does not know is benched`(_ tongue: Tongue) async throws {
        try await RelayUnderTest.run([tongue.member { $0.keys = ["another"] }, Self.second]) { relay async throws in
            for _ in 0..<2 { #expect(try await relay.ask().content == "Lyon is not the capital.") }
            #expect(relay.providers[0].calls.count == 1)
            let direct = try await relay.ask(model: "One/\(tongue.model)")
            #expect((500..<600).contains(direct.status) && relay.providers[0].calls.count == 1)
        }
    }

    @Test(arguments: Tongue.all, [false, true])
    func `a model that the provider does not know is missing`(_ tongue: Tongue, _ stream: Bool) async throws {
        try await RelayUnderTest.run([tongue.member { $0.models = ["other"] }, Self.second]) { relay async throws in
            let answer = try await relay.ask(stream: stream)
            #expect(answer.response.header("x-fallback-trail") == "One/\(tongue.model)=404")
            let direct = try await relay.ask(model: "One/\(tongue.model)", stream: stream)
            #expect(direct.status == 404 || direct.status == 503)
        }
    }

    @Test(arguments: Tongue.all)
    func `the wait that a rate limit names is kept`(_ tongue: Tongue) async throws {
        let settings: @Sendable (inout Settings) -> Void = { $0.routing.maxQuotaWaitSeconds = 0 }
        try await RelayUnderTest.run([tongue.member(), Self.second], settings: settings) { relay async throws in
            relay.providers[0].play(.rateLimited(tongue.errors, retryAfter: "40"))
            for _ in 0..<2 { #expect(try await relay.ask().content == "Lyon is not the capital.") }
            #expect(relay.providers[0].calls.count == 1)
            let direct = try await relay.ask(model: "One/\(tongue.model)")
            let wait = direct.response.header("retry-after").flatMap { Int($0) } ?? 0
            #expect(direct.status == 429 && (20...42).contains(wait))
        }
    }

    // MARK: Broken answers

    @Test(arguments: Tongue.all, [false, true])
    func `what is no answer is covered by the next provider`(_ tongue: Tongue, _ stream: Bool) async throws {
        let faults: [(Fault, String)] = [
            (.errorInBody200, "502"), (.garbageBody, "unreadable"), (.emptyAnswer(), "empty"),
            (.resetBeforeHead, "connect"), (.closeBeforeHead, "connect"),
        ]
        for (fault, code) in faults {
            try await RelayUnderTest.run([tongue.member(), Self.second]) { relay async throws in
                relay.providers[0].play(fault)
                let answer = try await relay.ask(stream: stream)
                #expect(answer.content == "Lyon is not the capital.", "\(fault)")
                let trail = answer.response.header("x-fallback-trail") ?? ""
                // An error that a 200 wraps is as bad as its own status.
                #expect(trail == "One/\(tongue.model)=\(code)" || code == "502" && trail.hasSuffix("=500"), "\(fault)")
            }
        }
    }

    @Test(arguments: Tongue.all)
    func `a stream that breaks before its first word is covered`(_ tongue: Tongue) async throws {
        for fault in [Fault.cut(afterChunks: 0), .reset(afterChunks: 0), .errorFrameInStream(afterChunks: 0)] {
            try await RelayUnderTest.run([tongue.member(), Self.second]) { relay async throws in
                relay.providers[0].play(fault)
                let answer = try await relay.ask(stream: true)
                #expect(answer.content == "Lyon is not the capital." && answer.isDone, "\(fault)")
                #expect(answer.response.header("x-fallback-attempts") == "1", "\(fault)")
            }
        }
    }

    @Test(arguments: Tongue.all)
    func `a stream that breaks later ends in an error`(_ tongue: Tongue) async throws {
        for fault in [
            Fault.cut(afterChunks: 5), .reset(afterChunks: 5), .errorFrameInStream(afterChunks: 5),
            .errorFrameInStream(afterChunks: 5, body: "{oops"),
        ] {
            let unhurried = tongue.member { $0.latency.betweenChunks = .exactly(.milliseconds(100)) }
            try await RelayUnderTest.run([unhurried, Self.second]) { relay async throws in
                relay.providers[0].play(fault)
                let answer = try await relay.ask(stream: true)
                #expect(answer.status == 200 && answer.content.hasPrefix("Paris is "), "\(fault)")
                #expect(answer.finishReasons.isEmpty && !answer.isDone, "\(fault)")
                #expect(answer.error?["code"]?.string == "stream_interrupted", "\(fault)")
            }
        }
    }

    @Test(arguments: Tongue.all, [false, true])
    func `a provider that hangs is given up`(_ tongue: Tongue, _ stream: Bool) async throws {
        let settings: @Sendable (inout Settings) -> Void = { settings in
            settings.http.firstByteTimeoutSeconds = 3
            settings.http.streamIdleTimeoutSeconds = 3
        }
        try await RelayUnderTest.run([tongue.member(), Self.second], settings: settings) { relay async throws in
            relay.providers[0].play(stream ? .stall(afterChunks: 0) : .hangBeforeHead)
            let answer = try await relay.ask(stream: stream)
            #expect(answer.content == "Lyon is not the capital.")
            #expect(answer.response.header("x-fallback-trail") == "One/\(tongue.model)=timeout")
        }
    }

    @Test(arguments: Tongue.all)
    func `a whole answer that is cut is covered`(_ tongue: Tongue) async throws {
        try await RelayUnderTest.run([tongue.member(), Self.second]) { relay async throws in
            relay.providers[0].play(.truncatedContentLength)
            let answer = try await relay.ask()
            #expect(answer.content == "Lyon is not the capital.")
            #expect(answer.response.header("x-fallback-trail") == "One/\(tongue.model)=cut")
        }
    }

    // MARK: Discovery

    @Test(arguments: Tongue.all)
    func `the provider's models are found`(_ tongue: Tongue) async throws {
        let behavior = tongue.behavior().with { $0.models = [tongue.model, "other"] }
        let listed = [RelayUnderTest.Entry("listed")]
        let member = Member("One", models: listed, more: #""discover":true"#, behavior)
        try await RelayUnderTest.run([member]) { relay async throws in
            for model in [tongue.model, "other"] {
                let answer = try await relay.ask(model: "One/\(model)")
                #expect(answer.status == 200 && answer.model == model, "\(answer.response.text)")
            }
        }
    }
}
