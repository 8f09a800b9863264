import Testing

@testable import Relay

/// Errors on Anthropic's wire: its envelope, its types, its status, whatever went wrong and however early.
struct MessagesErrorTests {
    typealias Member = RelayUnderTest.Member
    typealias Fault = SimulatedProvider.Fault

    private static func isEnvelope(_ answer: RawResponse, _ type: String) -> Bool {
        answer.json["type"]?.string == "error" && answer.json["error"]?["type"]?.string == type
            && answer.json["error"]?["message"]?.string?.isEmpty == false
            && answer.json["error"]?.members?.count == 2 && answer.header("request-id")?.isEmpty == false
    }

    @Test(arguments: [
        ("{", "invalid_request_error", 400),
        (#"{"model":"meta-model","max_tokens":1}"#, "invalid_request_error", 400),
        (#"{"model":"no-such","max_tokens":1,"messages":[{"role":"user","content":"x"}]}"#, "not_found_error", 404),
    ])
    func `what the request gets wrong`(_ body: String, _ type: String, _ status: Int) async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            for path in ["/v1/messages", "/v1/messages/count_tokens"] {
                let answer = try await relay.request("POST", path, body: body)
                #expect(answer.status == status && Self.isEnvelope(answer, type), "\(path) \(answer.text)")
                #expect(answer.header("x-should-retry") == "false")
            }
        }
    }

    @Test func `what is refused before the body is read`() async throws {
        try await RelayUnderTest.run(
            [Member("One")],
            settings: {
                $0.server.apiKey = "sk-mine"
                $0.server.maxBodyBytes = 1000
            }
        ) { relay in
            let key: RelayUnderTest.Fields = [("x-api-key", "sk-mine")]
            let small = MessagesTests.body()
            let long = MessagesTests.body("\"\(String(repeating: "x", count: 2000))\"")
            for path in ["/v1/messages", "/v1/messages?beta=true", "/v1/messages/count_tokens"] {
                let none = try await relay.request("POST", path, body: small)
                #expect(none.status == 401 && Self.isEnvelope(none, "authentication_error"))
                let wrong = try await relay.request("POST", path, headers: [("x-api-key", "sk-no")], body: small)
                #expect(wrong.status == 401 && Self.isEnvelope(wrong, "authentication_error"))
                let get = try await relay.request("GET", path, headers: key)
                #expect(get.status == 405 && Self.isEnvelope(get, "invalid_request_error"))
                let large = try await relay.request("POST", path, headers: key, body: long)
                #expect(large.status == 413 && Self.isEnvelope(large, "request_too_large"))
                let packed = try await relay.request(
                    "POST",
                    path,
                    headers: key + [("content-encoding", "gzip")],
                    body: small
                )
                #expect(packed.status == 415 && Self.isEnvelope(packed, "invalid_request_error"))
            }
            let unknown = try await relay.request("POST", "/v1/messages/batches", headers: key, body: "{}")
            #expect(unknown.status == 404 && Self.isEnvelope(unknown, "not_found_error"))
            let other = try await relay.request("GET", "/v1/files", headers: key + MessagesTests.version)
            #expect(other.status == 404 && Self.isEnvelope(other, "not_found_error"))
            for credential in [("authorization", "Bearer sk-mine"), ("x-api-key", "sk-mine")] {
                let answer = try await relay.request("POST", "/v1/messages", headers: [credential], body: small)
                #expect(answer.status == 200)
            }
            #expect(try await relay.request("HEAD", "/").status == 200)
        }
    }

    @Test func `a foreign origin is forbidden`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            let fields: RelayUnderTest.Fields = [("origin", "https://evil.example")]
            let answer = try await relay.request("POST", "/v1/messages", headers: fields, body: MessagesTests.body())
            #expect(answer.status == 403 && Self.isEnvelope(answer, "permission_error"))
        }
    }

    @Test(arguments: [false, true])
    func `nobody can serve now`(_ stream: Bool) async throws {
        try await RelayUnderTest.run([Member("One")], settings: { $0.routing.maxQuotaWaitSeconds = 0 }) { relay in
            relay.providers[0].behavior.always = .rateLimited(.groq, retryAfter: "30")
            let body = MessagesTests.body(stream: stream)
            let limited = try await relay.request("POST", "/v1/messages", body: body)
            #expect(limited.status == 429 && Self.isEnvelope(limited, "rate_limit_error"))
            #expect(limited.header("retry-after").flatMap { Int($0) } == 30)
            #expect(limited.header("x-should-retry") == nil)
        }
        try await RelayUnderTest.run([Member("One")], settings: { $0.routing.maxQuotaWaitSeconds = 0 }) { relay in
            relay.providers[0].behavior.always = .error(401, .openai, message: "Incorrect API key provided.")
            let body = MessagesTests.body(stream: stream)
            let down = try await relay.request("POST", "/v1/messages", body: body)
            #expect(down.status == 529 && Self.isEnvelope(down, "overloaded_error"))
            #expect(down.head.header("x-should-retry") == nil)
        }
    }

    @Test func `a refusal of the provider's own comes in this envelope`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            relay.providers[0].behavior.always = .error(400, .openai, message: "I do not like it.")
            let answer = try await relay.request("POST", "/v1/messages", body: MessagesTests.body())
            #expect(answer.status == 400 && Self.isEnvelope(answer, "invalid_request_error"))
            #expect(answer.json["error"]?["message"]?.string == "I do not like it.")
        }
    }

    @Test func `a prompt that is too long is called so`() async throws {
        try await RelayUnderTest.run([Member("One", models: [.init("small", window: 1000)])]) { relay in
            let text = (0..<4000).map { "word\($0)" }.joined(separator: " ")
            let system = #","system":"\#(text)""#
            let answer = try await relay.request("POST", "/v1/messages", body: MessagesTests.body(members: system))
            #expect(answer.status == 400 && Self.isEnvelope(answer, "invalid_request_error"))
            let message = answer.json["error"]?["message"]?.string ?? ""
            let numbers = message.split { !$0.isNumber }.compactMap { Int($0) }
            #expect(message.hasPrefix("prompt is too long: ") && message.hasSuffix(" maximum"))
            #expect(numbers.count == 2 && numbers[0] > numbers[1])
        }
    }

    // MARK: Silence

    @Test func `silence is broken by pings, and an error still comes as an event`() async throws {
        let chain = try await ExchangeRun.chain([.init("One")])
        var run = try ExchangeRun(MessagesTests.body(stream: true), chain: chain, wire: .messages, at: QuotaClock.at(0))
        run.connect()
        run.advance(to: 11)
        #expect(try MessagesStream(run.response().body).names == ["message_start", "ping"])
        run.advance(to: 200)
        let stream = try MessagesStream(run.response().body)
        #expect(stream.names.starts(with: ["message_start", "ping", "ping", "ping"]) && run.hasEnded)
        #expect(stream.names.last == "error" && stream.error?["type"]?.string == "overloaded_error")
    }
}
