import Clients
import NIOCore
import Normalize

/// One attempt's stream on its way from a provider to a chat completions client.
///
/// Events are forwarded as they were read wherever nothing wants to change them; what a rule changed is spliced into
/// the event it came in. Usage is taken out where it stands and sent once, at the end, if it was asked for.
struct ChatStreamReply {
    /// What the stream has come to.
    enum State: Equatable {
        case open
        /// The provider said that it is done.
        case complete
        /// An event was an error, this one: the body is read before the status is believed.
        case refused(ByteBuffer)
        case failed(UpstreamFailure)
    }

    private(set) var state = State.open
    /// Something has been written that a client would call an answer.
    private(set) var isMeaningful = false
    private(set) var usage: TokenUsage?
    /// Bytes of text and reasoning that came, for an estimate where no usage does.
    private(set) var answerBytes = 0
    private(set) var jsonIsValid: Bool?
    /// The last one that came, as JSON text.
    private(set) var finishReason: String?

    private let wantsUsage: Bool
    private let schema: JSONSchema?
    /// The text of each choice as it goes on, gathered where a schema is to be held against it.
    private var texts: [Int: [UInt8]] = [:]
    private var normalizers: ChoiceNormalizers
    private var reader = SSEReader()
    private var envelope: StreamEnvelope?
    private var usageText: String?
    private var calls = ToolCallIDs()
    /// The arguments of tool calls, by choice; `nil` where they are left alone.
    private var arguments: [Int: StreamedToolCalls]?
    private var finishedChoices = ChoiceSet()
    private var seenChoices = ChoiceSet()
    private var choicesWithCalls = ChoiceSet()
    private let requestTag: String
    /// Goes into the first event.
    private var note: ChatWholeReply.ProviderNote?

    /// `requestTag` makes the ids of tool calls that came without one.
    init(
        wantsUsage: Bool,
        normalization: Normalization.Plan?,
        requestTag: String,
        note: ChatWholeReply.ProviderNote? = nil
    ) {
        self.wantsUsage = wantsUsage
        schema = normalization?.schema
        arguments = normalization?.rules.repairsToolArguments == true ? [:] : nil
        normalizers = ChoiceNormalizers(normalization?.rules)
        self.requestTag = requestTag
        self.note = note
    }

    var changes: [NormalizeRule: Int] {
        var changes = normalizers.changes
        let repaired = arguments?.values.reduce(0) { $0 + $1.repaired } ?? 0
        if repaired > 0 { changes[.json, default: 0] += repaired }
        return changes
    }

    /// Where a complete answer is not what its schema says.
    var schemaFault: SchemaFault? {
        guard let schema else { return nil }
        return texts.sorted { $0.key < $1.key }.lazy.compactMap { schema.fault(in: $0.value) }.first
    }

    /// What came is not what its provider's dialect promises.
    mutating func fail(_ failure: UpstreamFailure) {
        if state == .open { state = .failed(failure) }
    }

    // MARK: Reading

    /// Takes what was read and writes what may go on to the client.
    mutating func receive(_ bytes: ByteBuffer, into output: inout ChunkWriter) {
        guard state == .open else { return }
        reader.append(bytes)
        do throws(SSEReader.TooLong) {
            while state == .open, let frame = try reader.next() { take(frame, into: &output) }
        } catch {
            state = .failed(.unreadable("an event of the stream is too long"))
        }
    }

    /// The body has ended. Without `[DONE]` it is complete only when every choice said why it finished.
    mutating func end(into output: inout ChunkWriter) {
        if state == .open, let frame = reader.finish() { take(frame, into: &output) }
        guard state == .open else { return }
        if !seenChoices.isEmpty, seenChoices.isSubset(of: finishedChoices) {
            complete(into: &output)
        } else {
            state = .failed(seenChoices.isEmpty ? .emptyAnswer : .truncatedStream)
        }
    }

    private mutating func take(_ frame: SSEReader.Frame, into output: inout ChunkWriter) {
        guard let data = frame.data else {
            // A comment says "still there"; before the answer it means nothing to anybody.
            if isMeaningful { output.write { $0.writeImmutableBuffer(frame.raw) } }
            return
        }
        if data.isDone { return complete(into: &output) }
        let chunk: ChatAnswer
        do throws(JSONFault) {
            chunk = try ChatAnswer(data)
        } catch {
            state = .failed(.unreadable("an event of the stream is no JSON"))
            return
        }
        guard chunk.error == nil else {
            state = .refused(data)
            return
        }
        guard let quoted = Self.quotingContent(of: chunk, data), let mended = try? ChatAnswer(quoted) else {
            note(chunk, data)
            return rewrite(chunk, data, frame.raw, into: &output)
        }
        note(mended, quoted)
        var raw = ByteBuffer(string: "data: ")
        raw.writeImmutableBuffer(quoted)
        raw.write("\n\n")
        rewrite(mended, quoted, raw, into: &output)
    }

    /// The event with its text as a string where the provider took a piece like `6` or `true` for JSON (Workers AI); `nil`
    /// where it is one.
    private static func quotingContent(of chunk: ChatAnswer, _ data: ByteBuffer) -> ByteBuffer? {
        var edits = ByteEdits()
        chunk.choices.visit { choice in
            guard let content = choice.content else { return }
            switch content.kind {
            case .number, .true, .false: edits.replace(content.range, with: "\"\(data.text(content.range))\"")
            default: break
            }
        }
        guard !edits.isEmpty else { return nil }
        var quoted = ByteBuffer()
        data.withUnsafeReadableBytes { edits.apply(to: $0, into: &quoted) }
        return quoted
    }

    private mutating func note(_ chunk: ChatAnswer, _ data: ByteBuffer) {
        if envelope == nil, chunk.hasChoices {
            envelope = StreamEnvelope(
                id: chunk.id.map { data.text($0.range) } ?? JSONText.quoted("chatcmpl-" + requestTag),
                created: chunk.created.map { data.text($0.range) } ?? "0",
                model: chunk.model.map { data.text($0.range) } ?? "\"\""
            )
        }
        guard let member = chunk.usage else { return }
        if let read = data.withUnsafeReadableBytes({ TokenUsage($0, member.value) }) {
            usage = read
            usageText = data.text(member.value.range)
        }
    }

    // MARK: Writing

    private mutating func rewrite(
        _ chunk: ChatAnswer,
        _ data: ByteBuffer,
        _ raw: ByteBuffer,
        into output: inout ChunkWriter
    ) {
        var edits = ByteEdits()
        var isWorthSending = chunk.choices.count > 0
        if let cut = chunk.usageCut { edits.remove(cut) }
        chunk.choices.visit { choice in
            seenChoices.insert(choice.index)
            if !edit(choice, data, &edits, into: &output), chunk.choices.count == 1 { isWorthSending = false }
        }
        guard isWorthSending else { return }
        if let note, let start = data.readableBytesView.firstIndex(of: UInt8(ascii: "{")) {
            edits.insert(note.members, at: start - data.readerIndex + 1)
            self.note = nil
        }
        output.write { buffer in
            guard !edits.isEmpty else { return _ = buffer.writeImmutableBuffer(raw) }
            buffer.write("data: ")
            data.withUnsafeReadableBytes { edits.apply(to: $0, into: &buffer) }
            buffer.write("\n\n")
        }
    }

    /// Notes the edits that one choice needs. `false` when nothing is left of it worth an event: all of its text is
    /// held back.
    private mutating func edit(
        _ choice: ChatAnswer.Choice,
        _ data: ByteBuffer,
        _ edits: inout ByteEdits,
        into output: inout ChunkWriter
    ) -> Bool {
        var members: [String] = []
        var isHeld = false
        if choice.hasReasoning {
            answerBytes += choice.reasoning?.range.count ?? 0
            isMeaningful = true
        }
        let reason = choice.finishReason.map { data.text($0.range) }
        if let content = choice.content?.text, choice.hasText {
            answerBytes += content.range.count
            if let text = normalized(content, of: data, choice.index, finish: reason, &members) {
                edits.replace(content.range, with: Self.escaped(text))
                isHeld = text.isEmpty && members.isEmpty
            }
            isMeaningful = isMeaningful || !isHeld
        } else {
            isMeaningful = isMeaningful || choice.hasText || choice.hasOther
            if let reason, let end = finish(choice.index, reason) { write(end, choice.index, into: &output) }
        }
        if let toolCalls = choice.toolCalls, choice.hasToolCalls {
            choicesWithCalls.insert(choice.index)
            answerBytes += toolCalls.range.count
            isMeaningful = true
            data.withUnsafeReadableBytes {
                let pieces = calls.complete(toolCalls, of: $0, choice: choice.index, tag: requestTag, &edits)
                arguments?[choice.index, default: StreamedToolCalls()]
                    .take(pieces, of: $0, last: reason != nil, truncated: reason == "\"length\"", &edits)
            }
        }
        if let reason { writeArguments(of: choice.index, reason, into: &output) }
        if !members.isEmpty, let body = choice.body {
            edits.insert(members.joined(separator: ",") + ",", at: body.range.lowerBound + 1)
        }
        if let value = choice.finishReason {
            finishedChoices.insert(choice.index)
            finishReason = reason
            if choicesWithCalls.contains(choice.index), reason == "\"stop\"" {
                edits.replace(value.range, with: "\"tool_calls\"")
            }
            return true
        }
        return !isHeld || choice.role != nil || choice.hasReasoning || choice.hasToolCalls || choice.hasOther
    }

    /// The text that stands for a delta's content after the rules, with what they still held where the choice
    /// finishes with it; `nil` when it stays as it is. Members that go beside it are added to `members`.
    private mutating func normalized(
        _ content: JSONString,
        of data: ByteBuffer,
        _ index: Int,
        finish reason: String?,
        _ members: inout [String]
    ) -> [UInt8]? {
        let unescaped = content.hasEscapes ? data.withUnsafeReadableBytes { JSONText.unescape($0, content) } : nil
        let piece = data.withUnsafeReadableBytes { bytes in
            normalizers.with(index) { normalizer in
                if let unescaped { return normalizer.append(unescaped) }
                return normalizer.append(UnsafeRawBufferPointer(rebasing: bytes[content.range]))
            }
        }
        guard let piece else { return nil }
        let end = reason.flatMap { finish(index, $0) }
        if piece.passesUnchanged, end?.isEmpty ?? true {
            if schema != nil {
                texts[index, default: []] +=
                    unescaped ?? data.withUnsafeReadableBytes { JSONText.unescape($0, content) }
            }
            return nil
        }
        let reasoning = piece.reasoning + (end?.reasoning ?? [])
        members += Self.members(reasoning: reasoning) + rescue(piece.toolCalls + (end?.toolCalls ?? []), index)
        let text =
            piece.passesUnchanged
            ? unescaped ?? data.withUnsafeReadableBytes { JSONText.unescape($0, content) } : piece.text
        let final = text + (end?.text ?? [])
        if schema != nil { texts[index, default: []] += final }
        return final
    }

    /// Ends a choice's rules; what they held comes back.
    private mutating func finish(_ index: Int, _ reason: String) -> NormalizedEnd? {
        let end = normalizers.with(index) { $0.finish(truncated: reason == "\"length\"") }
        if let isValid = end?.jsonIsValid { jsonIsValid = (jsonIsValid ?? true) && isValid }
        return end
    }

    /// What the rules released at the end, as an event of its own.
    private mutating func write(_ end: NormalizedEnd, _ index: Int, into output: inout ChunkWriter) {
        var members = Self.members(reasoning: end.reasoning) + rescue(end.toolCalls, index)
        if schema != nil { texts[index, default: []] += end.text }
        if !end.text.isEmpty { members.append("\"content\":\"\(Self.escaped(end.text))\"") }
        guard !members.isEmpty else { return }
        isMeaningful = true
        writeDelta(members.joined(separator: ","), index, into: &output)
    }

    /// What the calls of a choice that finishes still lack.
    private mutating func writeArguments(of index: Int, _ reason: String, into output: inout ChunkWriter) {
        guard let rest = arguments?[index]?.finish(truncated: reason == "\"length\"") else { return }
        writeDelta(rest, index, into: &output)
    }

    private func writeDelta(_ members: String, _ index: Int, into output: inout ChunkWriter) {
        guard let envelope else { return }
        let choice = "{\"index\":\(index),\"delta\":{\(members)},\"finish_reason\":null}"
        output.write { _ = $0.writeString(envelope.event(choice)) }
    }

    private mutating func complete(into output: inout ChunkWriter) {
        guard !seenChoices.isEmpty else {
            state = .failed(.emptyAnswer)
            return
        }
        for index in seenChoices.subtracting(finishedChoices) {
            if let end = finish(index, "\"stop\"") { write(end, index, into: &output) }
            writeArguments(of: index, "\"stop\"", into: &output)
            let reason = choicesWithCalls.contains(index) ? "tool_calls" : "stop"
            let choice = "{\"index\":\(index),\"delta\":{},\"finish_reason\":\"\(reason)\"}"
            if let envelope { output.write { _ = $0.writeString(envelope.event(choice)) } }
        }
        state =
            isMeaningful || finishReason != nil && finishReason != "\"stop\""
            ? .complete : .failed(.emptyAnswer)
    }

    /// The last events of a complete stream: usage, if it was asked for, and `[DONE]`.
    func writeEnd(estimated: TokenUsage, into output: inout ChunkWriter) {
        if wantsUsage, let envelope {
            let text =
                usageText
                ?? "{\"prompt_tokens\":\(estimated.promptTokens),\"completion_tokens\":"
                + "\(estimated.completionTokens),\"total_tokens\":\(estimated.totalTokens)}"
            output.write { _ = $0.writeString(envelope.event("", more: ",\"usage\":\(text)")) }
        }
        output.write { $0.write("data: [DONE]\n\n") }
    }

    /// An error event in place of an end: never a false `stop`.
    static func writeError(_ error: ClientError, into output: inout ChunkWriter) {
        output.write { _ = $0.writeString("data: \(error.body)\n\n") }
    }

    // MARK: Pieces of JSON

    private mutating func rescue(_ rescued: [RescuedToolCall], _ index: Int) -> [String] {
        guard !rescued.isEmpty else { return [] }
        choicesWithCalls.insert(index)
        let texts = rescued.map { calls.text(of: $0, choice: index, tag: requestTag) }
        return ["\"tool_calls\":[\(texts.joined(separator: ","))]"]
    }

    static func members(reasoning: [UInt8]) -> [String] {
        reasoning.isEmpty ? [] : ["\"reasoning_content\":\"\(escaped(reasoning))\""]
    }

    static func escaped(_ text: [UInt8]) -> String {
        var buffer = ByteBuffer()
        JSONText.escape(text, into: &buffer)
        return String(buffer: buffer)
    }
}

extension ByteBuffer {
    /// The text of a range counted from the first readable byte.
    func text(_ range: Range<Int>) -> String {
        getString(at: readerIndex + range.lowerBound, length: range.count) ?? ""
    }

    /// `[DONE]`, the stream's own end mark.
    var isDone: Bool {
        readableBytes <= 16 && String(buffer: self).trimmingSpaces == "[DONE]"
    }
}

extension String {
    fileprivate var trimmingSpaces: Substring {
        let start = drop { $0 == " " }
        return start.prefix { $0 != " " }
    }
}

extension NormalizedEnd {
    var isEmpty: Bool { text.isEmpty && reasoning.isEmpty && toolCalls.isEmpty }
}
