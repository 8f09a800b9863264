import Testing

@testable import Relay

@Suite struct ConfigurationFaultTests {
    @Test(arguments: [
        (#"[]"#, "", "holds a list"),
        (#"{"sever": {}}"#, "sever", "Did you mean server?"),
        (#"{"port": 1}"#, "port", "Did you mean server.port?"),
        (#"{"zzzzzz": 1}"#, "zzzzzz", "The sections are server, session"),
        (#"{"server": 1}"#, "server", "Use an object of settings."),
        (#"{"server": {"prot": 1}}"#, "server.prot", "Did you mean server.port?"),
        (#"{"server": {"maxBodyBytes": 1}}"#, "server.maxBodyBytes", "Did you mean server.max_body_bytes?"),
        (#"{"server": {"ttl_hours": 1}}"#, "server.ttl_hours", "Did you mean session.ttl_hours?"),
        (#"{"server": {"qqqqqqq": 1}}"#, "server.qqqqqqq", "The settings of server are host"),
        (#"{"server": {"port": "8000"}}"#, "server.port", "is a text. Use a whole number."),
        (#"{"server": {"port": 80.5}}"#, "server.port", "Use a whole number."),
        (#"{"server": {"port": 99999}}"#, "server.port", "99999 is not allowed. Use a value from 0 to 65535."),
        (#"{"server": {"show_provider": "true"}}"#, "server.show_provider", "Use true or false, without quotes."),
        (#"{"server": {"host": 1}}"#, "server.host", "is a number. Use a text in double quotes."),
        (#"{"server": {"cors_origins": "x"}}"#, "server.cors_origins", "Use a list of texts."),
        (#"{"server": {"cors_origins": ["x", 2]}}"#, "server.cors_origins[1]", "Use a text"),
        (#"{"session": {"id_header": "a b"}}"#, "session.id_header", "that can name a header"),
        (#"{"context": {"management_mode": "resevoir"}}"#, "context.management_mode", "Did you mean reservoir?"),
        (#"{"context": {"management_mode": 1}}"#, "context.management_mode", "Use one of static, dynamic"),
        (
            #"{"context": {"dynamic_min_utilization": 0.9}}"#, "context.dynamic_min_utilization",
            "is above context.dynamic_u"
        ),
        (#"{"http": {"total_timeout_seconds": 0}}"#, "http.total_timeout_seconds", "Use a value above 0."),
        (#"{"circuit_breaker": {"cooldown_seconds": 400}}"#, "circuit_breaker.cooldown_seconds", "is above"),
        (#"{"routing": {"aliases": {"a*": {"scal": "x"}}}}"#, "routing.aliases.a*.scal", "Did you mean scale?"),
        (#"{"routing": {"aliases": {"a*": {"scale": "x"}}}}"#, "routing.aliases.a*.scale", "Use one of small"),
        (#"{"routing": {"aliases": {"a*": 1}}}"#, "routing.aliases.a*", "Use a model's name or an object."),
        (#"{"routing": {"aliases": []}}"#, "routing.aliases", "Use an object of patterns."),
        (#"{"style": {"text": "${NOBODY}"}}"#, "style.text", "the variable NOBODY is not set"),
        (#"{"style": {"text": "${NOBODY"}}"#, "style.text", "never closed"),
    ])
    func `a fault of the settings names its place and the remedy`(text: String, path: String, says: String) throws {
        let fixture = try ConfigurationFixture(settings: text)
        let faults = fixture.faults()
        #expect(faults.count == 1, "\(faults)")
        let fault = try #require(faults.first)
        #expect(fault.file == fixture.settingsPath)
        #expect(fault.line == 1)
        #expect(fault.path == path)
        #expect(fault.description.contains(says), "\(fault)")
    }

    @Test func `faults of all files and layers come in one report`() throws {
        let fixture = try ConfigurationFixture(
            settings: "{\n\"server\": {\"port\": -1},\n\"http\": {\"timeout\": 3}}",
            catalog: #"{"providers": [{"name": "A"}, {"base_url": "https://x.test"}]}"#,
            dotEnv: "RELAY_SESSION_TTL_HOURS=soon"
        )
        let faults = fixture.faults(environment: ["RELAY_STYLE_INJECT": "maybe"], flags: ["routing.cycle": "2"])
        #expect(
            faults.map(\.path) == [
                "server.port", "http.timeout", "RELAY_SESSION_TTL_HOURS", "RELAY_STYLE_INJECT", "routing.cycle",
                "providers[0].base_url", "providers[1].name",
            ]
        )
        #expect(faults[0].line == 2)
        #expect(faults[2].file == fixture.dotEnvPath)
        #expect(faults[3].file == "environment")
        #expect(faults[4].remedy == "Did you mean routing.cycles?")
        let report = ConfigurationError(faults: faults).description
        #expect(
            report.hasPrefix("7 faults in the configuration:\n  \(fixture.settingsPath):2:20: server.port: -1 is not")
        )
    }

    @Test func `a syntax fault of one file does not hide the faults of the other`() throws {
        let fixture = try ConfigurationFixture(settings: "{\"server\": }", catalog: "{\"providers\": 1}")
        let faults = fixture.faults()
        #expect(faults.map(\.path) == ["server", "providers"])
    }

    @Test func `a file that was named must exist`() throws {
        let fixture = try ConfigurationFixture()
        #expect(throws: ConfigurationError.self) {
            try Configuration.load(
                settingsPath: "\(fixture.directory)/none.json",
                catalogPath: fixture.catalogPath,
                environment: [:],
                dotEnvPath: fixture.dotEnvPath
            )
        }
        let environment = ["REGISTRY_FILE": "\(fixture.directory)/none.json"]
        do throws(ConfigurationError) {
            _ = try Configuration.load(
                settingsPath: fixture.settingsPath,
                environment: environment,
                dotEnvPath: fixture.dotEnvPath
            )
            Issue.record("it loaded")
        } catch {
            #expect(error.faults.map(\.message) == ["does not exist"])
        }
    }

    @Test func `a missing catalog says where it was looked for`() throws {
        let findings = ConfigurationFindings()
        let files = ConfigurationFiles(findings: findings)
        #expect(files.catalog(named: nil, in: ["/nowhere/a.json", "/nowhere/b.json"]) == nil)
        let message = findings.faults.first?.message
        #expect(message == "was not found; looked for /nowhere/a.json and /nowhere/b.json")
        let fixture = try ConfigurationFixture()
        #expect(files.catalog(named: nil, in: ["/nowhere/a.json", fixture.catalogPath])?.path == fixture.catalogPath)
        #expect(ConfigurationFiles.catalogPlaces.first == "provider_model_limits.json")
        #expect(ConfigurationFiles.catalogPlaces.count == 2)
    }

    @Test func `a secret that cannot be sent is refused without being shown`() throws {
        let faults = try ConfigurationFixture().faults(environment: ["RELAY_API_KEY": "my s3cret"])
        #expect(faults.count == 1)
        #expect(faults.first?.description.contains("s3cret") == false)
    }

    @Test func `a variable of one of our sections that sets nothing is warned of`() throws {
        let configuration = try ConfigurationFixture()
            .load(environment: ["RELAY_SERVER_PROT": "1", "RELAY_OTHER": "1"])
        #expect(
            configuration.warnings.map(\.description) == [
                "environment: RELAY_SERVER_PROT: there is no such setting; did you mean RELAY_SERVER_PORT?"
            ]
        )
        #expect(configuration.settings.server.port == 8000)
    }

    @Test(arguments: [
        ("prot", "port"), ("PORT", "port"), ("tiemout_seconds", "timeout_seconds"), ("maxRetries", nil), ("x", nil),
    ])
    func `the nearest name is found, a far one is not`(typed: String, expected: String?) {
        #expect(NearestName.nearest(to: typed, among: ["host", "port", "timeout_seconds"]) == expected)
    }
}
