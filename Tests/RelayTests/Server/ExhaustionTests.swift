import Testing

@testable import Relay

/// When nobody can serve: 429 where waiting helps, 503 where it does not, and what was tried; never a key.
struct ExhaustionTests {
    typealias Fault = SimulatedProvider.Fault
    typealias Member = RelayUnderTest.Member

    @Test(arguments: [false, true])
    func `429 says when to come back and what was tried`(_ stream: Bool) async throws {
        try await RelayUnderTest.run { relay in
            relay.providers[0].behavior.always = .rateLimited(.groq, retryAfter: "90")
            relay.providers[1].behavior.always = .rateLimited(.openai, retryAfter: "40")
            let answer = try await relay.ask(stream: stream)
            #expect(answer.status == 429 && answer.response.isErrorEnvelope)
            #expect(answer.error?["type"]?.string == "rate_limit_error")
            #expect(answer.error?["code"]?.string == "rate_limit_exceeded")
            let wait = answer.response.header("retry-after").flatMap { Int($0) }
            #expect(wait.map { (30...40).contains($0) } == true)
            #expect(answer.response.header("x-should-retry") != "false")
            let attempts = answer.error?["attempts"]?.elements ?? []
            #expect(attempts.map { $0["route"]?.string } == ["One/one-model", "Two/two-model"])
            #expect(attempts.map { $0["outcome"]?.string } == ["429", "429"])
            #expect(answer.response.header("x-fallback-trail") == "One/one-model=429; Two/two-model=429")
            #expect(answer.response.header("x-fallback-attempts") == "2")

            // The second time nobody is called.
            let again = try await relay.ask(stream: stream)
            #expect(again.status == 429 && again.response.header("retry-after").flatMap { Int($0) } != nil)
            #expect(again.error?["attempts"]?.elements?.count == 2)
            #expect(relay.providers.map { $0.calls.count } == [1, 1])
        }
    }

    @Test(arguments: [false, true])
    func `503 when waiting does not help`(_ stream: Bool) async throws {
        try await RelayUnderTest.run(settings: { $0.routing.maxQuotaWaitSeconds = 0 }) { relay in
            relay.providers[0].behavior.always = .error(401, .openai, message: "Incorrect API key provided.")
            relay.providers[1].behavior.always = .error(403, .openai, message: "You may not.")
            let answer = try await relay.ask(stream: stream)
            #expect(answer.status == 503 && answer.response.isErrorEnvelope)
            #expect(answer.response.header("retry-after") == nil)
            #expect(answer.error?["attempts"]?.elements?.compactMap { $0["outcome"]?.string } == ["401", "403"])
        }
    }

    @Test func `a direct call that is refused says so`() async throws {
        try await RelayUnderTest.run { relay in
            relay.providers[0].behavior.always = .rateLimited(.groq, retryAfter: "90")
            let answer = try await relay.ask(model: "One/one-model")
            #expect(answer.status == 429 && answer.response.header("retry-after") != nil)
            #expect(relay.providers[1].calls.isEmpty)
        }
    }

    @Test(arguments: [
        Fault.error(500, .openai, message: "key sk-secret-of-One is broken"),
        .error(400, .openai, message: "Bad request with sk-secret-of-One."),
        .error(401, .openai, message: "Incorrect API key provided: sk-secret-of-One."),
        .error(403, .gemini, message: "sk-secret-of-One may not."),
        .error(404, .openai, message: "sk-secret-of-One knows no such model."),
        .status(429, body: "sk-secret-of-One", headers: [("X-Echo", "Bearer sk-secret-of-One")]),
        .status(400, body: #"{"error":{"message":"x","param":"sk-secret-of-One","code":"sk-secret-of-One"}}"#),
        .resetBeforeHead,
        .errorFrameInStream(afterChunks: 4, body: #"{"error":{"message":"sk-secret-of-One failed"}}"#),
    ])
    func `no key is in any answer`(_ fault: Fault) async throws {
        let settings: @Sendable (inout Settings) -> Void = { settings in
            settings.routing.maxQuotaWaitSeconds = 0
            settings.server.apiKey = "sk-secret-of-relay"
        }
        try await RelayUnderTest.run([Member("One")], settings: settings) { relay in
            relay.providers[0].behavior.always = fault
            let key = [(name: "Authorization", value: "Bearer sk-secret-of-relay")]
            for stream in [false, true] {
                for model in ["meta-model", "One/one-model"] {
                    let answer = try await relay.ask(model: model, stream: stream, headers: key)
                    #expect(!answer.response.everything.contains("sk-secret"))
                }
            }
            for path in ["/v1/models", "/v1/usage", "/health", "/ready", "/"] {
                let page = try await relay.request("GET", path, headers: key)
                #expect(!page.everything.contains("sk-secret"), "\(path)")
            }
        }
    }

    // MARK: Waiting

    @Test(arguments: [false, true])
    func `a short wait ends in an answer`(_ stream: Bool) async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            relay.providers[0].play(.rateLimited(.mistral, retryAfter: "1"))
            let answer = try await relay.ask(stream: stream)
            #expect(answer.status == 200 && answer.content == "Paris is the capital of France.")
            #expect(answer.response.header("x-fallback-trail") == "One/one-model=429")
            #expect(answer.response.header("x-gateway-attempts") == "2")
            #expect(answer.response.header("server-timing")?.contains("wait;dur=") == true)
        }
    }

    @Test func `a client that does not want to wait does not`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            relay.providers[0].play(.rateLimited(.mistral, retryAfter: "1"))
            let answer = try await relay.ask(headers: [("X-Max-Wait", "0")])
            #expect(answer.status == 429 && answer.response.header("retry-after") == "1")
            #expect(relay.providers[0].calls.count == 1)
        }
    }

    @Test func `a wait that is longer than allowed is not begun`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            relay.providers[0].play(.rateLimited(.mistral, retryAfter: "300"))
            let answer = try await relay.ask()
            #expect(answer.status == 429)
            let wait = answer.response.header("retry-after").flatMap { Int($0) } ?? 0
            #expect((290...300).contains(wait))
        }
    }

    @Test func `those who wait are served in the order they came`() async throws {
        let limits = #""limits":{"requests_per_second":4}"#
        let entry = RelayUnderTest.Entry("one-model", more: limits)
        try await RelayUnderTest.run([Member("One", models: [entry])]) { relay in
            let answers = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<10 {
                    group.addTask {
                        let answer = try await relay.ask("number \(number)")
                        return answer.status
                    }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(answers == Array(repeating: 200, count: 10))
            #expect(relay.providers[0].tally.refused == 0)
            #expect(relay.gateway.chain.quotaQueue.waiting == 0)
        }
    }

    @Test func `a client that leaves while it waits leaves the line`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            relay.providers[0].play(.rateLimited(.mistral, retryAfter: "8"))
            let client = try await relay.connect()
            let body = Array(#"{"model":"meta-model","messages":[{"role":"user","content":"hi"}]}"#.utf8)
            try await client.sendRequest("POST", "/v1/chat/completions", body: body)
            try await eventually(within: .seconds(30)) { relay.gateway.chain.quotaQueue.waiting == 1 }
            await client.close()
            try await eventually(within: .seconds(30)) {
                relay.gateway.chain.quotaQueue.waiting == 0 && relay.gateway.admission.running == 0
            }
            try await relay.becomesIdle()
        }
    }

    @Test func `a route that fails by chance is asked again when there is no other`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            for fault in [Fault.resetBeforeHead, .error(503, .openai, message: "Overloaded."), .garbageBody] {
                relay.providers[0].play(fault)
                let answer = try await relay.ask()
                #expect(answer.status == 200 && answer.content == "Paris is the capital of France.")
            }
        }
    }
}
