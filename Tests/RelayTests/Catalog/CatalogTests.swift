import Testing

@testable import Relay

@Suite struct CatalogTests {
    /// The providers of a catalog with one entry, made of a few members beside name, base URL and models.
    private func provider(
        _ members: String,
        models: String = #"[{"name": "m"}]"#,
        environment: [String: String] = [:]
    ) throws -> (provider: Provider, warnings: [ConfigurationWarning]) {
        let entry = #"{"name": "Acme", "base_url": "https://acme.test/v1/", \#(members) "models": \#(models)}"#
        let configuration = try ConfigurationFixture(catalog: "{\"providers\": [\(entry)]}")
            .load(environment: environment)
        return (try #require(configuration.providers.first), configuration.warnings)
    }

    @Test func `what a provider says little of gets careful defaults`() throws {
        let (provider, warnings) = try provider("")
        var expected = Provider(name: "Acme", baseURL: "https://acme.test/v1")
        expected.apiKeyEnv = ["ACME_API_KEY", "ACME_APIKEY"]
        expected.models = [Model(name: "m")]
        #expect(provider == expected)
        #expect(warnings.isEmpty)
    }

    @Test func `every field of a provider is read`() throws {
        let (provider, warnings) = try provider(
            """
            "dialect": "anthropic", "api_key_env": ["A"], "requires_env": ["B"], "anonymous_key": "0", "keyless": true,
            "local": true, "paid": true, "enabled": false, "data_use": "none", "priority": 3, "docs_url": "d",
            "key_url": "k", "account_limits": {"requests_per_second": 1, "requests_per_minute": 2,
            "requests_per_hour": 3, "requests_per_day": 4, "tokens_per_minute": 5, "tokens_per_hour": 6,
            "tokens_per_day": -1}, "concurrency": 2, "day_reset": "pacific", "reserves_max_tokens": true,
            "quirks": {"drop_parameters": ["a"], "rename_parameters": {"seed": "random_seed"},
            "set_parameters": {"temperature": 0}, "reasoning_efforts": ["low"],
            "set_with_tools": {"parallel_tool_calls": false}, "strict_messages": true, "flat_content": true,
            "null_content_as_empty": true, "drop_schema_keys": ["$schema"], "default_max_tokens": 1,
            "min_max_tokens": 16, "json_object_as_schema": true, "no_streaming": true, "transient_bodies": ["D"],
            "dead_answers": ["safe"]}, "timeouts": {"connect_seconds": 1, "first_byte_seconds": 2.5,
            "stream_idle_seconds": 3, "total_seconds": 4},
            "model_quirks": {"*x*": {"flat_content": true}}, "extra_headers": {"X-Title": "Relay"}, "discover": true,
            "discover_only": ["*:free"], "discovered_limits": {"tokens_per_day": 9}, "__x": 1, "note": "n",
            """
        )
        #expect(warnings.isEmpty, "\(warnings)")
        var expected = Provider(name: "Acme", baseURL: "https://acme.test/v1", dialect: .anthropic, apiKeyEnv: ["A"])
        expected.requiresEnv = ["B"]
        expected.anonymousKey = "0"
        expected.keyless = true
        expected.local = true
        expected.paid = true
        expected.enabled = false
        expected.dataUse = "none"
        expected.priority = 3
        expected.docsURL = "d"
        expected.accountLimits = RateLimits(
            requestsPerSecond: 1,
            requestsPerMinute: 2,
            requestsPerHour: 3,
            requestsPerDay: 4,
            tokensPerMinute: 5,
            tokensPerHour: 6
        )
        expected.concurrency = 2
        expected.dayReset = .pacific
        expected.reservesMaxTokens = true
        expected.quirks = Quirks(
            dropParameters: ["a"],
            renameParameters: ["seed": "random_seed"],
            setParameters: ["temperature": "0"],
            setWithTools: ["parallel_tool_calls": "false"],
            strictMessages: true,
            flatContent: true,
            nullContentAsEmpty: true,
            dropSchemaKeys: ["$schema"],
            defaultMaxTokens: 1,
            minMaxTokens: 16,
            jsonObjectAsSchema: true,
            noStreaming: true,
            reasoningEfforts: ["low"],
            transientBodies: ["D"],
            deadAnswers: ["safe"]
        )
        expected.modelQuirks = [ModelQuirks(pattern: "*x*", quirks: Quirks(flatContent: true))]
        expected.timeouts = ProviderTimeouts(connect: 1, firstByte: 2.5, streamIdle: 3, total: 4)
        expected.extraHeaders = ["X-Title": "Relay"]
        expected.discoversModels = true
        expected.discoverOnly = ["*:free"]
        expected.discoveredLimits.tokensPerDay = 9
        expected.models = [Model(name: "m")]
        #expect(provider == expected)
    }

    @Test func `every field of a model is read`() throws {
        let (provider, warnings) = try provider(
            "",
            models: """
                [{"name": "m/x:free", "type": "Coding", "scale": "large", "modality": "vision",
                  "max_context_length": 10, "max_output_tokens": 3, "max_input_tokens": 7,
                  "limits": {"requests_per_day": 5}, "tools": true, "json_schema": true, "enabled": false,
                  "tags": ["reasoning"], "rank": 2, "source": "s", "dimensions": 4, "embedding_family": "f",
                  "quirks": {"drop_parameters": ["seed"]}}]
                """
        )
        #expect(warnings.isEmpty)
        var expected = Model(name: "m/x:free", type: .coding, scale: .large, inputs: [.image], maxContextLength: 10)
        expected.maxOutputTokens = 3
        expected.maxInputTokens = 7
        expected.limits.requestsPerDay = 5
        expected.tools = true
        expected.jsonSchema = true
        expected.enabled = false
        expected.tags = ["reasoning"]
        expected.rank = 2
        expected.source = "s"
        expected.dimensions = 4
        expected.embeddingFamily = "f"
        expected.quirks.dropParameters = ["seed"]
        #expect(provider.models == [expected])
    }

    @Test(arguments: ["max_context_length", "Max_Context_Length"])
    func `both spellings of the window are read`(key: String) throws {
        let (provider, warnings) = try provider("", models: "[{\"name\": \"m\", \"\(key)\": 65536}]")
        #expect(provider.models.first?.maxContextLength == 65536)
        #expect(warnings.isEmpty)
    }

    @Test(arguments: ["-1", "null", "\"${WINDOW}\""])
    func `a limit may be absent, none or a variable`(value: String) throws {
        let models = #"[{"name": "m", "limits": {"requests_per_day": \#(value)}}]"#
        let (provider, _) = try provider("", models: models, environment: ["WINDOW": "-1"])
        #expect(provider.models.first?.limits.isUnlimited == true)
    }

    @Test func `the list counts before the word for what a model takes`() throws {
        let (provider, _) = try provider(
            "",
            models: #"[{"name": "m", "modality": "vision", "inputs": ["text", "audio"]}]"#
        )
        #expect(provider.models.first?.inputs == [.audio])
    }

    @Test func `an unknown key is kept as a warning that names the nearest`() throws {
        let (_, warnings) = try provider(
            #""base_ur": 1,"#,
            models: #"[{"name": "m", "limits": {"request_per_day": 1}}]"#
        )
        #expect(warnings.map(\.path) == ["providers[0].models[0].limits.request_per_day", "providers[0].base_ur"])
        #expect(warnings.first?.message == "is not known and has no effect; did you mean requests_per_day?")
    }

    @Test(arguments: [
        (#"[1]"#, "providers[0]", "Write one object per provider."),
        (#"[{"name": "A/B", "base_url": "https://x.test"}]"#, "providers[0].name", "is no name"),
        (#"[{"name": 1}]"#, "providers[0].name", "Use a text"),
        (#"[{"name": "A", "base_url": "ftp://x"}]"#, "providers[0].base_url", "is no base URL"),
        (#"[{"name": "A", "base_url": "https://x?y=1"}]"#, "providers[0].base_url", "is no base URL"),
        (#"[{"name": "A", "base_url": "https://${NO}/v1"}]"#, "providers[0].base_url", "NO is not set"),
        (
            #"[{"name": "A", "base_url": "https://x", "dialect": "opnai"}]"#, "providers[0].dialect",
            "Did you mean openai?"
        ),
        (#"[{"name": "A", "base_url": "https://x", "day_reset": "noon"}]"#, "providers[0].day_reset", "utc, pacific"),
        (#"[{"name": "A", "base_url": "https://x", "models": "all"}]"#, "providers[0].models", "Write a list"),
        (#"[{"name": "A", "base_url": "https://x", "models": [{}]}]"#, "providers[0].models[0].name", "is missing"),
        (
            #"[{"name": "A", "base_url": "https://x", "models": [{"name": " "}]}]"#, "providers[0].models[0].name",
            "is no model"
        ),
        (
            #"[{"name": "A", "base_url": "https://x", "models": [{"name": "m"}, {"name": "m"}]}]"#,
            "providers[0].models[1].name", "already stands on line 1"
        ),
        (
            #"[{"name": "A", "base_url": "https://x"}, {"name": "a", "base_url": "https://x"}]"#,
            "providers[1].name", "already stands on line 1"
        ),
        (
            #"[{"name": "A", "base_url": "https://x", "account_limits": {"requests_per_day": 0}}]"#,
            "providers[0].account_limits.requests_per_day", "Use a whole number from 1"
        ),
        (
            #"[{"name": "A", "base_url": "https://x", "models": [{"name": "m", "scale": "huge"}]}]"#,
            "providers[0].models[0].scale", "Use one of small, medium, large"
        ),
        (
            #"[{"name": "A", "base_url": "https://x", "models": [{"name": "m", "inputs": ["smell"]}]}]"#,
            "providers[0].models[0].inputs", "Use text, image and audio."
        ),
        (
            #"[{"name": "A", "base_url": "https://x", "timeouts": {"total_seconds": 0}}]"#,
            "providers[0].timeouts.total_seconds", "above 0"
        ),
        (
            #"[{"name": "A", "base_url": "https://x", "extra_headers": {"X-A": "b\nc"}}]"#,
            "providers[0].extra_headers.X-A", "cannot be sent"
        ),
        (
            #"[{"name": "A", "base_url": "https://x", "quirks": {"strict_messages": 1}}]"#,
            "providers[0].quirks.strict_messages", "Use true or false"
        ),
        (#"[{"name": "A", "base_url": "https://x", "quirks": 1}]"#, "providers[0].quirks", "Use an object."),
    ])
    func `a fault of the catalog names its place and the remedy`(list: String, path: String, says: String) throws {
        let fixture = try ConfigurationFixture(catalog: "{\"providers\": \(list)}")
        let faults = fixture.faults().filter { $0.path == path }
        #expect(faults.count == 1, "\(fixture.faults())")
        #expect(faults.first?.line == 1)
        #expect(faults.first?.description.contains(says) == true, "\(faults)")
    }

    @Test func `what a disabled provider lacks is no fault`() throws {
        let (provider, _) = try provider(#""enabled": false, "extra_headers": {"X-A": "${NOBODY}"},"#)
        #expect(provider.extraHeaders == ["X-A": ""])
    }

    @Test func `what answers anyone serves only when it is enabled, unless it is local`() throws {
        #expect(try provider(#""keyless": true,"#).provider.enabled == false)
        #expect(try provider(#""keyless": true, "enabled": true,"#).provider.enabled)
        let local = try provider(#""keyless": true,"#, environment: ["ACME_BASE_URL": "http://127.0.0.1:9/v1/"])
            .provider
        #expect(local.enabled && local.local)
        #expect(local.baseURL == "http://127.0.0.1:9/v1")
    }

    @Test func `a key that would go unencrypted is warned of`() throws {
        let (_, warnings) = try provider("", environment: ["ACME_BASE_URL": "http://acme.test/v1"])
        #expect(warnings.map(\.message) == ["keys go to acme.test unencrypted"])
    }

    @Test func `the variables by which clients reach Relay are never read for a provider`() throws {
        let environment = [
            "OPENAI_BASE_URL": "http://127.0.0.1:8000/v1", "OPENAI_API_KEY": "relay", "ANTHROPIC_API_KEY": "relay",
        ]
        let shipped = try ShippedCatalog.configuration(environment: environment)
        for name in ["OpenAI", "Anthropic"] {
            let provider = try #require(shipped.providers.first { $0.name == name })
            #expect(shipped.keys[name].isEmpty)
            #expect(provider.baseURL.hasPrefix("https://api."))
            #expect(provider.apiKeyEnv.allSatisfy { $0.hasPrefix("RELAY_") })
        }
        let own =
            #"{"providers": [{"name": "OpenAI", "base_url": "https://x.test", "api_key_env": ["OPENAI_API_KEY", "X"]}]}"#
        let configuration = try ConfigurationFixture(catalog: own).load(environment: environment)
        #expect(configuration.providers.first?.baseURL == "https://x.test")
        #expect(configuration.providers.first?.apiKeyEnv == ["X"])
        #expect(configuration.warnings.first?.message.contains("use RELAY_OPENAI_API_KEY") == true)
    }

    @Test func `the catalog of RelayFreeLLM is read with what its code knew`() throws {
        let text = """
            {"providers": [
              {"name": "Groq", "url": "", "models": [{"name": "llama-3.3-70b-versatile", "type": "text", "scale": "large",
                "limits": {"requests_per_second": 1, "requests_per_day": 1000, "tokens_per_day": -1},
                "Max_Context_Length": 131072}]},
              {"name": "Gemini", "url": "", "models": [{"name": "gemini-2.5-flash"}]},
              {"name": "Ollama", "url": "http://localhost:11434", "models": [{"name": "llama3"}]}
            ]}
            """
        let configuration = try ConfigurationFixture(catalog: text).load(environment: ["GROQ_APIKEY": "k"])
        #expect(configuration.warnings.isEmpty)
        #expect(configuration.providers.map(\.dialect) == [.openai, .gemini, .ollama])
        #expect(configuration.providers.first?.baseURL == "https://api.groq.com/openai/v1")
        #expect(configuration.providers.first?.models.first?.maxContextLength == 131072)
        #expect(configuration.keys["groq"].map(\.label) == ["GROQ_APIKEY"])
        #expect(configuration.providers.last?.keyless == true)
    }
}
