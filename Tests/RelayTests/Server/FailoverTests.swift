import Testing

@testable import Relay

/// What goes wrong with one provider is covered by the next, unseen, until something has gone to the client.
struct FailoverTests {
    typealias Fault = SimulatedProvider.Fault
    typealias Member = RelayUnderTest.Member

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var fault: Fault
        /// As in `X-Fallback-Trail`.
        var code: String
        /// Where it can be played at all: `true` on streams only, `false` on whole answers only.
        var onStreams: Bool?

        init(_ name: String, _ fault: Fault, _ code: String, onStreams: Bool? = nil) {
            (testDescription, self.fault, self.code, self.onStreams) = (name, fault, code, onStreams)
        }
    }

    private static let refusals: [Case] =
        SimulatedProvider.ErrorStyle.allCases.map { Case("429 of \($0)", .rateLimited($0), "429") } + [
            Case("429 bare", .status(429, body: ""), "429"),
            Case("429 with a date", .rateLimited(.openai, retryAfter: "Fri, 31 Dec 2100 23:59:59 GMT"), "429"),
            Case("401", .error(401, .openai, message: "Incorrect API key provided."), "401"),
            Case("402", .error(402, .openRouter, message: "Insufficient credits."), "quota"),
            Case("403", .error(403, .openai, message: "You may not use this model."), "403"),
            Case("404", .error(404, .openai, message: "The model does not exist."), "404"),
            Case("408", .error(408, .openai, message: "Timeout."), "408"),
        ]

    private static let failures: [Case] =
        [500, 502, 503, 504, 520]
        .map {
            Case("\($0)", .error($0, .openai, message: "It failed."), "\($0)")
        } + [
            Case("503 as a web page", .status(503, body: "<html>down</html>"), "503"),
            Case("a reset before the head", .resetBeforeHead, "connect"),
            Case("a close before the head", .closeBeforeHead, "connect"),
            Case("garbage", .garbageBody, "unreadable"),
            Case("a cut body", .truncatedContentLength, "cut", onStreams: false),
            Case("an error in a 200", .errorInBody200, "502"),
            Case("no HTTP", .rawBytes([.init("SSH-2.0-OpenSSH_9.6\r\n\r\n")]), "unreadable"),
            Case("an endless redirect", .status(302, body: "", headers: [("Location", "/")]), "unreadable"),
            Case("an empty answer", .emptyAnswer(), "empty"),
            Case("an empty answer without a reason", .emptyAnswer(finishReason: nil), "empty"),
            Case("no choices", .status(200, body: #"{"id":"a","choices":[]}"#), "empty", onStreams: false),
            Case("an empty body", .status(200, body: ""), "unreadable", onStreams: false),
            Case("an error before the first word", .errorFrameInStream(afterChunks: 1), "502", onStreams: true),
            Case("an error at once", .errorFrameInStream(afterChunks: 0), "502", onStreams: true),
            Case("a cut after the role", .cut(afterChunks: 1), "cut", onStreams: true),
            Case("a reset after the role", .reset(afterChunks: 1), "cut", onStreams: true),
            Case("a cut before the first event", .cut(afterChunks: 0), "cut", onStreams: true),
        ]

    @Test(arguments: refusals + failures, [false, true])
    func `the second provider's complete answer comes instead`(_ fault: Case, _ stream: Bool) async throws {
        guard fault.onStreams == nil || fault.onStreams == stream else { return }
        let second = Member("Two", .init(answer: "Lyon is not the capital."))
        try await RelayUnderTest.run([Member("One"), second]) { relay in
            relay.providers[0].play(fault.fault)
            let answer = try await relay.ask(stream: stream, members: #""x":1"#)
            #expect(answer.status == 200 && answer.content == "Lyon is not the capital.")
            #expect(answer.finishReasons == ["stop"] && answer.error == nil && answer.response.end == .complete)
            #expect(answer.isDone == stream)
            #expect(answer.response.header("x-fallback-trail") == "One/one-model=\(fault.code)")
            #expect(answer.response.header("x-fallback-attempts") == "1")
            #expect(relay.providers.map { $0.calls.count } == [1, 1])
        }
    }

    @Test(arguments: [false, true])
    func `a provider that nobody answers for is passed over`(_ stream: Bool) async throws {
        try await RelayUnderTest.run { relay in
            try await relay.lose(0)
            let answer = try await relay.ask(stream: stream)
            #expect(answer.content == "Paris is the capital of France.")
            #expect(answer.response.header("x-fallback-trail") == "One/one-model=connect")
        }
    }

    @Test(arguments: [false, true])
    func `a whole chain of failures ends at the one that serves`(_ stream: Bool) async throws {
        let names = ["A", "B", "C", "D", "E"]
        try await RelayUnderTest.run(names.map { Member($0) }) { relay in
            relay.providers[0].play(.rateLimited(.groq, retryAfter: "30"))
            relay.providers[1].play(.resetBeforeHead)
            relay.providers[2].play(.errorInBody200)
            relay.providers[3].play(.emptyAnswer())
            let answer = try await relay.ask(stream: stream)
            #expect(answer.content == "Paris is the capital of France.")
            let trail = "A/a-model=429; B/b-model=connect; C/c-model=502; D/d-model=empty"
            #expect(answer.response.header("x-fallback-trail") == trail)
            #expect(answer.response.header("x-gateway-attempts") == "5")
        }
    }

    @Test func `a refused route is not asked again, and its other key is`() async throws {
        let member = Member("One", keys: ["sk-first", "sk-second"])
        try await RelayUnderTest.run([member, Member("Two")]) { relay async throws in
            relay.providers[0].play(.rateLimited(.groq, retryAfter: "60"))
            for _ in 0..<3 { #expect(try await relay.ask().response.header("x-routed-via") == "One/one-model") }
            let keys = relay.providers[0].calls.compactMap { $0.header("authorization") }
            #expect(keys == ["Bearer sk-first", "Bearer sk-second", "Bearer sk-second", "Bearer sk-second"])
        }
    }

    @Test func `one model's 429 does not keep the provider's other model back`() async throws {
        let entries = [RelayUnderTest.Entry("big"), RelayUnderTest.Entry("small")]
        try await RelayUnderTest.run([Member("One", models: entries)]) { relay in
            relay.providers[0].play(.rateLimited(.groq, retryAfter: "60"))
            let answer = try await relay.ask()
            #expect(answer.response.header("x-routed-via") == "One/small")
            #expect(answer.response.header("x-fallback-trail") == "One/big=429")
        }
    }

    @Test func `failing routes are left alone after a few calls`() async throws {
        try await RelayUnderTest.run(settings: { $0.circuitBreaker.cooldownSeconds = 60 }) { relay async throws in
            relay.providers[0].behavior.always = .error(500, .openai, message: "no")
            for _ in 0..<6 { #expect(try await relay.ask().status == 200) }
            #expect(relay.providers[0].calls.count == 3 && relay.providers[1].calls.count == 6)
        }
    }

    @Test(arguments: [401, 402, 403, 404])
    func `a route that is refused is not asked again`(_ status: Int) async throws {
        try await RelayUnderTest.run { relay async throws in
            relay.providers[0].behavior.always = .error(status, .openai, message: "No.")
            for _ in 0..<3 { #expect(try await relay.ask().response.header("x-routed-via") == "Two/two-model") }
            #expect(relay.providers[0].calls.count == 1)
        }
    }

    @Test func `many clients over faulty providers all get an answer`() async throws {
        let behavior = SimulatedProvider.Behavior()
            .with { behavior in
                behavior.mix = [
                    .init(share: 0.15, fault: .rateLimited(.groq, retryAfter: "1")),
                    .init(share: 0.1, fault: .resetBeforeHead),
                    .init(share: 0.1, fault: .error(502, .openai, message: "Bad gateway.")),
                    .init(share: 0.1, fault: .cut(afterChunks: 1)),
                ]
            }
        let members = (0..<12).map { Member("P\($0)", behavior) }
        try await RelayUnderTest.run(members, settings: { $0.routing.strategy = .roundRobin }) { relay in
            let faults = try await withThrowingTaskGroup(of: String?.self) { group in
                for number in 0..<150 {
                    group.addTask {
                        let stream = number.isMultiple(of: 2)
                        let answer = try await relay.ask(stream: stream)
                        let isWhole =
                            answer.content == "Paris is the capital of France." && answer.finishReasons == ["stop"]
                        return answer.status == 200 && isWhole && answer.isDone == stream ? nil : answer.response.text
                    }
                }
                return try await group.reduce(into: [String]()) { if let fault = $1 { $0.append(fault) } }
            }
            #expect(faults.isEmpty)
            try await relay.becomesIdle()
        }
    }

    // MARK: The request's own fault

    @Test(arguments: [400, 422], [false, true])
    func `a refused request is tried with one more provider`(_ status: Int, _ stream: Bool) async throws {
        try await RelayUnderTest.run([Member("One"), Member("Two"), Member("Three")]) { relay in
            relay.providers[0].play(.error(status, .openai, message: "Your 'frobs' are wrong."))
            let answer = try await relay.ask(stream: stream)
            #expect(answer.status == 200 && answer.response.header("x-routed-via") == "Two/two-model")
            #expect(answer.response.header("x-fallback-trail") == "One/one-model=\(status)")
        }
    }

    @Test(arguments: [false, true])
    func `a request that two providers refuse gets the first one's words`(_ stream: Bool) async throws {
        try await RelayUnderTest.run([Member("One"), Member("Two"), Member("Three")]) { relay in
            relay.providers[0].behavior.always = .error(400, .gemini, message: "Your 'frobs' are wrong.")
            relay.providers[1].behavior.always = .error(422, .openai, message: "Something else.")
            let answer = try await relay.ask(stream: stream)
            #expect(answer.status == 400 && answer.response.isErrorEnvelope)
            #expect(answer.error?["message"]?.string?.contains("frobs") == true)
            #expect(answer.response.header("x-should-retry") == "false")
            #expect(relay.providers.map { $0.calls.count } == [1, 1, 0])
        }
    }

    @Test func `a direct call gets the refusal at once`() async throws {
        try await RelayUnderTest.run { relay in
            relay.providers[0].behavior.always = .error(400, .openai, message: "Your 'frobs' are wrong.")
            let answer = try await relay.ask(model: "One/one-model")
            #expect(answer.status == 400 && answer.response.isErrorEnvelope)
            #expect(answer.error?["message"]?.string?.contains("frobs") == true)
            #expect(relay.providers.map { $0.calls.count } == [1, 0])
        }
    }

    @Test func `a direct call to a model that its provider does not know is a 404`() async throws {
        try await RelayUnderTest.run([Member("One", .init(models: ["other"]))]) { relay in
            let answer = try await relay.ask(model: "One/one-model")
            #expect(answer.status == 404 && answer.error?["code"]?.string == "model_not_found")
        }
    }

    @Test func `when every answer is empty the last one is passed on`() async throws {
        try await RelayUnderTest.run(settings: { $0.routing.maxQuotaWaitSeconds = 0 }) { relay in
            for provider in relay.providers { provider.behavior.always = .emptyAnswer() }
            let answer = try await relay.ask()
            #expect(answer.status == 200 && answer.content.isEmpty && answer.finishReasons == ["stop"])
            #expect(answer.response.header("x-routed-via") == "Two/two-model")
        }
    }

    @Test func `when every stream is empty the last one is passed on too`() async throws {
        try await RelayUnderTest.run(settings: { $0.routing.maxQuotaWaitSeconds = 0 }) { relay in
            for provider in relay.providers { provider.behavior.always = .emptyAnswer() }
            let answer = try await relay.ask(stream: true)
            #expect(answer.status == 200 && answer.content.isEmpty && answer.finishReasons == ["stop"] && answer.isDone)
            #expect(answer.response.header("x-routed-via") == "Two/two-model")
        }
    }

    // MARK: Sizes

    @Test(arguments: [false, true])
    func `a history that the provider finds too long is fitted smaller`(_ stream: Bool) async throws {
        // The catalog believes in 32,768 tokens, the provider takes 600.
        try await RelayUnderTest.run([Member("One", .init(window: 600))]) { relay in
            let answer = try await relay.ask(body: Self.history(turns: 12, stream: stream))
            #expect(answer.status == 200 && answer.content == "Paris is the capital of France.")
            #expect(answer.response.header("x-relay-context")?.contains("kept=") == true)
            let last = relay.providers[0].calls.last?.json["messages"]?.elements?.last
            #expect(last?["content"]?.string == "And now?")
        }
    }

    @Test func `a larger window takes what the smaller one does not`() async throws {
        let small = Member("One", .init(window: 100))
        try await RelayUnderTest.run([small, Member("Two")]) { relay in
            let question = String(repeating: "Where is Paris? ", count: 200)
            let answer = try await relay.ask(question)
            #expect(answer.status == 200 && answer.response.header("x-routed-via") == "Two/two-model")
            #expect(relay.providers[1].calls.last?.json["messages"]?[0]?["content"]?.string == question)
        }
    }

    @Test(arguments: [false, true], ["max_tokens", "max_completion_tokens"])
    func `max_tokens that is too large is lowered`(_ stream: Bool, _ name: String) async throws {
        let member = Member("One", .init(maxOutputTokens: 1000))
        try await RelayUnderTest.run([member]) { relay in
            for _ in 0..<2 {
                let answer = try await relay.ask(stream: stream, members: #""\#(name)":9000"#)
                #expect(answer.status == 200 && answer.content == "Paris is the capital of France.")
            }
            // The second request knows already.
            #expect(relay.providers[0].calls.map { $0.json[name]?.integer } == [9000, 1000, 1000])
        }
    }

    @Test func `what cannot fit anywhere is a 400 that names both numbers`() async throws {
        let entry = RelayUnderTest.Entry("tiny", window: 512)
        try await RelayUnderTest.run([Member("One", models: [entry])]) { relay in
            let answer = try await relay.ask(String(repeating: "Where is Paris? ", count: 500))
            #expect(answer.status == 400 && answer.error?["code"]?.string == "context_length_exceeded")
            let message = answer.error?["message"]?.string ?? ""
            #expect(message.contains("maximum context length is") && message.contains("tokens"))
            #expect(answer.response.header("x-should-retry") == "false" && relay.providers[0].calls.isEmpty)
        }
    }

    static func history(turns: Int, stream: Bool = false) -> String {
        let past = (1...turns)
            .map { turn in
                #"{"role":"user","content":"Question \#(turn): \#(String(repeating: "which road leads there? ", count: 8))"},"#
                    + #"{"role":"assistant","content":"Answer \#(turn): \#(String(repeating: "the northern one. ", count: 8))"},"#
            }
        return #"{"model":"meta-model","stream":\#(stream),"messages":[{"role":"system","content":"Be brief."},"#
            + past.joined() + #"{"role":"user","content":"And now?"}]}"#
    }
}
