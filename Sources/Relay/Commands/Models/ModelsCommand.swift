import ArgumentParser

/// `relay models`: what the meta-model stands for, and what the owner changes of the catalog.
struct ModelsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "List the models, and say which are used and in which order.",
        discussion: """
            What is said here stands in Relay's store, beside the catalog's file, and a running relay takes it up within a \
            second.
            """,
        subcommands: [
            List.self, Suggestions.self, Accept.self, Enable.self, Disable.self, Rank.self, AutoRank.self,
        ],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the usable models, or with --all every model of the catalog (the default)."
        )

        @OptionGroup var options: ConfigurationOptions

        @Flag(help: "Also those of providers without a key, and those that are disabled.")
        var all = false

        func run() async throws {
            try await reportingFaults {
                let configuration = try options.load().addingStored()
                let report = BootReport(configuration: configuration, spokenDialects: Boot.spokenDialects)
                let providers = all ? configuration.providers : report.usable.map(\.provider)
                var table = TextTable(["model", "type", "scale", "window", "rank", "limits"] + (all ? ["state"] : []))
                for provider in providers {
                    for model in provider.models where model.enabled || all {
                        table.add(
                            [
                                "\(provider.name)/\(model.name)", model.type.rawValue, model.scale.rawValue,
                                model.maxContextLength.map(String.init) ?? "?", model.rank.map(String.init) ?? "",
                                model.limits.summary,
                            ] + (all ? [model.enabled ? "" : "disabled"] : [])
                        )
                    }
                    if provider.discoversModels { table.add(["\(provider.name)/…", "discovered"]) }
                }
                print(table.text, terminator: "")
                if !all {
                    for entry in report.leftOut { print("left out: \(entry.provider.name), \(entry.reason)") }
                }
            }
        }
    }
}

extension RateLimits {
    /// `30/min, 1000/day, 12000 tok/min`.
    var summary: String {
        let parts: [(Int?, String)] = [
            (requestsPerSecond, "/s"), (requestsPerMinute, "/min"), (requestsPerHour, "/h"), (requestsPerDay, "/day"),
            (tokensPerMinute, " tok/min"), (tokensPerHour, " tok/h"), (tokensPerDay, " tok/day"),
        ]
        return parts.compactMap { count, unit in count.map { "\($0)\(unit)" } }.joined(separator: ", ")
    }
}
