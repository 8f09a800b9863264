import Clients
import NIOCore

/// What the model thought, on its way as the summary of a reasoning item. The text is kept as it is written.
struct ResponseReasoning {
    let place: Int
    private let id: String
    /// With `summary_index`: there is one part.
    private let partPlace: ByteBuffer
    private var text = ByteBuffer()

    init(base: String, place: Int) {
        self.place = place
        id = ResponseID.output("rs", base, place)
        var partPlace = ByteBuffer.place(id: id, output: place)
        partPlace.write(",\"summary_index\":0")
        self.partPlace = partPlace
    }

    func begin(_ events: inout ResponseEvents, into out: inout ByteBuffer) {
        events.write("response.output_item.added", item: item(summary: nil), place: place, into: &out)
        writePart("response.reasoning_summary_part.added", &events, into: &out)
    }

    mutating func append(_ piece: UnsafeRawBufferPointer, _ events: inout ResponseEvents, into out: inout ByteBuffer) {
        text.writeBytes(piece)
        events.write("response.reasoning_summary_text.delta", delta: piece, at: partPlace, into: &out)
    }

    /// The item as it has become.
    func end(_ events: inout ResponseEvents, into out: inout ByteBuffer) -> ByteBuffer {
        events.write("response.reasoning_summary_text.done", into: &out) { out in
            out.writeImmutableBuffer(partPlace)
            out.writeMember("text", raw: text)
        }
        writePart("response.reasoning_summary_part.done", &events, into: &out)
        let item = item(summary: part)
        events.write("response.output_item.done", item: item, place: place, into: &out)
        return item
    }

    private func writePart(_ type: StaticString, _ events: inout ResponseEvents, into out: inout ByteBuffer) {
        events.write(type, into: &out) { out in
            out.writeImmutableBuffer(partPlace)
            out.write(",\"part\":")
            out.writeImmutableBuffer(part)
        }
    }

    private var part: ByteBuffer {
        var out = ByteBuffer()
        out.write("{\"type\":\"summary_text\"")
        out.writeMember("text", raw: text)
        out.write("}")
        return out
    }

    private func item(summary: ByteBuffer?) -> ByteBuffer {
        var out = ByteBuffer()
        out.write("{\"id\":\"")
        out.writeString(id)
        out.write("\",\"type\":\"reasoning\",\"summary\":[")
        if let summary { out.writeImmutableBuffer(summary) }
        out.write("]}")
        return out
    }
}
