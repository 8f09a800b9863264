import NIOCore

/// `streamGenerateContent` as the events of a chat completion.
///
/// Each event is a response with what is new in it; the last of a candidate has its finish reason, of some models every
/// one, and every one the usage so far. There is no end mark: the stream is complete when it has ended and each candidate
/// that spoke has finished. So a reason to finish is told at the end.
struct GeminiStream: DialectStream {
    private let call: DialectCall
    private let memory: GeminiMemory
    private var reader = SSEReader()
    private var ids: GeminiCallIDs
    private var id: String?
    private var usage: GeminiUsage?
    private var choices: [Int: Choice] = [:]
    private var hasFailed = false
    /// An array of responses instead of events: nothing of it is sure before its end.
    private var array: ByteBuffer?
    private var isFirst = true
    private var fault: DialectFault?

    private struct Choice {
        var calls = 0
        var hasContent = false
        /// What came last with something said, or after it.
        var reason: StaticString?
        /// Escaped; what citations point into.
        var text: [UInt8] = []
    }

    private static let maxArrayBytes = 64 * 1024 * 1024

    init(_ call: DialectCall, memory: GeminiMemory) {
        self.call = call
        self.memory = memory
        ids = GeminiCallIDs(tag: call.tag)
    }

    mutating func receive(_ bytes: ByteBuffer, into events: inout ByteBuffer) throws(DialectFault) {
        if isFirst, let byte = bytes.readableBytesView.first(where: { $0 > 0x20 }) {
            isFirst = false
            if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") { array = ByteBuffer() }
        }
        if array != nil {
            array?.writeImmutableBuffer(bytes)
            guard array?.readableBytes ?? 0 <= Self.maxArrayBytes else { throw .unreadable("the answer is too long") }
            return
        }
        reader.append(bytes)
        do throws(SSEReader.TooLong) {
            while fault == nil, let frame = try reader.next() { take(frame, into: &events) }
        } catch {
            throw .unreadable("an event of the stream is too long")
        }
        if let fault { throw fault }
    }

    mutating func end(into events: inout ByteBuffer) throws(DialectFault) {
        if let array {
            take(array.onOneLine, into: &events)
        } else if let frame = reader.finish() {
            take(frame, into: &events)
        }
        if let fault { throw fault }
        guard !hasFailed else { return }
        for (index, choice) in choices.sorted(by: { $0.key < $1.key }) {
            if let reason = choice.reason { writeFinish(reason, of: choice, index, into: &events) }
        }
        if let usage {
            writeEvent(into: &events) { json in
                json.member("choices") { $0.array { _ in } }
                json.key("usage")
                usage.write(into: &json)
            }
        }
        guard !choices.isEmpty, choices.values.allSatisfy({ $0.reason != nil }) else { return }
        events.write("data: [DONE]\n\n")
    }

    // MARK: Reading

    private mutating func take(_ frame: SSEReader.Frame, into events: inout ByteBuffer) {
        if let data = frame.data { return take(data, into: &events) }
        // An error that strikes in the midst of a stream may come without a field's name.
        guard frame.raw.readableBytesView.first == UInt8(ascii: "{") else { return }
        take(frame.raw.onOneLine, into: &events)
    }

    private mutating func take(_ data: ByteBuffer, into events: inout ByteBuffer) {
        guard !hasFailed else { return }
        let isRead = data.withUnsafeReadableBytes { bytes in
            guard let view = try? JSONView(document: bytes) else { return false }
            for response in view.isArray ? view.elements : [view] { take(response, into: &events) }
            return true
        }
        if !isRead { fault = .unreadable("an event of the stream is no JSON") }
    }

    private mutating func take(_ view: JSONView, into events: inout ByteBuffer) {
        guard !hasFailed else { return }
        let response = GeminiResponse(view)
        if let error = response.error { return fail(error, into: &events) }
        id = id ?? response.id
        usage = response.usage ?? usage
        for view in response.candidates {
            let candidate = GeminiCandidate(view, ids: &ids, memory: memory)
            if case .fault(let status, let code, let message)? = candidate.finish {
                return fail(GeminiResponse.error(status: status, code: code, message: message), into: &events)
            }
            write(candidate, into: &events)
        }
    }

    private mutating func fail(_ error: ByteBuffer, into events: inout ByteBuffer) {
        hasFailed = true
        events.write("data: ")
        events.writeImmutableBuffer(error)
        events.write("\n\n")
    }

    // MARK: Writing

    private mutating func write(_ candidate: GeminiCandidate, into events: inout ByteBuffer) {
        let isNew = choices[candidate.index] == nil
        // Taken out, so that its text grows in place.
        var choice = choices.removeValue(forKey: candidate.index) ?? Choice()
        choice.hasContent = choice.hasContent || !candidate.isEmpty
        choice.text += candidate.content
        var candidate = candidate
        // A signature of nothing is no answer.
        if !choice.hasContent { candidate.signature = nil }
        let grounding = candidate.grounding.map(GeminiGrounding.init).flatMap { $0.isEmpty ? nil : $0 }
        if !candidate.isEmpty { choice.reason = nil }
        if case .reason(let named)? = candidate.finish { choice.reason = named }
        if isNew || !candidate.isEmpty || candidate.signature != nil || grounding != nil {
            let (firstCall, text) = (choice.calls, choice.text)
            writeEvent(into: &events) { json in
                json.member("choices") { json in
                    json.array { json in
                        json.object { json in
                            json.member("index", candidate.index)
                            json.member("delta") { json in
                                json.object { json in
                                    if isNew { json.member("role", "assistant") }
                                    if !candidate.content.isEmpty { json.member("content", escaped: candidate.content) }
                                    json.writeMembers(of: candidate, firstCall: firstCall, isDelta: true)
                                    if let grounding {
                                        json.key("annotations")
                                        grounding.write(content: text, into: &json)
                                    }
                                }
                            }
                            json.member("finish_reason", orNull: nil)
                        }
                    }
                }
            }
        }
        choice.calls += candidate.calls.count
        choices[candidate.index] = choice
    }

    private func writeFinish(
        _ reason: StaticString,
        of choice: Choice,
        _ index: Int,
        into events: inout ByteBuffer
    ) {
        let isCall = choice.calls > 0 && reason.description == "stop"
        writeEvent(into: &events) { json in
            json.member("choices") { json in
                json.array { json in
                    json.object { json in
                        json.member("index", index)
                        json.member("delta") { $0.object { _ in } }
                        json.member("finish_reason", isCall ? "tool_calls" : reason.description)
                    }
                }
            }
        }
    }

    private func writeEvent(into events: inout ByteBuffer, _ members: (inout JSONBuilder) -> Void) {
        events.write("data: ")
        JSONBuilder.write(into: &events) { json in
            json.object { json in
                json.member("id", id ?? "chatcmpl-\(call.tag)")
                json.member("object", "chat.completion.chunk")
                json.member("created", call.created)
                json.member("model", call.model)
                members(&json)
            }
        }
        events.write("\n\n")
    }
}
