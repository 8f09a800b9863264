import ArgumentParser
import Clients

/// `relay usage`: what a running relay has used, per provider and model.
struct UsageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "usage",
        abstract: "Show what a running relay has used since it was started."
    )

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "As the JSON of GET /v1/usage.")
    var json = false

    func run() async throws {
        try await reportingFaults {
            let server = try options.load(readsCatalog: false).settings.server
            let caller = try RelayCaller(host: server.host, port: server.port, apiKey: server.apiKey)
            defer { caller.close() }
            let answer = try await caller.get("/usage")
            guard answer.status == 200, let usage = answer.json else {
                throw ValidationError("The relay answered \(answer.status): \(answer.errorMessage ?? "").")
            }
            print(json ? JSONWriter.pretty(usage) : Self.text(usage), terminator: "")
        }
    }

    static func text(_ usage: JSONValue) -> String {
        var table = TextTable(["model", "requests", "prompt tokens", "completion tokens"])
        func row(_ name: String, _ entry: JSONValue?) {
            let counts = ["requests", "prompt_tokens", "completion_tokens"].map { String(entry?[$0]?.integer ?? 0) }
            table.add([name] + counts)
        }
        for provider in usage["providers"]?.members ?? [] {
            for model in provider.value["models"]?.members ?? [] { row("\(provider.key)/\(model.key)", model.value) }
        }
        row("total", usage["total"])
        return table.text
    }
}
