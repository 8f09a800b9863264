@testable import Relay

/// One client in front of one provider, feature by feature: each is tried through the running relay and judged by what
/// arrived on both sides.
struct CrossCheck {
    /// What is not as it should be.
    struct Fault: Error, CustomStringConvertible {
        var description: String
    }

    let client: any WireClient
    let tongue: Tongue
    let relay: RelayUnderTest

    private static let image =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    private static let schema =
        #"{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"}},"#
        + #""required":["name","age"],"additionalProperties":false}"#

    private var usual: WireAsk { WireAsk(model: "One/\(tongue.model)") }

    func check(_ feature: CrossFeature) async throws {
        switch feature {
        case .text: try await checkText(isStream: false)
        case .stream: try await checkText(isStream: true)
        case .tools: for isStream in [false, true] { _ = try await checkTools(isStream: isStream) }
        case .results: for isStream in [false, true] { try await checkResults(isStream: isStream) }
        case .image: for isStream in [false, true] { try await checkImage(isStream: isStream) }
        case .json: for isStream in [false, true] { try await checkJSON(isStream: isStream) }
        case .length: for isStream in [false, true] { try await checkLength(isStream: isStream) }
        case .error: try await checkErrors()
        }
    }

    // MARK: Features

    private func checkText(isStream: Bool) async throws {
        var ask = usual
        ask.isStream = isStream
        if client.features.contains(.tools) { ask.system = "Be brief." }
        let answer = try await answer(ask)
        try expect(answer.text == Tongue.paris, "the text is \(answer.text)")
        try expect(answer.stop == client.stops.text && answer.isComplete, "the end is \(answer.stop ?? "none")")
        try expect(!isStream || answer.pieces > 1, "the stream came in \(answer.pieces) piece(s)")
        let sent = try sent()
        try expect(
            sent.messages.last?.role == "user" && sent.messages.last?.text == ask.question,
            "the question changed"
        )
        try expect(sent.isStream == isStream, "the provider was asked for another kind of answer")
        if let system = ask.system {
            try expect(sent.messages.first?.role == "system" && sent.messages.first?.text == system, "the system text")
        }
    }

    @discardableResult
    private func checkTools(isStream: Bool) async throws -> WireAnswer.ToolCall {
        var ask = usual
        ask.isStream = isStream
        ask.offersTool = true
        let answer = try await answer(ask)
        guard let call = answer.calls.first, answer.calls.count == 1 else {
            throw Fault(description: "\(answer.calls.count) calls")
        }
        try expect(call.name == WireAsk.toolName && !call.id.isEmpty, "the call is \(call)")
        let arguments = try? SimulatedJSON.parse(call.arguments)
        try expect(
            arguments == .object([.init(name: "city", value: .string("sample"))]),
            "the arguments are \(call.arguments)"
        )
        try expect(answer.stop == client.stops.tools && answer.isComplete, "the end is \(answer.stop ?? "none")")
        let tool = try sent().tools.first
        try expect(tool?.name == WireAsk.toolName, "the tool did not arrive")
        try expect(tool?.parameters["properties"]?["city"]?["type"]?.string != nil, "its parameters did not arrive")
        return call
    }

    private func checkResults(isStream: Bool) async throws {
        let call = try await checkTools(isStream: isStream)
        var ask = usual
        ask.isStream = isStream
        ask.offersTool = true
        ask.turn = .init(call: call, result: "12 °C, \"windy\"")
        let answer = try await answer(ask)
        try expect(answer.text == Tongue.paris && answer.calls.isEmpty, "the answer is \(answer)")
        try expect(answer.stop == client.stops.text && answer.isComplete, "the end is \(answer.stop ?? "none")")
        let messages = try sent().messages
        try expect(messages.map(\.role) == ["user", "assistant", "tool"], "the roles are \(messages.map(\.role))")
        let (made, result) = (messages[1], messages[2])
        try expect(made.toolCallIDs.count == 1 && made.toolCallIDs.first == result.toolCallID, "the ids differ")
        try expect(result.text.contains("12 °C"), "the result is \(result.text)")
    }

    private func checkImage(isStream: Bool) async throws {
        var ask = usual
        ask.isStream = isStream
        ask.image = Self.image
        let answer = try await answer(ask)
        try expect(answer.text == Tongue.paris && answer.isComplete, "the text is \(answer.text)")
        let message = try sent().messages.last
        try expect(message?.imageCount == 1 && message?.text == ask.question, "the image did not arrive")
        let body = relay.providers[0].calls.last?.text.replacing("\\/", with: "/") ?? ""
        try expect(body.contains(Self.image), "the image's bytes changed")
    }

    private func checkJSON(isStream: Bool) async throws {
        var ask = usual
        ask.isStream = isStream
        ask.schema = Self.schema
        let answer = try await answer(ask)
        let json = try? SimulatedJSON.parse(answer.text)
        try expect(
            json?["name"]?.string == "sample" && json?["age"]?.integer == 42 && json?.members?.count == 2,
            "the answer is \(answer.text)"
        )
        try expect(answer.stop == client.stops.text && answer.isComplete, "the end is \(answer.stop ?? "none")")
        try expect(try sent().schema != nil, "the schema did not arrive")
    }

    private func checkLength(isStream: Bool) async throws {
        var ask = usual
        ask.isStream = isStream
        ask.maxTokens = 2
        let answer = try await answer(ask)
        try expect(answer.text == "Paris is", "the text is \(answer.text)")
        try expect(answer.stop == client.stops.length && answer.isComplete, "the end is \(answer.stop ?? "none")")
        try expect(try sent().maxTokens == 2, "the limit did not arrive")
    }

    /// A refusal in the provider's words, before a whole answer and before a stream; then a stream that breaks.
    private func checkErrors() async throws {
        var ask = usual
        for isStream in [false, true] {
            ask.isStream = isStream
            relay.providers[0].play(.error(400, tongue.errors, message: "Your 'frobs' are wrong."))
            let answer = try await self.ask(ask)
            try expect(answer.status == 400, "the status is \(answer.status)")
            try expect(
                answer.fault?.message.contains("frobs") == true,
                "the message is \(answer.fault?.message ?? "none")"
            )
            try expect(answer.fault?.isWellFormed == true, "the envelope is not the API's")
        }
        relay.providers[0].behavior.latency.betweenChunks = .exactly(.milliseconds(50))
        relay.providers[0].play(.cut(afterChunks: 4))
        let answer = try await self.ask(ask)
        try expect(answer.status == 200 && answer.text.hasPrefix("Paris"), "the stream began with \(answer.text)")
        try expect(answer.fault?.message.isEmpty == false && answer.fault?.isWellFormed == true, "it broke in silence")
        try expect(answer.text != Tongue.paris, "it was not cut")
        try expect(!answer.isComplete && answer.stop != client.stops.text, "it pretends to have ended")
    }

    // MARK: Asking

    private func ask(_ ask: WireAsk) async throws -> WireAnswer {
        client.read(try await relay.request("POST", client.path, headers: client.headers, body: client.body(ask)))
    }

    private func answer(_ ask: WireAsk) async throws -> WireAnswer {
        let response = try await relay.request("POST", client.path, headers: client.headers, body: client.body(ask))
        try expect(response.status == 200, "the status is \(response.status): \(response.text)")
        try expect(response.isStream == ask.isStream, "the answer is of another kind")
        return client.read(response)
    }

    /// The last call as the provider understood it.
    private func sent() throws -> SimulatedCall {
        guard let call = relay.providers[0].calls.last?.call else { throw Fault(description: "nothing arrived") }
        return call
    }

    private func expect(_ isSo: @autoclosure () throws -> Bool, _ what: @autoclosure () -> String) throws {
        guard try isSo() else { throw Fault(description: what()) }
    }
}
