import Testing

@testable import Relay

/// Who may serve, as a client sees it.
struct RoutingTests {
    typealias Member = RelayUnderTest.Member
    typealias Entry = RelayUnderTest.Entry

    private static let cast: [Member] = [
        Member("Groq", models: [Entry("llama-3.3-70b"), Entry("openai/gpt-oss-120b"), Entry("groq/compound")]),
        Member("Small", models: [Entry("tiny-8b", scale: "small", tools: false)]),
        Member("Coder", models: [Entry("coder-30b", type: "coding", scale: "medium")]),
        Member("Eyes", models: [Entry("seer-30b", scale: "medium", more: #""inputs":["text","image"]"#)]),
        Member("Reader", models: [Entry("ocr-1", type: "ocr", scale: "small"), Entry("embed-1", type: "embedding")]),
        Member("Paid", models: [Entry("gold-1")], more: #""paid":true"#),
    ]

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String { "\(model) \(members ?? "")" }
        var model: String
        var members: String?
        var route: String

        init(_ model: String, _ route: String) { self.init(model, nil, route) }

        init(_ model: String, _ members: String?, _ route: String) {
            (self.model, self.members, self.route) = (model, members, route)
        }
    }

    static let cases: [Case] = [
        Case("meta-model", "Groq/llama-3.3-70b"),
        Case("META-Model", "Groq/llama-3.3-70b"),
        Case("auto", "Groq/llama-3.3-70b"),
        Case("aifree", "Groq/llama-3.3-70b"),
        Case("Groq/llama-3.3-70b", "Groq/llama-3.3-70b"),
        Case("groq/LLAMA-3.3-70B", "Groq/llama-3.3-70b"),
        Case("GROQ/openai/gpt-oss-120b", "Groq/openai/gpt-oss-120b"),
        Case("openai/gpt-oss-120b", "Groq/openai/gpt-oss-120b"),
        Case("groq/compound", "Groq/groq/compound"),
        Case("groq/groq/compound", "Groq/groq/compound"),
        Case("tiny-8b", "Small/tiny-8b"),
        Case("ocr-1", "Reader/ocr-1"),
        Case("Paid/gold-1", "Paid/gold-1"),
        Case("meta-model", #""model_type":"coding""#, "Coder/coder-30b"),
        Case("meta-model", #""model_type":"OCR""#, "Reader/ocr-1"),
        Case("meta-model", #""model_scale":"small""#, "Small/tiny-8b"),
        Case("meta-model", #""model_scale":"Medium""#, "Coder/coder-30b"),
        Case("meta-model", #""model_name":"seer""#, "Eyes/seer-30b"),
        Case("meta-model", #""model_name":"OSS""#, "Groq/openai/gpt-oss-120b"),
        Case("meta-model", #""model_scale":"medium","model_type":"text""#, "Eyes/seer-30b"),
        Case("meta-model", #""model_type":null,"model_scale":"","model_name":null"#, "Groq/llama-3.3-70b"),
        Case("claude-3-5-haiku-20241022", "Small/tiny-8b"),
        Case("claude-sonnet-4-5", "Groq/llama-3.3-70b"),
        Case("gpt-4o-mini", "Groq/llama-3.3-70b"),
        Case("claude-3-5-haiku-20241022", PassThroughTests.tools, "Coder/coder-30b"),
    ]

    @Test func `a name finds its route`() async throws {
        try await RelayUnderTest.run(Self.cast) { relay in
            for wanted in Self.cases {
                for stream in [false, true] {
                    let answer = try await relay.ask(model: wanted.model, stream: stream, members: wanted.members)
                    #expect(answer.status == 200, "\(wanted.testDescription): \(answer.response.text)")
                    #expect(answer.response.header("x-routed-via") == wanted.route, "\(wanted.testDescription)")
                    // The upstream hears its own name of it.
                    let bare = wanted.route.split(separator: "/", maxSplits: 1)[1]
                    #expect(answer.model == String(bare))
                }
            }
            #expect(relay.providers[5].calls.count == 2)
        }
    }

    @Test func `a filter that matches nothing says what there is`() async throws {
        try await RelayUnderTest.run(Self.cast) { relay in
            for (members, param) in [
                (#""model_type":"video""#, "model_type"), (#""model_scale":"huge""#, "model_scale"),
                (#""model_name":"gold""#, "model_name"),
                (#""model_type":"coding","model_scale":"small""#, "model_type"),
            ] {
                let answer = try await relay.ask(members: members)
                let message = answer.error?["message"]?.string ?? ""
                #expect(
                    answer.status == 400 && answer.response.isErrorEnvelope && answer.error?["param"]?.string == param
                )
                for word in ["coding", "ocr", "text", "large", "medium", "small"] {
                    #expect(message.contains(word), "\(word)")
                }
            }
            #expect(relay.providers.allSatisfy { $0.calls.isEmpty })
        }
    }

    @Test func `a model of another kind does not serve chat`() async throws {
        try await RelayUnderTest.run(Self.cast) { relay in
            let answer = try await relay.ask(model: "Reader/embed-1")
            #expect(answer.status == 400 && answer.error?["code"]?.string == "model_not_supported")
            // A paid model is not chosen by its bare name.
            #expect(try await relay.ask(model: "gold-1").status == 404)
        }
    }

    @Test func `images and tools go to models that take them`() async throws {
        let image = #"""
            {"model":"meta-model","messages":[{"role":"user","content":[{"type":"text","text":"What is it?"},
            {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]}
            """#
        let cast = [
            Member("Blind", models: [Entry("blind", tools: false)], .init(takesImages: false, takesTools: false))
        ]
        try await RelayUnderTest.run(cast + Self.cast) { relay in
            #expect(try await relay.ask(body: image).response.header("x-routed-via") == "Eyes/seer-30b")
            let tools = try await relay.ask(members: PassThroughTests.tools)
            #expect(tools.response.header("x-routed-via") == "Groq/llama-3.3-70b")
            #expect(try await relay.ask().response.header("x-routed-via") == "Blind/blind")
        }
        try await RelayUnderTest.run(cast) { relay in
            let seen = try await relay.ask(body: image)
            #expect(
                seen.status == 400 && seen.error?["code"]?.string == "no_vision_model" && seen.response.isErrorEnvelope
            )
            let called = try await relay.ask(members: PassThroughTests.tools)
            #expect(called.status == 400 && called.error?["code"]?.string == "no_tools_model")
            #expect(relay.providers[0].calls.isEmpty)
        }
    }

    @Test func `aliases of one's own and unknown names as the meta-model`() async throws {
        let settings: @Sendable (inout Settings) -> Void = { settings in
            settings.routing.unknownModel = .meta
            settings.routing.metaModels = ["any"]
            settings.routing.aliases.entries.insert(.init(pattern: "fast*", model: "Small/tiny-8b"), at: 0)
        }
        try await RelayUnderTest.run(Self.cast, settings: settings) { relay async throws in
            for (name, route) in [
                ("fast-1", "Small/tiny-8b"), ("FASTEST", "Small/tiny-8b"), ("any", "Groq/llama-3.3-70b"),
                ("whatever-9", "Groq/llama-3.3-70b"),
            ] {
                #expect(try await relay.ask(model: name).response.header("x-routed-via") == route, "\(name)")
            }
        }
    }

    @Test func `an alias narrows what may serve`() async throws {
        let settings: @Sendable (inout Settings) -> Void = { settings in
            settings.routing.aliases.entries.insert(.init(pattern: "code*", type: .coding), at: 0)
            settings.routing.aliases.entries.insert(.init(pattern: "see*", name: "seer"), at: 0)
        }
        try await RelayUnderTest.run(Self.cast, settings: settings) { relay async throws in
            #expect(try await relay.ask(model: "code-1").response.header("x-routed-via") == "Coder/coder-30b")
            #expect(try await relay.ask(model: "see-1").response.header("x-routed-via") == "Eyes/seer-30b")
        }
    }

    @Test func `a provider without a key is left out and said so`() async throws {
        try await RelayUnderTest.run([Member("One"), Member("Two", keys: [])]) { relay in
            let answer = try await relay.ask(model: "Two/two-model")
            #expect(answer.status == 404 && answer.error?["message"]?.string?.contains("'Two' is not in use") == true)
            #expect(try await relay.ask().response.header("x-routed-via") == "One/one-model")
        }
    }

    @Test func `one model on several providers is served by each of them`() async throws {
        let members = ["A", "B"].map { Member($0, models: [Entry("shared-70b")]) }
        try await RelayUnderTest.run(members) { relay in
            relay.providers[0].play(.error(500, .openai, message: "no"))
            let answer = try await relay.ask(model: "shared-70b")
            #expect(answer.response.header("x-routed-via") == "B/shared-70b")
            // Addressed directly there is no other.
            relay.providers[0].behavior.always = .rateLimited(.groq, retryAfter: "60")
            #expect(try await relay.ask(model: "A/shared-70b").status == 429)
        }
    }

    // MARK: Strategies

    private static func served(
        _ count: Int,
        by relay: RelayUnderTest
    ) async throws -> [String] {
        var names: [String] = []
        for _ in 0..<count { names.append(try await relay.ask().response.header("x-gateway-provider") ?? "") }
        return names
    }

    @Test func `round robin takes turns`() async throws {
        let members = ["A", "B", "C"].map { Member($0) }
        try await RelayUnderTest.run(members, settings: { $0.routing.strategy = .roundRobin }) { relay async throws in
            #expect(try await Self.served(6, by: relay) == ["A", "B", "C", "A", "B", "C"])
        }
    }

    @Test func `priority keeps to the first group while it can serve`() async throws {
        let members = [
            Member("Late", more: #""priority":9"#), Member("A", more: #""priority":1"#),
            Member("B", more: #""priority":1"#),
        ]
        try await RelayUnderTest.run(members, settings: { $0.routing.strategy = .priority }) { relay async throws in
            #expect(!(try await Self.served(8, by: relay)).contains("Late"))
            for provider in relay.providers[1...] { provider.behavior.always = .rateLimited(.groq, retryAfter: "60") }
            #expect(Set(try await Self.served(3, by: relay)) == ["Late"])
        }
    }

    @Test func `ranked keeps to the catalog's order`() async throws {
        let members = [
            Member("A"), Member("B", models: [Entry("b", more: #""rank":2"#)]),
            Member("C", models: [Entry("c", more: #""rank":1"#)]),
        ]
        try await RelayUnderTest.run(members) { relay async throws in
            #expect(try await Self.served(2, by: relay) == ["C", "C"])
            relay.providers[2].play(.rateLimited(.groq, retryAfter: "60"))
            #expect(try await Self.served(2, by: relay) == ["B", "B"])
        }
    }

    @Test(arguments: [Settings.Routing.Strategy.random, .adaptive])
    func `every route comes to its turn`(_ strategy: Settings.Routing.Strategy) async throws {
        let members = ["A", "B"].map { Member($0) }
        try await RelayUnderTest.run(members, settings: { $0.routing.strategy = strategy }) { relay in
            let names = try await Self.served(40, by: relay)
            #expect(Set(names) == ["A", "B"])
        }
    }
}
