import Clients
import NIOCore
import Normalize

/// The way back: what an upstream says, judged, normalised and written on, or given up for the next candidate.
extension Exchange {
    func receive(_ event: consuming UpstreamEvent, _ now: Now, _ actions: inout Actions) {
        guard let attempt else { return }
        switch consume event {
        case .connected: attempt.connected(at: now)
        case .read(let read): receive(read, of: attempt, now, &actions)
        case .failed(let fault):
            attempt.hasEnded = true
            fail(UpstreamFailure(fault), nil, now, &actions)
        }
    }

    private func receive(
        _ read: consuming UpstreamRead,
        of attempt: Attempt,
        _ now: Now,
        _ actions: inout Actions
    ) {
        let hasHead = read.head != nil
        if let head = read.head.take() {
            receive(head, isAll: read.hasEnded, of: attempt, now)
            reply.forwards = attempt.forwardsStream
        }
        attempt.hasEnded = read.hasEnded
        if case .media(let media) = request {
            return receive(read, hasHead: hasHead, of: attempt, for: media, now, &actions)
        }
        if read.body.readableBytes > 0 {
            if attempt.isStreaming {
                attempt.receive(read.body, into: &reply.output, at: now)
                judge(attempt, now, &actions)
            } else if !attempt.gather(read.body, at: now) {
                fail(.unreadable("the answer is too long"), nil, now, &actions)
            }
        }
        // It may have been given up, or be complete by its own mark.
        guard self.attempt === attempt else { return }
        if read.hasEnded {
            receiveEnd(of: attempt, now, &actions)
        } else {
            flush(attempt, now, &actions)
        }
    }

    /// - Parameter isAll: the answer has ended, too; settling it then says that its head has come.
    private func receive(_ head: ResponseHead, isAll: Bool, of attempt: Attempt, _ now: Now) {
        let route = attempt.route
        attempt.received(head, at: now)
        if !isAll { route.account.headArrived(attempt.reservation, at: now) }
        if head.mentionsRateLimits, let report = RateLimitReport.read(head, now: now) {
            route.account.learn(report, slot: route.slot, reservation: attempt.reservation, at: now)
        }
    }

    // MARK: Streams

    /// After each piece of a stream: has it broken, has it ended, is it worth committing to?
    private func judge(_ attempt: Attempt, _ now: Now, _ actions: inout Actions) {
        switch attempt.stream?.state {
        case .failed(.emptyAnswer)?:
            let written = reply.output.take(last: false, framed: false)
            if let events = attempt.forwardsStream ? attempt.takeTranslation() : written {
                lastEmpty = EmptyAnswer(route: attempt.route, number: attempt.number, content: .events(events))
            }
            fail(.emptyAnswer, nil, now, &actions)
        case .failed(let failure)?:
            fail(failure, nil, now, &actions)
        case .refused(let body)?:
            if rescue(attempt, from: body, now) { return receiveWhole(of: attempt, now, &actions) }
            let (failure, details) = attempt.errors(now).read(status: 200, body: body)
            fail(failure, details, now, &actions)
        case .complete?:
            completeStream(of: attempt, now, &actions)
        case .open?:
            // Its first words have come, if only for the rules to hold them.
            if attempt.hasBegun { attempt.noteMeaningful(at: now) }
        case nil: break
        }
    }

    /// What was gathered of this read goes to the client, from the first meaningful delta on.
    private func flush(_ attempt: Attempt, _ now: Now, _ actions: inout Actions) {
        guard attempt.isMeaningful, !isHeld(attempt) else { return }
        phase = .streaming
        flushStream(of: attempt.route, attempt: attempt.number, last: false, now, &actions)
    }

    /// A schema that the route does not enforce is checked before anything is sent.
    private func isHeld(_ attempt: Attempt) -> Bool {
        request.chat?.responseFormat == .jsonSchema && !attempt.isNative && !attempt.route.model.jsonSchema
            && normalization != nil
    }

    private func completeStream(of attempt: Attempt, _ now: Now, _ actions: inout Actions) {
        guard let stream = attempt.stream else { return }
        guard stream.jsonIsValid != false else {
            return fail(.invalidOutput("the answer is not the JSON that was asked for"), nil, now, &actions)
        }
        if let fault = stream.schemaFault { return fail(.offSchema("\(fault)"), nil, now, &actions) }
        let usage = stream.usage ?? attempt.estimatedUsage(answerBytes: stream.answerBytes)
        if !attempt.forwardsStream { stream.writeEnd(estimated: usage, into: &reply.output) }
        succeed(attempt, usage: usage, isReported: stream.usage != nil, changes: stream.changes, now)
        flushStream(of: attempt.route, attempt: attempt.number, last: true, now, &actions)
        finish(&actions)
    }

    // MARK: Whole answers

    private func receiveEnd(of attempt: Attempt, _ now: Now, _ actions: inout Actions) {
        if attempt.isStreaming {
            attempt.end(into: &reply.output)
            return judge(attempt, now, &actions)
        }
        guard let status = attempt.head?.status else { return fail(.unreadable("no answer"), nil, now, &actions) }
        if status / 100 == 2 {
            guard attempt.translateBody() else {
                return fail(.unreadable("the answer is not in the provider's dialect"), nil, now, &actions)
            }
        } else if !rescue(attempt, from: attempt.body, now) {
            let (failure, details) = attempt.errors(now).read(status: status, body: attempt.body)
            return fail(failure, details, now, &actions)
        }
        receiveWhole(of: attempt, now, &actions)
    }

    /// Before anything has gone to the client, a refusal may turn out to hold the answer.
    private func rescue(_ attempt: Attempt, from refusal: ByteBuffer, _ now: Now) -> Bool {
        guard phase != .streaming, !attempt.isNative, attempt.rescuedCalls == 0, let rules = normalization?.rules,
            let rescued = RescuedAnswer.body(
                ofRefusal: refusal,
                rules: rules,
                tag: facts.tag,
                model: attempt.route.model.name,
                at: now
            )
        else { return false }
        reply.discard()
        attempt.rescue(rescued.body, calls: rescued.calls, stream: streamReply(for: attempt))
        return true
    }

    /// A whole answer, as such or as the events of a stream.
    private func receiveWhole(of attempt: Attempt, _ now: Now, _ actions: inout Actions) {
        if request.wantsStream, let events = ChatWholeReply.asStream(attempt.body) {
            attempt.receive(events, into: &reply.output, at: now)
            return judge(attempt, now, &actions)
        }
        let reading = ChatWholeReply.read(
            attempt.body,
            normalization: attempt.isNative ? nil : normalization,
            requestTag: facts.tag,
            note: chain.showsProvider ? attempt.note(now) : nil,
            deadAnswers: attempt.route.quirks.deadAnswers
        )
        switch reading {
        case .failed(let failure):
            fail(failure, nil, now, &actions)
        case .refused:
            let (failure, details) = attempt.errors(now).read(status: 200, body: attempt.body)
            fail(failure, details, now, &actions)
        case .empty(let answer):
            lastEmpty = EmptyAnswer(route: attempt.route, number: attempt.number, content: .whole(answer.body))
            fail(.emptyAnswer, nil, now, &actions)
        case .answer(let answer):
            let usage = answer.usage ?? attempt.estimatedUsage(answerBytes: answer.answerBytes)
            succeed(attempt, usage: usage, isReported: answer.usage != nil, changes: answer.changes, now)
            if let body = attempt.nativeBody {
                let body = MessagesForwarding.whole(body, model: request.model)
                writeWhole(body, of: attempt.route, attempt: attempt.number, isNative: true, now, &actions)
            } else {
                writeWhole(answer.body, of: attempt.route, attempt: attempt.number, now, &actions)
            }
            finish(&actions)
        }
    }

    // MARK: What comes of it

    func succeed(
        _ attempt: Attempt,
        usage: TokenUsage,
        isReported: Bool,
        changes: [NormalizeRule: Int] = [:],
        _ now: Now
    ) {
        let route = attempt.route
        let latency = attempt.startedAt.duration(to: now)
        upstreamTime += latency
        route.account.complete(
            attempt.reservation,
            usedTokens: usage.totalTokens,
            latency: latency,
            firstByte: attempt.firstMeaningfulAt.map { attempt.startedAt.duration(to: $0) },
            outputTokens: usage.completionTokens,
            at: now
        )
        if let session {
            chain.sessionAffinity.pins.pin(session, to: route.index, of: chain.dispatch.table.version, at: now)
        }
        if isReported {
            chain.contextWindow.observe(
                usage,
                estimated: report == nil ? prompt.tokens : nil,
                budget: report?.budget,
                session: session,
                of: route
            )
        }
        var changes = changes
        if attempt.rescuedCalls > 0 { changes[.toolRescue, default: 0] += attempt.rescuedCalls }
        route.usage.record(usage, changes: changes)
        note(status: 200, by: attempt, usage: usage, changes: changes, now)
        route.experience.observe(answerTokens: usage.completionTokens)
    }

    /// Gives the attempt up. Before anything has gone to the client the next candidate takes over.
    func fail(
        _ failure: UpstreamFailure,
        _ details: UpstreamErrorDetails?,
        _ now: Now,
        _ actions: inout Actions
    ) {
        guard let attempt else { return }
        let route = attempt.route
        upstreamTime += attempt.startedAt.duration(to: now)
        route.account.record(failure, slot: route.slot, reservation: attempt.reservation, at: now)
        if attempt.wasSent {
            route.account.settle(attempt.reservation, usedTokens: attempt.spentTokens(failure), at: now)
        } else {
            route.account.release(attempt.reservation, at: now)
        }
        let note = ClientError.AttemptNote(route: route.name, outcome: failure.trailNote)
        trail.append(note)
        narrator?.failed(note)
        route.usage.record(failure)
        actions.cancelsCall = !attempt.hasEnded
        self.attempt = nil
        guard phase != .streaming else { return end(with: .brokenStream(failure), now, &actions) }
        reply.discard()
        phase = .selecting
        switch selection.take(
            failure,
            of: route,
            request: request,
            promptTokens: attempt.promptTokens,
            at: now
        ) {
        case .next: next(now, &actions)
        case .same:
            selection.again(route)
            next(now, &actions)
        case .oneMore:
            refusal = (failure, details ?? UpstreamErrorDetails(message: nil))
            next(now, &actions)
        case .refuse:
            if refusal == nil { refusal = (failure, details ?? UpstreamErrorDetails(message: nil)) }
            end(with: finalError(now), now, &actions)
        }
    }
}
