import ArgumentParser

/// `relay models`: what the meta-model stands for with the keys that are there.
struct ModelsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "List the usable models, or with --all every model of the catalog."
    )

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "Also those of providers without a key.")
    var all = false

    func run() async throws {
        try await reportingFaults {
            let configuration = try options.load().addingStoredKeys()
            let report = BootReport(configuration: configuration, spokenDialects: Boot.spokenDialects)
            let providers = all ? configuration.providers : report.usable.map(\.provider)
            var table = TextTable(["model", "type", "scale", "window", "limits"])
            for provider in providers {
                for model in provider.models where model.enabled {
                    table.add([
                        "\(provider.name)/\(model.name)", model.type.rawValue, model.scale.rawValue,
                        model.maxContextLength.map(String.init) ?? "?", model.limits.summary,
                    ])
                }
                if provider.discoversModels { table.add(["\(provider.name)/…", "discovered", "", "", ""]) }
            }
            print(table.text, terminator: "")
            if !all {
                for entry in report.leftOut { print("left out: \(entry.provider.name), \(entry.reason)") }
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

/// Columns of text, each as wide as its widest cell.
struct TextTable {
    private var rows: [[String]]

    init(_ header: [String]) { rows = [header] }

    mutating func add(_ row: [String]) { rows.append(row) }

    var text: String {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return
            rows.map { row in
                var line = ""
                for (cell, width) in zip(row, widths) {
                    line += cell + String(repeating: " ", count: width - cell.count + 2)
                }
                while line.last == " " { line.removeLast() }
                return line + "\n"
            }
            .joined()
    }
}
