import Testing

@testable import Relay

/// Vectors go to the client as they came, in the form and length that it asked for.
struct EmbeddingsTests {
    typealias Member = RelayUnderTest.Member
    typealias Media = SimulatedProvider.Media
    typealias Behavior = SimulatedProvider.Behavior

    private static func member(_ more: String = "", quirks: String = "", media: Media = .init()) -> Member {
        Member(
            "One",
            models: [.embedding("vectors", more: more)],
            more: quirks.isEmpty ? "" : #""quirks":\#(quirks)"#,
            Behavior().with { $0.media = media }
        )
    }

    private static func vector(_ text: String, _ media: Media = .init()) -> [Float] {
        SimulatedMediaAnswer.vector(of: text, media)
    }

    @Test func `an answer goes through as the provider wrote it`() async throws {
        try await RelayUnderTest.run([Self.member()]) { relay in
            let body =
                #"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1E0, -2.50, 3]}],"x":{"y":[1]}}"#
            relay.providers[0].play(.status(200, body: body))
            let response = try await relay.embed()
            #expect(response.status == 200 && response.text == body)
            #expect(response.header("content-type") == "application/json")
            #expect(response.header("x-routed-via") == "One/vectors")
            #expect(response.header("x-gateway-attempts") == "1" && response.header("x-request-id") != nil)
        }
    }

    @Test func `the client's bytes go up with the model spliced and Relay's own members left out`() async throws {
        try await RelayUnderTest.run([Self.member()]) { relay in
            let body =
                #"{ "model" : "auto", "input":["a", "b"],"user":null, "model_scale":"large","encoding_format" :"float"}"#
            let response = try await relay.request("POST", "/embeddings?x=1", body: body)
            #expect(response.status == 200 && response.vectors.count == 2)
            let call = relay.providers[0].calls[0]
            #expect(call.text == #"{ "model" : "vectors", "input":["a", "b"],"encoding_format" :"float"}"#)
            #expect(call.path == "/v1/embeddings" && call.header("content-type") == "application/json")
        }
    }

    @Test(arguments: [
        (#""Paris""#, ["Paris"]), (#"["Paris","Füße 🙂"]"#, ["Paris", "Füße 🙂"]), ("[1,2,3]", ["[1,2,3]"]),
        ("[[1,2],[3]]", ["[1,2]", "[3]"]),
    ])
    func `texts and tokens, one or several`(_ input: String, _ inputs: [String]) async throws {
        try await RelayUnderTest.run([Self.member()]) { relay in
            let response = try await relay.embed(input)
            #expect(response.vectors == inputs.map { Self.vector($0) })
        }
    }

    // MARK: Forms

    @Test(arguments: [nil, Media.Encoding.numbers, .base64], [nil, "float", "base64"])
    func `the form asked for comes whatever the provider writes`(
        _ written: Media.Encoding?,
        _ asked: String?
    ) async throws {
        var media = Media()
        media.encoding = written
        try await RelayUnderTest.run([Self.member(media: media)]) { relay in
            let response = try await relay.embed(
                #"["Paris","Rome"]"#,
                asked.map { #""encoding_format":"\#($0)""# } ?? #""user":"me""#
            )
            let first = response.json["data"]?[0]?["embedding"]
            #expect((first?.string != nil) == (asked == "base64"))
            #expect(response.vectors == [Self.vector("Paris"), Self.vector("Rome")])
            #expect(response.json["usage"]?["prompt_tokens"]?.integer == 3 && response.json["model"] != nil)
        }
    }

    @Test func `a provider that refuses to be asked for a form is not asked`() async throws {
        let member = Self.member(quirks: #"{"drop_parameters":["encoding_format"]}"#)
        try await RelayUnderTest.run([member]) { relay in
            let response = try await relay.embed(#""Paris""#, #""encoding_format":"base64""#)
            #expect(response.vectors == [Self.vector("Paris")])
            #expect(response.json["data"]?[0]?["embedding"]?.string != nil)
            #expect(relay.providers[0].calls[0].json["encoding_format"] == nil)
        }
    }

    @Test func `a great many vectors are made another form of, too`() async throws {
        var media = Media()
        media.dimensions = 512
        media.encoding = .numbers
        try await RelayUnderTest.run([Self.member(media: media)]) { [media] relay in
            let inputs = (0..<100).map { "text \($0)" }
            let list = "[\(inputs.map { "\"\($0)\"" }.joined(separator: ","))]"
            let response = try await relay.embed(list, #""encoding_format":"base64""#)
            #expect(response.vectors == inputs.map { Self.vector($0, media) })
            #expect(response.header("x-routed-via") == "One/vectors")
        }
    }

    // MARK: Lengths

    @Test func `a length is asked of the provider where it is not the model's own`() async throws {
        try await RelayUnderTest.run([Self.member(#""dimensions":8"#)]) { relay in
            for (asked, sent) in [(4, 4), (8, nil)] {
                let response = try await relay.embed(#""Paris""#, #""dimensions":\#(asked)"#)
                #expect(response.vectors.map(\.count) == [asked])
                #expect(relay.providers[0].calls.last?.json["dimensions"]?.integer == sent)
            }
        }
    }

    @Test(arguments: ["float", "base64"])
    func `vectors that may be shortened are, where the provider does not`(_ format: String) async throws {
        let member = Self.member(
            #""dimensions":8,"matryoshka":true"#,
            quirks: #"{"drop_parameters":["dimensions"]}"#
        )
        try await RelayUnderTest.run([member]) { relay in
            let response = try await relay.embed(#""Paris""#, #""dimensions":3,"encoding_format":"\#(format)""#)
            let vector = try #require(response.vectors.first)
            let whole = Self.vector("Paris").prefix(3)
            let length = whole.reduce(0) { $0 + $1 * $1 }.squareRoot()
            #expect(vector.count == 3 && zip(vector, whole).allSatisfy { abs($0 - $1 / length) < 1e-6 })
        }
    }

    @Test func `a length that no model has is refused before anybody is called`() async throws {
        try await RelayUnderTest.run([Self.member(#""dimensions":8,"matryoshka":false"#)]) { relay in
            for asked in [4, 16] {
                let response = try await relay.embed(#""Paris""#, #""dimensions":\#(asked)"#)
                #expect(response.status == 400 && response.isErrorEnvelope)
                #expect(response.json["error"]?["param"]?.string == "dimensions")
                #expect(response.text.contains("makes vectors of \(asked) dimensions"))
            }
            #expect(relay.providers[0].calls.isEmpty)
        }
    }

    @Test func `vectors that turn out too long are no answer`() async throws {
        let member = Self.member(quirks: #"{"drop_parameters":["dimensions"]}"#)
        try await RelayUnderTest.run([member]) { relay in
            let response = try await relay.embed(#""Paris""#, #""dimensions":4"#)
            #expect(response.status == 400 && response.isErrorEnvelope)
            #expect(response.json["error"]?["message"]?.string?.contains("8 dimensions") == true)
        }
    }

    // MARK: Families

    /// One family on two providers under different ids, another between them.
    private static let families = [
        Member("One", models: [.embedding("bge-m3", family: "bge-m3")], Behavior().with { $0.media.family = "bge" }),
        Member("Two", models: [.embedding("other")], Behavior().with { $0.media.family = "other" }),
        Member(
            "Three",
            models: [.embedding("BAAI/bge", family: "bge-m3")],
            Behavior().with { $0.media.family = "bge" }
        ),
    ]

    @Test(arguments: ["meta-model", "bge-m3", "BGE-M3"])
    func `the same model of another provider comes instead, and never another model`(_ name: String) async throws {
        try await RelayUnderTest.run(Self.families) { relay in
            relay.providers[0].play(.rateLimited(.groq, retryAfter: "60"))
            for trail in ["One/bge-m3=429", nil] {
                let response = try await relay.embed(model: name)
                #expect(response.header("x-routed-via") == "Three/BAAI/bge")
                #expect(response.header("x-fallback-trail") == trail)
                #expect(
                    response.vectors == [SimulatedMediaAnswer.vector(of: "Paris", relay.providers[0].behavior.media)]
                )
            }
            relay.providers[2].behavior.always = .error(503, .openai, message: "down")
            let response = try await relay.embed(model: name)
            #expect(response.status == 429 && response.isErrorEnvelope)
            #expect(relay.providers[1].calls.isEmpty)
        }
    }

    @Test func `a model that is named comes before its like`() async throws {
        try await RelayUnderTest.run(Self.families) { relay async throws in
            #expect(try await relay.embed(model: "BAAI/bge").header("x-routed-via") == "Three/BAAI/bge")
            relay.providers[2].play(.rateLimited(.groq, retryAfter: "60"))
            #expect(try await relay.embed(model: "BAAI/bge").header("x-routed-via") == "One/bge-m3")
        }
    }

    @Test func `whoever asks for any model gets one family each time`() async throws {
        try await RelayUnderTest.run(Self.families, settings: { $0.routing.strategy = .random }) { relay in
            var vectors: Set<[Float]> = []
            for _ in 0..<12 { vectors.formUnion(try await relay.embed().vectors) }
            #expect(vectors.count == 1 && relay.providers[1].calls.isEmpty)
        }
    }

    @Test func `one model of one provider is that one`() async throws {
        try await RelayUnderTest.run(Self.families) { relay in
            relay.providers[2].play(.error(503, .openai, message: "down"))
            #expect(try await relay.embed(model: "two/other").header("x-routed-via") == "Two/other")
            let response = try await relay.embed(model: "Three/BAAI/bge")
            #expect(response.header("x-routed-via") == "Three/BAAI/bge", "it was tried again")
            #expect(relay.providers[0].calls.isEmpty)
        }
    }
}
