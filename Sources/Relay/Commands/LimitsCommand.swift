import ArgumentParser
import FoundationEssentials

/// `relay limits`: what providers have reported of their limits, beside the catalog's.
struct LimitsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "limits",
        abstract: "Limits as providers report them, and the catalog's.",
        subcommands: [List.self, Refresh.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List where providers report other limits than the catalog has (the default)."
        )

        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            try await LimitsCommand.run(options) { limits, _ in
                guard !limits.changes.isEmpty else { return Terminal.say("No provider has reported another limit.") }
                var table = TextTable(["of", "limit", "catalog", "reported"])
                for change in limits.changes {
                    table.add([change.place, change.axis, change.from.map(String.init) ?? "none", "\(change.to)"])
                }
                print(table.text, terminator: "")
            }
        }
    }

    struct Refresh: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the reported limits into the catalog's file, after showing what changes."
        )

        @OptionGroup var options: ConfigurationOptions
        @Flag(help: "Write without asking.") var yes = false

        func run() async throws {
            try await LimitsCommand.run(options) { limits, path in
                guard !limits.changes.isEmpty else { return Terminal.say("No provider has reported another limit.") }
                for line in limits.difference {
                    Terminal.say("\(path):\(line.number)\n- \(line.before)\n+ \(line.after)")
                }
                guard yes || Terminal.agrees("Write \(limits.changes.count) limits to \(path)?") else {
                    return Terminal.say("Nothing was written.")
                }
                do throws(FileReplacement.Fault) {
                    try FileReplacement.replace(path, with: limits.rewritten)
                } catch {
                    throw ValidationError(error.description)
                }
                Terminal.say("Written. A running relay uses them from its next start.")
            }
        }
    }

    private static func run(
        _ options: ConfigurationOptions,
        _ body: (CatalogLimits, _ path: String) throws -> Void
    ) async throws {
        try await options.withStore { configuration, store in
            let path = configuration.catalogPath
            let text = try String(contentsOfFile: path, encoding: .utf8)
            guard let root = JSONReader.read(Array(text.utf8), file: path).value else { return }
            try body(CatalogLimits(text, root: root, memories: try store.accountMemories()), path)
        }
    }
}
