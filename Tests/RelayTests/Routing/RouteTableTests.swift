import Testing

@testable import Relay

struct RouteTableTests {
    /// Four free providers and a paid one, with the ids that are easily mistaken for each other.
    static let table = RouteTable(
        [
            UsableProvider(
                provider("Groq") {
                    [
                        model("llama-3.3-70b-versatile", scale: .large, tools: true),
                        model("groq/compound", scale: .large),
                        model("openai/gpt-oss-120b", scale: .large, tools: true),
                        model("whisper-large-v3", type: .transcription),
                    ]
                },
                keys: [APIKey(secret: "a", label: "GROQ_API_KEY"), APIKey(secret: "b", label: "GROQ_API_KEY_2")]
            ),
            UsableProvider(
                provider("Cerebras") {
                    [model("gpt-oss-120b", scale: .large, tools: true), model("llama3.1-8b", scale: .small)]
                }
            ),
            UsableProvider(
                provider("Gemini") {
                    [
                        model("gemini-3-flash", scale: .large, inputs: [.image, .audio], tools: true),
                        model("gemini-embedding-001", type: .embedding),
                    ]
                }
            ),
            UsableProvider(
                provider("Nvidia") {
                    [
                        model("openai/gpt-oss-120b", scale: .large), model("qwen/qwen3-coder", type: .coding),
                        model("nvidia/ocr", type: .ocr, scale: .small, inputs: [.image]),
                    ]
                }
            ),
            UsableProvider(
                provider("OpenAI", paid: true) { [model("gpt-4o", scale: .large, inputs: [.image], tools: true)] }
            ),
        ],
        leftOut: ["Mistral": "no key in MISTRAL_API_KEY"]
    )

    static func provider(_ name: String, paid: Bool = false, models: () -> [Model]) -> Provider {
        Provider(name: name, baseURL: "https://x.y/v1", paid: paid, models: models())
    }

    static func model(
        _ name: String,
        type: ModelType = .text,
        scale: ModelScale = .medium,
        inputs: Set<InputKind> = [],
        tools: Bool? = nil
    ) -> Model {
        Model(name: name, type: type, scale: scale, inputs: inputs, tools: tools)
    }

    private func names(_ reference: ModelReference, _ rules: RouteRules = .chat) throws -> [String] {
        try Self.table.candidates(for: reference, rules: rules).map(\.name)
    }

    @Test(arguments: [
        ("meta-model", ModelReference.meta(preferredScale: nil)), ("META-Model", .meta(preferredScale: nil)),
        ("auto", .meta(preferredScale: nil)), ("aifree", .meta(preferredScale: nil)),
        ("Groq/llama-3.3-70b-versatile", .direct(provider: "Groq", model: "llama-3.3-70b-versatile")),
        ("groq/LLAMA-3.3-70b-versatile", .direct(provider: "Groq", model: "llama-3.3-70b-versatile")),
        ("groq/compound", .direct(provider: "Groq", model: "groq/compound")),
        ("groq/groq/compound", .direct(provider: "Groq", model: "groq/compound")),
        ("groq/openai/gpt-oss-120b", .direct(provider: "Groq", model: "openai/gpt-oss-120b")),
        // OpenAI is a provider, but has neither that id nor the rest of it.
        ("openai/gpt-oss-120b", .model("openai/gpt-oss-120b")),
        ("openai/gpt-4o", .direct(provider: "OpenAI", model: "gpt-4o")),
        ("gpt-oss-120b", .model("gpt-oss-120b")), ("llama3.1-8b", .model("llama3.1-8b")),
        ("qwen/qwen3-coder", .model("qwen/qwen3-coder")), ("Qwen/Qwen3-Coder", .model("qwen/qwen3-coder")),
        ("claude-3-5-haiku-latest", .meta(preferredScale: .small)),
        ("claude-sonnet-4-6", .meta(preferredScale: .large)),
        ("gpt-5-mini", .meta(preferredScale: .large)), ("gpt-4o", .meta(preferredScale: .large)),
    ])
    func `model names are understood as users mean them`(name: String, reference: ModelReference) throws {
        #expect(try Self.table.reference(for: name) == reference)
    }

    @Test(arguments: [
        (
            "llama-3.3-70b-versatil",
            RoutingError.unknownModel("llama-3.3-70b-versatil", nearest: ["Groq/llama-3.3-70b-versatile"])
        ),
        ("grok/compound", .unknownModel("grok/compound", nearest: ["groq/compound"])),
        ("mistral/large", .providerLeftOut("mistral", why: "no key in MISTRAL_API_KEY")),
        ("xyz", .unknownModel("xyz", nearest: [])),
        ("", .unknownModel("", nearest: [])), ("/", .unknownModel("/", nearest: [])),
    ])
    func `unknown names are refused with the nearest`(name: String, error: RoutingError) {
        #expect(throws: error) { try Self.table.reference(for: name) }
        #expect(error.status == 404 && error.code == "model_not_found")
    }

    @Test func `unknown names may be the meta-model, and aliases may name anything`() throws {
        var naming = ModelNaming()
        naming.unknownModel = .meta
        naming.aliases = [
            ModelAlias(pattern: "fast*", target: "Cerebras/llama3.1-8b"), ModelAlias(pattern: "loop", target: "loop"),
            ModelAlias(pattern: "my-?", target: "auto", preferredScale: .small),
        ]
        naming.metaNames = ["Anything", "auto"]
        let provider = Self.provider("Cerebras") { [Self.model("llama3.1-8b")] }
        let table = RouteTable([UsableProvider(provider)], naming: naming)
        #expect(try table.reference(for: "xyz") == .meta(preferredScale: nil))
        #expect(try table.reference(for: "anything") == .meta(preferredScale: nil))
        #expect(try table.reference(for: "FASTEST") == .direct(provider: "Cerebras", model: "llama3.1-8b"))
        #expect(try table.reference(for: "loop") == .meta(preferredScale: nil))
        #expect(try table.reference(for: "my-x") == .meta(preferredScale: .small))
    }

    @Test(arguments: [
        ("claude-*", "claude-", true), ("claude-*haiku*", "claude-3-haiku", true), ("*", "", true), ("", "", true),
        ("a?c", "abc", true), ("a?c", "ac", false), ("*b*b*", "abab", true), ("*b*b*b", "abab", false),
        ("gpt-*", "xgpt-4", false), ("a*****************b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", false),
    ])
    func `aliases match as globs`(pattern: String, name: String, matches: Bool) {
        #expect(ModelAlias(pattern: pattern).matches(name) == matches)
    }

    @Test func `several keys of one model are several routes`() throws {
        let routes = try Self.table.candidates(for: .direct(provider: "groq", model: "LLAMA-3.3-70b-versatile"))
        #expect(routes.map(\.key?.label) == ["GROQ_API_KEY", "GROQ_API_KEY_2"])
        #expect(routes[0].account !== routes[1].account)
        #expect(Self.table.routes.indices.allSatisfy { Self.table.routes[$0].index == $0 })
    }

    @Test func `chat takes text and coding models of free providers`() throws {
        #expect(
            try Set(names(.meta(preferredScale: nil))) == [
                "Groq/llama-3.3-70b-versatile", "Groq/groq/compound", "Groq/openai/gpt-oss-120b",
                "Cerebras/gpt-oss-120b", "Cerebras/llama3.1-8b", "Gemini/gemini-3-flash", "Nvidia/openai/gpt-oss-120b",
                "Nvidia/qwen/qwen3-coder",
            ]
        )
        #expect(try names(.meta(preferredScale: nil), RouteRules(allowPaid: true)).contains("OpenAI/gpt-4o"))
        #expect(try names(.model("openai/gpt-oss-120b")).count == 3)
        #expect(try names(.direct(provider: "OpenAI", model: "gpt-4o")) == ["OpenAI/gpt-4o"])
    }

    @Test func `other endpoints take their own type`() throws {
        let rules = RouteRules(endpointType: .embedding)
        #expect(try names(.meta(preferredScale: nil), rules) == ["Gemini/gemini-embedding-001"])
        #expect(throws: RoutingError.noModels(type: "image")) {
            try names(.meta(preferredScale: nil), RouteRules(endpointType: .image))
        }
        #expect(throws: RoutingError.wrongEndpoint(model: "gemini-embedding-001", type: "embedding")) {
            try names(.model("gemini-embedding-001"))
        }
    }

    @Test(arguments: [
        (RouteFilters(type: "coding"), ["Nvidia/qwen/qwen3-coder"]),
        (RouteFilters(type: "OCR"), ["Nvidia/nvidia/ocr"]),
        (RouteFilters(scale: "small"), ["Cerebras/llama3.1-8b"]),
        (RouteFilters(type: "text", scale: "Large", name: "GEMINI"), ["Gemini/gemini-3-flash"]),
        (RouteFilters(name: "ocr"), ["Nvidia/nvidia/ocr"]),
        (RouteFilters(type: "", scale: "small", name: ""), ["Cerebras/llama3.1-8b"]),
    ])
    func `filters choose among them`(filters: RouteFilters, expected: [String]) throws {
        let routes = try Self.table.candidates(for: .meta(preferredScale: nil), filters: filters)
        #expect(routes.map(\.name) == expected)
    }

    @Test(arguments: [
        RouteFilters(type: "video"), RouteFilters(scale: "huge"), RouteFilters(name: "nonesuch"),
        RouteFilters(type: "embedding"), RouteFilters(type: "coding", scale: "large"),
    ])
    func `a filter that matches nothing is told with what there is`(filters: RouteFilters) {
        let error = #expect(throws: RoutingError.self) {
            try Self.table.candidates(for: .meta(preferredScale: nil), filters: filters)
        }
        #expect(error?.status == 400)
        #expect(error?.message.contains("the types coding, ocr, text and the scales small, medium, large") == true)
        for value in [filters.type, filters.scale, filters.name].compactMap({ $0 }) {
            #expect(error?.message.contains("'\(value)'") == true)
        }
    }

    @Test func `what a request needs excludes who lacks it`() throws {
        func names(_ requirements: RouteRequirements, _ filters: RouteFilters = .none) throws -> Set<String> {
            try Set(
                Self.table.candidates(for: .meta(preferredScale: nil), filters: filters, requirements: requirements)
                    .map(\.name)
            )
        }
        #expect(try names(RouteRequirements(images: true)) == ["Gemini/gemini-3-flash"])
        #expect(try names(RouteRequirements(tools: true)).contains("Nvidia/openai/gpt-oss-120b") == false)
        #expect(try names(RouteRequirements(tools: true)).count == 4)
        #expect(try names(RouteRequirements(jsonSchema: true)).count == 8)
        #expect(throws: RoutingError.requirementUnmet([.images])) {
            try names(RouteRequirements(images: true, tools: true), RouteFilters(name: "llama-3.3"))
        }
        #expect(throws: RoutingError.requirementUnmet([.tools])) {
            try names(RouteRequirements(images: true, tools: true), RouteFilters(name: "ocr"))
        }
        #expect(RoutingError.requirementUnmet([.images]).code == "no_vision_model")
    }

    @Test func `a model that was named is asked even if nobody says that it can`() throws {
        let needs = RouteRequirements(tools: true)
        let some = try Self.table.candidates(for: .model("openai/gpt-oss-120b"), requirements: needs)
        #expect(Set(some.map(\.name)) == ["Groq/openai/gpt-oss-120b"])
        let none = try Self.table.candidates(for: .model("llama3.1-8b"), requirements: needs)
        #expect(none.map(\.name) == ["Cerebras/llama3.1-8b"])
    }

    @Test func `what was asked of one endpoint is no answer for another`() throws {
        func names(_ type: ModelType?) throws -> [String] {
            let ask = Ask(
                model: "meta-model",
                filters: .none,
                requirements: .none,
                rules: RouteRules(endpointType: type)
            )
            return try Self.table.candidates(for: ask).list.routes.map(\.name)
        }
        #expect(try names(nil).contains("Gemini/gemini-3-flash"))
        #expect(try names(.embedding) == ["Gemini/gemini-embedding-001"])
        #expect(try names(nil).contains("Gemini/gemini-3-flash"))
    }

    @Test func `the same question is answered from memory, with its own turns`() throws {
        let first = try Self.table.candidateList(
            for: .meta(preferredScale: .large),
            filters: RouteFilters(name: "llama")
        )
        let second = try Self.table.candidateList(for: .meta(preferredScale: nil), filters: RouteFilters(name: "llama"))
        #expect(first === second)
        #expect(second.nextTurn() + 1 == first.nextTurn())
        for number in 0..<2000 {
            _ = try? Self.table.candidateList(
                for: .meta(preferredScale: nil),
                filters: RouteFilters(scale: number % 2 == 0 ? "" : nil, name: "llama")
            )
        }
    }

    @Test func `a new table takes over the accounts that did not change`() {
        let one = Self.provider("A") { [Self.model("x")] }
        let two = Self.provider("B") { [Self.model("y")] }
        let key = APIKey(secret: "k", label: "K")
        let old = RouteTable([UsableProvider(one, keys: [key]), UsableProvider(two, keys: [key])])
        let changed = Self.provider("B") { [Self.model("y"), Self.model("z")] }
        let new = RouteTable([UsableProvider(changed, keys: [key]), UsableProvider(one, keys: [key])], former: old)
        #expect(new.accounts[1] === old.accounts[0])
        #expect(new.accounts[0] !== old.accounts[1])
        #expect(new.routes.last?.account === old.routes.first?.account)
        let other = RouteTable([UsableProvider(one, keys: [APIKey(secret: "l", label: "K")])], former: old)
        #expect(other.accounts[0] !== old.accounts[0])
    }

    @Test func `a provider whose models changed goes on with what was known of those that stayed`() throws {
        let key = APIKey(secret: "k", label: "K")
        let old = RouteTable([UsableProvider(Self.provider("A") { [Self.model("x")] }, keys: [key])])
        let failure = UpstreamFailure.rateLimited(RateLimitHint(retryAfter: .seconds(600)))
        old.accounts[0].record(failure, slot: 0, reservation: nil, at: .read())
        let changed = Self.provider("A") { [Self.model("new"), Self.model("x")] }
        let new = RouteTable([UsableProvider(changed, keys: [key])], former: old)
        let states = new.routes.map { $0.account.snapshot(slot: $0.slot, at: .read()).state }
        #expect(new.routes.map(\.model.name) == ["new", "x"])
        #expect(states == [.available, .cooldown])
    }

    @Test func `messages tell what to change`() {
        let error = RoutingError.unknownModel("lama", nearest: ["llama"])
        #expect(
            error.message
                == "The model 'lama' does not exist here. Did you mean 'llama'? GET /v1/models lists all; 'meta-model' takes any that is free."
        )
        #expect(
            RoutingError.requirementUnmet([.images, .tools]).message
                == "No usable model takes images and calls tools, which this request needs."
        )
    }
}
