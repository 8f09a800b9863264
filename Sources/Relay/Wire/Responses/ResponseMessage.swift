import Clients
import NIOCore

/// The assistant's message on its way: one text, or a text and a refusal. Texts are kept as they are written.
struct ResponseMessage {
    let place: Int
    private let id: String
    private let itemPlace: ByteBuffer
    private var open: Part?
    /// The open part's.
    private var text = ByteBuffer()
    private var annotations = ByteBuffer()
    private var annotationCount = 0
    /// `itemPlace` with the open part's index.
    private var partPlace = ByteBuffer()
    private var parts = ByteBuffer()
    private var partCount = 0

    enum Part { case text, refusal }

    init(base: String, place: Int) {
        self.place = place
        id = ResponseID.output("msg", base, place)
        itemPlace = .place(id: id, output: place)
    }

    func begin(_ events: inout ResponseEvents, into out: inout ByteBuffer) {
        events.write("response.output_item.added", item: item("in_progress"), place: place, into: &out)
    }

    mutating func append(
        _ piece: UnsafeRawBufferPointer,
        to part: Part,
        _ events: inout ResponseEvents,
        into out: inout ByteBuffer
    ) {
        if open != part {
            endPart(&events, into: &out)
            beginPart(part, &events, into: &out)
        }
        text.writeBytes(piece)
        switch part {
        case .text:
            events.write(
                "response.output_text.delta",
                delta: piece,
                at: partPlace,
                more: ",\"logprobs\":[]",
                into: &out
            )
        case .refusal: events.write("response.refusal.delta", delta: piece, at: partPlace, into: &out)
        }
    }

    /// Adds a source that the text cites, in a response's flat form.
    mutating func annotate(_ citation: JSONView, _ events: inout ResponseEvents, into out: inout ByteBuffer) {
        guard open == .text, let annotation = Self.annotation(citation) else { return }
        let number = annotationCount
        if number > 0 { annotations.write(",") }
        annotations.writeImmutableBuffer(annotation)
        annotationCount += 1
        events.write("response.output_text.annotation.added", into: &out) { out in
            out.writeImmutableBuffer(partPlace)
            out.write(",\"annotation_index\":")
            out.writeDecimal(number)
            out.write(",\"annotation\":")
            out.writeImmutableBuffer(annotation)
        }
    }

    /// The item as it has become.
    mutating func end(
        _ status: ResponseItemStatus,
        _ events: inout ResponseEvents,
        into out: inout ByteBuffer
    ) -> ByteBuffer {
        endPart(&events, into: &out)
        let item = item(status.text)
        events.write("response.output_item.done", item: item, place: place, into: &out)
        return item
    }

    // MARK: Parts

    private mutating func beginPart(_ part: Part, _ events: inout ResponseEvents, into out: inout ByteBuffer) {
        open = part
        partPlace = itemPlace
        partPlace.write(",\"content_index\":")
        partPlace.writeDecimal(partCount)
        writePart("response.content_part.added", &events, into: &out)
    }

    private mutating func endPart(_ events: inout ResponseEvents, into out: inout ByteBuffer) {
        guard let part = open else { return }
        switch part {
        case .text:
            events.write("response.output_text.done", into: &out) { out in
                out.writeImmutableBuffer(partPlace)
                out.writeMember("text", raw: text)
                out.write(",\"logprobs\":[]")
            }
        case .refusal:
            events.write("response.refusal.done", into: &out) { out in
                out.writeImmutableBuffer(partPlace)
                out.writeMember("refusal", raw: text)
            }
        }
        writePart("response.content_part.done", &events, into: &out)
        if partCount > 0 { parts.write(",") }
        parts.writeImmutableBuffer(self.part)
        partCount += 1
        open = nil
        text.clear()
        annotations.clear()
        annotationCount = 0
    }

    private func writePart(_ type: StaticString, _ events: inout ResponseEvents, into out: inout ByteBuffer) {
        events.write(type, into: &out) { out in
            out.writeImmutableBuffer(partPlace)
            out.write(",\"part\":")
            out.writeImmutableBuffer(part)
        }
    }

    /// The open part as it stands.
    private var part: ByteBuffer {
        var out = ByteBuffer()
        guard open == .text else {
            out.write("{\"type\":\"refusal\"")
            out.writeMember("refusal", raw: text)
            out.write("}")
            return out
        }
        out.write("{\"type\":\"output_text\",\"annotations\":[")
        out.writeImmutableBuffer(annotations)
        out.write("],\"logprobs\":[]")
        out.writeMember("text", raw: text)
        out.write("}")
        return out
    }

    private func item(_ status: StaticString) -> ByteBuffer {
        var out = ByteBuffer()
        out.write("{\"id\":\"")
        out.writeString(id)
        out.write("\",\"type\":\"message\",\"status\":\"")
        out.write(status)
        out.write("\",\"role\":\"assistant\",\"content\":[")
        out.writeImmutableBuffer(parts)
        out.write("]}")
        return out
    }

    /// `{"type":"url_citation","url_citation":{…}}` without the inner object.
    private static func annotation(_ citation: JSONView) -> ByteBuffer? {
        let inner = citation["url_citation"] ?? citation
        guard let url = inner["url"], url.isString else { return nil }
        var json = JSONBuilder()
        json.object { json in
            json.member("type", "url_citation")
            json.member("url", copying: url)
            if let title = inner["title"], title.isString {
                json.member("title", copying: title)
            } else {
                json.member("title", "")
            }
            json.member("start_index", inner["start_index"]?.integer ?? 0)
            json.member("end_index", inner["end_index"]?.integer ?? 0)
        }
        return json.buffer
    }
}
