import Clients
import Context
import NIOCore
import Normalize

/// One model call from the decoded request to the last byte of its answer: the middleware chain as a state machine.
///
///     selecting → attempting → holding → streaming → done
///         ↑  ↓        │           │
///       waiting ←─────┴───────────┘   the next candidate, until something has gone to the client
///
/// It reads no clock and does no I/O: events go in with their time, actions come out, and `deadline` says when it
/// wants to be woken at the latest.
struct Exchange {
    enum Event {
        case begin
        /// From the call that the last `Actions.call` began.
        case upstream(UpstreamEvent)
        /// `deadline` has passed.
        case tick
        /// Its turn in the quota queue, or the time it waited for there.
        case turn
        /// A history that was fitted on another thread.
        case fitted(ContextWindow.Fit)
        case clientLeft
    }

    /// What the driver is to do, in this order.
    struct Actions {
        var cancelsCall = false
        var write: [ByteBuffer] = []
        /// The answer has ended; the connection goes on when `framing.keepsAlive`.
        var ends = false
        var call: (route: Route, request: UpstreamRequest)?
        var fit: FitWork?
        /// Waits in the quota queue, to be given its turn at that time.
        var waitsUntil: ContinuousClock.Instant?
        var leavesQueue = false
    }

    /// A history that is too long to be fitted on an event loop.
    struct FitWork: Sendable {
        let request: ChatRequest
        let facts: PromptFacts
        let route: Route
        let cap: Int?
        let recentUsage: RecentUsage?
        let contextWindow: ContextWindow

        func run() -> ContextWindow.Fit {
            contextWindow.fit(request, facts: facts, to: route, shrunkTo: cap, recentUsage: recentUsage)
        }
    }

    enum Phase: Equatable { case selecting, fitting, waiting, attempting, streaming, done }

    let chain: Chain
    let request: ChatRequest
    let facts: CallFacts
    let prompt: PromptFacts
    /// What normalisation may do; the same for every attempt.
    private let normalization: Normalization.Plan?
    private(set) var phase = Phase.selecting
    private var selection: Selection
    private var attempt: Attempt?
    private var reply: Reply
    private var trail: [ClientError.AttemptNote] = []
    private var refusal: (failure: UpstreamFailure, details: UpstreamErrorDetails)?
    private var lastEmpty: (reply: ChatWholeReply, route: Route)?
    private var lastOverflow: (needed: Int, budget: Int)?
    private var session: PinKey?
    private var upstreamTime = Duration.zero
    private var waitingSince: Now?
    private var waitedTime = Duration.zero
    private var waitDeadline: ContinuousClock.Instant
    private var report: ContextWindow.Report?

    /// When `tick` is wanted; `nil` when nothing is waited for.
    private(set) var deadline: ContinuousClock.Instant?

    init(chain: Chain, request: ChatRequest, facts: CallFacts) {
        self.chain = chain
        self.request = request
        self.facts = facts
        prompt = PromptFacts(request)
        normalization = chain.normalization.plan(for: request)
        selection = Selection()
        reply = Reply(isStream: request.wantsStream, framing: facts.framing, silence: chain.times.silence)
        waitDeadline = facts.received.continuous.advanced(by: facts.maxWait)
    }

    mutating func receive(_ event: Event, at now: Now) -> Actions {
        var actions = Actions()
        switch event {
        case .begin: begin(now, &actions)
        case .upstream(let event): receive(event, now, &actions)
        case .tick: tick(now, &actions)
        case .turn: turn(now, &actions)
        case .fitted(let fit): fitted(fit, now, &actions)
        case .clientLeft: leave(now, &actions)
        }
        deadline = nextDeadline()
        return actions
    }

    // MARK: Selecting

    /// The chain, stage by stage; `next` runs its last half once per candidate.
    private mutating func begin(_ now: Now, _ actions: inout Actions) {
        session = chain.sessionAffinity.session(of: request, named: facts.sessionID, client: facts.client)
        reply.lastWrite = now.continuous
        do throws(ClientError) {
            try selection.start(request, chain: chain, tokens: prompt.tokens)
        } catch {
            return end(with: error, now, &actions)
        }
        if chain.quotaQueue.mustWait(facts.waitKey) {
            return wait(until: now.continuous, now, &actions)
        }
        select(now, &actions)
    }

    /// Orders the candidates anew and goes to the first that can serve.
    private mutating func select(_ now: Now, _ actions: inout Actions) {
        let pinned = session.flatMap { chain.sessionAffinity.pins.route(for: $0, at: now) }
        selection.order(chain: chain, pinned: pinned, request: request, prompt: prompt, at: now)
        next(now, &actions)
    }

    /// Fit, direct, reserve, call: for one candidate after the other until one takes the request.
    private mutating func next(_ now: Now, _ actions: inout Actions) {
        while let candidate = selection.next(attempts: trail.count, limit: chain.times.maxAttempts) {
            let cap = selection.cap(of: candidate)
            if request.body.readableBytes > ContextWindow.offloadBytes,
                !chain.contextWindow.surelyFits(request, facts: prompt, for: candidate, shrunkTo: cap)
            {
                phase = .fitting
                selection.fitting = candidate
                actions.fit = FitWork(
                    request: request,
                    facts: prompt,
                    route: candidate,
                    cap: cap,
                    recentUsage: nil,
                    contextWindow: chain.contextWindow
                )
                return
            }
            let fit = chain.contextWindow.fit(request, facts: prompt, to: candidate, shrunkTo: cap, recentUsage: nil)
            if start(candidate, fit, now, &actions) { return }
        }
        exhausted(now, &actions)
    }

    private mutating func fitted(_ fit: ContextWindow.Fit, _ now: Now, _ actions: inout Actions) {
        guard phase == .fitting, let candidate = selection.fitting else { return }
        phase = .selecting
        selection.fitting = nil
        if !start(candidate, fit, now, &actions) { next(now, &actions) }
    }

    /// `false` when this candidate cannot take the request now.
    private mutating func start(
        _ route: Route,
        _ fit: ContextWindow.Fit,
        _ now: Now,
        _ actions: inout Actions
    ) -> Bool {
        var edits = PromptEdits.none
        let tokens: Int
        report = nil
        switch fit {
        case .whole(let count): tokens = count
        case .pruned(let pruned, let made):
            edits = pruned
            tokens = made.tokens + prompt.toolTokens
            report = made
        case .overflow(let needed, let budget):
            if budget > lastOverflow?.budget ?? -1 { lastOverflow = (needed, budget) }
            selection.pass(over: route, reason: "context")
            return false
        }
        edits.styleDirective = chain.styleDirective.directive(
            for: request,
            isMeta: selection.isMeta,
            wish: facts.serverSidePrompt
        )
        edits.maxTokens = selection.maxTokens(for: route, asked: request.maxTokens)
        let expected = tokens + chain.dispatch.expectedAnswer(of: request, from: route)
        switch route.account.reserve(slot: route.slot, tokens: expected, at: now) {
        case .refused(let until, let reason):
            selection.pass(
                over: route,
                until: reason.clearsByWaiting ? until ?? now.continuous.advanced(by: Dispatch.retryPause) : nil,
                reason: reason.code
            )
            return false
        case .reserved(let reservation):
            attempt = Attempt(
                number: trail.count + 1,
                route: route,
                reservation: reservation,
                startedAt: now,
                promptTokens: tokens,
                times: chain.times.times(for: route.provider),
                stream: streamReply(for: route)
            )
            phase = .attempting
            let body = request.rendered(for: route, edits: edits)
            actions.call = (route, UpstreamRequest(head: chain.dialing[route.index].head, body: body))
            return true
        }
    }

    private func streamReply(for route: Route) -> ChatStreamReply? {
        guard request.wantsStream else { return nil }
        return ChatStreamReply(
            wantsUsage: request.wantsUsage,
            normalization: normalization,
            requestTag: facts.tag
        )
    }

    // MARK: Waiting

    /// Nobody can take it now: wait for the first that frees in time, else say why.
    private mutating func exhausted(_ now: Now, _ actions: inout Actions) {
        attempt = nil
        if trail.count < chain.times.maxAttempts, refusal == nil, let free = selection.earliest, free <= waitDeadline {
            return wait(until: max(free, now.continuous.advanced(by: .milliseconds(5))), now, &actions)
        }
        if let empty = lastEmpty { return finish(empty.reply, from: empty.route, now, &actions) }
        end(with: finalError(now), now, &actions)
    }

    private mutating func wait(until time: ContinuousClock.Instant, _ now: Now, _ actions: inout Actions) {
        phase = .waiting
        if waitingSince == nil { waitingSince = now }
        actions.waitsUntil = time
    }

    private mutating func turn(_ now: Now, _ actions: inout Actions) {
        guard phase == .waiting else { return }
        phase = .selecting
        select(now, &actions)
        if phase != .waiting {
            actions.leavesQueue = true
            if let since = waitingSince { waitedTime += since.continuous.duration(to: now.continuous) }
            waitingSince = nil
        }
    }

    private func finalError(_ now: Now) -> ClientError {
        if let refusal { return ClientError(refusal.failure, refusal.details, attempts: trail) }
        if trail.isEmpty, selection.allOverflowed, let lastOverflow {
            return .contextLengthExceeded(needed: lastOverflow.needed, window: lastOverflow.budget)
        }
        if let direct = selection.missingModel(trail) { return direct }
        let notes = (trail + selection.passedOver).suffix(32)
        return .exhausted(notes: Array(notes), retryAfter: selection.earliest.map { now.continuous.duration(to: $0) })
    }

    // MARK: The attempt

    private mutating func receive(_ event: UpstreamEvent, _ now: Now, _ actions: inout Actions) {
        guard attempt != nil else { return }
        switch event {
        case .connected: attempt?.connected(at: now)
        case .head(let head): receiveHead(head, now)
        case .body(let bytes): receiveBody(bytes, now, &actions)
        case .readComplete: flush(now, &actions)
        case .ended: receiveEnd(now, &actions)
        case .failed(let fault): fail(UpstreamFailure(fault, inBody: attempt?.head != nil), nil, now, &actions)
        }
    }

    private mutating func receiveHead(_ head: ResponseHead, _ now: Now) {
        guard let route = attempt?.route, let reservation = attempt?.reservation else { return }
        attempt?.received(head, at: now)
        route.account.headArrived(reservation, at: now)
        if head.mentionsRateLimits, let report = RateLimitReport.read(head, now: now) {
            route.account.learn(report, slot: route.slot, reservation: reservation, at: now)
        }
    }

    private mutating func receiveBody(_ bytes: ByteBuffer, _ now: Now, _ actions: inout Actions) {
        guard attempt?.isStreaming == true else {
            if attempt?.gather(bytes, at: now) == false { fail(.unreadable("the answer is too long"), nil, now, &actions) }
            return
        }
        attempt?.receive(bytes, into: &reply.output, at: now)
        judgeStream(now, &actions)
    }

    /// After each piece of a stream: has it broken, is it worth committing to, has it ended?
    private mutating func judgeStream(_ now: Now, _ actions: inout Actions) {
        guard let stream = attempt?.stream else { return }
        switch stream.state {
        case .failed(let failure, let message):
            fail(failure, message.map { UpstreamErrorDetails(message: $0) }, now, &actions)
        case .complete:
            completeStream(stream, now, &actions)
        case .open:
            if stream.isMeaningful { attempt?.noteMeaningful(at: now) }
        }
    }

    /// What was gathered in this batch of reads goes to the client, from the first meaningful delta on.
    private mutating func flush(_ now: Now, _ actions: inout Actions) {
        guard let attempt, attempt.isStreaming, attempt.stream?.isMeaningful == true, !holdsStream(attempt) else {
            return
        }
        phase = .streaming
        writeStream(last: false, now, &actions)
    }

    /// A schema that the route does not enforce is checked before anything is sent.
    private func holdsStream(_ attempt: Attempt) -> Bool {
        request.responseFormat == .jsonSchema && !attempt.route.model.jsonSchema && normalization != nil
    }

    private mutating func writeStream(last: Bool, _ now: Now, _ actions: inout Actions) {
        guard let attempt else { return }
        let fields = reply.tellsRoute ? nil : fields(for: attempt.route, attempt: attempt.number, now)
        actions.write += reply.flush(last: last, at: now, fields: fields)
    }

    private mutating func completeStream(_ stream: ChatStreamReply, _ now: Now, _ actions: inout Actions) {
        guard let attempt else { return }
        if stream.jsonIsValid == false, phase != .streaming {
            return fail(.invalidOutput("the answer is not the JSON that was asked for"), nil, now, &actions)
        }
        let usage = stream.usage ?? attempt.estimatedUsage(answerBytes: stream.answerBytes)
        stream.writeEnd(estimated: usage, into: &reply.output)
        succeed(attempt, usage: usage, isReported: stream.usage != nil, changes: stream.changes, now)
        writeStream(last: true, now, &actions)
        finish(&actions)
    }

    private mutating func receiveEnd(_ now: Now, _ actions: inout Actions) {
        attempt?.hasEnded = true
        guard var attempt else { return }
        if attempt.isStreaming {
            attempt.end(into: &reply.output)
            self.attempt = attempt
            return judgeStream(now, &actions)
        }
        guard let head = attempt.head else { return fail(.unreadable("no answer"), nil, now, &actions) }
        guard head.status / 100 == 2 else {
            let (failure, details) = attempt.errors(now).readAll(status: head.status, body: attempt.body)
            return fail(failure, details, now, &actions)
        }
        if request.wantsStream, let events = ChatWholeReply.asStream(attempt.body) {
            attempt.receive(events, into: &reply.output, at: now)
            self.attempt = attempt
            return judgeStream(now, &actions)
        }
        let reading = ChatWholeReply.read(
            attempt.body,
            normalization: normalization,
            requestTag: facts.tag,
            note: chain.showsProvider ? attempt.note(now) : nil,
            errors: attempt.errors(now)
        )
        switch reading {
        case .failed(let failure, let message):
            fail(failure, message.map { UpstreamErrorDetails(message: $0) }, now, &actions)
        case .empty(let reply):
            lastEmpty = (reply, attempt.route)
            fail(.emptyAnswer, nil, now, &actions)
        case .answer(let reply):
            let usage = reply.usage ?? attempt.estimatedUsage(answerBytes: reply.answerBytes)
            succeed(attempt, usage: usage, isReported: reply.usage != nil, changes: reply.changes, now)
            finish(reply, from: attempt.route, now, &actions)
        }
    }

    private mutating func succeed(
        _ attempt: Attempt,
        usage: TokenUsage,
        isReported: Bool,
        changes: [NormalizeRule: Int],
        _ now: Now
    ) {
        let route = attempt.route
        let latency = attempt.startedAt.continuous.duration(to: now.continuous)
        upstreamTime += latency
        route.account.settle(attempt.reservation, usedTokens: usage.totalTokens, at: now)
        route.account.recordSuccess(
            slot: route.slot,
            reservation: attempt.reservation,
            latency: latency,
            firstByte: attempt.firstMeaningfulAt.map { attempt.startedAt.continuous.duration(to: $0) },
            outputTokens: usage.completionTokens,
            at: now
        )
        if let session { chain.sessionAffinity.pins.pin(session, to: route.index, at: now) }
        if isReported, report == nil {
            chain.contextWindow.corrections.observe(
                estimated: prompt.tokens,
                reported: usage.promptTokens,
                of: route
            )
        }
        chain.usage.record(usage, changes: changes, of: route)
        chain.dispatch.usualAnswers.observe(usage.completionTokens, of: route)
    }

    // MARK: Failing over

    private mutating func fail(
        _ failure: UpstreamFailure,
        _ details: UpstreamErrorDetails?,
        _ now: Now,
        _ actions: inout Actions
    ) {
        guard let attempt else { return }
        let route = attempt.route
        upstreamTime += attempt.startedAt.continuous.duration(to: now.continuous)
        route.account.record(failure, slot: route.slot, reservation: attempt.reservation, at: now)
        if case .connectionFailed = failure, attempt.head == nil, !attempt.wasSent {
            route.account.release(attempt.reservation, at: now)
        } else {
            route.account.settle(attempt.reservation, usedTokens: attempt.spentTokens(failure), at: now)
        }
        trail.append(ClientError.AttemptNote(route: route.name, outcome: failure.trailCode))
        chain.usage.record(failure, of: route)
        if !attempt.hasEnded { actions.cancelsCall = true }
        self.attempt = nil
        guard phase != .streaming else {
            return endStream(with: .brokenStream(failure), now, &actions)
        }
        reply.discard()
        phase = .selecting
        switch selection.take(failure, of: route, promptTokens: attempt.promptTokens, at: now) {
        case .next:
            next(now, &actions)
        case .same:
            selection.again(route)
            next(now, &actions)
        case .refuse:
            if refusal == nil { refusal = (failure, details ?? UpstreamErrorDetails(message: nil)) }
            end(with: finalError(now), now, &actions)
        case .oneMore:
            refusal = (failure, details ?? UpstreamErrorDetails(message: nil))
            next(now, &actions)
        }
    }

    private mutating func tick(_ now: Now, _ actions: inout Actions) {
        if let attempt, let late = attempt.timeout(at: now, isCommitted: phase == .streaming) {
            return fail(.timeout(late), nil, now, &actions)
        }
        if phase == .waiting, now.continuous >= waitDeadline {
            actions.leavesQueue = true
            return end(with: finalError(now), now, &actions)
        }
        let fields = facts.answerFields
        if let comment = reply.keepAlive(at: now, fields: fields) { actions.write.append(comment) }
    }

    private mutating func leave(_ now: Now, _ actions: inout Actions) {
        guard phase != .done else { return }
        if let attempt {
            attempt.route.account.settle(attempt.reservation, usedTokens: nil, at: now)
            actions.cancelsCall = true
        }
        actions.leavesQueue = phase == .waiting
        attempt = nil
        phase = .done
    }

    private func nextDeadline() -> ContinuousClock.Instant? {
        guard phase != .done else { return nil }
        var times = [reply.keepAliveDeadline, attempt?.deadline(isCommitted: phase == .streaming)]
        if phase == .waiting { times.append(waitDeadline) }
        return times.compactMap { $0 }.min()
    }

    // MARK: Ending

    private mutating func finish(_ answer: ChatWholeReply, from route: Route, _ now: Now, _ actions: inout Actions) {
        let number = attempt?.number ?? trail.count
        if request.wantsStream {
            // Only an empty answer that is passed on comes here; it has no events of its own any more.
            return endStream(with: .exhausted(notes: trail, retryAfter: nil), now, &actions)
        }
        actions.write += reply.whole(answer.body, fields: fields(for: route, attempt: number, now))
        finish(&actions)
    }

    private mutating func end(with error: ClientError, _ now: Now, _ actions: inout Actions) {
        if reply.headSent { return endStream(with: error, now, &actions) }
        actions.write += reply.error(error, fields: fields(for: nil, attempt: trail.count, now))
        finish(&actions)
    }

    private mutating func endStream(with error: ClientError, _ now: Now, _ actions: inout Actions) {
        guard reply.headSent else { return end(with: error, now, &actions) }
        actions.write += reply.streamError(error, at: now)
        finish(&actions)
    }

    private mutating func finish(_ actions: inout Actions) {
        actions.ends = true
        attempt = nil
        phase = .done
    }

    // MARK: Headers

    /// What every answer says of its way.
    private func fields(for route: Route?, attempt: Int, _ now: Now) -> ReplyFields {
        var fields = facts.answerFields
        if let route {
            fields.add("x-routed-via", route.name)
            fields.add("x-gateway-provider", route.provider.name)
            fields.add("x-gateway-route", route.name)
            fields.add("x-gateway-model", route.model.name)
        }
        fields.add("x-gateway-attempts", attempt)
        if !trail.isEmpty {
            fields.add("x-fallback-attempts", trail.count)
            fields.add("x-fallback-trail", trail.suffix(10).map { "\($0.route)=\($0.outcome)" }.joined(separator: "; "))
        }
        if let report { fields.add("x-relay-context", report.text) }
        var upstream = upstreamTime
        if let running = self.attempt, !running.isSettled {
            upstream += running.startedAt.continuous.duration(to: now.continuous)
        }
        let total = facts.received.continuous.duration(to: now.continuous)
        fields.add("server-timing", ServerTiming.text(relay: total - upstream - waitedTime, wait: waitedTime))
        return fields
    }
}
