import Clients
import NIOCore

/// Writes a history as the messages of a chat completion.
///
/// Messages of the assistant that follow on one another become one; of what a user's turn holds, the results of tools come
/// first, as messages of their own right behind the calls, and everything else follows as a user's message.
struct MessagesHistoryWriter {
    private let history: MessagesTurns
    private var origins: [ClientOriginal.Origin] = []

    /// - Returns: where each message that was written came from.
    static func write(
        system: JSONView?,
        _ history: MessagesTurns,
        into json: inout JSONBuilder
    ) -> [ClientOriginal.Origin] {
        var writer = MessagesHistoryWriter(history: history)
        writer.origins.reserveCapacity(history.turns.count + 4)
        if let system { writer.write(system: system, into: &json) }
        var start = 0
        while start < history.turns.count {
            let run = history.run(from: start)
            switch history.turns[start].role {
            case .assistant: writer.write(assistant: run, into: &json)
            case .user: writer.write(user: run, into: &json)
            case .system: for turn in history.turns[run] { writer.write(turn, role: "system", into: &json) }
            }
            start = run.upperBound
        }
        return writer.origins
    }

    private init(history: MessagesTurns) { self.history = history }

    // MARK: System

    /// What Claude Code tells Anthropic of its version, anew with each call: nothing for a model to read.
    private static let billing = Array("x-anthropic-billing-header:".utf8)

    private mutating func write(system: JSONView, into json: inout JSONBuilder) {
        var texts: [UnsafeRawBufferPointer] = []
        if let text = system.text {
            texts = [text]
        } else {
            system.eachElement { block in
                if let text = block["text"]?.text, !text.starts(with: Self.billing) { texts.append(text) }
            }
        }
        texts.removeAll(where: \.isEmpty)
        guard !texts.isEmpty else { return }
        json.object { json in
            json.member("role", "system")
            json.key("content")
            json.text { $0.writeParagraphs(texts) }
        }
        origins.append(.init(messages: 0..<0, part: .system))
    }

    // MARK: Assistant

    private mutating func write(assistant run: Range<Int>, into json: inout JSONBuilder) {
        var pieces = AssistantPieces()
        for turn in history.turns[run] {
            if let text = turn.text?.text { pieces.add(text: text) }
            for block in history.blocks[turn.blocks] { pieces.add(block) }
            pieces.endTurn()
        }
        json.object { json in
            json.member("role", "assistant")
            json.key("content")
            if pieces.texts.isEmpty, !pieces.calls.isEmpty {
                json.raw("null")
            } else {
                json.text { buffer in for text in pieces.texts { buffer.writeBytes(text) } }
            }
            guard !pieces.calls.isEmpty else { return }
            json.member("tool_calls") { json in
                json.array { json in for call in pieces.calls { Self.write(call: call, into: &json) } }
            }
        }
        add(run, .whole)
    }

    /// Text blocks side by side are one text; what comes after something else is a paragraph of its own.
    private struct AssistantPieces {
        private static let blankLine: StaticString = #"\n\n"#

        var texts: [UnsafeRawBufferPointer] = []
        var calls: [JSONView] = []
        private var isApart = false

        mutating func add(text: UnsafeRawBufferPointer) {
            guard !text.isEmpty else { return }
            if isApart, !texts.isEmpty {
                texts.append(UnsafeRawBufferPointer(start: Self.blankLine.utf8Start, count: 4))
            }
            texts.append(text)
            isApart = false
        }

        mutating func add(_ block: MessagesTurns.Block) {
            switch block.kind {
            case .text: if let text = block.view["text"]?.text { add(text: text) }
            case .toolUse:
                calls.append(block.view)
                isApart = true
            default: isApart = true
            }
        }

        mutating func endTurn() { isApart = true }
    }

    private static func write(call: JSONView, into json: inout JSONBuilder) {
        json.object { json in
            json.member("id", copying: call["id"])
            json.member("type", "function")
            json.member("function") { json in
                json.object { json in
                    json.member("name", copying: call["name"])
                    json.key("arguments")
                    let input = call["input"]
                    json.text { buffer in
                        guard let input, input.isObject else { return buffer.write("{}") }
                        JSONText.escape(input.raw, into: &buffer)
                    }
                }
            }
        }
    }

    // MARK: User

    private mutating func write(user run: Range<Int>, into json: inout JSONBuilder) {
        for turn in history.turns[run] {
            for block in history.blocks[turn.blocks] where block.kind == .toolResult {
                MessagesToolResult(block.view).write(into: &json)
                add(turn.index..<turn.index + 1, .block(block.index))
            }
        }
        for turn in history.turns[run] { write(turn, role: "user", into: &json) }
    }

    /// A message without its tool results; nothing where there was nothing else in it.
    private mutating func write(_ turn: MessagesTurns.Turn, role: StaticString, into json: inout JSONBuilder) {
        var parts = MessagesParts()
        if let text = turn.text?.text { parts.add(text: text) }
        var hasResults = false
        for block in history.blocks[turn.blocks] {
            if block.kind == .toolResult {
                hasResults = true
                MessagesToolResult(block.view).addImages(to: &parts)
            } else {
                parts.add(block.kind, block.view)
            }
        }
        if hasResults, parts.isEmpty { return }
        json.object { json in
            json.key("role")
            json.text { $0.write(role) }
            parts.writeContent(into: &json)
        }
        add(turn.index..<turn.index + 1, hasResults ? .rest : .whole)
    }

    private mutating func add(_ messages: Range<Int>, _ part: ClientOriginal.Part) {
        origins.append(.init(messages: messages, part: part))
    }
}

extension ByteBuffer {
    /// Texts of JSON strings, an empty line between them.
    mutating func writeParagraphs(_ texts: some Sequence<UnsafeRawBufferPointer>) {
        var isFirst = true
        for text in texts {
            if !isFirst { write(#"\n\n"#) }
            isFirst = false
            writeBytes(text)
        }
    }
}
