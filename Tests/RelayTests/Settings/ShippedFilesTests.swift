import FoundationEssentials
import Testing

@testable import Relay

/// The files and pages that ship must agree with the code. Run once with `RELAY_UPDATE_DOCS=1` to write what is
/// generated from it.
@Suite(.serialized) struct ShippedFilesTests {
    private static let begin = "<!-- settings: begin, generated from SettingKey.all -->\n"
    private static let end = "<!-- settings: end -->"
    private static let isUpdating = ProcessInfo.processInfo.environment["RELAY_UPDATE_DOCS"] != nil

    @Test func `settings.json holds every setting with its default`() throws {
        let expected = JSONWriter.pretty(SettingsReport.template)
        if Self.isUpdating {
            try Data(expected.utf8).write(to: URL(filePath: "\(Repository.root)/settings.json"))
        }
        let text = try Repository.text("settings.json")
        #expect(JSONReader.read(Array(text.utf8), file: "settings.json").value == SettingsReport.template)
    }

    @Test func `the documentation's table is the one of the code`() throws {
        var text = try Repository.text("docs/SETTINGS.md")
        let start = try #require(text.firstRange(of: Self.begin)).upperBound
        let end = try #require(text.firstRange(of: Self.end)).lowerBound
        if Self.isUpdating {
            text.replaceSubrange(start..<end, with: SettingsReport.markdown)
            try Data(text.utf8).write(to: URL(filePath: "\(Repository.root)/docs/SETTINGS.md"))
            return
        }
        #expect(text[start..<end] == SettingsReport.markdown)
        for key in SettingKey.all { #expect(text.contains("`\(key.path)`")) }
    }

    @Test func `the shipped files load without fault or warning`() throws {
        let fixture = try ConfigurationFixture()
        let configuration = try Configuration.load(
            settingsPath: "\(Repository.root)/settings.json",
            catalogPath: "\(Repository.root)/provider_model_limits.json",
            environment: [:],
            dotEnvPath: fixture.dotEnvPath
        )
        #expect(configuration.warnings.isEmpty, "\(configuration.warnings)")
        #expect(configuration.settings == Settings())
        #expect(configuration.providers.count >= 46)
        #expect(configuration.providers.reduce(0) { $0 + $1.models.count } >= 209)
    }

    @Test func `the documentation names every shipped provider and its variables`() throws {
        let text = try Repository.text("docs/PROVIDERS.md")
        for provider in try ShippedCatalog.providers() {
            #expect(text.contains("| \(provider.name) |"), "\(provider.name)")
            for variable in provider.apiKeyEnv { #expect(text.contains("`\(variable)`"), "\(variable)") }
        }
    }

    @Test func `every variable of the example is one that is read`() throws {
        let text = try Repository.text(".env.example")
        let commented = text.split(separator: "\n")
            .map { line in
                line.hasPrefix("# ") && line.contains("=") && !line.contains(" = ")
                    ? String(line.dropFirst(2)) : String(line)
            }
        let (assignments, _) = DotEnv.read(commented.joined(separator: "\n"))
        let providers = try ShippedCatalog.providers()
        let keys = providers.flatMap { $0.apiKeyEnv + $0.requiresEnv }
        let addresses = providers.map { "\(ClientVariables.variableName($0.name))_BASE_URL" }
        let known = Set(keys + addresses + SettingKey.all.flatMap(\.variables))
        #expect(assignments.count > 20)
        for assignment in assignments { #expect(known.contains(assignment.name), "\(assignment.name)") }
    }
}

/// The catalog as it ships, read with nothing set.
enum ShippedCatalog {
    static func providers(environment: [String: String] = [:]) throws -> [Provider] {
        try configuration(environment: environment).providers
    }

    static func configuration(environment: [String: String]) throws -> Configuration {
        let fixture = try ConfigurationFixture()
        return try Configuration.load(
            settingsPath: fixture.settingsPath,
            catalogPath: "\(Repository.root)/provider_model_limits.json",
            environment: environment,
            dotEnvPath: fixture.dotEnvPath
        )
    }
}
