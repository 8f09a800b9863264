@testable import Relay

/// A chat completion as a client understands it, whole or put together from a stream.
struct ChatAnswer: Sendable {
    struct ToolCall: Sendable, Equatable {
        var index: Int
        var id: String?
        var name: String
        var arguments: String
    }

    var response: RawResponse
    var model: String?
    var role: String?
    var content = ""
    var reasoning = ""
    var toolCalls: [ToolCall] = []
    /// Every finish reason that was sent; a proper stream has one per choice.
    var finishReasons: [String] = []
    /// Every usage that was sent.
    var usages: [SimulatedJSON] = []
    /// The error object, from a body or from an event in a stream.
    var error: SimulatedJSON?
    /// Of a stream, in order.
    var items: [SSEEvents.Item] = []

    var status: Int { response.status }
    var isDone: Bool { items.last { $0.data != nil }?.data == "[DONE]" }
    var comments: [String] {
        items.compactMap { if case .comment(let text) = $0 { text } else { nil } }
    }
    /// The text deltas of a stream, one by one.
    var deltas: [String] {
        items.compactMap { item in
            item.data.flatMap { try? SimulatedJSON.parse($0) }?["choices"]?[0]?["delta"]?["content"]?.string
        }
    }

    init(_ response: RawResponse) {
        self.response = response
        guard response.isStream else {
            read(response.json, part: "message")
            return
        }
        items = SSEEvents.items(in: response.body)
        for item in items {
            if let json = item.data.flatMap({ try? SimulatedJSON.parse($0) }) { read(json, part: "delta") }
        }
    }

    private mutating func read(_ json: SimulatedJSON, part: String) {
        if let error = json["error"] { self.error = error }
        model = model ?? json["model"]?.string
        if let usage = json["usage"], !usage.isNull { usages.append(usage) }
        for choice in json["choices"]?.elements ?? [] {
            if let reason = choice["finish_reason"]?.string { finishReasons.append(reason) }
            guard choice["index"]?.integer ?? 0 == 0, let message = choice[part] else { continue }
            role = message["role"]?.string ?? role
            content += message["content"]?.string ?? ""
            reasoning += message["reasoning_content"]?.string ?? ""
            for (position, call) in (message["tool_calls"]?.elements ?? []).enumerated() { add(call, at: position) }
        }
    }

    private mutating func add(_ call: SimulatedJSON, at position: Int) {
        let index = call["index"]?.integer ?? position
        let name = call["function"]?["name"]?.string ?? ""
        let arguments = call["function"]?["arguments"]?.string ?? ""
        if let known = toolCalls.firstIndex(where: { $0.index == index }) {
            toolCalls[known].name += name
            toolCalls[known].arguments += arguments
        } else {
            toolCalls.append(.init(index: index, id: call["id"]?.string, name: name, arguments: arguments))
        }
    }
}

/// Sends a chat completion on a connection of its own and reads the answer to its end.
func chat(
    port: Int,
    body: String,
    headers: [(name: String, value: String)] = [],
    within limit: Duration = .seconds(10)
) async throws -> ChatAnswer {
    let client = try await RawHTTPClient.connect(port: port)
    do {
        try await client.sendRequest("POST", "/v1/chat/completions", headers: headers, body: Array(body.utf8))
        let answer = ChatAnswer(try await client.readResponse(within: limit))
        await client.close()
        return answer
    } catch {
        await client.close()
        throw error
    }
}

/// As above, for one user message; `members` are further members of the body as JSON text.
func chat(
    port: Int,
    model: String = "meta-model",
    _ question: String,
    stream: Bool = false,
    members: String? = nil,
    headers: [(name: String, value: String)] = [],
    within limit: Duration = .seconds(10)
) async throws -> ChatAnswer {
    let rest = (stream ? #","stream":true"# : "") + (members.map { "," + $0 } ?? "")
    let message = #"{"role":"user","content":\#(SimulatedJSON.quoted(question))}"#
    let body = #"{"model":\#(SimulatedJSON.quoted(model)),"messages":[\#(message)]\#(rest)}"#
    return try await chat(port: port, body: body, headers: headers, within: limit)
}

/// Looks every 5 ms until it is so; throws when it takes longer.
func eventually(within limit: Duration = .seconds(20), _ isSo: @Sendable () async throws -> Bool) async throws {
    let end = ContinuousClock.now + limit
    while try await !isSo() {
        guard ContinuousClock.now < end else { throw RawHTTPClient.Failure.timedOut }
        try await Task.sleep(for: .milliseconds(5))
    }
}
