import Clients
import NIOCore

/// A stream of Anthropic's events on its way to a client of Anthropic's API: each goes on as it came, but that the model is
/// the one that was asked for.
struct MessagesForwarding {
    private let model: String
    private var reader = SSEReader()
    private var hasStarted = false
    private(set) var hasStopped = false

    /// - Parameter model: as asked for.
    init(model: String) {
        self.model = JSONText.quoted(model)
    }

    mutating func append(_ bytes: ByteBuffer) { reader.append(bytes) }

    mutating func next() throws(SSEReader.TooLong) -> SSEReader.Frame? { try reader.next() }

    mutating func finish() -> SSEReader.Frame? { reader.finish() }

    /// Writes an event that was read and found good.
    mutating func write(_ frame: SSEReader.Frame, into output: inout ByteBuffer) {
        guard let data = frame.data else { return _ = output.writeImmutableBuffer(frame.raw) }
        if hasStarted {
            if frame.raw.readableBytes < 128, MessagesForwarding.isStop(data) { hasStopped = true }
            return _ = output.writeImmutableBuffer(frame.raw)
        }
        data.withUnsafeReadableBytes { bytes in
            guard let event = try? JSONView(document: bytes), event["type"]?.equals("message_start") == true else {
                return _ = output.writeImmutableBuffer(frame.raw)
            }
            hasStarted = true
            var edits = ByteEdits()
            if let named = event["message"]?["model"] { edits.replace(named.span.range, with: model) }
            output.write("event: message_start\ndata: ")
            edits.apply(to: bytes, into: &output)
            output.write("\n\n")
        }
    }

    private static func isStop(_ data: ByteBuffer) -> Bool {
        data.withUnsafeReadableBytes { (try? JSONView(document: $0))?["type"]?.equals("message_stop") == true }
    }

    /// The provider left its last event out.
    mutating func writeStop(into output: inout ByteBuffer) {
        guard !hasStopped else { return }
        hasStopped = true
        output.write("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")
    }

    /// A whole answer.
    static func whole(_ body: ByteBuffer, model: String) -> SplicedBody {
        var edits = ByteEdits()
        body.withUnsafeReadableBytes { bytes in
            guard let named = (try? JSONView(document: bytes))?["model"] else { return }
            edits.replace(named.span.range, with: JSONText.quoted(model))
        }
        return SplicedBody(body, edits)
    }
}
