import Testing

@testable import Relay

@Suite struct ModelAliasSettingTests {
    @Test func `the names of common clients are shipped, the narrower pattern first`() {
        let shipped = Settings().routing.aliases.entries
        #expect(shipped.map(\.pattern) == ["claude-*haiku*", "claude-*", "gpt-*"])
        #expect(shipped.map(\.scale) == [.small, .large, .large])
    }

    @Test func `aliases keep their order and replace the shipped ones`() throws {
        let fixture = try ConfigurationFixture(
            settings: """
                {"routing": {"aliases": {"gpt-4o*": "Acme/large", "__c": "text",
                  "gpt-*": {"scale": "small", "type": "coding", "name": "qwen"}, "x": {"model": "y"}}}}
                """
        )
        #expect(
            try fixture.load().settings.routing.aliases.entries == [
                Settings.ModelAlias(pattern: "gpt-4o*", model: "Acme/large"),
                Settings.ModelAlias(pattern: "gpt-*", scale: .small, type: .coding, name: "qwen"),
                Settings.ModelAlias(pattern: "x", model: "y"),
            ]
        )
    }

    @Test func `aliases come from a variable as JSON`() throws {
        let environment = ["RELAY_ROUTING_ALIASES": #"{"a*": "b"}"#]
        let aliases = try ConfigurationFixture().load(environment: environment).settings.routing.aliases
        #expect(aliases.entries == [Settings.ModelAlias(pattern: "a*", model: "b")])
        let faults = try ConfigurationFixture().faults(environment: ["RELAY_ROUTING_ALIASES": "a"])
        #expect(faults.first?.message.hasPrefix("is no JSON: expected a value") == true)
    }
}
