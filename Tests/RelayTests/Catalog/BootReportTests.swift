import Testing

@testable import Relay

@Suite struct BootReportTests {
    private func report(
        _ catalog: String = ConfigurationFixture.catalog,
        settings: String = "{}",
        environment: [String: String] = [:],
        spoken: Set<DialectName> = [.openai]
    ) throws -> BootReport {
        let configuration = try ConfigurationFixture(settings: settings, catalog: catalog)
            .load(environment: environment)
        return BootReport(configuration: configuration, spokenDialects: spoken)
    }

    private func entry(_ members: String, baseURL: String = "https://x.test/v1") -> String {
        #"{"providers": [{"name": "X", "base_url": "\#(baseURL)", \#(members)}]}"#
    }

    private func faults(_ report: BootReport, discovered: [String: Int] = [:]) -> [String] {
        do throws(ConfigurationError) {
            try report.verify(discovered: discovered)
            return []
        } catch {
            return error.faults.map(\.description)
        }
    }

    @Test func `the first variable that is set counts, and numbered ones add keys`() throws {
        let environment = [
            "OTHER_KEY": "", "OTHER_TOKEN": "t1", "OTHER_TOKEN_3": "t3", "OTHER_KEY_2": "k2", "OTHER_KEY_9": "t1",
            "OTHER_KEY_10": "k10", "ACME_API_KEY_2": "a2",
        ]
        let report = try report(environment: environment)
        #expect(report.usable.map(\.provider.name) == ["Acme", "Other"])
        #expect(report.usable[0].keys.map(\.secret) == ["a2"])
        #expect(report.usable[1].keys.map(\.label) == ["OTHER_TOKEN", "OTHER_KEY_2", "OTHER_TOKEN_3"])
        #expect(report.lines[1] == "Other: 1 model, 3 keys")
    }

    @Test func `only the first of the named variables is taken`() throws {
        let report = try report(environment: ["OTHER_KEY": "k", "OTHER_TOKEN": "t"])
        #expect(report.usable.first?.keys.map(\.secret) == ["k"])
    }

    @Test func `a key that cannot be sent is a fault and is not shown`() throws {
        let faults = try ConfigurationFixture().faults(environment: ["ACME_API_KEY": "s3cret\n"])
        #expect(faults.map(\.path) == ["ACME_API_KEY"])
        #expect(faults.first?.description.contains("s3cret") == false)
    }

    @Test func `a provider that is left out says what it lacks`() throws {
        let key = ["X_API_KEY": "k", "Y": "1"]
        let model = #""models": [{"name": "m"}]"#
        let cases: [(String, [String: String], String)] = [
            (model, [:], "X: left out, no key; set X_API_KEY or X_APIKEY"),
            (
                model + #", "enabled": false, "data_use": "trains""#, key,
                "X: left out, disabled in the catalog (data use: trains)"
            ),
            (model + #", "dialect": "cohere""#, key, "X: left out, its dialect cohere is not spoken yet"),
            (model + #", "requires_env": ["Y", "Z"]"#, key, "X: left out, set Z"),
            (model + #", "api_key_env": []"#, key, "X: left out, no key; the catalog names no variable"),
            (#""models": []"#, key, "X: left out, no enabled model"),
            (#""models": [{"name": "m", "enabled": false}]"#, key, "X: left out, no enabled model"),
        ]
        for (members, environment, line) in cases {
            let report = try report(entry(members), environment: environment)
            #expect(report.lines == [line])
            #expect(report.usable.isEmpty)
        }
    }

    @Test func `paid, keyless and discovering providers say so`() throws {
        let paid = try report(entry(#""paid": true, "models": [{"name": "m"}]"#), environment: ["X_API_KEY": "k"])
        #expect(paid.lines == ["X: 1 model, 1 key, paid: direct calls only, unless routing.allow_paid"])
        let keyless = try report(entry(#""keyless": true, "enabled": true, "models": "discover""#))
        #expect(keyless.lines == ["X: discovers its models, keyless"])
        #expect(keyless.usable.first?.keys.isEmpty == true)
        let anonymous = try report(
            entry(#""keyless": true, "enabled": true, "anonymous_key": "0", "models": "discover""#)
        )
        #expect(anonymous.usable.first?.keys.map(\.label) == ["anonymous"])
    }

    @Test func `without a provider Relay does not start`() throws {
        let nothing = faults(try report())
        #expect(nothing.count == 1)
        #expect(nothing.first?.contains("no provider can be used. Set a key") == true)
        #expect(nothing.first?.contains("such as ACME_API_KEY, OTHER_TOKEN") == true)
        #expect(faults(try report(environment: ["ACME_API_KEY": "k"])).isEmpty)
    }

    @Test func `a local server counts once it has answered`() throws {
        let local = entry(#""keyless": true, "models": "discover""#, baseURL: "http://localhost:1/v1")
        #expect(faults(try report(local)).count == 1)
        #expect(faults(try report(local), discovered: ["X": 0]).count == 1)
        #expect(faults(try report(local), discovered: ["X": 2]).isEmpty)
        let named = entry(#""keyless": true, "models": [{"name": "m"}]"#, baseURL: "http://localhost:1/v1")
        #expect(faults(try report(named)).isEmpty)
    }

    @Test(arguments: [
        ("0.0.0.0", false), ("::", false), ("192.168.1.2", false), ("localhost", true), ("127.0.0.5", true),
        ("::1", true),
    ])
    func `a listener that others can reach needs a client key`(host: String, isFine: Bool) throws {
        let environment = ["ACME_API_KEY": "k", "HOST": host]
        #expect(faults(try report(environment: environment)).isEmpty == isFine)
        let keyed = environment.merging(["RELAY_API_KEY": "c"]) { $1 }
        #expect(faults(try report(environment: keyed)).isEmpty)
    }

    @Test(arguments: [
        ("http://localhost:8000/v1", "127.0.0.1", true), ("http://127.0.0.1:8000", "::1", true),
        ("http://[::1]:8000/v1", "0.0.0.0", true), ("http://0.0.0.0:8000/v1", "127.0.0.1", true),
        ("http://10.0.0.2:8000/v1", "10.0.0.2", true), ("http://10.0.0.3:8000/v1", "10.0.0.2", false),
        ("http://localhost:8001/v1", "127.0.0.1", false), ("https://x.test:8000/v1", "127.0.0.1", false),
    ])
    func `a base URL that is Relay's own listener is refused`(baseURL: String, host: String, isOwn: Bool) throws {
        let catalog = entry(#""api_key_env": ["K"], "models": [{"name": "m"}]"#, baseURL: baseURL)
        let report = try report(catalog, environment: ["K": "k", "HOST": host, "RELAY_API_KEY": "c"])
        #expect(faults(report).contains { $0.contains("is Relay's own listener") } == isOwn)
    }
}
