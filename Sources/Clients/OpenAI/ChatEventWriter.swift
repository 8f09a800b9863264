import NIOCore

/// Writes what a stream in another dialect says as the events of a chat completion.
struct ChatEventWriter {
    /// `data: {"id":…,"choices":[{"index":0,"delta":{`
    private let opening: ByteBuffer
    private let envelope: ByteBuffer

    /// `id` and `model` are JSON strings, quotes included.
    init(id: String, model: String, created: Int) {
        var envelope = ByteBuffer()
        envelope.writeString("data: {\"id\":\(id),\"object\":\"chat.completion.chunk\",\"created\":\(created),")
        envelope.writeString("\"model\":\(model),\"choices\":[")
        self.envelope = envelope
        envelope.write("{\"index\":0,\"delta\":{")
        opening = envelope
    }

    /// `{"role":"assistant","content":""}`.
    func role(into events: inout ByteBuffer) {
        events.writeImmutableBuffer(opening)
        events.write("\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n")
    }

    /// A delta of one member, a string that is copied as it is written.
    func delta(_ name: StaticString, copying text: JSONView, into events: inout ByteBuffer) {
        events.writeImmutableBuffer(opening)
        events.write("\"")
        events.write(name)
        events.write("\":")
        events.writeBytes(text.raw)
        events.write("},\"finish_reason\":null}]}\n\n")
    }

    /// A delta of these members.
    func delta(into events: inout ByteBuffer, _ members: (inout JSONBuilder) -> Void) {
        events.writeImmutableBuffer(opening)
        JSONBuilder.write(into: &events, members)
        events.write("},\"finish_reason\":null}]}\n\n")
    }

    /// A piece of a call's arguments, a JSON string.
    func arguments(of place: Int, into events: inout ByteBuffer, _ piece: (inout JSONBuilder) -> Void) {
        delta(into: &events) {
            $0.member("tool_calls") {
                $0.array {
                    $0.object {
                        $0.member("index", place)
                        $0.member("function") { $0.object { $0.member("arguments", piece) } }
                    }
                }
            }
        }
    }

    /// `more` are further members of the choice.
    func finish(
        _ reason: StaticString,
        into events: inout ByteBuffer,
        more members: ((inout JSONBuilder) -> Void)? = nil
    ) {
        events.writeImmutableBuffer(opening)
        events.write("},\"finish_reason\":\"")
        events.write(reason)
        events.write("\"")
        if let members {
            events.write(",")
            JSONBuilder.write(into: &events, members)
        }
        events.write("}]}\n\n")
    }

    /// An event without a choice.
    func usage(into events: inout ByteBuffer, _ usage: (inout JSONBuilder) -> Void) {
        events.writeImmutableBuffer(envelope)
        events.write("],\"usage\":")
        JSONBuilder.write(into: &events, usage)
        events.write("}\n\n")
    }

    static func done(into events: inout ByteBuffer) { events.write("data: [DONE]\n\n") }

    /// What went wrong, in the provider's own words.
    static func error(_ error: JSONView, into events: inout ByteBuffer) {
        events.write("data: {\"error\":")
        events.writeBytes(error.raw)
        events.write("}\n\n")
    }

    /// What went wrong, where the provider has no object for it.
    static func error(into events: inout ByteBuffer, _ error: (inout JSONBuilder) -> Void) {
        events.write("data: {\"error\":")
        JSONBuilder.write(into: &events, error)
        events.write("}\n\n")
    }
}
