import ArgumentParser

/// `relay settings`: every effective value and where it came from.
struct SettingsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings",
        abstract: "Show the effective settings and where each came from."
    )

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "As JSON.")
    var json = false

    func run() async throws {
        try await reportingFaults {
            let configuration = try options.load()
            print(
                json ? JSONWriter.pretty(SettingsReport.json(configuration)) : SettingsReport.text(configuration),
                terminator: ""
            )
        }
    }
}
