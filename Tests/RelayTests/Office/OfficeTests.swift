import Testing

@testable import Relay

/// What is asked beside model calls.
struct OfficeTests {
    typealias Member = RelayUnderTest.Member
    typealias Entry = RelayUnderTest.Entry

    private static let cast: [Member] = [
        Member("Groq", models: [Entry("llama-70b", window: 131_072), Entry("openai/gpt-oss-20b", scale: "medium")]),
        Member("Coder", models: [Entry("coder-8b", type: "coding", scale: "small")]),
    ]

    @Test func `the list has every model, the meta-model first`() async throws {
        try await RelayUnderTest.run(Self.cast) { relay in
            let list = try await relay.request("GET", "/v1/models").json
            #expect(list["object"]?.string == "list")
            let entries = list["data"]?.elements ?? []
            #expect(
                entries.map { $0["id"]?.string } == [
                    "meta-model", "Groq/llama-70b", "Groq/openai/gpt-oss-20b", "Coder/coder-8b",
                ]
            )
            for entry in entries {
                #expect(entry["object"]?.string == "model" && entry["owned_by"]?.string != nil)
                #expect(entry["created"]?.integer != nil && entry["type"]?.string != nil)
                #expect(entry["status"]?.string == "available" && entry["cooldown_remaining_sec"]?.integer == 0)
            }
            #expect(entries[1]["context_window"]?.integer == 131_072 && entries[1]["scale"]?.string == "large")
            #expect(entries[3]["type"]?.string == "coding" && entries[3]["owned_by"]?.string == "Coder")
        }
    }

    @Test func `the list can be narrowed`() async throws {
        try await RelayUnderTest.run(Self.cast) { relay in
            for (query, expected) in [
                ("type=coding", ["Coder/coder-8b"]), ("scale=medium", ["Groq/openai/gpt-oss-20b"]),
                ("type=text&scale=large", ["Groq/llama-70b"]), ("type=video", []),
                ("scale=LARGE", ["Groq/llama-70b"]),
            ] {
                let list = try await relay.request("GET", "/v1/models?\(query)").json
                let names = (list["data"]?.elements ?? []).compactMap { $0["id"]?.string }
                #expect(names.filter { $0 != "meta-model" } == expected, "\(query)")
            }
        }
    }

    @Test func `a model is found by any of its names`() async throws {
        try await RelayUnderTest.run(Self.cast) { relay in
            for (path, id) in [
                ("meta-model", "meta-model"), ("Groq/llama-70b", "Groq/llama-70b"),
                ("Groq%2Fllama-70b", "Groq/llama-70b"),
                ("groq%2fLLAMA-70b", "Groq/llama-70b"), ("llama-70b", "Groq/llama-70b"),
                ("Groq/openai/gpt-oss-20b", "Groq/openai/gpt-oss-20b"),
                ("Groq%2Fopenai%2Fgpt-oss-20b", "Groq/openai/gpt-oss-20b"),
            ] {
                let entry = try await relay.request("GET", "/v1/models/\(path)")
                #expect(entry.status == 200 && entry.json["id"]?.string == id, "\(path)")
            }
            for path in ["nope", "Groq/nope", "Groq", "%"] {
                let missing = try await relay.request("GET", "/v1/models/\(path)")
                #expect(missing.status == 404 && missing.isErrorEnvelope, "\(path)")
                #expect(missing.json["error"]?["code"]?.string == "model_not_found")
            }
        }
    }

    @Test func `a cooldown shows in the list`() async throws {
        try await RelayUnderTest.run(Self.cast) { relay in
            relay.providers[0].play(.rateLimited(.groq, retryAfter: "60"))
            #expect(try await relay.ask(model: "Groq/llama-70b").status == 429)
            let entry = try await relay.request("GET", "/v1/models/Groq/llama-70b").json
            #expect(entry["status"]?.string == "cooldown")
            #expect(entry["cooldown_remaining_sec"]?.integer.map { (40...60).contains($0) } == true)
            let other = try await relay.request("GET", "/v1/models/Groq/openai/gpt-oss-20b").json
            #expect(other["status"]?.string == "available")
        }
    }

    @Test func `usage is what the providers reported`() async throws {
        try await RelayUnderTest.run(Self.cast) { relay in
            let empty = try await relay.request("GET", "/v1/usage").json
            #expect(empty["providers"]?.members?.isEmpty == true && empty["total"]?["requests"]?.integer == 0)
            relay.providers[0].behavior.usage = .init(promptTokens: 10, completionTokens: 5)
            relay.providers[1].behavior.usage = .init(promptTokens: 100, completionTokens: 50)
            for stream in [false, true] {
                #expect(try await relay.ask(model: "Groq/llama-70b", stream: stream).status == 200)
            }
            #expect(try await relay.ask(model: "Groq/openai/gpt-oss-20b").status == 200)
            #expect(try await relay.ask(model: "Coder/coder-8b", stream: true).status == 200)
            let usage = try await relay.request("GET", "/v1/usage").json
            func numbers(_ entry: SimulatedJSON?) -> [Int?] {
                ["prompt_tokens", "completion_tokens", "requests"].map { entry?[$0]?.integer }
            }
            #expect(numbers(usage["total"]) == [130, 65, 4])
            let groq = usage["providers"]?["Groq"]
            #expect(numbers(groq) == [30, 15, 3])
            #expect(numbers(groq?["models"]?["llama-70b"]) == [20, 10, 2])
            #expect(numbers(groq?["models"]?["openai/gpt-oss-20b"]) == [10, 5, 1])
            #expect(numbers(usage["providers"]?["Coder"]?["models"]?["coder-8b"]) == [100, 50, 1])
        }
    }

    @Test func `usage is estimated only where none was reported`() async throws {
        try await RelayUnderTest.run(Self.cast) { relay in
            relay.providers[0].behavior.streaming.usage = .never
            for stream in [false, true] { #expect(try await relay.ask(stream: stream).status == 200) }
            let total = try await relay.request("GET", "/v1/usage").json["total"]
            #expect(total?["requests"]?.integer == 2)
            #expect(total?["prompt_tokens"]?.integer ?? 0 > 0 && total?["completion_tokens"]?.integer ?? 0 > 0)
        }
    }

    @Test func `a failed call uses nothing`() async throws {
        try await RelayUnderTest.run(Self.cast) { relay in
            relay.providers[0].behavior.always = .error(500, .openai, message: "no")
            #expect(try await relay.ask().response.header("x-gateway-provider") == "Coder")
            let usage = try await relay.request("GET", "/v1/usage").json
            #expect(usage["total"]?["requests"]?.integer == 1)
            #expect(usage["providers"]?["Groq"]?["requests"]?.integer ?? 0 == 0)
        }
    }

    @Test func `health needs no key and tells no secrets`() async throws {
        try await RelayUnderTest.run(Self.cast, settings: { $0.server.apiKey = "open-sesame" }) { relay in
            let health = try await relay.request("GET", "/health")
            #expect(health.status == 200 && health.json["status"]?.string == "ok")
            #expect(!health.everything.contains("open-sesame") && !health.everything.contains("sk-secret"))
            let head = try await relay.request("HEAD", "/health")
            #expect(head.status == 200)
        }
    }

    @Test func `ready as long as somebody can serve`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            #expect(try await relay.request("GET", "/ready").status == 200)
            relay.providers[0].play(.rateLimited(.groq, retryAfter: "60"))
            #expect(try await relay.ask().status == 429)
            let ready = try await relay.request("GET", "/ready")
            #expect(ready.status == 503 && ready.json.members != nil)
            #expect(try await relay.request("GET", "/health").status == 200)
        }
    }

    @Test func `the root says what this is`() async throws {
        try await RelayUnderTest.run(Self.cast) { relay in
            let root = try await relay.request("GET", "/")
            #expect(root.status == 200 && root.text.contains("Relay") && root.text.contains("/v1"))
        }
    }

    @Test func `pages echo the request's id`() async throws {
        try await RelayUnderTest.run(Self.cast) { relay in
            for path in ["/v1/models", "/v1/usage", "/health", "/v1/models/nope"] {
                let page = try await relay.request("GET", path, headers: [("X-Request-ID", "r-9")])
                #expect(page.header("x-request-id") == "r-9", "\(path)")
                #expect(try await relay.request("GET", path).header("x-request-id")?.isEmpty == false, "\(path)")
            }
        }
    }
}
