import Testing

@testable import Relay

/// What Anthropic's clients ask beside messages: token counts and models.
struct MessagesOfficeTests {
    typealias Member = RelayUnderTest.Member
    typealias Entry = RelayUnderTest.Entry

    @Test func `tokens are counted without a call`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            func count(_ body: String) async throws -> Int {
                let answer = try await relay.request("POST", "/v1/messages/count_tokens?beta=true", body: body)
                #expect(answer.status == 200 && answer.json.members?.map(\.name) == ["input_tokens"])
                return answer.json["input_tokens"]?.integer ?? 0
            }
            let hi = #""model":"meta-model","messages":[{"role":"user","content":"Hello, how are you today?"}]"#
            let plain = try await count("{\(hi)}")
            #expect(6...20 ~= plain)
            #expect(try await count("{\(hi),\"max_tokens\":50}") == plain)
            #expect(try await count("{\(hi)\(MessagesTests.tools)}") > plain + 20)
            #expect(try await count(#"{\#(hi),"system":"Be very brief and kind."}"#) > plain + 5)
            let text = (0..<2000).map { "word\($0)" }.joined(separator: " ")
            let long = try await count(
                #"{"model":"meta-model","messages":[{"role":"user","content":[{"type":"text","text":"\#(text)"}]}]}"#
            )
            #expect(3000...9000 ~= long)
            #expect(relay.providers[0].calls.isEmpty)
        }
    }

    @Test func `a count agrees with what the window is measured by`() async throws {
        try await RelayUnderTest.run([Member("One", models: [Entry("m", window: 3000)])]) { relay in
            // Of histories that only just go whole and only just do not, the count says which.
            for words in [300, 600, 1200, 2400] {
                let text = (0..<words).map { "w\($0)" }.joined(separator: " ")
                let body =
                    #"{"model":"meta-model","max_tokens":500,"messages":[{"role":"user","content":"\#(text)"},{"role":"assistant","content":"Yes."},{"role":"user","content":"And now?"}]}"#
                let count = try await relay.request("POST", "/v1/messages/count_tokens", body: body).json
                let answer = try await relay.request("POST", "/v1/messages", body: body)
                let isCut = answer.header("x-relay-context") != nil
                #expect((count["input_tokens"]?.integer ?? 0 > 2500) == isCut, "\(words) \(count.text)")
            }
        }
    }

    private static let cast: [Member] = [
        Member("Groq", models: [Entry("llama-70b", window: 131_072), Entry("openai/gpt-oss-20b")]),
        Member("Coder", models: [Entry("coder-8b", type: "coding", scale: "small")]),
    ]

    @Test func `models are listed in Anthropic's shape where its version is sent`() async throws {
        try await RelayUnderTest.run(Self.cast) { relay in
            func list(_ query: String) async throws -> SimulatedJSON {
                try await relay.request("GET", "/v1/models\(query)", headers: MessagesTests.version).json
            }
            func ids(_ json: SimulatedJSON) -> [String] {
                (json["data"]?.elements ?? []).compactMap { $0["id"]?.string }
            }
            let all = try await list("")
            let names = ["meta-model", "Groq/llama-70b", "Groq/openai/gpt-oss-20b", "Coder/coder-8b"]
            #expect(ids(all) == names && all["has_more"]?.bool == false)
            #expect(all["first_id"]?.string == names[0] && all["last_id"]?.string == names[3])
            for entry in all["data"]?.elements ?? [] {
                #expect(entry["type"]?.string == "model" && entry["display_name"]?.string?.isEmpty == false)
                #expect(entry["created_at"]?.string == "1970-01-01T00:00:00Z")
            }
            #expect(all["data"]?[1]?["max_input_tokens"]?.integer == 131_072)

            let first = try await list("?limit=2")
            #expect(ids(first) == Array(names[..<2]) && first["has_more"]?.bool == true)
            let next = try await list("?limit=2&after_id=Groq%2Fllama-70b")
            #expect(ids(next) == Array(names[2...]) && next["has_more"]?.bool == false)
            let back = try await list("?limit=1&before_id=Coder/coder-8b")
            #expect(ids(back) == [names[2]] && back["has_more"]?.bool == true)
            let none = try await list("?after_id=Coder/coder-8b")
            #expect(ids(none) == [] && none["first_id"]?.isNull == true)

            let one = try await list("/Groq/llama-70b")
            #expect(one["id"]?.string == "Groq/llama-70b" && one["type"]?.string == "model")
            #expect(try await list("/meta-model")["id"]?.string == "meta-model")
            for query in ["?limit=0", "?limit=x", "?after_id=nobody"] {
                let wrong = try await list(query)
                #expect(wrong["error"]?["type"]?.string == "invalid_request_error", "\(query)")
            }
            #expect(try await list("/no-such")["error"]?["type"]?.string == "not_found_error")
            // Everybody else gets OpenAI's.
            #expect(try await relay.request("GET", "/v1/models").json["object"]?.string == "list")
        }
    }
}
