import Testing

@testable import Relay

@Suite struct ShippedCatalogTests {
    @Test(arguments: [
        ("Ollama", "http://localhost:11434", DialectName.ollama), ("LMStudio", "http://localhost:1234/v1", .openai),
        ("Gemini", "https://generativelanguage.googleapis.com/v1beta", .gemini),
        ("Anthropic", "https://api.anthropic.com/v1", .anthropic),
        ("Groq", "https://api.groq.com/openai/v1", .openai),
    ])
    func `a provider is where its dialect expects it`(name: String, baseURL: String, dialect: DialectName) throws {
        let provider = try #require(try ShippedCatalog.providers().first { $0.name == name })
        #expect(provider.baseURL == baseURL)
        #expect(provider.dialect == dialect)
    }

    @Test func `local servers are asked for their models`() throws {
        let local = try ShippedCatalog.providers().filter(\.local)
        #expect(local.map(\.name) == ["Ollama", "LMStudio"])
        #expect(local.allSatisfy { $0.discoversModels && $0.keyless && $0.enabled })
    }

    @Test func `remote providers that take anyone are off and say what becomes of prompts`() throws {
        let open = try ShippedCatalog.providers().filter { $0.keyless && !$0.local }
        #expect(open.map(\.name) == ["Kilo", "LLM7", "OVH", "AIHorde"])
        #expect(open.allSatisfy { !$0.enabled && $0.dataUse != nil })
    }

    @Test func `the account's address needs the account's id`() throws {
        let without = try #require(try ShippedCatalog.providers().first { $0.name == "Cloudflare" })
        #expect(without.requiresEnv == ["CLOUDFLARE_ACCOUNT_ID"])
        let with = try ShippedCatalog.providers(environment: ["CLOUDFLARE_ACCOUNT_ID": "abc"])
        let baseURL = "https://api.cloudflare.com/client/v4/accounts/abc/ai"
        #expect(with.first { $0.name == "Cloudflare" }?.baseURL == baseURL)
    }

    @Test func `a limit of the account is not repeated for its models`() throws {
        for provider in try ShippedCatalog.providers() {
            guard let shared = provider.accountLimits.requestsPerMinute else { continue }
            #expect(provider.models.allSatisfy { $0.limits.requestsPerMinute != shared }, "\(provider.name)")
        }
    }

    @Test func `every model says where its numbers come from`() throws {
        for provider in try ShippedCatalog.providers() {
            #expect(provider.models.allSatisfy { $0.source != nil })
            #expect(provider.docsURL?.hasPrefix("https://") == true)
        }
    }

    // MARK: Quirks

    private static let request = #"""
        {"model":"x","messages":[{"role":"user","content":[{"type":"text","text":"hi"}],"own":1}],"top_k":5,"min_p":0.1,
         "repetition_penalty":1.1,"seed":1,"logit_bias":{},"logprobs":true,"top_logprobs":1,"reasoning_effort":"xhigh",
         "response_format":{"type":"json_object"},"temperature":0.5,"max_tokens":5,
         "tools":[{"type":"function","function":{"name":"f","parameters":{"$schema":"s","additionalProperties":false}}}]}
        """#

    /// What a provider is sent of a request that has everything: what must be there, and what must not.
    @Test(
        arguments: [
            (
                "Mistral", "m", [#""random_seed":1"#],
                [
                    "top_k", "min_p", "repetition_penalty", "logit_bias", "logprobs", "reasoning_effort", #""seed""#,
                    "own",
                ]
            ),
            ("Groq", "m", [#""seed":1"#], ["logprobs", "top_logprobs", "logit_bias", "top_k"]),
            ("GitHubModels", "m", [#""reasoning_effort":"high""#], ["top_k", "min_p", "repetition_penalty"]),
            ("OpenAI", "m", [#""logprobs":true"#], ["top_k", "min_p", "repetition_penalty"]),
            (
                "Cohere", "m", [#""content":"hi""#],
                [
                    "top_k", "min_p", "repetition_penalty", "logit_bias", "logprobs", "reasoning_effort", "$schema",
                    "additionalProperties",
                ]
            ),
            ("Cloudflare", "m", [#""content":"hi""#], ["min_p", "logit_bias", "logprobs", "reasoning_effort"]),
            ("Kilo", "m", [], ["response_format"]), ("Reka", "m", [#""type":"json_schema""#], [#""json_object""#]),
            ("Nvidia", "m", [#""parallel_tool_calls":false"#], []),
            ("Requesty", "mistral/leanstral-2", [#""temperature":0,"#], [#""temperature":0.5"#]),
            ("Requesty", "other", [#""temperature":0.5"#], [#""temperature":0,"#]),
            (
                "AIHorde", "m", [#""max_tokens":16"#],
                [
                    "top_k", "min_p", "repetition_penalty", "logit_bias", "logprobs", "reasoning_effort", "seed",
                    "response_format",
                ]
            ),
            ("OpenRouter", "m", [#""top_k":5"#, #""min_p":0.1"#], []),
        ] as [(String, String, [String], [String])]
    )
    func `a provider is sent what it takes`(name: String, model: String, there: [String], gone: [String]) throws {
        var provider = try #require(try ShippedCatalog.providers().first { $0.name == name })
        provider.models = [Model(name: model)]
        let table = RouteTable([UsableProvider(provider, keys: [APIKey(secret: "k", label: "K")])])
        let text = try RenderingTests.rendered(Self.request, for: try #require(table.routes.first))
        _ = try SimulatedJSON.parse(text)
        for piece in there { #expect(text.contains(piece), "\(piece) in \(text)") }
        for piece in gone { #expect(!text.contains(piece), "\(piece) in \(text)") }
    }

    @Test func `providers that want to know who calls are told`() throws {
        let providers = try ShippedCatalog.providers()
        func headers(_ name: String) -> [String: String] { providers.first { $0.name == name }?.extraHeaders ?? [:] }
        #expect(headers("OpenRouter")["X-Title"] == "Relay" && headers("OpenRouter")["HTTP-Referer"]?.isEmpty == false)
        #expect(headers("Routeway")["User-Agent"]?.hasPrefix("Mozilla/") == true)
        #expect(headers("Navy")["User-Agent"]?.hasPrefix("Mozilla/") == true)
    }

    @Test(arguments: [
        ("Nvidia", 180.0), ("OllamaCloud", 120), ("Ollama", 120), ("LMStudio", 120), ("AIHorde", 120),
        ("Cloudflare", 200),
    ])
    func `slow providers have time`(name: String, seconds: Double) throws {
        let provider = try #require(try ShippedCatalog.providers().first { $0.name == name })
        #expect(provider.timeouts.firstByte == seconds)
    }

    @Test func `words that are no answer and outages in a 400 are known`() throws {
        let providers = try ShippedCatalog.providers()
        #expect(providers.first { $0.name == "Kilo" }?.quirks.deadAnswers == ["safe", "unsafe"])
        #expect(providers.first { $0.name == "Nvidia" }?.quirks.transientBodies == ["DEGRADED"])
    }
}
