import FoundationEssentials

/// Everything that is known before the socket is bound: settings, catalog and keys, read, layered and checked.
struct Configuration: Sendable {
    var settings: Settings
    /// Where each setting came from, by path; one that is missing has its default.
    var origins: [String: SettingOrigin]
    /// As the catalog's file has them, with what the store changes once that was added.
    var providers: [Provider]
    /// As the catalog's file has them.
    let catalog: [Provider]
    /// What the store changes in it.
    var catalogChanges = CatalogChanges()
    /// Those of the environment, and those of the store once they were added.
    var keys: ProviderKeys
    /// Those of the environment alone.
    let environmentKeys: ProviderKeys
    /// The store has client keys, so that others than loopback may be served without the relay's own.
    var hasClientKeys = false
    var environment: EnvironmentVariables
    var warnings: [ConfigurationWarning]
    /// `nil` when there is no settings file.
    var settingsPath: String?
    var catalogPath: String

    func origin(of path: String) -> SettingOrigin { origins[path] ?? .default }

    /// Reads both files and every layer.
    ///
    /// - Parameters:
    ///   - settingsPath: by default `RELAY_SETTINGS`, else `settings.json` in the working directory, if there is one.
    ///   - catalogPath: by default `RELAY_CATALOG` or `REGISTRY_FILE`, else `provider_model_limits.json` in the working
    ///     directory, else the one beside the executable.
    ///   - environment: the variables of the process.
    ///   - dotEnvPath: by default `.env` in the working directory, if there is one.
    ///   - flags: settings from the command line, `server.port` → text.
    ///   - readsCatalog: `false` for who only wants to know where a relay listens.
    /// - Throws: every fault of both files, the environment and the flags at once.
    static func load(
        settingsPath: String? = nil,
        catalogPath: String? = nil,
        environment process: [String: String],
        dotEnvPath: String? = nil,
        flags: [String: String] = [:],
        readsCatalog: Bool = true
    ) throws(ConfigurationError) -> Configuration {
        let findings = ConfigurationFindings()
        let files = ConfigurationFiles(findings: findings)
        let environment = files.environment(process: process, dotEnvPath: dotEnvPath)

        var loader = SettingsLoader(findings: findings)
        let settingsFile = files.settings(named: settingsPath ?? environment["RELAY_SETTINGS"])
        if let file = settingsFile, let root = files.json(file) {
            let expansion = VariableExpansion(environment: environment, file: file.path, findings: findings)
            loader.applyFile(expansion.expand(root), file: file.path)
        }
        loader.applyEnvironment(environment)
        loader.applyFlags(flags)
        loader.settle()

        var providers: [Provider] = []
        let named = catalogPath ?? environment["RELAY_CATALOG"] ?? environment["REGISTRY_FILE"]
        let catalogFile = readsCatalog ? files.catalog(named: named) : nil
        if let file = catalogFile, let root = files.json(file) {
            providers = Catalog.read(root, file: file.path, environment: environment, findings: findings)
        }
        let keys = ProviderKeys(providers: providers, environment: environment, findings: findings)
        guard findings.faults.isEmpty else { throw ConfigurationError(faults: findings.faults) }
        return Configuration(
            settings: loader.settings,
            origins: loader.origins,
            providers: providers,
            catalog: providers,
            keys: keys,
            environmentKeys: keys,
            environment: environment,
            warnings: findings.warnings,
            settingsPath: settingsFile?.path,
            catalogPath: catalogFile?.path ?? ""
        )
    }
}
