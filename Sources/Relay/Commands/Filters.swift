import ArgumentParser
import Clients
import Context
import Normalize

/// Reads JSON objects from standard input, one per line, and writes one for each.
enum JSONLines {
    static func filter(_ transform: (JSONValue) throws -> JSONValue) {
        while let line = readLine() {
            guard !line.allSatisfy(\.isWhitespace) else { continue }
            let (value, faults) = JSONReader.read(Array(line.utf8), file: "stdin")
            guard let value, faults.isEmpty else {
                write(.object([("error", .string("not a JSON object: \(faults.first?.message ?? "")"))]))
                continue
            }
            do {
                write(try transform(value))
            } catch {
                write(.object([("id", value["id"] ?? JSONValue(content: .null)), ("error", .string("\(error)"))]))
            }
        }
    }

    private static func write(_ value: JSONValue) {
        Terminal.say(JSONWriter.compact(value))
    }
}

/// A line that lacks what the filter needs.
struct FilterFault: Error, CustomStringConvertible {
    let description: String
}

extension JSONValue {
    fileprivate var id: JSONValue { self["id"] ?? JSONValue(content: .null) }

    fileprivate func text(_ name: String) throws(FilterFault) -> String {
        guard let text = self[name]?.string else { throw FilterFault(description: "'\(name)' is missing") }
        return text
    }
}

/// `relay tokens --jsonl`: `{"id","text","model"?}` → `{"id","tokens"}`.
struct TokensFilter: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "tokens", abstract: "Estimate tokens, line by line.")

    @Flag(name: .customLong("jsonl"), help: "JSON lines in and out.")
    var isJSONLines = false

    func run() throws {
        JSONLines.filter { line in
            let estimator = TokenEstimator(model: line["model"]?.string)
            return .object([("id", line.id), ("tokens", .number(estimator.tokens(in: try line.text("text"))))])
        }
    }
}

/// `relay normalize --jsonl`: `{"id","text","response_format"}` → `{"id","text","changes"}`.
struct NormalizeFilter: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "normalize",
        abstract: "Normalise answers, line by line."
    )

    @Flag(name: .customLong("jsonl"), help: "JSON lines in and out.")
    var isJSONLines = false

    func run() throws {
        JSONLines.filter { line in
            let format = line["response_format"]?["type"]?.string
            let answer = TextNormalizer.normalize(
                try line.text("text"),
                expecting: format == "json_object" || format == "json_schema" ? .json : .text
            )
            let changes = answer.changes.sorted { $0.key.rawValue < $1.key.rawValue }
            return .object([
                ("id", line.id), ("text", .string(answer.text)),
                ("changes", .object(changes.map { ($0.key.rawValue, .number($0.value)) })),
            ])
        }
    }
}

/// `relay context --jsonl`: `{"id","mode","budget","session"?,"messages"}` → `{"id","messages","tokens"}`.
struct ContextFilter: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "context",
        abstract: "Fit histories to a budget, line by line."
    )

    @Flag(name: .customLong("jsonl"), help: "JSON lines in and out.")
    var isJSONLines = false

    func run() throws {
        let histories = HistoryIndexCache()
        JSONLines.filter { line in
            guard let messages = line["messages"]?.array, let budget = line["budget"]?.integer else {
                throw FilterFault(description: "'messages' or 'budget' is missing")
            }
            let mode = line["mode"]?.string ?? ContextSettings.Mode.adaptive.rawValue
            guard let mode = ContextSettings.Mode(rawValue: mode) else {
                throw FilterFault(description: "unknown mode '\(mode)'")
            }
            let pruner = Pruner(settings: ContextSettings(mode: mode))
            let memory = line["session"]?.string
                .map { HistoryMemory(cache: histories, of: PinKey(session: $0)) }
            let plan = try pruner.prune(messages.map(ContextHistory.read), toFit: budget, memory: memory)
            return .object([
                ("id", line.id), ("messages", .array(plan.applied(to: messages))), ("tokens", .number(plan.tokens)),
            ])
        }
    }
}

extension ContextPlan {
    /// The messages that are sent, as JSON.
    fileprivate func applied(to messages: [JSONValue]) -> [JSONValue] {
        var sent: [JSONValue] = []
        for index in kept {
            if let summary, summary.before == index {
                sent.append(.object([("role", .string("system")), ("content", .string(summary.text))]))
            }
            guard let text = shortened[index], case .object(var members) = messages[index].content else {
                sent.append(messages[index])
                continue
            }
            members.removeAll { $0.key == "content" }
            members.append(JSONValue.Member(key: "content", value: .string(text)))
            sent.append(JSONValue(content: .object(members)))
        }
        return sent
    }
}

extension ContextHistory {
    /// A message of the OpenAI API that was read as a value.
    static func read(_ value: JSONValue) -> Message {
        let content = value["content"]
        let text = content?.string ?? content?.array?.compactMap { $0["text"]?.string }.joined(separator: "\n\n") ?? ""
        let calls = (value["tool_calls"]?.array ?? [])
            .map { call in
                Message.Call(
                    id: call["id"]?.string ?? "",
                    name: call["function"]?["name"]?.string ?? "",
                    arguments: call["function"]?["arguments"]?.string ?? ""
                )
            }
        let role: Message.Role =
            switch value["role"]?.string {
            case "system", "developer": .system
            case "assistant": .assistant
            case "tool", "function": .tool
            default: .user
            }
        return Message(
            role: role,
            text: text,
            calls: calls,
            resultOf: value["tool_call_id"]?.string.map { [$0] } ?? []
        )
    }
}
