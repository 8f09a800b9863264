import NIOCore

/// A stream of Cohere's chat API as the events of a chat completion.
struct CohereStream: DialectStream {
    private let call: DialectCall
    private var reader = SSEReader()
    private var writer: ChatEventWriter
    /// Places of the calls, by the index that the provider gave them.
    private var places: [Int: Int] = [:]
    private var callsWithArguments: Set<Int> = []
    private var isDone = false

    init(of call: DialectCall) {
        self.call = call
        writer = Self.writer(of: call, id: JSONText.quoted("chatcmpl-" + call.tag))
    }

    private static func writer(of call: DialectCall, id: String) -> ChatEventWriter {
        ChatEventWriter(id: id, model: JSONText.quoted(call.model), created: call.created)
    }

    mutating func receive(_ bytes: ByteBuffer, into events: inout ByteBuffer) throws(DialectFault) {
        reader.append(bytes)
        while let frame = try reader.nextEvent() { try take(frame, into: &events) }
    }

    mutating func end(into events: inout ByteBuffer) throws(DialectFault) {
        if let frame = reader.finish() { try take(frame, into: &events) }
    }

    private mutating func take(_ frame: SSEReader.Frame, into events: inout ByteBuffer) throws(DialectFault) {
        guard let data = frame.data, data.readableBytes > 0, !isDone else { return }
        try data.reading { (bytes) throws(DialectFault) in
            if bytes.elementsEqual("[DONE]".utf8) { return }
            take(try JSONView(answer: bytes), into: &events)
        }
    }

    private mutating func take(_ event: JSONView, into events: inout ByteBuffer) {
        guard let type = event["type"] else {
            if let error = event["error"] ?? event["message"] { writeError(error, into: &events) }
            return
        }
        let message = event["delta"]?["message"]
        if type.equals("content-delta") || type.equals("content-start") {
            takeContent(message?["content"], into: &events)
        } else if type.equals("tool-call-delta") {
            takeArguments(message?["tool_calls"], index: event["index"]?.integer ?? 0, into: &events)
        } else if type.equals("tool-call-start") {
            beginCall(message?["tool_calls"], index: event["index"]?.integer ?? 0, into: &events)
        } else if type.equals("tool-call-end") {
            endCall(index: event["index"]?.integer ?? 0, into: &events)
        } else if type.equals("tool-plan-delta") {
            if let plan = message?["tool_plan"] { write("reasoning_content", plan, into: &events) }
        } else if type.equals("message-start") {
            if let id = event["id"], id.isString {
                writer = Self.writer(of: call, id: String(decoding: id.raw, as: UTF8.self))
            }
            writer.role(into: &events)
        } else if type.equals("message-end") {
            takeEnd(event["delta"], into: &events)
        } else if type.equals("error"), let error = event["error"] ?? event["message"] {
            writeError(error, into: &events)
        }
    }

    private func writeError(_ error: JSONView, into events: inout ByteBuffer) {
        guard error.isString else { return ChatEventWriter.error(error, into: &events) }
        ChatEventWriter.error(into: &events) { $0.object { $0.member("message", copying: error) } }
    }

    private mutating func takeEnd(_ delta: JSONView?, into events: inout ByteBuffer) {
        let finish = CohereFinish(delta?["finish_reason"])
        if let failure = finish.failure {
            return ChatEventWriter.error(into: &events) { failure.write(delta?["error"], into: &$0) }
        }
        isDone = true
        writer.finish(finish.reason(calls: !places.isEmpty), into: &events)
        if let usage = CohereUsage(delta?["usage"]) { writer.usage(into: &events) { usage.write(into: &$0) } }
        ChatEventWriter.done(into: &events)
    }

    // MARK: Content

    private func takeContent(_ content: JSONView?, into events: inout ByteBuffer) {
        guard let content else { return }
        if let thought = content["thinking"] { write("reasoning_content", thought, into: &events) }
        if let text = content["text"] { write("content", text, into: &events) }
    }

    private func write(_ name: StaticString, _ text: JSONView, into events: inout ByteBuffer) {
        if text.isString, !text.content.isEmpty { writer.delta(name, copying: text, into: &events) }
    }

    private mutating func beginCall(_ call: JSONView?, index: Int, into events: inout ByteBuffer) {
        guard let call, places[index] == nil else { return }
        let place = places.count
        places[index] = place
        let function = call["function"]
        let arguments = function?["arguments"].flatMap { $0.isString && !$0.content.isEmpty ? $0 : nil }
        if arguments != nil { callsWithArguments.insert(index) }
        writer.delta(into: &events) {
            $0.member("tool_calls") {
                $0.array {
                    $0.object {
                        $0.member("index", place)
                        $0.member("id", copying: call["id"])
                        $0.member("type", "function")
                        $0.member("function") {
                            $0.object {
                                $0.member("name", copying: function?["name"])
                                if let arguments {
                                    $0.member("arguments", copying: arguments)
                                } else {
                                    $0.member("arguments", "")
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    private mutating func takeArguments(_ call: JSONView?, index: Int, into events: inout ByteBuffer) {
        guard let place = places[index], let piece = call?["function"]?["arguments"], piece.isString,
            !piece.content.isEmpty
        else { return }
        callsWithArguments.insert(index)
        writer.arguments(of: place, into: &events) { $0.copy(piece) }
    }

    private mutating func endCall(index: Int, into events: inout ByteBuffer) {
        guard let place = places[index], !callsWithArguments.contains(index) else { return }
        writer.arguments(of: place, into: &events) { $0.string("{}") }
    }
}
