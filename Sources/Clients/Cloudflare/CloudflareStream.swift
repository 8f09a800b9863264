import NIOCore

/// A stream of Workers AI. The first event says whose words it is in: chunks of a chat completion are passed on as they
/// are and not looked at again; the events of `/ai/run` become chunks.
///
///     data: {"response":"Hi","p":"abcd"}
///     data: {"response":"","usage":{…}}
///     data: [DONE]
struct CloudflareStream: DialectStream {
    private enum Words { case unknown, chat, run }

    private let call: DialectCall
    private var words = Words.unknown
    private var reader = SSEReader()
    private var hasBegun = false
    private var calls = 0
    private var usage: ByteBuffer?

    init(_ call: DialectCall) { self.call = call }

    mutating func receive(_ bytes: ByteBuffer, into events: inout ByteBuffer) throws(DialectFault) {
        guard words != .chat else { return Self.pass(bytes, into: &events) }
        reader.append(bytes)
        try read(into: &events)
    }

    mutating func end(into events: inout ByteBuffer) throws(DialectFault) {
        guard words != .chat, let frame = reader.finish() else { return }
        try take(frame, into: &events)
    }

    private static func pass(_ bytes: ByteBuffer, into events: inout ByteBuffer) {
        if events.readableBytes == 0 { events = bytes } else { events.writeImmutableBuffer(bytes) }
    }

    private mutating func read(into events: inout ByteBuffer) throws(DialectFault) {
        while words != .chat, let frame = try nextFrame() { try take(frame, into: &events) }
        guard words == .chat, reader.hasRest else { return }
        events.writeImmutableBuffer(reader.buffer)
        reader = SSEReader()
    }

    private mutating func nextFrame() throws(DialectFault) -> SSEReader.Frame? {
        do throws(SSEReader.TooLong) { return try reader.next() } catch {
            throw .unreadable("an event of the stream is too long")
        }
    }

    private mutating func take(_ frame: SSEReader.Frame, into events: inout ByteBuffer) throws(DialectFault) {
        guard let data = frame.data else {
            events.writeImmutableBuffer(frame.raw)
            return
        }
        if data.readableBytes == 6, String(buffer: data) == "[DONE]" { return writeEnd(into: &events) }
        try CloudflareAnswer.read(data) { answer in
            if answer.isChat {
                if words == .unknown { words = .chat }
                events.writeImmutableBuffer(frame.raw)
            } else if let refusal = answer.refusal {
                events.write("data: ")
                events.writeImmutableBuffer(refusal)
                events.write("\n\n")
            } else {
                words = .run
                write(answer, into: &events)
            }
        }
    }

    private mutating func write(_ answer: CloudflareAnswer, into events: inout ByteBuffer) {
        if let counted = answer.usage {
            var copy = ByteBuffer()
            copy.writeBytes(counted.raw)
            usage = copy
        }
        // A piece that is a number comes as one.
        let hasText = answer.response.map { !$0.isString || $0.span.range.count > 2 } ?? false
        let isEmpty = !hasText && answer.calls.isEmpty
        guard !isEmpty || !hasBegun else { return }
        let (first, isFirst) = (calls, !hasBegun)
        (calls, hasBegun) = (calls + answer.calls.count, true)
        writeChunk(into: &events) { json in
            json.member("choices") { json in
                json.array { json in
                    json.object { json in
                        json.member("index", 0)
                        json.member("delta") { json in
                            json.object { json in
                                if isFirst { json.member("role", "assistant") }
                                answer.writeMessage(call, firstCall: first, &json)
                            }
                        }
                        json.member("finish_reason", orNull: nil)
                    }
                }
            }
        }
    }

    private func writeEnd(into events: inout ByteBuffer) {
        if words == .run {
            let reason = calls > 0 ? "tool_calls" : "stop"
            writeChunk(into: &events) { json in
                json.member("choices", raw: #"[{"index":0,"delta":{},"finish_reason":"\#(reason)"}]"#)
            }
            if let usage {
                writeChunk(into: &events) { json in
                    json.member("choices", raw: "[]")
                    json.member("usage", raw: String(buffer: usage))
                }
            }
        }
        events.write("data: [DONE]\n\n")
    }

    private func writeChunk(into events: inout ByteBuffer, _ rest: (inout JSONBuilder) -> Void) {
        events.write("data: ")
        JSONBuilder.write(into: &events) { json in
            json.object { json in
                json.member("id", "chatcmpl-" + call.tag)
                json.member("object", "chat.completion.chunk")
                json.member("created", call.created)
                json.member("model", call.model)
                rest(&json)
            }
        }
        events.write("\n\n")
    }
}
