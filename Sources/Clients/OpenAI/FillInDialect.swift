package import NIOCore

/// Code completion between a prompt and its suffix, as OpenAI-shaped providers have it on a path of its own: Mistral
/// (`/fim/completions`, answers like a chat completion's) and DeepSeek (`/beta/completions`, answers with `text`).
///
/// The request comes as a chat completion with one message and a `suffix`.
package struct FillInDialect: Dialect {
    private let path: String

    /// `path` is appended to the base URL.
    package init(path: String) { self.path = path }

    package func path(model: String, isStream: Bool) -> String { path }

    package func fields(key: String?) -> [(name: String, value: String)] {
        key.map { [("authorization", "Bearer \($0)")] } ?? []
    }

    package func request(_ chat: ByteBuffer) throws(DialectFault) -> ByteBuffer {
        let request: ByteBuffer? = chat.withUnsafeReadableBytes { bytes in
            guard let chat = try? JSONView(document: bytes), let prompt = chat["messages"]?.elements.last?["content"]
            else { return nil }
            var json = JSONBuilder()
            json.object { json in
                for (key, value) in chat.members
                where !chat.isNamed(key, "messages") && !chat.isNamed(key, "stream_options") {
                    json.member(key, copying: value)
                }
                json.member("prompt", copying: prompt)
            }
            return json.buffer
        }
        guard let request else { throw .cannotSay("no prompt") }
        return request
    }

    package func answer(_ body: ByteBuffer, to call: DialectCall) throws(DialectFault) -> ByteBuffer {
        guard let answer = FillInAnswer.chat(body, part: "message", object: "chat.completion") else {
            throw .unreadable("the answer is no JSON")
        }
        return answer
    }

    package func stream(of call: DialectCall) -> any DialectStream { FillInStream() }
}

private struct FillInStream: DialectStream {
    private var reader = SSEReader()

    mutating func receive(_ bytes: ByteBuffer, into events: inout ByteBuffer) throws(DialectFault) {
        reader.append(bytes)
        do throws(SSEReader.TooLong) {
            while let frame = try reader.next() { write(frame, into: &events) }
        } catch {
            throw .unreadable("an event of the stream is too long")
        }
    }

    mutating func end(into events: inout ByteBuffer) throws(DialectFault) {
        if let frame = reader.finish() { write(frame, into: &events) }
    }

    /// What is no JSON (`[DONE]`) or has no text passes as it came.
    private func write(_ frame: SSEReader.Frame, into events: inout ByteBuffer) {
        guard let data = frame.data,
            let chunk = FillInAnswer.chat(data, part: "delta", object: "chat.completion.chunk")
        else { return _ = events.writeImmutableBuffer(frame.raw) }
        events.write("data: ")
        events.writeImmutableBuffer(chunk)
        events.write("\n\n")
    }
}

private enum FillInAnswer {
    /// `choices[].text` put where a chat completion has its text; `nil` for what is no JSON.
    static func chat(_ answer: ByteBuffer, part: StaticString, object: String) -> ByteBuffer? {
        answer.withUnsafeReadableBytes { bytes in
            guard let view = try? JSONView(document: bytes) else { return nil }
            guard let choices = view["choices"]?.elements, choices.contains(where: { $0["text"] != nil }) else {
                return answer
            }
            var json = JSONBuilder()
            json.object { json in
                for (key, value) in view.members
                where !view.isNamed(key, "choices") && !view.isNamed(key, "object") {
                    json.member(key, copying: value)
                }
                json.member("object", object)
                json.member("choices") { json in
                    json.array { json in
                        for choice in choices { write(choice, part: part, into: &json) }
                    }
                }
            }
            return json.buffer
        }
    }

    private static func write(_ choice: JSONView, part: StaticString, into json: inout JSONBuilder) {
        json.object { json in
            json.member("index", copying: choice["index"])
            json.member(part) { json in
                json.object { json in
                    json.member("role", "assistant")
                    json.member("content", copying: choice["text"])
                }
            }
            json.member("finish_reason", copying: choice["finish_reason"])
        }
    }
}
