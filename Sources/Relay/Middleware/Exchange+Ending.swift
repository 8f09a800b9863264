import Clients
import NIOCore

/// How an exchange ends, and what its headers tell.
extension Exchange {
    /// An answer that is complete and says nothing; passed on when every candidate's was as empty.
    struct EmptyAnswer {
        let route: Route
        let number: Int
        let content: Content

        enum Content {
            case whole(SplicedBody)
            /// The events of a stream without its end.
            case events(ByteBuffer)
        }
    }

    func passOn(_ answer: EmptyAnswer, _ now: Now, _ actions: inout Actions) {
        switch answer.content {
        case .whole(let body):
            writeWhole(body, of: answer.route, attempt: answer.number, now, &actions)
        case .events(let events):
            reply.forwards = false
            reply.output.write { output in
                output.writeImmutableBuffer(events)
                output.write("data: [DONE]\n\n")
            }
            flushStream(of: answer.route, attempt: answer.number, last: true, now, &actions)
        }
        note(status: 200, now)
        finish(&actions)
    }

    /// Once a byte is out the status is gone: then an error event, never a false `stop`.
    func end(with error: ClientError, _ now: Now, _ actions: inout Actions) {
        if let narrator {
            narrator.skip(selection.passedOver)
            tellNews(now, &actions)
        }
        if reply.headSent {
            // Bytes that are no events have no word for an error: they end without their end.
            if !reply.isEventStream {
                note(status: error.status, now)
                return breakOff(&actions)
            }
            if let event = reply.streamError(error, at: now) { actions.write.append(event) }
        } else {
            var fields = ReplyFields()
            fields.write { writeFields(of: nil, attempt: trail.count, now, into: &$0) }
            actions.write.append(Reply.error(error, on: facts.wire, framing: facts.framing, fields: fields))
        }
        note(status: error.status, now)
        finish(&actions)
    }

    private func breakOff(_ actions: inout Actions) {
        reply.isBroken = true
        finish(&actions)
    }

    func finish(_ actions: inout Actions) {
        actions.ends = true
        attempt = nil
        phase = .done
    }

    /// What the client has not yet heard of the routing; with it its stream begins.
    func tellNews(_ now: Now, _ actions: inout Actions) {
        guard phase != .done, let narrator, narrator.hasNews else { return }
        let facts = facts
        let news = reply.event(at: now, fields: { facts.writeAnswerFields(into: &$0) }, narrator.writeNews)
        if let news { actions.write.append(news) }
    }

    // MARK: Writing

    /// A whole answer, its body behind its head in one buffer where it is short.
    func writeWhole(
        _ completion: consuming SplicedBody,
        of route: Route,
        attempt number: Int,
        contentType: String = "application/json",
        isNative: Bool = false,
        _ now: Now,
        _ actions: inout Actions
    ) {
        var body = completion
        if !isNative, let encoder = reply.encoder { body = SplicedBody(encoder.whole(body.joined())) }
        let length = body.length
        var rest: [ByteBuffer] = []
        let buffer = buffers.buffer(Reply.room(forWhole: length)) { buffer in
            reply.beginWhole(length: length, contentType: contentType, into: &buffer)
            writeFields(of: route, attempt: number, now, into: &buffer)
            ReplyHead.end(&buffer)
            if facts.framing.hasBody { rest = body.write(into: &buffer) }
        }
        actions.write.append(buffer)
        for piece in rest { actions.write.append(piece) }
    }

    /// What was gathered of a stream, with the head when it is the first.
    func flushStream(
        of route: Route,
        attempt number: Int,
        last: Bool,
        _ now: Now,
        _ actions: inout Actions
    ) {
        guard last || reply.output.pending > 0 else { return }
        var opening: ByteBuffer?
        switch reply.opening {
        case .nothing: break
        case .comment: opening = reply.comment("x-routed-via \(route.name); attempts=\(number)")
        case .head:
            var head = reply.streamHead()
            writeFields(of: route, attempt: number, now, into: &head)
            ReplyHead.end(&head)
            opening = head
        }
        reply.flush(last: last, at: now, opening: opening, into: &actions.write)
    }

    /// What every answer says of its way.
    func writeFields(of route: Route?, attempt number: Int, _ now: Now, into buffer: inout ByteBuffer) {
        facts.writeAnswerFields(into: &buffer)
        if let route { buffer.writeImmutableBuffer(chain.dialing[route.index].fields.bytes) }
        buffer.writeField("x-gateway-attempts", number)
        if !trail.isEmpty {
            buffer.writeField("x-fallback-attempts", trail.count)
            let steps = trail.suffix(10).map { "\($0.route)=\($0.outcome)" }
            buffer.writeField("x-fallback-trail", steps.joined(separator: "; "))
        }
        if let report { buffer.writeField("x-relay-context", report.text) }
        if let handedOver { buffer.writeField("x-relay-handoff", "from \(handedOver.name)") }
        var upstream = upstreamTime
        // A stream's head goes out while its upstream is still at work.
        if phase == .streaming, let attempt, !attempt.isSettled {
            upstream += attempt.startedAt.duration(to: now)
        }
        buffer.writeServerTiming(relay: facts.received.duration(to: now) - upstream - waitedTime, wait: waitedTime)
    }
}
