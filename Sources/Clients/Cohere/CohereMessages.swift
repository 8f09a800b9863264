/// Messages as Cohere's chat API takes them: its own roles, no member that it does not know, none that says nothing.
enum CohereMessages {
    /// Behind the key. `instruction` is a system message of its own, behind the client's.
    static func write(
        _ messages: [ChatMessageView],
        _ instruction: String?,
        into json: inout JSONBuilder
    ) throws(DialectFault) {
        var fault: DialectFault?
        let said = messages.filter(saysSomething)
        json.array { json in
            let systems = said.prefix { $0.role == .system }
            for (place, message) in said.enumerated() where fault == nil {
                if place == systems.count, let instruction { writeText("system", instruction, &json) }
                do throws(DialectFault) { try write(message, into: &json) } catch { fault = error }
            }
            if systems.count == said.count, let instruction { writeText("system", instruction, &json) }
            // An answer is given to somebody.
            if said.last?.role != .user, said.last?.role != .tool {
                let isBegun = said.last?.role == .assistant
                let text = "Go on right where your last message ends, without repeating any of it."
                writeText("user", isBegun ? text : "Hello.", &json)
            }
        }
        if let fault { throw fault }
    }

    private static func saysSomething(_ message: ChatMessageView) -> Bool {
        message.role == .tool || !message.parts.isEmpty || !message.toolCalls.isEmpty
            || message.refusal.map { $0.isString && !$0.isBlank } == true
    }

    private static func writeText(_ role: String, _ text: String, _ json: inout JSONBuilder) {
        json.object {
            $0.member("role", role)
            $0.member("content", text)
        }
    }

    private static func write(_ message: ChatMessageView, into json: inout JSONBuilder) throws(DialectFault) {
        var fault: DialectFault?
        json.object {
            do throws(DialectFault) {
                switch message.role {
                case .system: try writeContent(of: message, "system", into: &$0)
                case .user: try writeContent(of: message, "user", into: &$0)
                case .assistant: try writeAssistant(message, into: &$0)
                case .tool:
                    $0.member("role", "tool")
                    $0.member("tool_call_id", copying: message.toolCallID)
                    try writeResult(message, into: &$0)
                }
            } catch { fault = error }
        }
        if let fault { throw fault }
    }

    private static func writeContent(
        of message: ChatMessageView,
        _ role: String,
        into json: inout JSONBuilder
    ) throws(DialectFault) {
        json.member("role", role)
        if let content = message.content, content.isString { return json.member("content", copying: content) }
        var fault: DialectFault?
        json.member("content") {
            $0.array { json in
                do throws(DialectFault) { try writeParts(of: message, into: &json) } catch { fault = error }
            }
        }
        if let fault { throw fault }
    }

    private static func writeParts(of message: ChatMessageView, into json: inout JSONBuilder) throws(DialectFault) {
        for part in message.parts {
            switch part {
            case .text(let text, of: _): writeText(text, into: &json)
            case .image(let url, of: let part):
                let detail = part["image_url"]?["detail"]
                json.object {
                    $0.member("type", "image_url")
                    $0.member("image_url") {
                        $0.object {
                            $0.member("url", copying: url)
                            $0.member("detail", copying: detail)
                        }
                    }
                }
            case .file: throw .cannotSay("a file")
            case .other(let type): throw .cannotSay("a part of type \(type)")
            }
        }
    }

    private static func writeText(_ text: JSONView, into json: inout JSONBuilder) {
        json.object {
            $0.member("type", "text")
            $0.member("text", copying: text)
        }
    }

    // MARK: Calls and results

    /// What an assistant says beside its calls is its plan for them.
    private static func writeAssistant(_ message: ChatMessageView, into json: inout JSONBuilder) throws(DialectFault) {
        guard !message.toolCalls.isEmpty else {
            guard message.parts.isEmpty, let refusal = message.refusal else {
                return try writeContent(of: message, "assistant", into: &json)
            }
            json.member("role", "assistant")
            return json.member("content", copying: refusal)
        }
        json.member("role", "assistant")
        let texts = message.parts.compactMap { if case .text(let text, of: _) = $0 { text } else { nil } }
        let plan = texts.isEmpty ? message.reasoning.map { [$0] } ?? [] : texts
        if plan.contains(where: { $0.isString && !$0.isBlank }) {
            json.key("tool_plan")
            json.escapedString(plan.map(\.content))
        }
        json.member("tool_calls") {
            $0.array { json in
                for call in message.toolCalls {
                    json.object {
                        $0.member("id", copying: call.id)
                        $0.member("type", "function")
                        $0.member("function") {
                            $0.object {
                                $0.member("name", copying: call.name)
                                $0.key("arguments")
                                ToolInput.writeText(call.arguments, into: &$0)
                            }
                        }
                    }
                }
            }
        }
    }

    private static func writeResult(_ message: ChatMessageView, into json: inout JSONBuilder) throws(DialectFault) {
        let parts = message.parts
        guard !parts.isEmpty else { return json.member("content", "(no output)") }
        if let content = message.content, content.isString { return json.member("content", copying: content) }
        for case .image in parts { throw .cannotSay("an image in a tool's result") }
        json.member("content") {
            $0.array { json in
                for case .text(let text, of: _) in parts { writeText(text, into: &json) }
            }
        }
    }
}
