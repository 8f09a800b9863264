import ArgumentParser
import FoundationEssentials

/// `relay clients`: keys that Relay gives to those who call it.
struct ClientsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clients",
        abstract: "Give keys to clients, with limits of their own. A running relay takes them up within a second.",
        discussion: "Once there is one, every model call needs a key: a client's, or server.api_key.",
        subcommands: [Add.self, List.self, Revoke.self],
        defaultSubcommand: List.self
    )

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key and show it, this once.",
            discussion: "The key alone goes to standard output, for scripts."
        )

        @OptionGroup var options: ConfigurationOptions
        @Argument(help: "Whose key it is; usage is summed up under this name.") var name: String
        @Option(help: "At most so many requests a minute.") var requestsPerMinute: Int?
        @Option(help: "At most so many requests a day (UTC).") var requestsPerDay: Int?
        @Option(help: "At most so many tokens a minute.") var tokensPerMinute: Int?
        @Option(help: "At most so many tokens a day (UTC).") var tokensPerDay: Int?
        @Option(name: .customLong("model"), help: "Only such models: 'llama-*', 'Groq/*' (may be repeated).")
        var models: [String] = []
        @Option(name: .customLong("provider"), help: "Only this provider (may be repeated).")
        var providers: [String] = []
        @Option(help: "Good for so many days.") var expiresInDays: Double?

        func validate() throws {
            guard ClientRecord.isName(name) else { throw ValidationError(ClientRecord.nameRule) }
            for limit in [requestsPerMinute, requestsPerDay, tokensPerMinute, tokensPerDay] {
                if let limit, limit < 1 { throw ValidationError("A limit is at least 1, not \(limit).") }
            }
            if let expiresInDays, !(expiresInDays > 0 && ClientRecord.lifetimeDays.contains(expiresInDays)) {
                throw ValidationError("--expires-in-days wants a number of days, not \(expiresInDays).")
            }
        }

        func run() async throws {
            try await ClientsCommand.run(options) { configuration, store in
                let now = Date().timeIntervalSince1970
                var (key, client) = ClientRecord.make(name, at: now)
                client.expiresAt = expiresInDays.map { now + $0 * 86_400 }
                client.limits.requestsPerMinute = requestsPerMinute
                client.limits.requestsPerDay = requestsPerDay
                client.limits.tokensPerMinute = tokensPerMinute
                client.limits.tokensPerDay = tokensPerDay
                client.access.models = models
                client.access.providers = try providers.map(configuration.providerName)
                try store.add(client)
                Terminal.complain("The key of '\(name)', shown this once:")
                Terminal.say(key)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the clients, never their keys (the default).")

        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            try await reportingFaults {
                let directory = try options.load().settings.storage.directory
                var table = TextTable(["client", "state", "made", "expires", "limits", "may use"])
                if Store.exists(in: directory) {
                    let store = try Store(directory: directory)
                    defer { try? store.finish() }
                    let now = Date().timeIntervalSince1970
                    for client in try store.clients() {
                        table.add([
                            client.name, client.state(at: now).rawValue, Self.day(client.createdAt),
                            client.expiresAt.map(Self.day) ?? "-", Self.text(client.limits), Self.text(client.access),
                        ])
                    }
                }
                print(table.text, terminator: "")
            }
        }

        private static func day(_ wall: Double) -> String {
            Date(timeIntervalSince1970: wall).formatted(.iso8601.year().month().day())
        }

        private static func text(_ limits: RateLimits) -> String {
            let limited = limits.axes.map { "\(limits[$0] ?? 0) \($0)" }
            return limited.isEmpty ? "-" : limited.joined(separator: ", ")
        }

        private static func text(_ access: RouteAccess) -> String {
            access.isOpen ? "everything" : (access.providers + access.models).joined(separator: ", ")
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a client's key worthless.")

        @OptionGroup var options: ConfigurationOptions
        @Argument(help: "Whose key.") var name: String

        func run() async throws {
            try await ClientsCommand.run(options) { _, store in
                try store.revokeClient(name, at: Date().timeIntervalSince1970)
                Terminal.say("The key of '\(name)' is revoked.")
            }
        }
    }

    private static func run(
        _ options: ConfigurationOptions,
        _ body: (Configuration, Store) throws -> Void
    ) async throws {
        try await options.withStore { configuration, store in
            do {
                try body(configuration, store)
            } catch let error as ClientNameError {
                Terminal.complain(error.description)
                throw ExitCode.failure
            }
        }
    }
}
