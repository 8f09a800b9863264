import NIOCore

/// Lines of JSON as the events of a chat completion.
struct OllamaStream: DialectStream {
    private let call: DialectCall
    private var lines = LineReader()
    private var hasBegun = false
    private var calls = 0
    private var isDone = false
    /// What each chunk begins with.
    private let start: ByteBuffer

    init(_ call: DialectCall) {
        self.call = call
        var start = ByteBuffer()
        start.write(#"data: {"id":"chatcmpl-"#)
        start.writeString(call.tag)
        start.write(#"","object":"chat.completion.chunk","created":"#)
        start.writeString(String(call.created))
        start.write(#","model":"#)
        start.writeString(JSONText.quoted(call.model))
        self.start = start
    }

    mutating func receive(_ bytes: ByteBuffer, into events: inout ByteBuffer) throws(DialectFault) {
        lines.append(bytes)
        while !isDone, let line = try lines.next() { try take(line.onOneLine, into: &events) }
    }

    /// A last line may come without its end.
    mutating func end(into events: inout ByteBuffer) throws(DialectFault) {
        if !isDone, let line = lines.finish() { try take(line.onOneLine, into: &events) }
    }

    private mutating func take(_ line: ByteBuffer, into events: inout ByteBuffer) throws(DialectFault) {
        try OllamaAnswer.read(line) { answer in
            guard answer.error == nil else {
                isDone = true
                events.write("data: ")
                events.writeImmutableBuffer(line)
                events.write("\n\n")
                return
            }
            write(answer, into: &events)
        }
    }

    private mutating func write(_ answer: OllamaAnswer, into events: inout ByteBuffer) {
        let first = calls
        calls += answer.calls.count
        if answer.content != nil || answer.thinking != nil || !answer.calls.isEmpty || !hasBegun {
            let isFirst = !hasBegun
            hasBegun = true
            writeChunk(into: &events) { json in
                json.member("delta") { json in
                    json.object { json in
                        if isFirst { json.member("role", "assistant") }
                        answer.writeMessage(call, firstCall: first, isDelta: true, &json)
                    }
                }
                answer.writeLogprobs(&json)
                json.member("finish_reason", orNull: nil)
            }
        }
        guard answer.isDone else { return }
        isDone = true
        let reason = answer.finishReason(hasCalls: calls > 0)
        writeChunk(into: &events) { json in
            json.member("delta", raw: "{}")
            json.member("finish_reason", reason)
        }
        if answer.hasUsage { writeUsage(answer, into: &events) }
        events.write("data: [DONE]\n\n")
    }

    private func writeChunk(into events: inout ByteBuffer, _ choice: (inout JSONBuilder) -> Void) {
        events.writeImmutableBuffer(start)
        JSONBuilder.write(into: &events) { json in
            json.continueObject()
            json.member("choices") { json in
                json.array { json in
                    json.object { json in
                        json.member("index", 0)
                        choice(&json)
                    }
                }
            }
        }
        events.write("}\n\n")
    }

    private func writeUsage(_ answer: OllamaAnswer, into events: inout ByteBuffer) {
        events.writeImmutableBuffer(start)
        JSONBuilder.write(into: &events) { json in
            json.continueObject()
            json.member("choices", raw: "[]")
            answer.writeUsage(&json)
        }
        events.write("}\n\n")
    }
}

/// Cuts a byte stream into lines. Empty ones are left out.
struct LineReader {
    private var buffer = ByteBuffer()
    /// Bytes of `buffer` in which no end of a line was found: none is looked at twice.
    private var searched = 0

    static let maxLineBytes = 16 * 1024 * 1024

    mutating func append(_ bytes: ByteBuffer) {
        if buffer.readableBytes == 0 {
            buffer = bytes
        } else {
            buffer.discardReadBytes()
            buffer.writeImmutableBuffer(bytes)
        }
    }

    /// The next line whose end has arrived, without it.
    mutating func next() throws(DialectFault) -> ByteBuffer? {
        while true {
            let view = buffer.readableBytesView
            guard let end = view[(view.startIndex + searched)...].firstIndex(of: 0x0A) else {
                searched = buffer.readableBytes
                guard searched <= Self.maxLineBytes else { throw .unreadable("a line of the stream is too long") }
                return nil
            }
            searched = 0
            guard let line = buffer.readSlice(length: end - view.startIndex) else { return nil }
            buffer.moveReaderIndex(forwardBy: 1)
            if let line = line.trimmed { return line }
        }
    }

    /// What is left when the stream has ended.
    mutating func finish() -> ByteBuffer? {
        searched = 0
        return buffer.readSlice(length: buffer.readableBytes)?.trimmed
    }
}

extension ByteBuffer {
    /// Without white space at its end; `nil` where nothing else is there.
    fileprivate var trimmed: ByteBuffer? {
        guard let last = readableBytesView.lastIndex(where: { $0 > 0x20 }) else { return nil }
        return getSlice(at: readerIndex, length: last - readerIndex + 1)
    }
}
