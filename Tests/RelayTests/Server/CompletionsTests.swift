import Testing

@testable import Relay

/// The older Completions API through the whole relay.
struct CompletionsTests {
    typealias Member = RelayUnderTest.Member

    private static let strict = SimulatedProvider.Behavior().with { $0.isStrict = true }

    private static func body(_ members: String = "", prompt: String = #""Once upon""#) -> String {
        #"{"model":"meta-model","prompt":\#(prompt)\#(members.isEmpty ? "" : ",")\#(members)}"#
    }

    private struct Streamed {
        var text = ""
        var reasons: [String] = []
        var usages = 0
        var isDone = false
        var objects: Set<String> = []

        init(_ response: RawResponse) {
            for case .event(_, let data) in SSEEvents.items(in: response.body) {
                isDone = data == "[DONE]"
                guard let json = try? SimulatedJSON.parse(data) else { continue }
                objects.insert(json["object"]?.string ?? "none")
                if json["usage"]?.members != nil { usages += 1 }
                for choice in json["choices"]?.elements ?? [] {
                    text += choice["text"]?.string ?? ""
                    if let reason = choice["finish_reason"]?.string { reasons.append(reason) }
                }
            }
        }
    }

    @Test func `a completion, whole`() async throws {
        try await RelayUnderTest.run([Member("One", Self.strict)]) { relay in
            let members =
                #""max_tokens":50,"temperature":0,"top_p":1,"stop":["END"],"seed":1,"user":"u","best_of":1,"#
                + #""logprobs":null,"suffix":"","echo":false,"presence_penalty":0.1"#
            let answer = try await relay.request("POST", "/v1/completions", body: Self.body(members))
            let json = answer.json
            #expect(answer.status == 200 && json["object"]?.string == "text_completion", "\(answer.text)")
            #expect(json["id"]?.string?.hasPrefix("cmpl-") == true && json["model"]?.string == "meta-model")
            let choice = json["choices"]?[0]
            #expect(choice?["text"]?.string == "Paris is the capital of France.")
            #expect(choice?["finish_reason"]?.string == "stop" && choice?["logprobs"] == .null)
            #expect((json["usage"]?["total_tokens"]?.integer ?? 0) > 0)
            let sent = relay.providers[0].calls[0].json
            #expect(sent["messages"]?.text == #"[{"role":"user","content":"Once upon"}]"#)
            #expect(sent["max_tokens"]?.integer == 50 && sent["suffix"] == nil)
        }
    }

    @Test func `a completion, streamed, with usage where it is asked for`() async throws {
        try await RelayUnderTest.run([Member("One", Self.strict)]) { relay in
            for asked in [false, true] {
                let members = #""stream":true,"stream_options":{"include_usage":\#(asked)}"#
                let answer = Streamed(try await relay.request("POST", "/v1/completions", body: Self.body(members)))
                #expect(answer.text == "Paris is the capital of France." && answer.reasons == ["stop"])
                #expect(answer.isDone && answer.usages == (asked ? 1 : 0) && answer.objects == ["text_completion"])
            }
        }
    }

    @Test(arguments: [false, true])
    func `the prompt is repeated where that is wanted, for each choice`(_ stream: Bool) async throws {
        try await RelayUnderTest.run([Member("One", Self.strict)]) { relay in
            let body = Self.body(#""echo":true,"n":2,"stream":\#(stream)"#, prompt: #"["Say \"it\": "]"#)
            let answer = try await relay.request("POST", "/v1/completions", body: body)
            let one = "Say \"it\": Paris is the capital of France."
            if stream {
                #expect(Streamed(answer).text == one + one)
            } else {
                #expect(answer.json["choices"]?.elements?.compactMap { $0["text"]?.string } == [one, one])
            }
        }
    }

    @Test func `a stream that breaks ends in an error`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            relay.providers[0].play(.cut(afterChunks: 3))
            let answer = try await relay.request("POST", "/v1/completions", body: Self.body(#""stream":true"#))
            let streamed = Streamed(answer)
            #expect(!streamed.isDone && streamed.reasons == [] && answer.text.contains("stream_interrupted"))
        }
    }

    @Test(arguments: [
        (#"{"model":"m"}"#, "prompt"), (#"{"prompt":"x"}"#, "model"), (#"{"model":"m","prompt":7}"#, "prompt"),
        (#"{"model":"m","prompt":["a","b"]}"#, "prompt"), (#"{"model":"m","prompt":[1,2]}"#, "prompt"),
        (#"{"model":"m","prompt":[]}"#, "prompt"), (#"{"model":"m","prompt":"x","best_of":3}"#, "best_of"),
        (#"{"model":"m","prompt":"x","logprobs":2}"#, "logprobs"),
        (#"{"model":"m","prompt":"x","suffix":1}"#, "suffix"),
        (#"{"model":"m","prompt":"x","stream":1}"#, "stream"),
    ])
    func `what is wrong is said with its place`(_ body: String, _ param: String) async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            let answer = try await relay.request("POST", "/v1/completions", body: body)
            #expect(answer.status == 400 && answer.json["error"]?["param"]?.string == param, "\(answer.text)")
        }
    }

    // MARK: Filling in

    private static let filler = [RelayUnderTest.Entry("filler", more: #""fim_path":"/fim/completions""#)]

    @Test(arguments: SimulatedFillIn.Shape.allCases, [false, true])
    func `a suffix goes to a model that fills in the middle`(_ shape: SimulatedFillIn.Shape, _ stream: Bool)
        async throws
    {
        let behavior = SimulatedProvider.Behavior(answer: "return a + b")
            .with { $0.dialect = SimulatedFillIn(shape: shape) }
        let members = [Member("Chatter"), Member("Filler", models: Self.filler, behavior)]
        try await RelayUnderTest.run(members) { relay in
            let body = Self.body(
                #""suffix":"\n# end","max_tokens":64,"temperature":0,"stop":["x"],"stream":\#(stream)"#,
                prompt: #""def add(a, b):\n    ""#
            )
            let answer = try await relay.request("POST", "/v1/completions", body: body)
            #expect(answer.status == 200 && answer.header("x-routed-via") == "Filler/filler", "\(answer.text)")
            if stream {
                let streamed = Streamed(answer)
                #expect(streamed.text == "return a + b" && streamed.isDone && streamed.reasons == ["stop"])
            } else {
                #expect(answer.json["choices"]?[0]?["text"]?.string == "return a + b")
                #expect((answer.json["usage"]?["total_tokens"]?.integer ?? 0) > 0)
            }
            #expect(relay.providers[0].calls.isEmpty)
            let sent = try #require(relay.providers[1].calls.first)
            #expect(sent.path == "/v1/fim/completions" && sent.json["suffix"]?.string == "\n# end")
            #expect(sent.json["prompt"]?.string == "def add(a, b):\n    " && sent.json["model"]?.string == "filler")
        }
    }

    @Test func `a model that fills in the middle still chats`() async throws {
        try await RelayUnderTest.run([Member("Filler", models: Self.filler)]) { relay async throws in
            #expect(try await relay.ask().content == "Paris is the capital of France.")
            #expect(relay.providers[0].calls[0].path == "/v1/chat/completions")
        }
    }

    @Test(arguments: ["meta-model", "One/one-model", "one-model"])
    func `where nobody can fill in the middle it is said`(_ model: String) async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            let body = #"{"model":"\#(model)","prompt":"a","suffix":"b"}"#
            let answer = try await relay.request("POST", "/v1/completions", body: body)
            let error = answer.json["error"]
            #expect(answer.status == 400 && error?["param"]?.string == "suffix", "\(answer.text)")
            #expect(error?["message"]?.string?.contains("middle") == true && relay.providers[0].calls.isEmpty)
        }
    }
}

/// A provider's own endpoint for filling in: Mistral's answers like a chat, DeepSeek's with texts.
struct SimulatedFillIn: SimulatedDialect {
    enum Shape: CaseIterable { case chat, text }

    let name = DialectName.openai
    var shape: Shape

    private static let known: Set<String> = [
        "model", "prompt", "suffix", "max_tokens", "min_tokens", "temperature", "top_p", "stop", "stream",
        "random_seed",
        "metadata",
    ]

    func key(in headers: Headers) throws(Complaint) -> String { try bearer(in: headers) }

    func read(_ request: SimulatedProvider.ReceivedRequest, isStrict: Bool) throws(Complaint) -> SimulatedCall? {
        guard request.path == "/v1/fim/completions" else { return nil }
        let json = try object(in: request.body)
        guard let prompt = json["prompt"]?.string else {
            throw Complaint(status: 422, message: "prompt: Field required")
        }
        for member in json.members ?? [] where !Self.known.contains(member.name) {
            throw Complaint(status: 422, message: "\(member.name): Extra inputs are not permitted")
        }
        let message = SimulatedJSON.object([
            .init(name: "role", value: .string("user")), .init(name: "content", value: .string(prompt)),
        ])
        let rest = (json.members ?? []).filter { $0.name != "prompt" }
        return SimulatedCall(.object(rest + [.init(name: "messages", value: .array([message]))]))
    }

    func whole(_ answer: SimulatedAnswer, sendsUsage: Bool) -> String {
        let chat = answer.whole(sendsUsage: sendsUsage)
        return shape == .chat ? chat : Self.texts(chat)
    }

    func events(_ answer: SimulatedAnswer, shape: SimulatedProvider.Streaming, includesUsage: Bool) -> [[UInt8]] {
        var shape = shape
        shape.usage = .withFinish
        let events = SimulatedStream(answer, shape: shape, includesUsage: includesUsage).events()
        guard self.shape == .text else { return events }
        return events.map { event in
            let data = SSEEvents.items(in: event).compactMap(\.data).first ?? ""
            return SimulatedStream.event(data == "[DONE]" ? data : Self.texts(data), shape: shape)
        }
    }

    func errorEvent(_ payload: String, shape: SimulatedProvider.Streaming) -> [UInt8] {
        SimulatedStream.event(payload, shape: shape)
    }

    var modelsPath: String { "/v1/models" }
    func modelList(_ models: [String]) -> String { #"{"object":"list","data":[]}"# }

    /// The same with `text` in each choice.
    private static func texts(_ chat: String) -> String {
        guard let json = try? SimulatedJSON.parse(chat) else { return chat }
        let choices = (json["choices"]?.elements ?? [])
            .map { choice in
                SimulatedJSON.object([
                    .init(
                        name: "text",
                        value: .string((choice["message"] ?? choice["delta"])?["content"]?.string ?? "")
                    ),
                    .init(name: "index", value: choice["index"] ?? .null), .init(name: "logprobs", value: .null),
                    .init(name: "finish_reason", value: choice["finish_reason"] ?? .null),
                ])
            }
        let members = (json.members ?? [])
            .map { member in
                switch member.name {
                case "choices": SimulatedJSON.Member(name: "choices", value: .array(choices))
                case "object": SimulatedJSON.Member(name: "object", value: .string("text_completion"))
                default: member
                }
            }
        return SimulatedJSON.object(members).text
    }
}
