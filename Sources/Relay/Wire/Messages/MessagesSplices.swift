import Clients

/// What becomes of each message of a request that goes to a provider in its client's own bytes.
struct MessagesSplices {
    /// One message and what the context window made of it.
    private struct Fate {
        let message: JSONView
        let role: JSONView?
        let content: JSONView?
        var isKept = false
        /// Of its tool results, those that go.
        var droppedBlocks: Set<Int> = []
        /// Everything but its tool results goes.
        var dropsRest = false
        /// Its text, and those of its tool results, made shorter.
        var text: String?
        var blockTexts: [Int: String] = [:]

        var isAssistant: Bool { role?.equals("assistant") == true }
    }

    private var fates: [Fate] = []
    private let changes: Bool

    init(_ messages: JSONView, _ origins: [ClientOriginal.Origin], _ prompt: PromptEdits) {
        changes = !prompt.dropped.isEmpty || !prompt.shortened.isEmpty
        messages.eachElement { message in
            fates.append(Fate(message: message, role: message["role"], content: message["content"]))
        }
        guard changes else { return }
        for (place, origin) in origins.enumerated() {
            // What became one message and was made shorter as one stays as it was.
            let text = origin.messages.count == 1 ? prompt.shortened[place] : nil
            for index in origin.messages where fates.indices.contains(index) {
                take(origin.part, at: index, isDropped: prompt.dropped.contains(place), text)
            }
        }
        for index in fates.indices where fates[index].isKept && !hasContent(fates[index]) {
            fates[index].isKept = false
        }
    }

    private mutating func take(_ part: ClientOriginal.Part, at index: Int, isDropped: Bool, _ text: String?) {
        if !isDropped { fates[index].isKept = true }
        switch part {
        case .system: break
        case .whole: fates[index].text = text
        case .block(let block):
            if isDropped { fates[index].droppedBlocks.insert(block) }
            fates[index].blockTexts[block] = text
        case .rest:
            fates[index].dropsRest = isDropped
            fates[index].text = text
        }
    }

    private func hasContent(_ fate: Fate) -> Bool {
        guard let content = fate.content, content.isArray else { return true }
        var index = 0
        var hasContent = false
        content.eachElement { block in
            if !isRemoved(block, index, fate) { hasContent = true }
            index += 1
        }
        return hasContent
    }

    /// Whether the last turn of the assistant, which its tools' results call back, begins without signed thoughts.
    var lacksThoughts: Bool {
        guard let last = fates.lastIndex(where: \.isAssistant), last < fates.count - 1,
            fates[(last + 1)...].contains(where: { Self.hasResults($0.content) })
        else { return false }
        var first: JSONView?
        fates[last].content?
            .eachElement { block in
                if first == nil, !Self.isForeignThinking(block) { first = block }
            }
        guard let type = first?["type"] else { return true }
        return !type.equals("thinking") && !type.equals("redacted_thinking")
    }

    private static func hasResults(_ content: JSONView?) -> Bool {
        var hasResults = false
        content?.eachElement { if $0["type"]?.equals("tool_result") == true { hasResults = true } }
        return hasResults
    }

    /// Thinking without a signature came from another provider: Anthropic refuses it.
    private static func isForeignThinking(_ block: JSONView) -> Bool {
        block["type"]?.equals("thinking") == true && block["signature"]?.hasText != true
    }

    // MARK: Splices

    func apply(to edits: inout ByteEdits) {
        if changes {
            edits.remove({ !fates[$0].isKept }, of: fates.count, at: { fates[$0].message.span.range })
            if let first = fates.first(where: \.isKept), first.role?.equals("user") != true {
                // A conversation begins with its user.
                edits.insert(
                    #"{"role":"user","content":"[What was said before is left out.]"},"#,
                    at: first.message.span.range.lowerBound
                )
            }
        }
        for fate in fates where fate.isKept || !changes { edit(fate, &edits) }
    }

    private func isRemoved(_ block: JSONView, _ index: Int, _ fate: Fate) -> Bool {
        if fate.droppedBlocks.contains(index) { return true }
        if fate.isAssistant { return Self.isForeignThinking(block) }
        return fate.dropsRest && block["type"]?.equals("tool_result") != true
    }

    private func edit(_ fate: Fate, _ edits: inout ByteEdits) {
        guard let content = fate.content else { return }
        guard content.isArray else {
            if let text = fate.text { edits.replace(content.span.range, with: JSONText.quoted(text)) }
            return
        }
        // Most messages are left as they are, and tell so at a glance.
        guard changes || fate.isAssistant || Self.hasResults(content) else { return }
        let blocks = content.elements
        var removed = blocks.indices.map { isRemoved(blocks[$0], $0, fate) }
        // An assistant that said nothing but foreign thoughts keeps them: an empty message would be refused as well.
        if removed.allSatisfy({ $0 }) { removed = removed.map { _ in false } }
        var text = fate.text
        for (index, block) in blocks.enumerated() where !removed[index] {
            guard fate.text != nil, block["type"]?.equals("text") == true else { continue }
            // The first of its texts stands for all of them.
            removed[index] = text == nil
            if let whole = text, let value = block["text"] {
                edits.replace(value.span.range, with: JSONText.quoted(whole))
                text = nil
            }
        }
        edits.remove({ removed[$0] }, of: blocks.count, at: { blocks[$0].span.range })
        for (index, block) in blocks.enumerated() where !removed[index] { edit(block, fate.blockTexts[index], &edits) }
    }

    private func edit(_ block: JSONView, _ text: String?, _ edits: inout ByteEdits) {
        guard let type = block["type"] else { return }
        if type.equals("tool_use") {
            editID(block["id"], &edits)
        } else if type.equals("tool_result") {
            editID(block["tool_use_id"], &edits)
            if let text, let content = block["content"] {
                edits.replace(content.span.range, with: JSONText.quoted(text))
            }
        }
    }

    /// Letters, digits, `_` and `-`: other providers' ids have more, and Anthropic refuses them.
    private func editID(_ id: JSONView?, _ edits: inout ByteEdits) {
        func isTaken(_ byte: UInt8) -> Bool {
            byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26 || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
        }
        guard let id, let text = id.text, !text.allSatisfy(isTaken), let string = id.string else { return }
        let taken = string.utf8.map { isTaken($0) ? $0 : UInt8(ascii: "_") }
        edits.replace(id.span.range, with: JSONText.quoted(String(decoding: taken, as: UTF8.self)))
    }
}
