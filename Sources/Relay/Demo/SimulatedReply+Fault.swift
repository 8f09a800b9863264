extension SimulatedReply {
    typealias Behavior = SimulatedProvider.Behavior
    typealias Fault = SimulatedProvider.Fault

    /// The answer to a call that passed the checks, with what goes wrong on the way.
    init(
        to call: SimulatedCall,
        number: Int,
        behavior: Behavior,
        fault: Fault?,
        headers: [(name: String, value: String)]
    ) {
        let latency = Self.wait(behavior.latency.beforeHead)
        if var reply = fault.flatMap({ Self.withoutAnswer($0, call: call, behavior: behavior) }) {
            reply.steps = latency + reply.steps
            self = reply
            return
        }
        if let media = call.media {
            var isEmpty = false
            if case .emptyAnswer? = fault { isEmpty = true }
            let answer = SimulatedMediaAnswer(to: media, behavior.media, isEmpty: isEmpty)
            self.init(status: 200, steps: latency)
            steps += Self.play(
                answer.pieces,
                type: answer.contentType,
                framing: answer.pieces.count > 1 ? behavior.delivery.stream : behavior.delivery.whole,
                behavior: behavior,
                fault: fault,
                headers: headers
            )
            return
        }
        var answer = SimulatedAnswer(to: call, number: number, behavior: behavior)
        if case .emptyAnswer(let finishReason)? = fault {
            answer.pieces = []
            answer.toolCalls = []
            answer.reasoning = nil
            answer.finishReason = finishReason
        }
        let isStream = call.isStream && !behavior.streaming.answersWhole
        var events: [[UInt8]]
        if isStream {
            let shape = behavior.streaming
            events = behavior.dialect.events(answer, shape: shape, includesUsage: call.includesUsage)
            if case .errorFrameInStream(let count, let body)? = fault {
                let frame = behavior.dialect.errorEvent(body ?? Self.upstreamFailure(behavior), shape: shape)
                events = Array(events.prefix(count)) + [frame]
            }
        } else {
            var sendsUsage = true
            if case .never = behavior.streaming.usage { sendsUsage = false }
            events = [Array(behavior.dialect.whole(answer, sendsUsage: sendsUsage).utf8)]
        }
        self.init(status: 200, steps: latency)
        steps += Self.play(
            events,
            type: isStream ? behavior.dialect.streamType : "application/json",
            framing: isStream ? behavior.delivery.stream : behavior.delivery.whole,
            behavior: behavior,
            fault: fault,
            headers: headers + (isStream ? [(name: "Cache-Control", value: "no-cache")] : [])
        )
    }

    /// Head and events, up to where the fault strikes.
    private static func play(
        _ events: [[UInt8]],
        type: String,
        framing: SimulatedProvider.Delivery.Framing,
        behavior: Behavior,
        fault: Fault?,
        headers: [(name: String, value: String)]
    ) -> [Step] {
        let strike = Strike(fault)
        var writer = SimulatedReplyWriter(
            delivery: behavior.delivery,
            framing: strike?.announcesLength == true ? .contentLength : framing
        )
        writer.head(
            status: 200,
            contentType: type,
            length: events.reduce(0) { $0 + $1.count },
            headers: headers
        )
        writer.wait(behavior.latency.beforeFirstChunk)
        let sent = strike.map { Self.before($0, events) } ?? events
        for (position, event) in sent.enumerated() {
            if position > 0 { writer.wait(behavior.latency.betweenChunks) }
            writer.body(event)
        }
        if let strike { writer.add(strike.step) } else { writer.end() }
        return writer.steps
    }

    /// A fault that ends the answer early.
    private struct Strike {
        var chunks: Int
        var step: Step
        var announcesLength = false

        init?(_ fault: Fault?) {
            switch fault {
            case .stall(let count): (chunks, step) = (count, .hang)
            case .cut(let count): (chunks, step) = (count, .hangUp)
            case .reset(let count): (chunks, step) = (count, .reset)
            case .truncatedContentLength: (chunks, step, announcesLength) = (.max, .hangUp, true)
            default: return nil
            }
        }
    }

    private static func before(_ strike: Strike, _ events: [[UInt8]]) -> [[UInt8]] {
        if strike.announcesLength {
            let body = Array(events.joined())
            return [Array(body.prefix(body.count / 2))]
        }
        guard strike.chunks >= events.count, let last = events.last else { return Array(events.prefix(strike.chunks)) }
        return events.dropLast() + [Array(last.prefix(last.count / 2))]
    }

    /// Faults that leave no answer at all.
    private static func withoutAnswer(_ fault: Fault, call: SimulatedCall, behavior: Behavior) -> SimulatedReply? {
        let delivery = behavior.delivery
        switch fault {
        case .status(let status, let body, let headers):
            return SimulatedReply(status: status, body: body, headers: headers, delivery: delivery)
        case .error(let status, let style, let message):
            let body = style.body(status: status, message: message, type: "server_error")
            return SimulatedReply(status: status, body: body, contentType: style.contentType, delivery: delivery)
        case .rateLimited(let style, let retryAfter):
            return SimulatedReply(
                status: 429,
                body: style.rateLimitBody(
                    model: call.model,
                    wait: retryAfter.flatMap(Double.init).map { .seconds($0) } ?? .seconds(17)
                ),
                contentType: style.contentType,
                headers: retryAfter.map { [(name: "Retry-After", value: $0)] } ?? [],
                delivery: delivery
            )
        case .resetBeforeHead: return SimulatedReply(status: 0, steps: [.reset])
        case .closeBeforeHead: return SimulatedReply(status: 0, steps: [.hangUp])
        case .hangBeforeHead: return SimulatedReply(status: 0, steps: [.hang])
        case .errorInBody200: return SimulatedReply(status: 200, body: upstreamFailure(behavior), delivery: delivery)
        case .garbageBody:
            let page = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>cloud</body></html>"
            return SimulatedReply(status: 200, body: page, contentType: "text/html", delivery: delivery)
        case .rawBytes(let chunks):
            return SimulatedReply(
                status: 0,
                steps: chunks.flatMap { ($0.pause > .zero ? [.wait($0.pause)] : []) + [.write($0.bytes)] } + [.close]
            )
        default: return nil
        }
    }

    private static func upstreamFailure(_ behavior: Behavior) -> String {
        behavior.errors.body(
            status: 500,
            message: "The upstream model failed.",
            type: "server_error",
            code: "server_error"
        )
    }

    private static func wait(_ pause: SimulatedProvider.Pause) -> [Step] {
        let duration = pause.draw()
        return duration > .zero ? [.wait(duration)] : []
    }
}
