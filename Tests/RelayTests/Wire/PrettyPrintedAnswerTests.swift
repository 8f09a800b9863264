import Testing

@testable import Relay

/// A provider that prints its JSON over several lines, in front of clients that stream: every event stays whole.
struct PrettyPrintedAnswerTests {
    private static let clients: [any WireClient] = [
        ChatWireClient(), MessagesWireClient(), ResponsesWireClient(), CompletionsWireClient(),
    ]

    private static let whole = """
        {
          "id": "a", "object": "chat.completion",
          "created": 1, "model": "one-model",
          "choices": [
            {
              "index": 0,
              "message": {
                "role": "assistant",
                "content": "Paris, {of course}",
                "annotations": [
                  {"type": "url_citation",
                   "url_citation": {"url": "https://a.b", "title": "A", "start_index": 0, "end_index": 5}}
                ]
              },
              "finish_reason": "stop"
            }
          ],
          "usage": {
            "prompt_tokens": 3,
            "completion_tokens": 4,
            "total_tokens": 7
          }
        }
        """

    private static let chunks = [
        """
        {"id": "a", "object": "chat.completion.chunk", "created": 1, "model": "one-model",
         "choices": [{"index": 0,
                      "delta": {"role": "assistant",
                                "content": "Paris, "},
                      "finish_reason": null}],
         "usage": {"prompt_tokens": 3,
                   "completion_tokens": 1}}
        """,
        """
        {"id": "a", "object": "chat.completion.chunk", "created": 1, "model": "one-model",
         "choices": [{"index": 0,
                      "delta": {"content": "{of course}"},
                      "finish_reason": "stop"}],
         "usage": {"prompt_tokens": 3,
                   "completion_tokens": 4,
                   "total_tokens": 7}}
        """,
        "[DONE]",
    ]

    private func ask(_ client: any WireClient, _ fault: SimulatedProvider.Fault) async throws {
        try await RelayUnderTest.run([.init("One")]) { relay async throws in
            relay.providers[0].play(fault)
            var ask = WireAsk(model: "meta-model")
            ask.isStream = true
            let response = try await relay.request(
                "POST",
                client.path,
                headers: client.headers,
                body: client.body(ask)
            )
            let answer = client.read(response)
            #expect(answer.text == "Paris, {of course}" && answer.isComplete, "\(client.name): \(response.text)")
            let lines = response.text.split(separator: "\n")
            let fields = ["data: ", "event: ", ": "]
            #expect(lines.allSatisfy { line in fields.contains { line.hasPrefix($0) } }, "\(response.text)")
        }
    }

    @Test(arguments: clients.indices) func `a whole answer becomes events of one line each`(_ client: Int) async throws
    {
        try await ask(Self.clients[client], .status(200, body: Self.whole))
    }

    @Test(arguments: clients.indices) func `events of several data lines are changed and stay whole`(_ client: Int)
        async throws
    {
        let body = Self.chunks.map { "data: " + $0.replacing("\n", with: "\ndata: ") + "\n\n" }.joined()
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
        try await ask(Self.clients[client], .rawBytes([.init(head + body)]))
    }

    @Test func `usage of several lines is told on one`() async throws {
        try await RelayUnderTest.run([.init("One")]) { relay async throws in
            relay.providers[0].play(.status(200, body: Self.whole))
            let answer = try await relay.ask(stream: true, members: #""stream_options":{"include_usage":true}"#)
            #expect(answer.usages.map { $0["total_tokens"]?.integer } == [7] && answer.isDone)
        }
    }
}
