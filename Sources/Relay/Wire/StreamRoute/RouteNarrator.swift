import Clients
import NIOCore

/// Tells a client event by event how its request is routed, and then the answer.
///
///     route_skip …  route_trying  route_fail  route_trying  route_selected  content …  usage  done | error
///
/// Each event's name is also its `type`. The exchange reports what it does; what was reported and not yet told goes out
/// with the next piece of the answer, or by itself.
final class RouteNarrator: AnswerEncoder {
    private var news = ByteBuffer()
    private var reader = SSEReader()
    /// Said once, however often the candidates are gone through.
    private var skipped: Set<String> = []
    private var current: Place?
    private var attempts = 0
    private var isSelected = false
    /// Of the first choice, with its quotation marks.
    private var finishReason: ByteBuffer?

    /// Where a call goes.
    private struct Place {
        let route: String
        let provider: String
        let model: String
        let attempt: Int

        func write(into json: inout JSONBuilder) {
            json.member("route", route)
            json.member("provider", provider)
            json.member("model", model)
            json.member("attempt", attempt)
        }
    }

    // MARK: Routing

    var hasNews: Bool { news.readableBytes > 0 }

    /// Candidates that cannot be called now; outcomes as in `X-Fallback-Trail`.
    func skip(_ notes: [ClientError.AttemptNote]) {
        for note in notes where skipped.insert("\(note.route)=\(note.outcome)").inserted {
            tell("route_skip") { json in
                json.member("route", note.route)
                json.member("reason", note.outcome)
            }
        }
    }

    func trying(_ route: Route, attempt: Int) {
        let place = Place(route: route.name, provider: route.provider.name, model: route.model.name, attempt: attempt)
        current = place
        attempts = attempt
        tell("route_trying") { place.write(into: &$0) }
    }

    func failed(_ note: ClientError.AttemptNote) {
        tell("route_fail") { json in
            json.member("route", note.route)
            json.member("attempt", attempts)
            json.member("reason", note.outcome)
        }
    }

    func writeNews(into output: inout ByteBuffer) {
        output.writeBuffer(&news)
        news.clear()
    }

    private func tell(_ name: StaticString, _ members: (inout JSONBuilder) -> Void) {
        Self.write(name, into: &news, members)
    }

    // MARK: The answer

    func encode(_ events: ByteBuffer, into output: inout ByteBuffer) {
        writeNews(into: &output)
        if !isSelected, let current {
            isSelected = true
            Self.write("route_selected", into: &output) { current.write(into: &$0) }
        }
        reader.append(events)
        while let frame = try? reader.next() {
            guard let data = frame.data else {
                output.writeImmutableBuffer(frame.raw)
                continue
            }
            if data.isDone {
                writeDone(into: &output)
                continue
            }
            data.withUnsafeReadableBytes { bytes in
                guard let chunk = try? JSONView(document: bytes) else { return }
                write(chunk, into: &output)
            }
        }
    }

    private func write(_ chunk: JSONView, into output: inout ByteBuffer) {
        chunk["choices"]?
            .eachElement { choice in
                let index = choice["index"]?.integer ?? 0
                if let delta = choice["delta"], delta.members.contains(where: { Self.says(delta, $0.key, $0.value) }) {
                    Self.write("content", into: &output) { json in
                        json.member("index", index)
                        for (key, value) in delta.members where Self.says(delta, key, value) {
                            json.member(key, copying: value)
                        }
                    }
                }
                if index == 0, let reason = choice["finish_reason"], reason.isString {
                    finishReason = ByteBuffer(bytes: reason.raw)
                }
            }
        if let usage = chunk["usage"], usage.isObject {
            Self.write("usage", into: &output) { $0.member("usage", copying: usage) }
        }
    }

    /// A part of the answer, and neither its role nor nothing.
    private static func says(_ delta: JSONView, _ key: JSONString, _ value: JSONView) -> Bool {
        if value.isNull || delta.isNamed(key, "role") { return false }
        return !value.isString || value.raw.count > 2
    }

    private func writeDone(into output: inout ByteBuffer) {
        Self.write("done", into: &output) { json in
            if let finishReason {
                finishReason.withUnsafeReadableBytes { bytes in
                    json.member("finish_reason") { $0.raw(bytes) }
                }
            } else {
                json.member("finish_reason", raw: "null")
            }
            json.member("attempts", attempts)
        }
    }

    func encode(_ error: ClientError, into output: inout ByteBuffer) {
        writeNews(into: &output)
        // The envelope `{"error":{…}}`, with the event's type before it.
        let envelope = error.body(on: .chat)
        output.write("event: error\ndata: {\"type\":\"error\",\"status\":")
        output.writeDecimal(error.status)
        output.write(",")
        output.writeSubstring(envelope.dropFirst())
        output.write("\n\n")
    }

    func encodeKeepAlive(into output: inout ByteBuffer) {
        writeNews(into: &output)
        output.write(": keep-alive\n\n")
    }

    /// Never asked for: what is narrated is streamed.
    func whole(_ completion: ByteBuffer) -> ByteBuffer { completion }

    private static func write(
        _ name: StaticString,
        into output: inout ByteBuffer,
        _ members: (inout JSONBuilder) -> Void
    ) {
        output.write("event: ")
        output.write(name)
        output.write("\ndata: ")
        JSONBuilder.write(into: &output) { json in
            json.object { json in
                json.member("type", "\(name)")
                members(&json)
            }
        }
        output.write("\n\n")
    }
}
