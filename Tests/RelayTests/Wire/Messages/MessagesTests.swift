import NIOCore
import Testing

@testable import Relay

/// Anthropic's API through the running relay, in front of providers that speak chat completions.
struct MessagesTests {
    typealias Behavior = SimulatedProvider.Behavior
    typealias Member = RelayUnderTest.Member

    static let version: RelayUnderTest.Fields = [("anthropic-version", "2023-06-01")]

    static func body(
        _ content: String = #""Where is Paris?""#,
        model: String = "meta-model",
        stream: Bool = false,
        members: String = ""
    ) -> String {
        #"{"model":"\#(model)","max_tokens":1000,"stream":\#(stream),"messages":[{"role":"user","content":\#(content)}]\#(members)}"#
    }

    static let tools =
        #","tools":[{"name":"alpha","description":"A","input_schema":{"type":"object","properties":{"x":{"type":"integer"}}}},{"name":"beta","input_schema":{"type":"object","properties":{"y":{"type":"string"}}}}]"#

    @Test(arguments: ["/v1/messages", "/v1/messages?beta=true", "/messages"])
    func `a question is answered`(_ path: String) async throws {
        let member = Member("One", Behavior().with { $0.isStrict = true })
        try await RelayUnderTest.run([member]) { relay in
            let whole = try await relay.request("POST", path, headers: Self.version, body: Self.body())
            #expect(whole.status == 200 && whole.header("content-type") == "application/json")
            #expect(whole.json["content"]?.text == #"[{"type":"text","text":"Paris is the capital of France."}]"#)
            #expect(whole.json["model"]?.string == "meta-model" && whole.json["stop_reason"]?.string == "end_turn")
            #expect(whole.json["usage"]?["output_tokens"]?.integer == 8)
            #expect(whole.header("request-id") == whole.header("x-request-id"))
            #expect(whole.header("request-id")?.isEmpty == false && whole.header("x-routed-via") == "One/one-model")

            let streamed = try await relay.request("POST", path, headers: Self.version, body: Self.body(stream: true))
            let message = try MessagesStream(streamed.body).message()
            #expect(message["content"]?.text == whole.json["content"]?.text)
            #expect(message["usage"]?.text == whole.json["usage"]?.text)
            #expect(streamed.isStream && streamed.end == .complete)
        }
    }

    @Test(arguments: StreamTests.shapes)
    func `a stream reads the same however it was sent`(_ shape: StreamTests.Shape) async throws {
        let text = "Füße, 北京, 🙂: \"zerschnitten\"\n\nund\twieder ganz."
        let member = Member("One", Behavior(answer: .text(text)).with(shape.change))
        try await RelayUnderTest.run([member]) { relay in
            let answer = try await relay.request("POST", "/v1/messages", body: Self.body(stream: true))
            let message = try MessagesStream(answer.body).message()
            #expect(message["content"]?[0]?["text"]?.string == text && message["content"]?.elements?.count == 1)
            #expect(message["usage"]?["output_tokens"]?.integer ?? 0 > 5)
        }
    }

    @Test(arguments: [true, false], [1, 7, nil])
    func `tools are called and their results come back`(_ stream: Bool, _ piece: Int?) async throws {
        let behavior = Behavior()
            .with { behavior in
                behavior.tools = .allOffered
                behavior.isStrict = true
                behavior.delivery.bodyBytesPerPiece = piece
            }
        try await RelayUnderTest.run([Member("One", behavior)]) { relay in
            let asked = Self.body(stream: stream, members: Self.tools)
            let answer = try await relay.request("POST", "/v1/messages", body: asked)
            let message = stream ? try MessagesStream(answer.body).message() : answer.json
            let blocks = message["content"]?.elements ?? []
            #expect(blocks.map { $0["name"]?.string } == ["alpha", "beta"] && blocks[0]["input"]?["x"]?.integer == 42)
            #expect(message["stop_reason"]?.string == "tool_use")

            let results = blocks.map {
                #"{"type":"tool_result","tool_use_id":\#($0["id"]?.text ?? ""),"content":[{"type":"text","text":"done"}]}"#
            }
            let next =
                #"{"model":"meta-model","max_tokens":100,"stream":\#(stream)\#(Self.tools),"messages":[{"role":"user","content":"Go."},{"role":"assistant","content":\#(message["content"]?.text ?? "")},{"role":"user","content":[\#(results.joined(separator: ","))]}]}"#
            let second = try await relay.request("POST", "/v1/messages", body: next)
            let end = stream ? try MessagesStream(second.body).message() : second.json
            #expect(end["content"]?[0]?["text"]?.string == "Paris is the capital of France.")
            let roles = relay.providers[0].calls.last?.json["messages"]?.elements?.map { $0["role"]?.string }
            #expect(roles == ["user", "assistant", "tool", "tool"])
        }
    }

    @Test func `images reach models that see`() async throws {
        let model = RelayUnderTest.Entry("eye", more: #""modality":"vision""#)
        try await RelayUnderTest.run([Member("Blind"), Member("Seer", models: [model])]) { relay in
            let image = #"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"QUJD"}}"#
            let content = #"[{"type":"text","text":"What is it?"},\#(image)]"#
            let answer = try await relay.request("POST", "/v1/messages", body: Self.body(content))
            #expect(answer.status == 200 && answer.header("x-gateway-provider") == "Seer")
            let sent = relay.providers[1].calls[0].json["messages"]?[0]?["content"]?[1]
            #expect(sent?["image_url"]?["url"]?.string == "data:image/png;base64,QUJD")
        }
    }

    @Test(arguments: [true, false])
    func `thinking is shown where it was asked for`(_ stream: Bool) async throws {
        let member = Member("One", Behavior().with { $0.reasoning = "On the Seine." })
        try await RelayUnderTest.run([member]) { relay in
            for (members, expected) in [
                ("", ["text"]), (#","thinking":{"type":"enabled","budget_tokens":2000}"#, ["thinking", "text"]),
            ] {
                let body = Self.body(stream: stream, members: members)
                let answer = try await relay.request("POST", "/v1/messages", body: body)
                let message = stream ? try MessagesStream(answer.body).message() : answer.json
                #expect(message["content"]?.elements?.map { $0["type"]?.string } == expected)
            }
            // The model is not known to take an effort, and nobody asked it for one.
            #expect(relay.providers[0].calls.allSatisfy { $0.json["reasoning_effort"] == nil })
        }
    }

    @Test func `hints go where they are taken, and nowhere else`() async throws {
        let members = [
            Member("One", models: [.init("openai/gpt-oss-120b")], Behavior().with { $0.isStrict = true })
        ]
        try await RelayUnderTest.run(members) { relay in
            let hints = #","top_k":5,"thinking":{"type":"enabled","budget_tokens":20000}"#
            let answer = try await relay.request("POST", "/v1/messages", body: Self.body(members: hints))
            let sent = relay.providers[0].calls[0].json
            #expect(answer.status == 200 && sent["reasoning_effort"]?.string == "high" && sent["top_k"] == nil)
        }
    }

    @Test func `an answer is cut where max_tokens says`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            let body = #"{"model":"meta-model","max_tokens":2,"messages":[{"role":"user","content":"x"}]}"#
            let answer = try await relay.request("POST", "/v1/messages", body: body)
            #expect(answer.json["stop_reason"]?.string == "max_tokens")
        }
    }

    @Test(arguments: [true, false])
    func `a schema holds`(_ stream: Bool) async throws {
        let format =
            #","output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"],"additionalProperties":false}}}"#
        try await RelayUnderTest.run([Member("One", Behavior().with { $0.decoration.fencesJSON = true })]) { relay in
            let body = Self.body(stream: stream, members: format)
            let answer = try await relay.request("POST", "/v1/messages", body: body)
            let message = stream ? try MessagesStream(answer.body).message() : answer.json
            #expect(message["content"]?[0]?["text"]?.string == #"{"n":42}"#)
        }
    }

    // MARK: Streams that go wrong

    @Test func `the next candidate takes over unseen`() async throws {
        try await RelayUnderTest.run { relay in
            relay.providers[0].play(.error(500, .openai, message: "No."))
            let answer = try await relay.request("POST", "/v1/messages", body: Self.body(stream: true))
            #expect(try MessagesStream(answer.body).message()["stop_reason"]?.string == "end_turn")
            #expect(answer.header("x-fallback-attempts") == "1")
        }
    }

    @Test func `a stream that breaks ends in an error`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            relay.providers[0].play(.cut(afterChunks: 4))
            let answer = try await relay.request("POST", "/v1/messages", body: Self.body(stream: true))
            let stream = try MessagesStream(answer.body)
            #expect(stream.names.last == "error" && stream.error?["type"]?.string == "api_error")
            #expect(!stream.names.contains("message_stop") && !stream.names.contains("message_delta"))
        }
    }
}
