import FoundationEssentials

@testable import Relay

/// A directory with the files of one configuration, removed when the test is over.
final class ConfigurationFixture: Sendable {
    let directory: String
    var settingsPath: String { "\(directory)/settings.json" }
    var catalogPath: String { "\(directory)/catalog.json" }
    var dotEnvPath: String { "\(directory)/.env" }

    /// One provider that has a key, one that has none.
    static let catalog = """
        {"providers": [
          {"name": "Acme", "base_url": "https://api.acme.test/v1", "api_key_env": ["ACME_API_KEY"],
            "models": [{"name": "large", "scale": "large"}]},
          {"name": "Other", "base_url": "https://api.other.test/v1", "api_key_env": ["OTHER_KEY", "OTHER_TOKEN"],
            "models": [{"name": "small"}]}
        ]}
        """

    init(settings: String = "{}", catalog: String = ConfigurationFixture.catalog, dotEnv: String = "") throws {
        directory = FileManager.default.temporaryDirectory.path + "/relay-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        for (path, text) in [(settingsPath, settings), (catalogPath, catalog), (dotEnvPath, dotEnv)] {
            try Data(text.utf8).write(to: URL(filePath: path))
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    func load(
        environment: [String: String] = [:],
        flags: [String: String] = [:]
    ) throws(ConfigurationError) -> Configuration {
        try Configuration.load(
            settingsPath: settingsPath,
            catalogPath: catalogPath,
            environment: environment,
            dotEnvPath: dotEnvPath,
            flags: flags
        )
    }

    /// The faults of a configuration that must not load.
    func faults(environment: [String: String] = [:], flags: [String: String] = [:]) -> [ConfigurationFault] {
        do throws(ConfigurationError) {
            _ = try load(environment: environment, flags: flags)
            return []
        } catch {
            return error.faults
        }
    }
}

/// The repository this test stands in.
enum Repository {
    static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
        .joined(separator: "/")

    static func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: "\(root)/\(name)")), as: UTF8.self)
    }
}
