import ArgumentParser
import Clients
import FoundationEssentials

/// `relay explain`: who would answer, in which order, and why the others would not.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show what a running relay would do with a request; nobody is called.",
        discussion: "The request is a question, or a chat completion's body from a file or standard input (--body -)."
    )

    @OptionGroup var options: ConfigurationOptions
    @Argument(help: "The question.") var question = "Where is Paris?"
    @Option(help: "The model that is asked for.") var model = "meta-model"
    @Option(help: "The session, as X-Session-ID names it.") var session: String?
    @Option(help: "A file with the body of a chat completion instead; - is standard input.") var body: String?
    @Flag(help: "As the JSON of POST /v1/route/explain.") var json = false

    func run() async throws {
        try await reportingFaults {
            let server = try options.load(readsCatalog: false).settings.server
            let caller = try RelayCaller(host: server.host, port: server.port, apiKey: server.apiKey)
            defer { caller.close() }
            let headers = session.map { [("x-session-id", $0)] } ?? []
            let answer = try await caller.post("/route/explain", try text(), headers: headers)
            guard answer.status == 200, let explanation = answer.json else {
                throw ValidationError("The relay answered \(answer.status): \(answer.errorMessage ?? "").")
            }
            print(json ? JSONWriter.pretty(explanation) : Self.text(explanation), terminator: "")
        }
    }

    private func text() throws -> String {
        switch body {
        case nil:
            let message = "{\"role\":\"user\",\"content\":\(JSONText.quoted(question))}"
            return "{\"model\":\(JSONText.quoted(model)),\"messages\":[\(message)]}"
        case "-"?:
            var lines: [String] = []
            while let line = readLine(strippingNewline: false) { lines.append(line) }
            return lines.joined()
        case let path?:
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
                throw ValidationError("\(path) cannot be read.")
            }
            return text
        }
    }

    static func text(_ explanation: JSONValue) -> String {
        var table = TextTable(["", "route", "key", "state", "free in", "headroom", "breaker", "history"])
        for candidate in explanation["candidates"]?.array ?? [] { table.add(row(candidate)) }
        var others = TextTable(["not asked", "why"])
        for route in explanation["excluded"]?.array ?? [] {
            others.add([route["route"]?.string ?? "", route["reason"]?.string ?? ""])
        }
        for provider in explanation["left_out"]?.array ?? [] {
            others.add([provider["provider"]?.string ?? "", provider["reason"]?.string ?? ""])
        }
        return table.text + "\n" + others.text
    }

    private static func row(_ candidate: JSONValue) -> [String] {
        func text(_ name: String) -> String? { candidate[name]?.string }
        let wait = candidate["cooldown_remaining_sec"]?.integer ?? 0
        let headroom = candidate["headroom"]?.double ?? 0
        return [
            String(candidate["position"]?.integer ?? 0), text("route") ?? "", text("key") ?? "-",
            text("reason") ?? text("state") ?? "", wait > 0 ? "\(wait) s" : "-",
            "\(Int((headroom * 100).rounded())) %", text("breaker") ?? "", history(candidate["context"]),
        ]
    }

    private static func history(_ context: JSONValue?) -> String {
        let tokens = context?["tokens"]?.integer ?? 0
        let budget = context?["budget"]?.integer ?? 0
        switch context?["plan"]?.string {
        case "pruned":
            return
                "\(context?["kept"]?.integer ?? 0) of \(context?["of"]?.integer ?? 0) messages, \(tokens)/\(budget) tokens"
        case "overflow": return "too long: \(tokens)/\(budget) tokens"
        default: return "whole, \(tokens) tokens"
        }
    }
}
