/// The messages as the API wants them: user and assistant by turns, the user first, and the results of all calls of a
/// turn first in the one right after it.
struct AnthropicTurns {
    private struct Turn {
        var isAssistant: Bool
        var messages: [ChatMessageView]
    }

    private var turns: [Turn] = []
    private let takesPrefill: Bool

    init(_ messages: [ChatMessageView], takesPrefill: Bool) {
        self.takesPrefill = takesPrefill
        for message in messages where message.role != .system && AnthropicBlocks.saysSomething(message) {
            let isAssistant = message.role == .assistant
            if turns.last?.isAssistant == isAssistant {
                turns[turns.count - 1].messages.append(message)
            } else {
                turns.append(Turn(isAssistant: isAssistant, messages: [message]))
            }
        }
    }

    /// An assistant's text that is gone on with comes without new thoughts; and one that was called back by its tools'
    /// results must begin with the thoughts that it had, signed.
    func forbidThinking(_ thinking: AnthropicModel.Thinking) -> Bool {
        guard case .budget = thinking else { return false }
        guard let last = turns.last, !last.isAssistant else { return true }
        guard last.messages.contains(where: { $0.role == .tool }), turns.count > 1 else { return false }
        return !turns[turns.count - 2].messages.contains { $0.thinkingBlocks.contains(where: AnthropicBlocks.isSigned) }
    }

    /// Behind the key.
    func write(into json: inout JSONBuilder) throws(DialectFault) {
        var fault: DialectFault?
        json.array { json in
            if turns.first?.isAssistant != false { Self.writeText("Hello.", &json) }
            for (place, turn) in turns.enumerated() where fault == nil {
                do throws(DialectFault) {
                    try Self.write(turn, isLast: place == turns.count - 1, into: &json)
                } catch { fault = error }
            }
            if turns.last?.isAssistant == true, !takesPrefill {
                Self.writeText("Go on right where your last message ends, without repeating any of it.", &json)
            }
        }
        if let fault { throw fault }
    }

    private static func write(_ turn: Turn, isLast: Bool, into json: inout JSONBuilder) throws(DialectFault) {
        var fault: DialectFault?
        json.object {
            $0.member("role", turn.isAssistant ? "assistant" : "user")
            if let text = plainText(turn), !(isLast && turn.isAssistant) { return $0.member("content", copying: text) }
            $0.key("content")
            $0.array { json in
                do throws(DialectFault) {
                    if turn.isAssistant {
                        for (place, message) in turn.messages.enumerated() {
                            let isEnd = isLast && place == turn.messages.count - 1
                            try AnthropicBlocks.assistant(message, isPrefill: isEnd, into: &json)
                        }
                    } else {
                        for message in turn.messages where message.role == .tool {
                            try AnthropicBlocks.result(message, into: &json)
                        }
                        for message in turn.messages where message.role != .tool {
                            try AnthropicBlocks.parts(of: message, into: &json)
                        }
                    }
                } catch { fault = error }
            }
        }
        if let fault { throw fault }
    }

    /// One message that is a string and nothing else.
    private static func plainText(_ turn: Turn) -> JSONView? {
        guard turn.messages.count == 1, let message = turn.messages.first, message.role != .tool,
            message.toolCalls.isEmpty, message.thinkingBlocks.isEmpty, message.refusal == nil,
            let content = message.content, content.isString
        else { return nil }
        return content
    }

    private static func writeText(_ text: String, _ json: inout JSONBuilder) {
        json.object {
            $0.member("role", "user")
            $0.member("content", text)
        }
    }
}
