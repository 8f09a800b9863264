import Testing

@testable import Relay

/// Claude Code at work on the meta-model, as it works on Anthropic's API.
struct ClaudeCodeTests {
    typealias Behavior = SimulatedProvider.Behavior

    private static let member = RelayUnderTest.Member(
        "One",
        models: [.init("one-large", window: 200_000), .init("one-small", scale: "small")],
        Behavior()
            .with { behavior in
                behavior.isStrict = true
                behavior.reasoning = "Let me see."
                behavior.tools = .firstOffered
            }
    )

    private static func send(_ body: String, to relay: RelayUnderTest) async throws -> RawResponse {
        try await relay.request(
            "POST",
            ClaudeCodeRequests.path,
            headers: ClaudeCodeRequests.headers,
            body: body
        )
    }

    @Test func `a task begins with a tool`() async throws {
        try await RelayUnderTest.run([Self.member]) { relay in
            let answer = try await Self.send(ClaudeCodeRequests.first, to: relay)
            let stream = try MessagesStream(answer.body)
            #expect(
                stream.names == [
                    "message_start", "content_block_start", "content_block_delta", "content_block_stop",
                    "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop",
                ]
            )
            let message = try stream.message()
            #expect(message["model"]?.string == "claude-sonnet-4-5-20250929")
            #expect(message["content"]?.elements?.map { $0["type"]?.string } == ["thinking", "tool_use"])
            #expect(message["content"]?[1]?["name"]?.string == "Task" && message["stop_reason"]?.string == "tool_use")
            #expect(answer.header("request-id") != nil && answer.header("x-routed-via") == "One/one-large")

            let sent = relay.providers[0].calls[0].json
            let messages = sent["messages"]?.elements ?? []
            #expect(messages.map { $0["role"]?.string } == ["system", "user"])
            #expect(messages[0]["content"]?.string?.hasPrefix("You are Claude Code") == true)
            #expect(messages[1]["content"]?.string?.hasSuffix("\n\nWhy does the checkout test fail?") == true)
            let names = sent["tools"]?.elements?.map { $0["function"]?["name"]?.string }
            #expect(names == ClaudeCodeRequests.toolNames)
            #expect(sent["tools"]?[9]?["function"]?["parameters"]?["properties"]?["todos"] != nil)
            #expect(sent["max_tokens"]?.integer == 32_000 && sent["stream"]?.bool == true)
            let unknown = ["system", "thinking", "metadata", "context_management", "reasoning_effort"]
            #expect(unknown.allSatisfy { sent[$0] == nil })
            // What identifies the client to Anthropic goes to nobody else.
            let fields = relay.providers[0].calls[0].headers.map { $0.name.lowercased() }
            #expect(!fields.contains { $0.hasPrefix("anthropic") || $0.hasPrefix("x-stainless") || $0 == "x-app" })
        }
    }

    @Test func `the results of its tools are read`() async throws {
        try await RelayUnderTest.run([Self.member]) { relay in
            let answer = try await Self.send(ClaudeCodeRequests.second, to: relay)
            let message = try MessagesStream(answer.body).message()
            #expect(message["usage"]?["input_tokens"]?.integer ?? 0 > 100)
            let messages = relay.providers[0].calls[0].json["messages"]?.elements ?? []
            #expect(messages.map { $0["role"]?.string } == ["system", "user", "assistant", "tool", "tool", "user"])
            let calls = messages[2]["tool_calls"]
            #expect(calls?[1]?["function"]?["arguments"]?.string == #"{"first":"pytest -q \"shop\"","second":120000}"#)
            #expect(messages[2]["content"]?.string == "I'll look at the test and run it.")
            #expect(messages[3]["content"]?.string?.contains("assert total() == 3") == true)
            #expect(messages[4]["content"]?.string == "Error: Exit code 1\nassert 4 == 3")
            #expect(messages[5]["content"]?.string?.hasPrefix("<system-reminder>") == true)
        }
    }

    @Test func `its small calls are answered too`() async throws {
        try await RelayUnderTest.run([Self.member]) { relay in
            let quota = try await Self.send(ClaudeCodeRequests.quota, to: relay)
            #expect(quota.status == 200 && quota.json["stop_reason"]?.string == "max_tokens")
            #expect(quota.header("x-routed-via") == "One/one-small")
            let title = try MessagesStream(try await Self.send(ClaudeCodeRequests.title, to: relay).body).message()
            let text = try SimulatedJSON.parse(title["content"]?[0]?["text"]?.string ?? "")
            #expect(text["title"]?.string != nil)
            let count = try await relay.request(
                "POST",
                "/v1/messages/count_tokens?beta=true",
                headers: ClaudeCodeRequests.headers,
                body: ClaudeCodeRequests.count
            )
            #expect(count.json["input_tokens"]?.integer ?? 0 > 500)
        }
    }

    @Test func `a session keeps its route`() async throws {
        let members = [RelayUnderTest.Member("One"), .init("Two")]
        try await RelayUnderTest.run(members, settings: { $0.routing.strategy = .roundRobin }) { relay in
            var routes: Set<String> = []
            for _ in 0..<6 {
                let answer = try await Self.send(ClaudeCodeRequests.first, to: relay)
                routes.insert(answer.header("x-routed-via") ?? "")
            }
            #expect(routes.count == 1)
        }
    }
}
