import NIOCore

/// A stream of the Messages API as the events of a chat completion.
///
/// A thinking block's text is passed on as `reasoning_content` while it comes; the block itself, with its signature,
/// follows whole in one `thinking_blocks` when it has ended.
struct AnthropicStream: DialectStream {
    /// What the block of an index is.
    private enum Block {
        case text(Citations)
        case thinking(text: ByteBuffer, signature: ByteBuffer)
        /// `held` are its arguments unless pieces of them come.
        case call(index: Int, held: ByteBuffer?)
        /// Another's business: a tool that the provider runs itself.
        case other
    }

    /// Pages that a block cites, kept until its end is known.
    private struct Citations {
        var start: Int
        var items: [ByteBuffer] = []
    }

    private let call: DialectCall
    private var reader = SSEReader()
    private var writer: ChatEventWriter
    private var blocks: [Int: Block] = [:]
    private var usage = AnthropicUsage()
    private var hasUsage = false
    /// Characters of the text so far.
    private var length = 0
    private var calls = 0
    private var hasStarted = false
    private var hasFinished = false
    private var isDone = false

    init(of call: DialectCall) {
        self.call = call
        writer = ChatEventWriter(
            id: JSONText.quoted("msg_" + call.tag),
            model: JSONText.quoted(call.model),
            created: call.created
        )
    }

    mutating func receive(_ bytes: ByteBuffer, into events: inout ByteBuffer) throws(DialectFault) {
        reader.append(bytes)
        while let frame = try reader.nextEvent() { try take(frame, into: &events) }
    }

    mutating func end(into events: inout ByteBuffer) throws(DialectFault) {
        if let frame = reader.finish() { try take(frame, into: &events) }
        if hasFinished, !isDone { complete(into: &events) }
    }

    private mutating func take(_ frame: SSEReader.Frame, into events: inout ByteBuffer) throws(DialectFault) {
        guard let data = frame.data, data.readableBytes > 0, !isDone else { return }
        try data.reading { (bytes) throws(DialectFault) in
            // Not the API's own, but of some that copied it.
            if bytes.elementsEqual("[DONE]".utf8) { return }
            take(try JSONView(answer: bytes), into: &events)
        }
    }

    private mutating func take(_ event: JSONView, into events: inout ByteBuffer) {
        guard let type = event["type"] else {
            if let error = event["error"] { ChatEventWriter.error(error, into: &events) }
            return
        }
        if type.equals("content_block_delta") {
            if let delta = event["delta"] { takeDelta(delta, index: event["index"]?.integer ?? 0, into: &events) }
        } else if type.equals("content_block_start") {
            if let block = event["content_block"] { begin(block, index: event["index"]?.integer ?? 0, into: &events) }
        } else if type.equals("content_block_stop") {
            finish(index: event["index"]?.integer ?? 0, into: &events)
        } else if type.equals("message_start") {
            begin(event["message"], into: &events)
        } else if type.equals("message_delta") {
            takeEnd(event, into: &events)
        } else if type.equals("message_stop") {
            complete(into: &events)
        } else if type.equals("error"), let error = event["error"] {
            ChatEventWriter.error(error, into: &events)
        }
    }

    // MARK: The message

    private mutating func begin(_ message: JSONView?, into events: inout ByteBuffer) {
        guard !hasStarted else { return }
        hasStarted = true
        if let message {
            writer = ChatEventWriter(
                id: Self.text(message["id"]) ?? JSONText.quoted("msg_" + call.tag),
                model: Self.text(message["model"]) ?? JSONText.quoted(call.model),
                created: call.created
            )
            read(message["usage"])
        }
        writer.role(into: &events)
    }

    private static func text(_ value: JSONView?) -> String? {
        guard let value, value.isString else { return nil }
        return String(decoding: value.raw, as: UTF8.self)
    }

    private mutating func read(_ counts: JSONView?) {
        guard let counts, counts.isObject else { return }
        usage.read(counts)
        hasUsage = true
    }

    private mutating func takeEnd(_ event: JSONView, into events: inout ByteBuffer) {
        read(event["usage"])
        guard !hasFinished, let delta = event["delta"], let stop = delta["stop_reason"] else { return }
        hasFinished = true
        // Blocks that nobody has closed.
        for index in blocks.keys.sorted() { finish(index: index, into: &events) }
        let reason = AnthropicStop.reason(stop, calls: calls > 0)
        guard let sequence = delta["stop_sequence"], sequence.isString else {
            return writer.finish(reason, into: &events)
        }
        writer.finish(reason, into: &events) { $0.member("stop_reason", copying: sequence) }
    }

    private mutating func complete(into events: inout ByteBuffer) {
        guard !isDone else { return }
        isDone = true
        if hasUsage { writer.usage(into: &events) { usage.write(into: &$0) } }
        ChatEventWriter.done(into: &events)
    }

    // MARK: Blocks

    private mutating func begin(_ block: JSONView, index: Int, into events: inout ByteBuffer) {
        guard let type = block["type"] else { return }
        if type.equals("text") {
            blocks[index] = .text(Citations(start: length))
            if let text = block["text"] { takeText(text, into: &events) }
            for citation in block["citations"]?.elements ?? [] { cite(citation, index: index) }
        } else if type.equals("thinking") {
            blocks[index] = .thinking(text: ByteBuffer(), signature: ByteBuffer())
            takeThought(block, index: index, into: &events)
        } else if type.equals("redacted_thinking") {
            blocks[index] = .other
            writer.delta(into: &events) { $0.member("thinking_blocks") { $0.array { $0.copy(block) } } }
        } else if type.equals("tool_use") {
            beginCall(block, index: index, into: &events)
        } else {
            blocks[index] = .other
        }
    }

    private mutating func beginCall(_ block: JSONView, index: Int, into events: inout ByteBuffer) {
        // Providers that copied the API give all of it at once, or all of it and then its pieces too.
        let input = block["input"].flatMap { $0.isObject && !$0.members.isEmpty ? $0 : nil }
        let held = input.map { ByteBuffer(bytes: $0.raw) } ?? ByteBuffer(string: "{}")
        blocks[index] = .call(index: calls, held: held)
        writer.delta(into: &events) {
            $0.member("tool_calls") {
                $0.array {
                    $0.object {
                        $0.member("index", calls)
                        $0.member("id", copying: block["id"])
                        $0.member("type", "function")
                        $0.member("function") {
                            $0.object {
                                $0.member("name", copying: block["name"])
                                $0.member("arguments", "")
                            }
                        }
                    }
                }
            }
        }
        calls += 1
    }

    private mutating func takeDelta(_ delta: JSONView, index: Int, into events: inout ByteBuffer) {
        guard let type = delta["type"] else { return }
        if type.equals("text_delta") {
            if let text = delta["text"] { takeText(text, into: &events) }
        } else if type.equals("input_json_delta") {
            if let piece = delta["partial_json"] { takeArguments(piece, index: index, into: &events) }
        } else if type.equals("thinking_delta") || type.equals("signature_delta") {
            takeThought(delta, index: index, into: &events)
        } else if type.equals("citations_delta"), let citation = delta["citation"] {
            cite(citation, index: index)
        }
    }

    private mutating func takeText(_ text: JSONView, into events: inout ByteBuffer) {
        guard text.isString, !text.content.isEmpty else { return }
        length += text.scalarCount
        writer.delta("content", copying: text, into: &events)
    }

    private mutating func takeThought(_ piece: JSONView, index: Int, into events: inout ByteBuffer) {
        guard case .thinking(var text, var signature)? = blocks[index] else { return }
        blocks[index] = nil
        if let thought = piece["thinking"], thought.isString, !thought.content.isEmpty {
            text.writeBytes(thought.content)
            writer.delta("reasoning_content", copying: thought, into: &events)
        }
        if let signed = piece["signature"], signed.isString { signature.writeBytes(signed.content) }
        blocks[index] = .thinking(text: text, signature: signature)
    }

    private mutating func takeArguments(_ piece: JSONView, index: Int, into events: inout ByteBuffer) {
        guard case .call(let place, _)? = blocks[index], piece.isString, !piece.content.isEmpty else { return }
        blocks[index] = .call(index: place, held: nil)
        writer.arguments(of: place, into: &events) { $0.copy(piece) }
    }

    private mutating func cite(_ citation: JSONView, index: Int) {
        guard citation["url"] != nil, case .text(var citations)? = blocks[index] else { return }
        // Nobody else holds them while they grow.
        blocks[index] = nil
        citations.items.append(ByteBuffer(bytes: citation.raw))
        blocks[index] = .text(citations)
    }

    private mutating func finish(index: Int, into events: inout ByteBuffer) {
        switch blocks.removeValue(forKey: index) {
        case .text(let citations) where !citations.items.isEmpty:
            writeCitations(citations, into: &events)
        case .thinking(let text, let signature) where signature.readableBytes > 0:
            writer.delta(into: &events) {
                $0.member("thinking_blocks") {
                    $0.array {
                        $0.object {
                            $0.member("type", "thinking")
                            $0.key("thinking")
                            $0.escapedString(text)
                            $0.key("signature")
                            $0.escapedString(signature)
                        }
                    }
                }
            }
        case .call(let place, held: let held?):
            writer.arguments(of: place, into: &events) { json in
                json.text { text in held.withUnsafeReadableBytes { JSONText.escape($0, into: &text) } }
            }
        default: break
        }
    }

    private func writeCitations(_ citations: Citations, into events: inout ByteBuffer) {
        writer.delta(into: &events) {
            $0.member("annotations") {
                $0.array { json in
                    for item in citations.items {
                        item.withUnsafeReadableBytes { bytes in
                            let view = try? JSONView(document: bytes)
                            view.flatMap { AnthropicCitation($0, range: citations.start..<length) }?.write(into: &json)
                        }
                    }
                }
            }
        }
    }
}

extension JSONBuilder {
    /// A string whose content is escaped already.
    fileprivate mutating func escapedString(_ content: ByteBuffer) {
        content.withUnsafeReadableBytes { escapedString([$0]) }
    }
}
