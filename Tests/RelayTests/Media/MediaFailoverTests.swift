import Testing

@testable import Relay

/// Limits, failures and faults of the other endpoints are treated as those of chat are.
struct MediaFailoverTests {
    typealias Member = RelayUnderTest.Member
    typealias Fault = SimulatedProvider.Fault

    struct Call: Sendable, CustomTestStringConvertible {
        var type: String
        var path: String
        var members: String
        var testDescription: String { path }
    }

    static let calls = [
        Call(type: "embedding", path: "/embeddings", members: #""input":"Paris""#),
        Call(type: "image", path: "/images/generations", members: #""prompt":"The Seine at dawn""#),
        Call(type: "speech", path: "/audio/speech", members: #""input":"Bonjour","voice":"alloy""#),
        Call(type: "moderation", path: "/moderations", members: #""input":"I could kill for a croissant""#),
    ]

    /// Two providers of one such model.
    static func members(_ type: String, more: String = "") -> [Member] {
        ["One", "Two"].map { Member($0, models: [.init("shared", type: type, more: more)]) }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String { code + " \(fault)".prefix(40) }
        var fault: Fault
        var code: String
    }

    static let faults = [
        Case(fault: .rateLimited(.groq, retryAfter: "30"), code: "429"),
        Case(fault: .error(401, .openai, message: "Incorrect API key provided."), code: "401"),
        Case(fault: .error(402, .openRouter, message: "Insufficient credits."), code: "quota"),
        Case(fault: .error(404, .openai, message: "The model does not exist."), code: "404"),
        Case(fault: .error(413, .openai, message: "Too large."), code: "413"),
        Case(fault: .error(503, .openai, message: "It failed."), code: "503"),
        Case(fault: .resetBeforeHead, code: "connect"),
        Case(fault: .errorInBody200, code: "502"),
        Case(fault: .garbageBody, code: "unreadable"),
        Case(fault: .status(200, body: "[]"), code: "unreadable"),
        Case(fault: .status(200, body: "{}"), code: "unreadable"),
        Case(fault: .status(200, body: ""), code: "unreadable"),
    ]

    @Test(arguments: calls, faults)
    func `the second provider's answer comes instead`(_ call: Call, _ fault: Case) async throws {
        try await RelayUnderTest.run(Self.members(call.type)) { relay in
            relay.providers[0].play(fault.fault)
            let response = try await relay.post(call.path, call.members)
            #expect(response.status == 200 && response.end == .complete && !response.body.isEmpty)
            #expect(response.header("x-routed-via") == "Two/shared")
            #expect(response.header("x-fallback-trail") == "One/shared=\(fault.code)")
            #expect(relay.providers.map { $0.calls.count } == [1, 1])
            try await relay.becomesIdle()
        }
    }

    @Test(arguments: calls.filter { $0.type != "moderation" })
    func `an answer without anything in it is none`(_ call: Call) async throws {
        try await RelayUnderTest.run(Self.members(call.type)) { relay in
            relay.providers[0].play(.emptyAnswer())
            let response = try await relay.post(call.path, call.members)
            #expect(response.header("x-fallback-trail") == "One/shared=empty" && response.status == 200)
        }
    }

    @Test func `too few vectors are no answer`() async throws {
        try await RelayUnderTest.run(Self.members("embedding")) { relay in
            relay.providers[0].play(.status(200, body: #"{"data":[{"embedding":[1,2]}]}"#))
            let response = try await relay.embed(#"["a","b"]"#)
            #expect(response.header("x-fallback-trail") == "One/shared=invalid" && response.vectors.count == 2)
        }
    }

    @Test(arguments: calls) func `the catalog's limits are kept`(_ call: Call) async throws {
        let members = Self.members(call.type, more: #""limits":{"requests_per_minute":2}"#)
        try await RelayUnderTest.run(members, settings: { $0.routing.maxQuotaWaitSeconds = 0 }) { relay in
            for name in ["One", "One", "Two", "Two"] {
                let response = try await relay.post(call.path, call.members)
                #expect(response.header("x-routed-via") == "\(name)/shared" && response.status == 200)
            }
            let response = try await relay.post(call.path, call.members)
            #expect(response.status == 429 && response.header("retry-after") != nil && response.isErrorEnvelope)
            #expect(relay.providers.map { $0.calls.count } == [2, 2])
        }
    }

    @Test func `tokens of embeddings are counted`() async throws {
        let members = Self.members("embedding", more: #""limits":{"tokens_per_minute":60}"#)
        try await RelayUnderTest.run(members, settings: { $0.routing.maxQuotaWaitSeconds = 0 }) { relay in
            let text = "\"" + String(repeating: "river ", count: 25) + "\""
            #expect(try await relay.embed(text).header("x-routed-via") == "One/shared")
            #expect(try await relay.embed(text).header("x-routed-via") == "Two/shared", "One's minute is spent")
            #expect(try await relay.embed(text).status == 429)
            let usage = try await relay.request("GET", "/v1/usage").json["total"]
            #expect(usage?["prompt_tokens"]?.integer == 76 && usage?["requests"]?.integer == 2)
        }
    }

    @Test(arguments: calls) func `a request at fault comes back in the provider's words`(_ call: Call) async throws {
        try await RelayUnderTest.run(Self.members(call.type)) { relay in
            for provider in relay.providers { provider.play(.error(400, .openai, message: "This voice is unknown.")) }
            let response = try await relay.post(call.path, call.members)
            #expect(response.status == 400 && response.isErrorEnvelope)
            #expect(response.json["error"]?["message"]?.string == "This voice is unknown.")
            let direct = try await relay.post(call.path, model: "One/shared", call.members)
            #expect(direct.status == 200)
        }
    }

    @Test func `an input that is too long is said to be`() async throws {
        try await RelayUnderTest.run([Member("One", models: [.embedding("vectors")])]) { relay in
            let body =
                #"{"error":{"message":"This model's maximum context length is 8192 tokens, however you requested 9000 tokens.","type":"invalid_request_error","param":null,"code":"context_length_exceeded"}}"#
            relay.providers[0].play(.status(400, body: body))
            let response = try await relay.embed()
            #expect(response.status == 400 && response.json["error"]?["code"]?.string == "context_length_exceeded")
            #expect(relay.providers[0].calls.count == 1)
        }
    }

    @Test(arguments: calls) func `what is missing or wrong is said`(_ call: Call) async throws {
        try await RelayUnderTest.run(Self.members(call.type)) { relay in
            let required = call.type == "image" ? "prompt" : "input"
            let cases = [
                ("{\(call.members)}", 400, "model"), (#"{"model":null,\#(call.members)}"#, 400, "model"),
                (#"{"model":7,\#(call.members)}"#, 400, "model"), (#"{"model":"meta-model"}"#, 400, required),
                (#"{"model":"meta-model","\#(required)":null}"#, 400, required),
                (#"{"model":"meta-model","\#(required)":""}"#, 400, required),
                (#"{"model":"meta-model","\#(required)":{}}"#, 400, required),
                (#"{"model":"nobody",\#(call.members)}"#, 404, "model"),
                (#"{"model":"meta-model","model_name":"nobody",\#(call.members)}"#, 400, "model_name"),
                ("[]", 400, nil), ("{", 400, nil), ("", 400, nil),
            ]
            for (body, status, param) in cases {
                let response = try await relay.request("POST", "/v1\(call.path)", body: body)
                #expect(response.status == status && response.isErrorEnvelope, "\(body)")
                #expect(response.json["error"]?["param"]?.string == param, "\(body)")
            }
            #expect(try await relay.request("GET", "/v1\(call.path)").status == 405)
            #expect(relay.providers.allSatisfy { $0.calls.isEmpty })
        }
    }

    @Test func `a model serves its own endpoint and no other`() async throws {
        let member = Member("One", models: Self.calls.map { .init("the-\($0.type)", type: $0.type) })
        try await RelayUnderTest.run([member]) { relay in
            for call in Self.calls {
                let right = try await relay.post(call.path, model: "the-\(call.type)", call.members)
                #expect(right.status == 200, "\(call.path)")
                let others = Self.calls.filter { $0.path != call.path }
                for other in others {
                    let wrong = try await relay.post(other.path, model: "the-\(call.type)", other.members)
                    #expect(wrong.status == 400 && wrong.json["error"]?["code"]?.string == "model_not_supported")
                }
                #expect(try await relay.ask(model: "the-\(call.type)").status == 400)
            }
            #expect(try await relay.ask().status == 503, "nobody chats")
        }
    }

    @Test func `nobody is there for an endpoint`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            for call in Self.calls {
                let response = try await relay.post(call.path, call.members)
                #expect(response.status == 503 && response.json["error"]?["code"]?.string == "no_models_configured")
            }
        }
    }

    @Test func `the provider is shown where that is set`() async throws {
        try await RelayUnderTest.run(Self.members("image"), settings: { $0.server.showProvider = true }) { relay in
            let response = try await relay.post("/images/generations", #""prompt":"The Seine","n":2"#)
            #expect(response.json["provider_name"]?.string == "One" && response.json["data"]?.elements?.count == 2)
            #expect(response.json["data"]?[1]?["b64_json"]?.string == SimulatedMediaAnswer.pixel)
        }
    }
}
