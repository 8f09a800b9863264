import Clients

/// A history as it was sent: its messages and their blocks, in order, each known to be what its place allows.
struct MessagesTurns {
    enum Role { case user, assistant, system }

    struct Turn {
        let role: Role
        /// Its place among the client's messages.
        let index: Int
        /// The content where that is a text.
        let text: JSONView?
        /// Of `blocks`, where it is a list of them.
        var blocks: Range<Int>
    }

    struct Block {
        let kind: Kind
        let view: JSONView
        /// Its place in the message.
        let index: Int
    }

    enum Kind {
        case text, image, document, searchResult, thinking, toolUse, toolResult
        /// Something that only Anthropic's own servers can read.
        case other
    }

    private(set) var turns: [Turn] = []
    private(set) var blocks: [Block] = []

    init(_ messages: JSONView) throws(RequestFault) {
        guard messages.isArray else { throw .wrong("messages", "a valid list") }
        turns.reserveCapacity(16)
        blocks.reserveCapacity(32)
        try messages.eachElement { (message) throws(RequestFault) in try append(message) }
        guard !turns.isEmpty else { throw .invalid("messages: at least one message is required") }
        try checkToolPairs()
    }

    private mutating func append(_ message: JSONView) throws(RequestFault) {
        let index = turns.count
        guard message.isObject else { throw .wrong("messages.\(index)", "a valid dictionary") }
        var (role, content): (JSONView?, JSONView?)
        message.eachMember { key, value in
            if message.isNamed(key, "role") { role = value }
            if message.isNamed(key, "content"), !value.isNull { content = value }
        }
        guard let role else { throw .fieldRequired("messages.\(index).role") }
        let known: Role? =
            role.equals("user")
            ? .user : role.equals("assistant") ? .assistant : role.equals("system") ? .system : nil
        guard let known else { throw .wrong("messages.\(index).role", "'user' or 'assistant'") }
        guard let content else { throw .fieldRequired("messages.\(index).content") }
        let first = blocks.count
        if content.isArray {
            try content.eachElement { (block) throws(RequestFault) in
                try append(block, of: known, message: index, place: blocks.count - first)
            }
        } else if !content.isString {
            throw .wrong("messages.\(index).content", "a valid string or list of blocks")
        }
        turns.append(
            Turn(role: known, index: index, text: content.isString ? content : nil, blocks: first..<blocks.count)
        )
    }

    private mutating func append(
        _ block: JSONView,
        of role: Role,
        message: Int,
        place: Int
    ) throws(RequestFault) {
        func at() -> String { "messages.\(message).content.\(place)" }
        guard block.isObject else { throw .wrong(at(), "a valid dictionary") }
        guard let type = block["type"] else { throw .fieldRequired("\(at()).type") }
        let kind = Self.kind(type)
        switch kind {
        case .text:
            guard block["text"]?.isString == true else { throw .fieldRequired("\(at()).text.text") }
        case .image:
            guard block["source"]?.isObject == true else { throw .fieldRequired("\(at()).image.source") }
        case .document:
            guard block["source"]?.isObject == true else { throw .fieldRequired("\(at()).document.source") }
        case .toolUse:
            guard role == .assistant else {
                throw .invalid("\(at()): `tool_use` blocks can only be in `assistant` messages")
            }
            guard block["id"]?.hasText == true else { throw .fieldRequired("\(at()).tool_use.id") }
            guard block["name"]?.hasText == true else { throw .fieldRequired("\(at()).tool_use.name") }
        case .toolResult:
            guard role == .user else {
                throw .invalid("\(at()): `tool_result` blocks can only be in `user` messages")
            }
            guard block["tool_use_id"]?.hasText == true else { throw .fieldRequired("\(at()).tool_result.tool_use_id") }
        case .searchResult, .thinking, .other: break
        }
        blocks.append(Block(kind: kind, view: block, index: place))
    }

    private static func kind(_ type: JSONView) -> Kind {
        guard let text = type.span.text else { return .other }
        func isNamed(_ name: StaticString) -> Bool { type.isNamed(text, name) }
        switch text.range.count {
        case 4 where isNamed("text"): return .text
        case 5 where isNamed("image"): return .image
        case 8 where isNamed("tool_use"): return .toolUse
        case 8 where isNamed("document"): return .document
        case 8 where isNamed("thinking"): return .thinking
        case 11 where isNamed("tool_result"): return .toolResult
        case 13 where isNamed("search_result"): return .searchResult
        default: return .other
        }
    }

    // MARK: Tool pairs

    /// Messages of one role that follow on one another are one turn.
    func run(from start: Int) -> Range<Int> {
        var end = start + 1
        while end < turns.count, turns[end].role == turns[start].role { end += 1 }
        return start..<end
    }

    func blocks(of run: Range<Int>) -> ArraySlice<Block> {
        blocks[turns[run.lowerBound].blocks.lowerBound..<turns[run.upperBound - 1].blocks.upperBound]
    }

    /// Each call is answered in the turn that follows it, once, and nothing else is.
    private func checkToolPairs() throws(RequestFault) {
        guard blocks.contains(where: { $0.kind == .toolUse || $0.kind == .toolResult }) else { return }
        var (open, answered): (Set<String>, Set<String>) = ([], [])
        var (caller, start) = (0, 0)
        while start < turns.count {
            let run = run(from: start)
            if turns[start].role == .user {
                for turn in turns[run] {
                    for block in blocks[turn.blocks] where block.kind == .toolResult {
                        try take(block, at: turn.index, &open, &answered)
                    }
                }
            }
            if !open.isEmpty { throw Self.unanswered(open, at: caller) }
            answered = []
            caller = turns[run.upperBound - 1].index
            for block in blocks(of: run) where block.kind == .toolUse {
                open.insert(block.view["id"]?.string ?? "")
            }
            start = run.upperBound
        }
        if !open.isEmpty { throw Self.unanswered(open, at: caller) }
    }

    private func take(
        _ block: Block,
        at message: Int,
        _ open: inout Set<String>,
        _ answered: inout Set<String>
    ) throws(RequestFault) {
        let id = block.view["tool_use_id"]?.string ?? ""
        if open.remove(id) != nil {
            answered.insert(id)
        } else if answered.contains(id) {
            throw .invalid(
                "messages.\(message).content.\(block.index): each `tool_use` must have a single result. "
                    + "Found multiple `tool_result` blocks with id: \(id)"
            )
        } else {
            throw .invalid(
                "messages.\(message).content.\(block.index): unexpected `tool_use_id` found in `tool_result` blocks: "
                    + "\(id). Each `tool_result` block must have a corresponding `tool_use` block in the previous "
                    + "message."
            )
        }
    }

    private static func unanswered(_ ids: Set<String>, at message: Int) -> RequestFault {
        .invalid(
            "messages.\(message): `tool_use` ids were found without `tool_result` blocks immediately after: "
                + "\(ids.sorted().joined(separator: ", ")). Each `tool_use` block must have a corresponding "
                + "`tool_result` block in the next message."
        )
    }
}
