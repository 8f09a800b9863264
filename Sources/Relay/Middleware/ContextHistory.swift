import Clients
import Context
import NIOCore

/// Reads a request's messages as the `Context` module wants them: role, text, tool links and cost.
enum ContextHistory {
    static func read(_ request: ChatRequest, estimator: TokenEstimator) -> [Message] {
        request.body.withUnsafeReadableBytes { bytes in
            request.messages.map { message(bytes, $0, estimator) }
        }
    }

    private static func message(
        _ bytes: UnsafeRawBufferPointer,
        _ span: ChatRequest.MessageSpan,
        _ estimator: TokenEstimator
    ) -> Message {
        var message = Message(
            role: role(span.role),
            text: span.content.map { MessageText.read(bytes, $0) } ?? "",
            calls: span.toolCalls.map { calls(bytes, $0) } ?? [],
            resultOf: span.toolCallID.map { [JSONText.string(bytes, $0)] } ?? [],
            estimator: estimator
        )
        message.tokens += span.images * PromptFacts.imageTokens + span.audios * PromptFacts.audioTokens
        return message
    }

    private static func role(_ role: ChatRequest.Role) -> Message.Role {
        switch role {
        case .system: .system
        case .user: .user
        case .assistant: .assistant
        case .tool: .tool
        }
    }

    private static func calls(_ bytes: UnsafeRawBufferPointer, _ span: JSONValueSpan) -> [Message.Call] {
        var calls: [Message.Call] = []
        var scanner = JSONScanner(bytes)
        scanner.position = span.range.lowerBound
        do throws(JSONFault) {
            try scanner.enterArray()
            var isFirst = true
            while try scanner.nextElement(&isFirst) {
                guard scanner.peek() == UInt8(ascii: "{") else {
                    _ = try scanner.value()
                    continue
                }
                calls.append(try call(bytes, &scanner))
            }
        } catch {
            // The request was scanned as a whole before.
            assertionFailure("\(error)")
        }
        return calls
    }

    private static func call(
        _ bytes: UnsafeRawBufferPointer,
        _ scanner: inout JSONScanner
    ) throws(JSONFault) -> Message.Call {
        var (id, name, arguments) = ("", "", "")
        try scanner.enterObject()
        var isFirst = true
        while let key = try scanner.nextKey(&isFirst) {
            if JSONKey.equals(bytes, key, "function"), scanner.peek() == UInt8(ascii: "{") {
                try scanner.enterObject()
                var isFirstInner = true
                while let inner = try scanner.nextKey(&isFirstInner) {
                    guard let text = try scanner.value().text else { continue }
                    if JSONKey.equals(bytes, inner, "name") { name = JSONText.string(bytes, text) }
                    if JSONKey.equals(bytes, inner, "arguments") { arguments = JSONText.string(bytes, text) }
                }
                continue
            }
            let value = try scanner.value()
            if JSONKey.equals(bytes, key, "id"), let text = value.text { id = JSONText.string(bytes, text) }
        }
        return Message.Call(id: id, name: name, arguments: arguments)
    }
}
