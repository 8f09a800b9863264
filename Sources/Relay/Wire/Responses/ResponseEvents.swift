import Clients
import NIOCore

/// Writes the events of one streamed response, numbered from 0 without a gap.
struct ResponseEvents {
    private var next = 0

    /// `members` begin with a comma each.
    mutating func write(_ type: StaticString, into out: inout ByteBuffer, _ members: (inout ByteBuffer) -> Void) {
        begin(type, into: &out)
        members(&out)
        out.write("}\n\n")
    }

    /// A delta of a text that is written with its escapes. `place` says whose it is.
    mutating func write(
        _ type: StaticString,
        delta text: UnsafeRawBufferPointer,
        at place: ByteBuffer,
        more: StaticString = "",
        into out: inout ByteBuffer
    ) {
        begin(type, into: &out)
        out.writeImmutableBuffer(place)
        out.write(",\"delta\":\"")
        out.writeBytes(text)
        out.write("\"")
        out.write(more)
        out.write("}\n\n")
    }

    /// `response.output_item.added` or `done`, with the item as it stands.
    mutating func write(_ type: StaticString, item: ByteBuffer, place: Int, into out: inout ByteBuffer) {
        write(type, into: &out) { out in
            out.write(",\"output_index\":")
            out.writeDecimal(place)
            out.write(",\"item\":")
            out.writeImmutableBuffer(item)
        }
    }

    private mutating func begin(_ type: StaticString, into out: inout ByteBuffer) {
        out.write("event: ")
        out.write(type)
        out.write("\ndata: {\"type\":\"")
        out.write(type)
        out.write("\",\"sequence_number\":")
        out.writeDecimal(next)
        next += 1
    }
}

/// How an output item came to its end.
enum ResponseItemStatus {
    case completed, incomplete

    var text: StaticString {
        switch self {
        case .completed: "completed"
        case .incomplete: "incomplete"
        }
    }
}

extension ByteBuffer {
    /// `,"name":"text"`, the text written with its escapes.
    mutating func writeMember(_ name: StaticString, raw text: ByteBuffer) {
        write(",\"")
        write(name)
        write("\":\"")
        writeImmutableBuffer(text)
        write("\"")
    }

    /// `,"item_id":"ID","output_index":0`
    static func place(id: String, output: Int) -> ByteBuffer {
        var place = ByteBuffer()
        place.write(",\"item_id\":\"")
        place.writeString(id)
        place.write("\",\"output_index\":")
        place.writeDecimal(output)
        return place
    }
}
