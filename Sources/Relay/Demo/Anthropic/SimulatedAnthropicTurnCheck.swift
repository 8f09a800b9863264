/// Turns and blocks as the Messages API takes them, and each call with its result right after it.
struct SimulatedAnthropicTurnCheck {
    typealias Complaint = SimulatedCheck.Complaint

    private static let blockTypes = [
        "document", "image", "redacted_thinking", "search_result", "server_tool_use", "text", "thinking",
        "tool_result", "tool_use", "web_search_tool_result",
    ]
    private static let imageTypes = ["image/jpeg", "image/png", "image/gif", "image/webp"]

    let json: SimulatedJSON
    let isThinking: Bool

    private func refused(_ message: String) -> Complaint { SimulatedAnthropicCheck.refused(message) }

    func check() throws(Complaint) {
        let messages = json["messages"]?.elements ?? []
        guard let first = messages.first, let last = messages.last else {
            throw refused("messages: at least one message is required")
        }
        try checkSystem()
        for (place, message) in messages.enumerated() {
            try checkMessage(message, at: place, isLast: place == messages.count - 1)
        }
        guard first["role"]?.string == "user" else {
            throw refused("messages: first message must use the \"user\" role")
        }
        try checkPairs(messages)
        if last["role"]?.string == "assistant" { try checkPrefill(last) }
        if isThinking { try checkThoughts(messages) }
    }

    private func checkSystem() throws(Complaint) {
        guard let system = json["system"] else { return }
        guard system.string == nil else { return }
        guard let blocks = system.elements else { throw refused("system: Input should be a valid list") }
        for (place, block) in blocks.enumerated() {
            guard block["type"]?.string == "text" else { throw refused("system.\(place).type: Input should be 'text'") }
            try checkText(block["text"], "system")
        }
    }

    private func checkMessage(_ message: SimulatedJSON, at place: Int, isLast: Bool) throws(Complaint) {
        let path = "messages.\(place)"
        guard let role = message["role"]?.string, ["user", "assistant"].contains(role) else {
            throw refused("\(path).role: Input should be 'user' or 'assistant'")
        }
        for member in message.members ?? [] where !["role", "content"].contains(member.name) {
            throw refused("\(path).\(member.name): Extra inputs are not permitted")
        }
        if let text = message["content"]?.string {
            guard !text.isEmpty || isLast && role == "assistant" else {
                throw refused(
                    "\(path): all messages must have non-empty content except for the optional final "
                        + "assistant message"
                )
            }
            return
        }
        guard let blocks = message["content"]?.elements else { throw refused("\(path).content: Field required") }
        guard !blocks.isEmpty || isLast && role == "assistant" else {
            throw refused(
                "\(path): all messages must have non-empty content except for the optional final "
                    + "assistant message"
            )
        }
        for (index, block) in blocks.enumerated() {
            try checkBlock(block, role: role, at: "\(path).content.\(index)", message: path)
        }
    }

    private func checkBlock(
        _ block: SimulatedJSON,
        role: String,
        at path: String,
        message: String
    ) throws(Complaint) {
        let type = block["type"]?.string ?? ""
        guard Self.blockTypes.contains(type) else {
            let tags = Self.blockTypes.map { "'\($0)'" }.joined(separator: ", ")
            throw refused(
                "\(path): Input tag '\(type)' found using 'type' does not match any of the expected tags: \(tags)"
            )
        }
        switch type {
        case "text": try checkText(block["text"], "messages")
        case "image", "document": try checkSource(block, at: "\(path).\(type).source")
        case "tool_use":
            guard role == "assistant" else {
                throw refused("\(message): `tool_use` blocks can only be in `assistant` messages")
            }
            guard SimulatedAnthropicCheck.isName(block["id"]?.string ?? "") else {
                throw refused("\(path).tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'")
            }
            guard block["input"]?.members != nil else {
                throw refused("\(path).tool_use.input: Input should be a valid dictionary")
            }
        case "tool_result":
            guard role == "user" else {
                throw refused("\(message): `tool_result` blocks can only be in `user` messages")
            }
            for (index, part) in (block["content"]?.elements ?? []).enumerated() {
                guard ["text", "image", "document", "search_result"].contains(part["type"]?.string ?? "") else {
                    throw refused("\(path).tool_result.content.\(index): Input tag does not match the expected tags")
                }
                if part["type"]?.string == "text" { try checkText(part["text"], "messages") }
            }
        case "thinking":
            guard role == "assistant", block["signature"]?.string?.isEmpty == false else {
                throw refused("\(path).thinking.signature: Field required")
            }
        default: break
        }
    }

    private func checkText(_ text: SimulatedJSON?, _ path: String) throws(Complaint) {
        guard let text = text?.string else { throw refused("\(path): text: Field required") }
        guard !text.isEmpty else { throw refused("\(path): text content blocks must be non-empty") }
        guard !text.allSatisfy(\.isWhitespace) else {
            throw refused("\(path): text content blocks must contain non-whitespace text")
        }
    }

    private func checkSource(_ block: SimulatedJSON, at path: String) throws(Complaint) {
        let source = block["source"]
        switch source?["type"]?.string {
        case "base64":
            let media = source?["media_type"]?.string ?? ""
            let known = block["type"]?.string == "image" ? Self.imageTypes : ["application/pdf"]
            guard known.contains(media) else {
                let names = known.map { "'\($0)'" }.joined(separator: ", ")
                throw refused("\(path).base64.media_type: Input should be \(names)")
            }
            guard source?["data"]?.string?.isEmpty == false else {
                throw refused("\(path).base64.data: Field required")
            }
        case "url":
            guard source?["url"]?.string?.hasPrefix("http") == true else {
                throw refused("\(path).url.url: Only HTTPS URLs are supported.")
            }
        case "text" where block["type"]?.string == "document", "file": break
        default: throw refused("\(path): Input tag does not match any of the expected tags")
        }
    }

    // MARK: Calls and results

    private func checkPairs(_ messages: [SimulatedJSON]) throws(Complaint) {
        var open: [String] = []
        var turns: [(role: String, blocks: [SimulatedJSON], place: Int)] = []
        for (place, message) in messages.enumerated() {
            let role = message["role"]?.string ?? ""
            // Turns of the same role in a row are one.
            if turns.last?.role == role {
                turns[turns.count - 1].blocks += message["content"]?.elements ?? [.null]
            } else {
                turns.append((role, message["content"]?.elements ?? [.null], place))
            }
        }
        for (number, turn) in turns.enumerated() {
            guard turn.role == "user" else {
                open = turn.blocks.filter { $0["type"]?.string == "tool_use" }.compactMap { $0["id"]?.string }
                guard Set(open).count == open.count else { throw refused("messages: `tool_use` ids must be unique") }
                if !open.isEmpty, number == turns.count - 1 { throw unanswered(open, at: turn.place) }
                continue
            }
            let first = turn.blocks.prefix { $0["type"]?.string == "tool_result" }
            let results = turn.blocks.filter { $0["type"]?.string == "tool_result" }
                .compactMap { $0["tool_use_id"]?.string }
            if let stray = results.first(where: { !open.contains($0) }) {
                throw refused(
                    "messages.\(turn.place).content.0: unexpected `tool_use_id` found in `tool_result` blocks: "
                        + "\(stray). Each `tool_result` block must have a corresponding `tool_use` block in the "
                        + "previous message."
                )
            }
            let answered = Set(first.compactMap { $0["tool_use_id"]?.string })
            let missing = open.filter { !answered.contains($0) }
            if !missing.isEmpty { throw unanswered(missing, at: turn.place - 1) }
            open = []
        }
        if json["tools"]?.elements?.isEmpty != false,
            turns.contains(where: { $0.blocks.contains { ["tool_use", "tool_result"].contains($0["type"]?.string) } })
        {
            throw refused("Requests which include `tool_use` or `tool_result` blocks must define tools")
        }
    }

    private func unanswered(_ ids: [String], at place: Int) -> Complaint {
        refused(
            "messages.\(place): `tool_use` ids were found without `tool_result` blocks immediately after: "
                + ids.joined(separator: ", ") + ". Each `tool_use` block must have a corresponding `tool_result` "
                + "block in the next message."
        )
    }

    // MARK: The end

    private func checkPrefill(_ last: SimulatedJSON) throws(Complaint) {
        let model = json["model"]?.string ?? ""
        let isNew = ["-4-6", "-4-7", "-4-8", "opus-5", "sonnet-5", "haiku-5", "fable", "mythos"]
            .contains { model.contains($0) }
        if isNew {
            throw refused(
                "This model does not support assistant message prefill. The conversation must end with a user message."
            )
        }
        let text = last["content"]?.string ?? last["content"]?.elements?.last?["text"]?.string ?? ""
        if text.last?.isWhitespace == true {
            throw refused("messages: final assistant content cannot end with trailing whitespace")
        }
    }

    /// With a budget, a turn that its tools' results call back must begin with its thoughts.
    private func checkThoughts(_ messages: [SimulatedJSON]) throws(Complaint) {
        guard let place = messages.lastIndex(where: { $0["role"]?.string == "assistant" }),
            messages[(place + 1)...]
                .contains(where: { message in
                    (message["content"]?.elements ?? []).contains { $0["type"]?.string == "tool_result" }
                })
        else { return }
        let type = messages[place]["content"]?[0]?["type"]?.string ?? "text"
        guard !["thinking", "redacted_thinking"].contains(type) else { return }
        throw refused(
            "messages.\(place).content.0.type: Expected `thinking` or `redacted_thinking`, but found `\(type)`. When "
                + "`thinking` is enabled, a final `assistant` message must start with a thinking block."
        )
    }
}
