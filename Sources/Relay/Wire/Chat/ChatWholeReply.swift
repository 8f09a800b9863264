import Clients
import NIOCore
import Normalize

/// A whole answer: read, judged and normalised, with what was changed spliced into the provider's own bytes.
struct ChatWholeReply {
    /// The body for the client.
    let body: SplicedBody
    let usage: TokenUsage?
    /// Bytes of answer text, for an estimate where the provider counted nothing.
    let answerBytes: Int
    let changes: [NormalizeRule: Int]

    enum Reading {
        case answer(ChatWholeReply)
        case failed(UpstreamFailure)
        /// It is an error, though its status says otherwise.
        case refused
        /// Complete, but nothing in it; passed on when every candidate was as empty.
        case empty(ChatWholeReply)
    }

    /// Added to the body with `server.show_provider`.
    struct ProviderNote {
        let provider: String
        let model: String
        let latencyMilliseconds: Int
        let attempt: Int

        var members: String {
            "\"provider_name\":\(JSONText.quoted(provider)),\"meta\":{\"provider\":\(JSONText.quoted(provider)),"
                + "\"model\":\(JSONText.quoted(model)),\"latency_ms\":\(latencyMilliseconds),\"attempt\":\(attempt)},"
        }
    }

    static func read(
        _ body: ByteBuffer,
        normalization: Normalization.Plan?,
        requestTag: String,
        note: ProviderNote?,
        deadAnswers: [String] = []
    ) -> Reading {
        let answer: ChatAnswer
        do throws(JSONFault) {
            answer = try ChatAnswer(body)
        } catch {
            return .failed(.unreadable("the answer is no JSON"))
        }
        guard answer.error == nil else { return .refused }
        guard answer.choices.count > 0 else {
            return .failed(answer.hasChoices ? .emptyAnswer : .unreadable("the answer has no choices"))
        }
        if isDead(answer, body, deadAnswers) { return .failed(.emptyAnswer) }
        var splicer = AnswerSplicer(body: body, normalization: normalization, requestTag: requestTag)
        var isEmpty = true
        answer.choices.visit { choice in
            splicer.take(choice)
            let saysMoreThanStop = choice.finishReason != nil && !splicer.isFinished(choice, by: "stop")
            if choice.isMeaningful || saysMoreThanStop { isEmpty = false }
        }
        if splicer.jsonIsValid == false {
            return .failed(.invalidOutput("the answer is not the JSON that was asked for"))
        }
        if let fault = splicer.schemaFault { return .failed(.offSchema("\(fault)")) }
        if let note, let start = body.withUnsafeReadableBytes({ $0.firstIndex(of: UInt8(ascii: "{")) }) {
            splicer.edits.insert(note.members, at: start + 1)
        }
        let reply = ChatWholeReply(
            body: SplicedBody(body, splicer.edits),
            usage: answer.usage.flatMap { usage in body.withUnsafeReadableBytes { TokenUsage($0, usage.value) } },
            answerBytes: splicer.answerBytes,
            changes: splicer.changes
        )
        return isEmpty ? .empty(reply) : .answer(reply)
    }

    /// Whether the whole text is one of those that a provider sends in place of an answer.
    private static func isDead(_ answer: ChatAnswer, _ body: ByteBuffer, _ deadAnswers: [String]) -> Bool {
        guard !deadAnswers.isEmpty, answer.choices.count == 1, let content = answer.choices.first?.content?.text else {
            return false
        }
        let text = body.withUnsafeReadableBytes { JSONText.string($0, content) }
        let bare = text.lowercased().filter { !$0.isWhitespace && $0 != "." }
        return deadAnswers.contains { $0.lowercased() == bare }
    }

    /// The same answer as the events of a stream, for providers that do not stream when asked to.
    static func asStream(_ body: ByteBuffer) -> ByteBuffer? {
        let body = body.onOneLine
        guard let answer = try? ChatAnswer(body), answer.choices.count > 0, answer.error == nil else { return nil }
        var events = ByteBuffer()
        let envelope = StreamEnvelope(
            id: answer.id.map { body.text($0.range) } ?? "\"chatcmpl\"",
            created: answer.created.map { body.text($0.range) } ?? "0",
            model: answer.model.map { body.text($0.range) } ?? "\"\""
        )
        for choice in answer.choices {
            let delta = choice.body.map { body.text($0.range) } ?? "{}"
            events.writeString(envelope.event("{\"index\":\(choice.index),\"delta\":\(delta),\"finish_reason\":null}"))
            let reason = choice.finishReason.map { body.text($0.range) } ?? "\"stop\""
            events.writeString(envelope.event("{\"index\":\(choice.index),\"delta\":{},\"finish_reason\":\(reason)}"))
        }
        if let usage = answer.usage {
            events.writeString(envelope.event("", more: ",\"usage\":\(body.text(usage.value.range))"))
        }
        events.write("data: [DONE]\n\n")
        return events
    }
}

/// `id`, `created` and `model` as the provider wrote them, for stream events of our own.
struct StreamEnvelope: Sendable {
    var id: String
    var created: String
    var model: String

    func event(_ choices: String, more: String = "") -> String {
        "data: {\"id\":\(id),\"object\":\"chat.completion.chunk\",\"created\":\(created),\"model\":\(model),"
            + "\"choices\":[\(choices)]\(more)}\n\n"
    }
}

/// Normalises the choices of a whole answer and notes the splices.
private struct AnswerSplicer: ~Copyable {
    let body: ByteBuffer
    let normalization: Normalization.Plan?
    let requestTag: String
    var edits = ByteEdits()
    var answerBytes = 0
    var jsonIsValid: Bool?
    var schemaFault: SchemaFault?
    var changes: [NormalizeRule: Int] = [:]

    /// Whether `finish_reason` is that word.
    func isFinished(_ choice: ChatAnswer.Choice, by reason: StaticString) -> Bool {
        guard let word = choice.finishReason?.text else { return false }
        return body.withUnsafeReadableBytes { JSONKey.equals($0, word, reason) }
    }

    mutating func take(_ choice: ChatAnswer.Choice) {
        answerBytes += choice.reasoning?.range.count ?? 0
        answerBytes += choice.toolCalls?.range.count ?? 0
        if let toolCalls = choice.toolCalls, choice.hasToolCalls, normalization?.rules.repairsToolArguments == true {
            let isTruncated = isFinished(choice, by: "length")
            let repaired = body.withUnsafeReadableBytes {
                ToolCallArguments.repair(toolCalls, of: $0, isTruncated: isTruncated, &edits)
            }
            if repaired > 0 { changes[.json, default: 0] += repaired }
        }
        guard let content = choice.content?.text, choice.hasText else { return }
        answerBytes += content.range.count
        guard let normalization else { return }
        let isKept = body.withUnsafeReadableBytes { bytes in
            normalization.rules.surelyKeep(escaped: UnsafeRawBufferPointer(rebasing: bytes[content.range]))
        }
        if isKept, normalization.schema == nil { return }
        let text = body.withUnsafeReadableBytes { JSONText.unescape($0, content) }
        let final = isKept ? text : normalized(text, in: content, of: choice, by: normalization.rules)
        if schemaFault == nil { schemaFault = normalization.schema?.fault(in: final) }
    }

    /// Runs the rules and splices what they make of the text, which is returned.
    private mutating func normalized(
        _ text: [UInt8],
        in content: JSONString,
        of choice: ChatAnswer.Choice,
        by rules: NormalizeRules
    ) -> [UInt8] {
        var normalizer = rules.normalizer()
        let piece = normalizer.append(text)
        let end = normalizer.finish(truncated: isFinished(choice, by: "length"))
        changes.merge(normalizer.changes, uniquingKeysWith: +)
        if let isValid = end.jsonIsValid { jsonIsValid = (jsonIsValid ?? true) && isValid }
        if piece.passesUnchanged, end.isEmpty { return text }
        let calls = piece.toolCalls + end.toolCalls
        let final = (piece.passesUnchanged ? text : piece.text) + end.text
        edits.replace(content.range, with: ChatStreamReply.escaped(final))
        var members = ChatStreamReply.members(reasoning: piece.reasoning + end.reasoning)
        if !calls.isEmpty {
            let texts = calls.enumerated()
                .map { place, call in
                    ToolCallIDs.text(of: call, index: nil, id: ToolCallIDs.id(requestTag, choice.index, place))
                }
            members.append("\"tool_calls\":[\(texts.joined(separator: ","))]")
            if let reason = choice.finishReason { edits.replace(reason.range, with: "\"tool_calls\"") }
        }
        if !members.isEmpty, let span = choice.body {
            edits.insert(members.joined(separator: ",") + ",", at: span.range.lowerBound + 1)
        }
        return final
    }
}
