/// Messages: roles, contents, and tool calls paired with their results.
struct SimulatedMessageCheck {
    typealias Complaint = SimulatedCheck.Complaint

    private static let roles = ["system", "assistant", "user", "function", "tool", "developer"]
    private static let partTypes = ["text", "image_url", "input_audio", "file", "refusal"]
    private static let members: Set<String> = [
        "role", "content", "name", "tool_calls", "tool_call_id", "refusal", "audio", "function_call",
    ]

    let json: SimulatedJSON
    let isStrict: Bool

    func check() throws(Complaint) {
        let messages = json["messages"]?.elements ?? []
        guard !messages.isEmpty else {
            throw Complaint(
                status: 400,
                message: "Invalid 'messages': empty array. Expected an array with minimum length 1, "
                    + "but got an empty array instead.",
                param: "messages",
                code: "empty_array"
            )
        }
        /// Calls of the last assistant message that have no result yet.
        var open: [String] = []
        for (position, message) in messages.enumerated() {
            try checkRole(message, at: position)
            try checkContent(message, at: position)
            if message["role"]?.string == "tool" {
                let id = message["tool_call_id"]?.string ?? ""
                guard let index = open.firstIndex(of: id) else { throw orphan(at: position) }
                open.remove(at: index)
            } else {
                if !open.isEmpty { throw unanswered(open, at: position) }
                open = (message["tool_calls"]?.elements ?? []).compactMap { $0["id"]?.string }
            }
        }
        if !open.isEmpty { throw unanswered(open, at: messages.count) }
    }

    private func checkRole(_ message: SimulatedJSON, at position: Int) throws(Complaint) {
        guard let role = message["role"]?.string else {
            throw Complaint(
                status: 400,
                message: "Missing required parameter: 'messages[\(position)].role'.",
                param: "messages[\(position)].role",
                code: "missing_required_parameter"
            )
        }
        guard Self.roles.contains(role) else {
            throw Complaint(
                status: 400,
                message: "Invalid value: '\(role)'. Supported values are: 'system', 'assistant', 'user', 'function', "
                    + "'tool', and 'developer'.",
                param: "messages[\(position)].role",
                code: "invalid_value"
            )
        }
        guard isStrict, let member = message.members?.first(where: { !Self.members.contains($0.name) }) else { return }
        throw Complaint(
            status: 400,
            message: "'messages.\(position)' : for 'role:\(role)' the following must be satisfied"
                + "[('messages.\(position)' : property '\(member.name)' is unsupported)]"
        )
    }

    private func checkContent(_ message: SimulatedJSON, at position: Int) throws(Complaint) {
        switch message["content"] {
        case .string: return
        case .array(let parts):
            for (index, part) in parts.enumerated() where !Self.partTypes.contains(part["type"]?.string ?? "") {
                throw Complaint(
                    status: 400,
                    message:
                        "Invalid value: '\(part["type"]?.string ?? "")'. Supported values are: 'text', 'image_url', "
                        + "'input_audio', 'refusal', and 'file'.",
                    param: "messages[\(position)].content[\(index)].type",
                    code: "invalid_value"
                )
            }
        case nil, .null:
            let isCall = message["tool_calls"]?.elements?.isEmpty == false || message["function_call"]?.members != nil
            if message["role"]?.string == "assistant", isCall { return }
            throw wrongContent("null", at: position)
        default: throw wrongContent("neither", at: position)
        }
    }

    private func wrongContent(_ got: String, at position: Int) -> Complaint {
        Complaint(
            status: 400,
            message: "Invalid value for 'content': expected a string or an array of parts, got \(got).",
            param: "messages.[\(position)].content"
        )
    }

    private func orphan(at position: Int) -> Complaint {
        Complaint(
            status: 400,
            message: "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
                + "'tool_calls'.",
            param: "messages.[\(position)].role"
        )
    }

    private func unanswered(_ ids: [String], at position: Int) -> Complaint {
        Complaint(
            status: 400,
            message: "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
                + "'tool_call_id'. The following tool_call_ids did not have response messages: "
                + ids.joined(separator: ", "),
            param: "messages.[\(position)].role"
        )
    }
}
