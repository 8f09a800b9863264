import Clients
import NIOCore

/// Writes an answer as a `text_completion`, whole or streamed: the text of each choice and why it ended. What the model
/// thought has no place in it.
final class CompletionsEncoder: AnswerEncoder {
    /// Members that every event and the whole answer begin with.
    private let head: ByteBuffer
    /// What each choice's text begins with (`echo`), as it is written in a JSON string.
    private let prompt: ByteBuffer?
    private let wantsUsage: Bool
    private var reader = SSEReader()
    private var begun: Set<Int> = []

    init(id: String, created: Int, model: String, prompt: ByteBuffer?, wantsUsage: Bool) {
        var head = ByteBuffer()
        head.write("{\"id\":\"")
        head.writeString(id)
        head.write("\",\"object\":\"text_completion\",\"created\":")
        head.writeDecimal(created)
        head.write(",\"model\":")
        head.writeString(JSONText.quoted(model))
        head.write(",\"choices\":[")
        self.head = head
        self.prompt = prompt
        self.wantsUsage = wantsUsage
    }

    // MARK: Streams

    func encode(_ events: ByteBuffer, into output: inout ByteBuffer) {
        reader.append(events)
        while let frame = try? reader.next() {
            guard let data = frame.data, !data.isDone else {
                output.writeImmutableBuffer(frame.raw)
                continue
            }
            data.withUnsafeReadableBytes { bytes in
                guard let answer = try? ChatAnswer(bytes) else { return }
                write(answer, bytes, into: &output)
            }
        }
    }

    private func write(_ answer: ChatAnswer, _ bytes: UnsafeRawBufferPointer, into output: inout ByteBuffer) {
        let usage = wantsUsage ? answer.usage : nil
        let choices = answer.choices.filter { $0.hasText || $0.finishReason != nil }
        guard usage != nil || !choices.isEmpty else { return }
        output.write("data: ")
        write(choices, usage, bytes, into: &output)
        output.write("\n\n")
    }

    func encode(_ error: ClientError, into output: inout ByteBuffer) {
        output.write("data: ")
        output.writeString(error.body(on: .completions))
        output.write("\n\n")
    }

    func encodeKeepAlive(into output: inout ByteBuffer) { output.write(": keep-alive\n\n") }

    // MARK: Whole answers

    func whole(_ completion: ByteBuffer) -> ByteBuffer {
        var output = ByteBuffer()
        completion.withUnsafeReadableBytes { bytes in
            guard let answer = try? ChatAnswer(bytes) else { return }
            write(Array(answer.choices), answer.usage, bytes, into: &output)
        }
        return output
    }

    // MARK: Choices

    private func write(
        _ choices: [ChatAnswer.Choice],
        _ usage: JSONMember?,
        _ bytes: UnsafeRawBufferPointer,
        into output: inout ByteBuffer
    ) {
        output.writeImmutableBuffer(head)
        for (place, choice) in choices.enumerated() {
            output.write(place == 0 ? "{\"text\":\"" : ",{\"text\":\"")
            if let prompt, begun.insert(choice.index).inserted { output.writeImmutableBuffer(prompt) }
            writeText(of: choice, bytes, into: &output)
            output.write("\",\"index\":")
            output.writeDecimal(choice.index)
            output.write(",\"logprobs\":null,\"finish_reason\":")
            if let reason = choice.finishReason {
                output.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[reason.range]))
            } else {
                output.write("null")
            }
            output.write("}")
        }
        output.write("]")
        if let usage {
            output.write(",\"usage\":")
            output.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[usage.value.range]))
        }
        output.write("}")
    }

    private func writeText(
        of choice: ChatAnswer.Choice,
        _ bytes: UnsafeRawBufferPointer,
        into output: inout ByteBuffer
    ) {
        guard let content = choice.content, choice.hasText else { return }
        if let text = content.text {
            output.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[text.range]))
        } else {
            for text in JSONView(bytes, content).elements.compactMap({ $0["text"]?.span.text }) {
                output.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[text.range]))
            }
        }
    }
}
