import ArgumentParser
import FoundationEssentials

/// What every command that reads the configuration takes.
struct ConfigurationOptions: ParsableArguments {
    @Option(name: .customLong("settings"), help: "The settings file; ./settings.json if there is one.")
    var settingsPath: String?

    @Option(name: .customLong("catalog"), help: "The catalog; ./provider_model_limits.json or the shipped one.")
    var catalogPath: String?

    @Option(name: .customLong("env-file"), help: "Variables that the environment does not set; ./.env if there is one.")
    var dotEnvPath: String?

    @Option(help: "The address to listen on.")
    var host: String?

    @Option(help: "The port to listen on.")
    var port: Int?

    @Option(name: .customLong("set"), help: "Any setting: --set routing.strategy=ranked (may be repeated).")
    var assignments: [String] = []

    func load(readsCatalog: Bool = true) throws -> Configuration {
        var flags: [String: String] = [:]
        for assignment in assignments {
            guard let mark = assignment.firstIndex(of: "=") else {
                throw ValidationError("--set wants section.key=value, not '\(assignment)'.")
            }
            flags[String(assignment[..<mark])] = String(assignment[assignment.index(after: mark)...])
        }
        if let host { flags["server.host"] = host }
        if let port { flags["server.port"] = String(port) }
        return try Configuration.load(
            settingsPath: settingsPath,
            catalogPath: catalogPath,
            environment: ProcessInfo.processInfo.environment,
            dotEnvPath: dotEnvPath,
            flags: flags,
            readsCatalog: readsCatalog
        )
    }
}

extension ConfigurationOptions {
    /// What a command does with the store, which is made where there is none yet.
    func withStore(_ body: (Configuration, Store) throws -> Void) async throws {
        try await reportingFaults {
            let configuration = try load()
            guard configuration.settings.storage.enabled else {
                throw ValidationError("Nothing is kept while storage.enabled is false.")
            }
            let store = try Store(directory: configuration.settings.storage.directory)
            defer { try? store.finish() }
            try body(configuration, store)
        }
    }
}

/// Prints the faults of configuration and store as they are, without a stack of prefixes, and fails.
func reportingFaults<Result>(_ body: () async throws -> Result) async throws -> Result {
    do {
        return try await body()
    } catch let error as ConfigurationError {
        Terminal.complain(error.description)
        throw ExitCode(78)
    } catch let error as StoreError {
        Terminal.complain(error.description)
        throw ExitCode(78)
    } catch let error as VaultError {
        Terminal.complain(error.description)
        throw ExitCode(78)
    }
}
