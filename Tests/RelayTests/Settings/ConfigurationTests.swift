import Testing

@testable import Relay

@Suite struct ConfigurationTests {
    @Test func `without a word said everything has its default`() throws {
        let configuration = try ConfigurationFixture().load()
        #expect(configuration.settings == Settings())
        #expect(configuration.origin(of: "server.port") == .default)
        #expect(configuration.warnings.isEmpty)
    }

    @Test func `each layer hides the one below it`() throws {
        let file = #"{"server": {"port": 1001}}"#
        let dotEnv = "\nPORT=1002"
        let path = "server.port"
        let environment = ["PORT": "1003"]
        let onlyFile = try ConfigurationFixture(settings: file)
        #expect(try onlyFile.load().settings.server.port == 1001)
        #expect(try onlyFile.load().origin(of: path) == .file(path: onlyFile.settingsPath, line: 1))
        let both = try ConfigurationFixture(settings: file, dotEnv: dotEnv)
        #expect(try both.load().settings.server.port == 1002)
        #expect(try both.load().origin(of: path) == .dotEnv(path: both.dotEnvPath, line: 2, variable: "PORT"))
        #expect(try both.load(environment: environment).settings.server.port == 1003)
        #expect(try both.load(environment: environment).origin(of: path) == .environment(variable: "PORT"))
        let flagged = try both.load(environment: environment, flags: [path: "1004"])
        #expect(flagged.settings.server.port == 1004)
        #expect(flagged.origin(of: path) == .flag(name: path))
    }

    @Test func `the setting's own variable goes before its short name`() throws {
        let configuration = try ConfigurationFixture()
            .load(environment: ["HOST": "::1", "RELAY_SERVER_HOST": "localhost"])
        #expect(configuration.settings.server.host == "localhost")
    }

    @Test(arguments: SettingKey.all.map(\.path))
    func `every setting can be set by its variable and by a flag`(path: String) throws {
        let key = try #require(SettingKey.byPath[path])
        // The default of an optional setting is none, so that a value is needed that it may have.
        let samples = ["server.api_key": "s3cret", "routing.use_server_side_system_prompt": "true"]
        let value = key.value(in: Settings())
        let text = value.isNull ? samples[path] ?? "2" : plain(value)
        let fixture = try ConfigurationFixture()
        #expect(try fixture.load(environment: [key.variables[0]: text]).origin(of: path).rank == 3)
        #expect(try fixture.load(flags: [path: text]).origin(of: path).rank == 4)
    }

    private func plain(_ value: JSONValue) -> String {
        if case .string(let text) = value.content { return text }
        return JSONWriter.compact(value)
    }

    @Test func `variables are put into the texts of both files`() throws {
        let fixture = try ConfigurationFixture(
            settings:
                #"{"server": {"port": "${P}", "api_key": "a-${K:-none}-${L:-x}"}, "style": {"text": "$${x} $5 ${P}"}}"#,
            catalog:
                #"{"providers": [{"name": "A", "base_url": "https://${H:-h.test}/v1", "models": [{"name": "${M}"}]}]}"#
        )
        let configuration = try fixture.load(environment: ["P": "81", "K": "k", "M": "m"])
        #expect(configuration.settings.server.port == 81)
        #expect(configuration.settings.server.apiKey == "a-k-x")
        #expect(configuration.settings.style.text == "${x} $5 81")
        #expect(configuration.providers.first?.baseURL == "https://h.test/v1")
        #expect(configuration.providers.first?.models.first?.name == "m")
    }

    @Test func `an optional text that a variable leaves empty is none`() throws {
        let fixture = try ConfigurationFixture(settings: #"{"server": {"api_key": "${K:-}"}}"#)
        #expect(try fixture.load().settings.server.apiKey == nil)
        #expect(try fixture.load(environment: ["K": "k"]).settings.server.apiKey == "k")
        #expect(try ConfigurationFixture(settings: #"{"server": {"api_key": ""}}"#).faults().count == 1)
    }

    @Test func `a list is read from a variable with commas or as JSON`() throws {
        let fixture = try ConfigurationFixture()
        for text in ["a, b", #"["a", "b"]"#] {
            let settings = try fixture.load(environment: ["RELAY_ROUTING_META_MODELS": text]).settings
            #expect(settings.routing.metaModels == ["a", "b"])
        }
    }

    @Test func `the settings of RelayFreeLLM keep their meaning`() throws {
        let fixture = try ConfigurationFixture(
            settings: """
                {
                  "session": {"affinity_enabled": true, "__c": "x", "id_header": "X-Session-ID", "ttl_hours": 24,
                    "max_sessions": 1000},
                  "context": {"__options": "static, dynamic", "management_mode": "reservoir", "static_recent_keep": 10,
                    "dynamic_utilization_target": 0.8, "dynamic_min_utilization": 0.3, "dynamic_max_boost": 1.5,
                    "reservoir_recent_keep": 15, "reservoir_summary_budget": 400},
                  "summarization": {"enabled": true, "mode": "extractive", "__c": 1, "max_tokens": 200,
                    "timeout_ms": 2000, "fallback_to_extractive": true},
                  "routing": {"global_provider_lock": true, "use_server_side_system_prompt": true, "__c": "y",
                    "strategy": "roundrobin"},
                  "http": {"timeout_seconds": 60}
                }
                """
        )
        let configuration = try fixture.load(environment: ["SESSION_TTL_HOURS": "12", "GLOBAL_PROVIDER_LOCK": "False"])
        #expect(configuration.warnings.isEmpty)
        #expect(configuration.settings.context.managementMode == .reservoir)
        #expect(configuration.settings.summaryTokenBudget == 200)
        #expect(configuration.settings.style.inject == .always)
        #expect(configuration.settings.routing.strategy == .roundRobin)
        #expect(configuration.settings.session.ttlHours == 12)
        #expect(!configuration.settings.routing.globalProviderLock)
    }

    @Test func `the style switch yields to a style setting of a stronger layer`() throws {
        let fixture = try ConfigurationFixture(settings: #"{"routing": {"use_server_side_system_prompt": false}}"#)
        #expect(try fixture.load().settings.style.inject == .never)
        #expect(try fixture.load(environment: ["RELAY_STYLE_INJECT": "always"]).settings.style.inject == .always)
    }

    @Test func `a secret is never shown`() throws {
        let configuration = try ConfigurationFixture()
            .load(environment: ["RELAY_API_KEY": "s3cret", "ACME_API_KEY": "k3y"])
        #expect(configuration.settings.server.apiKey == "s3cret")
        let shown = SettingsReport.text(configuration) + JSONWriter.pretty(SettingsReport.json(configuration))
        #expect(!shown.contains("s3cret"))
        #expect(shown.contains("********"))
        #expect(shown.contains("environment (RELAY_API_KEY)"))
        #expect(!String(reflecting: configuration.keys).contains("k3y"))
    }
}
