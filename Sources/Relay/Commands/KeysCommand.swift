import ArgumentParser
import FoundationEssentials

/// `relay keys`: provider keys in the store, beside those of the environment.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Keep provider keys, sealed, in Relay's store. A running relay takes them up within a second.",
        subcommands: [
            Add.self, List.self, Enable.self, Disable.self, Remove.self, Import.self, RotateMaster.self,
        ],
        defaultSubcommand: List.self
    )

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Store a key; it is read from standard input, or asked for."
        )

        @OptionGroup var options: ConfigurationOptions
        @Argument(help: "The provider, as the catalog names it.") var provider: String
        @Option(help: "What the key is called; by default stored-1, stored-2, …") var label: String?

        func run() async throws {
            try await KeysCommand.run(options) { configuration, vault in
                let name = try configuration.providerName(provider)
                let secret = Terminal.secret("Key of \(name): ")
                let entry = try vault.add(secret, for: name, label: label, at: Date().timeIntervalSince1970)
                Terminal.say("Stored as '\(entry.label)' of \(entry.provider).")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the keys, never their values (the default).")

        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            try await reportingFaults {
                let configuration = try options.load()
                var table = TextTable(["provider", "key", "from", "state"])
                for provider in configuration.providers {
                    for key in configuration.keys[provider.name] {
                        table.add([provider.name, key.label, "environment", "enabled"])
                    }
                }
                let directory = configuration.settings.storage.directory
                if Store.exists(in: directory) {
                    let store = try Store(directory: directory)
                    defer { try? store.finish() }
                    for entry in try KeyVault(store, environment: configuration.environment).entries() {
                        table.add([entry.provider, entry.label, "store", entry.isEnabled ? "enabled" : "disabled"])
                    }
                }
                print(table.text, terminator: "")
            }
        }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Use a stored key again.")

        @OptionGroup var options: ConfigurationOptions
        @OptionGroup var name: KeyName

        func run() async throws {
            try await KeysCommand.run(options) { _, vault in
                try vault.setEnabled(true, provider: name.provider, label: name.label)
            }
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Keep a stored key, but do not use it.")

        @OptionGroup var options: ConfigurationOptions
        @OptionGroup var name: KeyName

        func run() async throws {
            try await KeysCommand.run(options) { _, vault in
                try vault.setEnabled(false, provider: name.provider, label: name.label)
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Forget a stored key.")

        @OptionGroup var options: ConfigurationOptions
        @OptionGroup var name: KeyName

        func run() async throws {
            try await KeysCommand.run(options) { _, vault in
                try vault.remove(provider: name.provider, label: name.label)
            }
        }
    }

    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Store every key of a .env file that the catalog's providers know."
        )

        @OptionGroup var options: ConfigurationOptions
        @Argument(help: "The file.") var file: String

        func run() async throws {
            try await KeysCommand.run(options) { configuration, vault in
                let findings = ConfigurationFindings()
                let variables = ConfigurationFiles(findings: findings).environment(process: [:], dotEnvPath: file)
                let keys = ProviderKeys(providers: configuration.providers, environment: variables, findings: findings)
                guard findings.faults.isEmpty else { throw ConfigurationError(faults: findings.faults) }
                var count = 0
                for provider in configuration.providers {
                    for key in keys[provider.name] {
                        do {
                            let now = Date().timeIntervalSince1970
                            _ = try vault.add(key.secret, for: provider.name, label: key.label, at: now)
                            Terminal.say("\(provider.name): \(key.label)")
                            count += 1
                        } catch let error as VaultError {
                            guard case .keyTaken = error else { throw error }
                            Terminal.say("\(provider.name): \(key.label) is stored already")
                        }
                    }
                }
                Terminal.say("Stored \(count) keys. They are no longer needed in \(file).")
            }
        }
    }

    struct RotateMaster: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Seal all keys under a new master key.",
            discussion: """
                Where the master key is a file, a new one is made. Where it is \(MasterKey.variable), the new one (32 bytes \
                as base64 or 64 hex digits) is read from standard input, and the variable is yours to change.
                """
        )

        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            try await KeysCommand.run(options) { configuration, vault in
                let isVariable = configuration.environment[MasterKey.variable] != nil
                try vault.rotateMaster(to: isVariable ? Terminal.secret("New master key: ") : nil)
                Terminal.say(
                    isVariable
                        ? "Sealed anew. Set \(MasterKey.variable) to the new key before the next start."
                        : "Sealed anew under a new master key."
                )
            }
        }
    }

    /// Which of a provider's stored keys is meant.
    struct KeyName: ParsableArguments {
        @Argument(help: "The provider.") var provider: String
        @Argument(help: "What the key is called.") var label: String
    }

    private static func run(
        _ options: ConfigurationOptions,
        _ body: (Configuration, KeyVault) throws -> Void
    ) async throws {
        try await options.withStore { configuration, store in
            try body(configuration, KeyVault(store, environment: configuration.environment))
        }
    }
}

extension Configuration {
    /// The provider's name as the catalog writes it.
    func providerName(_ name: String) throws -> String {
        do throws(UnknownProvider) { return try providers.provider(named: name).name } catch {
            throw ValidationError("\(error)")
        }
    }
}
