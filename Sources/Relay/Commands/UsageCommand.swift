import ArgumentParser
import Clients

/// `relay usage`: what a relay has used, per provider and model, or over a time by whatever is asked for.
struct UsageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "usage",
        abstract: "Show what a running relay has used."
    )

    @OptionGroup var options: ConfigurationOptions

    @Option(help: "Only since then: 24h, 7d, or seconds since 1970.")
    var since: String?

    @Option(help: "Sum up by provider, model, key, client, hour or day.")
    var by: String?

    @Flag(help: "As the JSON of GET /v1/usage.")
    var json = false

    func run() async throws {
        try await reportingFaults {
            let server = try options.load(readsCatalog: false).settings.server
            let caller = try RelayCaller(host: server.host, port: server.port, apiKey: server.apiKey)
            defer { caller.close() }
            let answer = try await caller.get("/usage\(query)")
            guard answer.status == 200, let usage = answer.json else {
                throw ValidationError("The relay answered \(answer.status): \(answer.errorMessage ?? "").")
            }
            let text = usage["data"] == nil ? Self.text(usage) : Self.lines(usage)
            print(json ? JSONWriter.pretty(usage) : text, terminator: "")
        }
    }

    private var query: String {
        let parameters = [("since", since), ("by", by ?? (since == nil ? nil : "model"))]
            .compactMap { name, value in value.map { "\(name)=\($0)" } }
        return parameters.isEmpty ? "" : "?" + parameters.joined(separator: "&")
    }

    /// One line per name of `GET /v1/usage?by=`.
    private static func lines(_ usage: JSONValue) -> String {
        let counts = ["requests", "failures", "prompt_tokens", "completion_tokens"]
        let times = ["p50_latency_ms", "p95_latency_ms", "p50_first_token_ms"]
        var table = TextTable(
            [usage["by"]?.string ?? ""] + (counts + times).map { $0.replacing("_", with: " ") }
        )
        func row(_ name: String, _ entry: JSONValue?) {
            let sums = counts.map { String(entry?[$0]?.integer ?? 0) }
            let milliseconds = times.map { name -> String in
                guard let time = entry?[name]?.double else { return "-" }
                return String(Int(time.rounded()))
            }
            table.add([name] + sums + milliseconds)
        }
        for line in usage["data"]?.array ?? [] {
            let name = line["name"]?.string ?? ""
            row(name.isEmpty ? "-" : name, line)
        }
        row("total", usage["total"])
        return table.text
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
