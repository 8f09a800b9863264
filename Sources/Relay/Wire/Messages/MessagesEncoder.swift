import Clients
import NIOCore

/// Writes answers as Anthropic's Messages API gives them.
///
///     message_start
///     content_block_start, content_block_delta …, content_block_stop     for each block
///     message_delta                                                      stop_reason and usage
///     message_stop
final class MessagesEncoder: AnswerEncoder {
    private let request: ChatRequest
    private let tag: String
    private let showsThinking: Bool
    /// The events at hand held thinking that is not shown.
    private var hidThinking = false
    private var blocks = MessagesBlocks()
    private var hasStarted = false
    private var hasEnded = false
    private var hasForwarded = false
    private var hasCalls = false
    private var isRefused = false
    private var stopReason = MessagesStopReason.endTurn
    private var usage: MessagesUsage?
    /// Of text, thinking and arguments, for an estimate where nobody counts.
    private var answerBytes = 0

    /// `tag` makes the message's id.
    init(_ request: ChatRequest, showsThinking: Bool, tag: String) {
        self.request = request
        self.showsThinking = showsThinking
        self.tag = tag
    }

    // MARK: Streams

    func encode(_ events: ByteBuffer, into output: inout ByteBuffer) {
        let written = output.writerIndex
        var reader = SSEReader()
        reader.append(events)
        hidThinking = false
        while !hasEnded, let frame = (try? reader.next()) ?? nil {
            guard let data = frame.data else { continue }
            if data.isDone { end(into: &output) } else { take(data, into: &output) }
        }
        // Thinking that nobody asked for is still a sign of life.
        if hidThinking, output.writerIndex == written, !hasEnded { ping(into: &output) }
    }

    private func take(_ data: ByteBuffer, into output: inout ByteBuffer) {
        data.withUnsafeReadableBytes { bytes in
            let chunk: ChatAnswer
            do throws(JSONFault) { chunk = try ChatAnswer(bytes) } catch { return }
            start(into: &output)
            if let member = chunk.usage { usage = MessagesUsage(JSONView(bytes, member.value)) ?? usage }
            // Only one answer can be told, and only one was asked for.
            for choice in chunk.choices where choice.index == 0 { take(choice, bytes, into: &output) }
        }
    }

    private func take(_ choice: ChatAnswer.Choice, _ bytes: UnsafeRawBufferPointer, into output: inout ByteBuffer) {
        if choice.hasReasoning, let text = choice.reasoning?.text { think(bytes, text, into: &output) }
        if choice.hasOther, let body = choice.body { takeOthers(JSONView(bytes, body), into: &output) }
        if choice.hasText, let content = choice.content {
            if let text = content.text {
                write(UnsafeRawBufferPointer(rebasing: bytes[text.range]), .text, into: &output)
            } else {
                takeParts(JSONView(bytes, content), into: &output)
            }
        }
        if choice.hasToolCalls, let calls = choice.toolCalls { takeCalls(JSONView(bytes, calls), into: &output) }
        if let reason = choice.finishReason {
            stopReason = MessagesStopReason(JSONView(bytes, reason), hasCalls: hasCalls, isRefused: isRefused)
        }
    }

    private func think(_ bytes: UnsafeRawBufferPointer, _ text: JSONString, into output: inout ByteBuffer) {
        let text = UnsafeRawBufferPointer(rebasing: bytes[text.range])
        guard !showsThinking else { return write(text, .thinking, into: &output) }
        answerBytes += text.count
        hidThinking = true
    }

    private func write(_ text: UnsafeRawBufferPointer, _ kind: MessagesBlocks.Kind, into output: inout ByteBuffer) {
        answerBytes += text.count
        blocks.add(text, to: kind, into: &output)
    }

    /// Content as a list, as Mistral's reasoning models give it: texts, and thinking that is a list of texts.
    private func takeParts(_ parts: JSONView, into output: inout ByteBuffer) {
        parts.eachElement { part in
            if let text = part["text"]?.text { write(text, .text, into: &output) }
            guard showsThinking, let thinking = part["thinking"] else { return }
            thinking.eachElement { if let text = $0["text"]?.text { write(text, .thinking, into: &output) } }
        }
    }

    /// A refusal is a text; a signature belongs to the thinking before it.
    private func takeOthers(_ delta: JSONView, into output: inout ByteBuffer) {
        if let text = delta["refusal"]?.text, !text.isEmpty {
            isRefused = true
            write(text, .text, into: &output)
        }
        guard showsThinking, let details = delta["thinking_blocks"] ?? delta["reasoning_details"] else { return }
        details.eachElement { if let text = $0["signature"]?.text { blocks.sign(text) } }
    }

    private func takeCalls(_ calls: JSONView, into output: inout ByteBuffer) {
        calls.eachElement { call in
            let index = call["index"]?.integer ?? 0
            guard let function = call["function"] else { return }
            if let name = function["name"]?.text, !name.isEmpty {
                hasCalls = true
                if let id = call["id"]?.text, !id.isEmpty {
                    blocks.beginTool(index, id: id, name: name, into: &output)
                } else {
                    var id = "toolu_\(tag)_\(index)"
                    id.withUTF8 {
                        blocks.beginTool(index, id: UnsafeRawBufferPointer($0), name: name, into: &output)
                    }
                }
            }
            if let arguments = function["arguments"]?.text {
                answerBytes += arguments.count
                blocks.add(arguments: arguments, toTool: index, into: &output)
            }
        }
    }

    // MARK: Events

    private func start(into output: inout ByteBuffer) {
        guard !hasStarted else { return }
        hasStarted = true
        output.write("event: message_start\ndata: {\"type\":\"message_start\",\"message\":")
        writeMessage(
            usage: MessagesUsage(input: PromptFacts(request).tokens, output: 0),
            stopReason: nil,
            into: &output
        ) { _ in }
        output.write("}\n\n")
    }

    private func end(into output: inout ByteBuffer) {
        hasEnded = true
        start(into: &output)
        blocks.end(into: &output)
        output.write(
            "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\""
        )
        output.writeString(stopReason.rawValue)
        output.write(#"","stop_sequence":null},"usage":"#)
        (usage ?? estimate).write(into: &output)
        output.write("}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")
    }

    private var estimate: MessagesUsage {
        MessagesUsage(input: PromptFacts(request).tokens, output: (answerBytes + 3) / 4)
    }

    /// A message that was begun in silence begins only once.
    func forward(_ events: ByteBuffer, into output: inout ByteBuffer) {
        guard hasStarted, !hasForwarded else {
            (hasStarted, hasForwarded) = (true, true)
            return _ = output.writeImmutableBuffer(events)
        }
        hasForwarded = true
        var reader = SSEReader()
        reader.append(events)
        while let frame = (try? reader.next()) ?? nil {
            let name = "event: message_start\n"
            if !frame.raw.readableBytesView.starts(with: name.utf8) { output.writeImmutableBuffer(frame.raw) }
        }
    }

    func encode(_ error: ClientError, into output: inout ByteBuffer) {
        guard !hasEnded else { return }
        hasEnded = true
        output.write("event: error\ndata: ")
        output.writeString(error.messagesBody)
        output.write("\n\n")
    }

    /// A message begins with its start, so that is said before anything else is, even in silence: nothing in it depends
    /// on who will answer.
    func encodeKeepAlive(into output: inout ByteBuffer) {
        start(into: &output)
        ping(into: &output)
    }

    private func ping(into output: inout ByteBuffer) {
        output.write("event: ping\ndata: {\"type\":\"ping\"}\n\n")
    }

    // MARK: Whole answers

    func whole(_ completion: ByteBuffer) -> ByteBuffer {
        completion.withUnsafeReadableBytes { bytes in
            var output = ByteBufferAllocator().buffer(capacity: bytes.count + 512)
            let document = try? JSONView(document: bytes)
            let choice = document?["choices"]?.first
            let answer = MessagesAnswer(choice, showsThinking: showsThinking, tag: tag)
            answerBytes = answer.bytes
            let usage = document?["usage"].flatMap { MessagesUsage($0) } ?? estimate
            let reason = MessagesStopReason(
                choice?["finish_reason"],
                hasCalls: answer.hasCalls,
                isRefused: answer.isRefused
            )
            writeMessage(usage: usage, stopReason: reason, note: document, into: &output) { answer.write(into: &$0) }
            return output
        }
    }

    /// - Parameter note: where the names of who answered stand, if they are to be shown.
    private func writeMessage(
        usage: MessagesUsage,
        stopReason: MessagesStopReason?,
        note: JSONView? = nil,
        into output: inout ByteBuffer,
        _ writeContent: (inout ByteBuffer) -> Void
    ) {
        output.write(#"{"id":"msg_"#)
        output.writeString(tag)
        output.write(#"","type":"message","role":"assistant","model":"#)
        output.writeString(JSONText.quoted(request.model))
        output.write(#","content":["#)
        writeContent(&output)
        if let stopReason {
            output.write(#"],"stop_reason":""#)
            output.writeString(stopReason.rawValue)
            output.write(#"","stop_sequence":null,"usage":"#)
        } else {
            output.write(#"],"stop_reason":null,"stop_sequence":null,"usage":"#)
        }
        usage.write(into: &output)
        if let name = note?["provider_name"], let meta = note?["meta"] {
            output.write(#","provider_name":"#)
            output.writeBytes(name.raw)
            output.write(#","meta":"#)
            output.writeBytes(meta.raw)
        }
        output.write("}")
    }
}

extension JSONView {
    /// An array's first element.
    var first: JSONView? {
        var first: JSONView?
        eachElement { if first == nil { first = $0 } }
        return first
    }
}
