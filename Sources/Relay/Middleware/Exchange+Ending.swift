import Clients
import NIOCore

/// How an exchange ends, and what its headers tell.
extension Exchange {
    /// An answer that is complete and says nothing; passed on when every candidate's was as empty.
    struct EmptyAnswer {
        let route: Route
        let number: Int
        /// A whole answer's body, or the events of a stream without its end.
        let body: [ByteBuffer]
    }

    mutating func passOn(_ answer: EmptyAnswer, _ now: Now, _ actions: inout Actions) {
        let fields = fields(for: answer.route, attempt: answer.number, now)
        guard request.wantsStream else {
            actions.write += reply.whole(answer.body, fields: fields)
            return finish(&actions)
        }
        reply.output.write { output in
            for piece in answer.body { output.writeImmutableBuffer(piece) }
            output.writeStaticString("data: [DONE]\n\n")
        }
        reply.flush(last: true, at: now, fields: reply.tellsRoute ? nil : fields, into: &actions.write)
        finish(&actions)
    }

    /// Once a byte is out the status is gone: then an error event, never a false `stop`.
    mutating func end(with error: ClientError, _ now: Now, _ actions: inout Actions) {
        if reply.headSent {
            actions.write += reply.streamError(error, at: now)
        } else {
            actions.write += reply.error(error, fields: fields(for: nil, attempt: trail.count, now))
        }
        finish(&actions)
    }

    mutating func finish(_ actions: inout Actions) {
        actions.ends = true
        attempt = nil
        phase = .done
    }

    /// What every answer says of its way.
    func fields(for route: Route?, attempt number: Int, _ now: Now) -> ReplyFields {
        var fields = facts.answerFields
        if let route { fields.append(chain.dialing[route.index].fields) }
        fields.add("x-gateway-attempts", number)
        if !trail.isEmpty {
            fields.add("x-fallback-attempts", trail.count)
            fields.add("x-fallback-trail", trail.suffix(10).map { "\($0.route)=\($0.outcome)" }.joined(separator: "; "))
        }
        if let report { fields.add("x-relay-context", report.text) }
        var upstream = upstreamTime
        // A stream's head goes out while its upstream is still at work.
        if phase == .streaming, let attempt, !attempt.isSettled {
            upstream += attempt.startedAt.continuous.duration(to: now.continuous)
        }
        let total = facts.received.continuous.duration(to: now.continuous)
        fields.addServerTiming(relay: total - upstream - waitedTime, wait: waitedTime)
        return fields
    }
}
