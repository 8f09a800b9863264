import Clients
import Context
import NIOCore

/// One model call from the decoded request to the last byte of its answer: the middleware chain as a state machine.
///
///     queued → selecting → attempting → streaming → done
///                 ↑  ↓          │
///              waiting  ←───────┘     the next candidate, until something has gone to the client
///
/// It reads no clock and does no I/O: events go in with their time, actions come out, and `deadline` says when it
/// wants to be woken at the latest. This file holds the way out (select, fit, direct, reserve, call); `+Answer` the way
/// back, `+Ending` what is said when nobody could answer.
///
/// A class, since its call alone knows it, and what never changes of it is then used where it lies.
final class Exchange {
    enum Event: ~Copyable {
        /// Admitted: it may begin.
        case begin
        /// Must wait for a place among the running, until then at the latest.
        case queued(until: Instant)
        /// From the call that the last `Actions.call` began.
        case upstream(UpstreamEvent)
        /// `deadline` has passed.
        case tick
        /// Its turn in the quota queue, or the time it waited for there.
        case turn
        /// A history that was fitted on another thread.
        case fitted(ContextWindow.Fit)
        /// An answer that was read on another thread.
        case mediaRead(MediaAnswer.Reading)
        /// Images that `Actions.fetch` asked for.
        case fetched(ImageInlining.State)
        case clientLeft
    }

    /// What the driver is to do, in this order.
    struct Actions: ~Copyable {
        var cancelsCall = false
        var write = ClientBytes()
        /// The answer has ended; the connection goes on when `framing.keepsAlive`.
        var ends = false
        var call: (route: Route, request: UpstreamRequest)?
        var fit: FitWork?
        var reading: EmbeddingsWork?
        /// URLs of images that the next call needs the bytes of.
        var fetch: [String] = []
        /// Waits in the quota queue, to be given its turn at that time.
        var waitsUntil: Instant?
        var leavesQueue = false
    }

    /// A history that is too long to be fitted on an event loop.
    final class FitWork: Sendable {
        private let chain: Chain
        private let request: ChatRequest
        private let facts: PromptFacts
        private let route: Route
        private let cap: Int?
        private let session: PinKey?

        init(_ exchange: Exchange, _ request: ChatRequest, to route: Route, shrunkTo cap: Int?) {
            chain = exchange.chain
            self.request = request
            facts = exchange.prompt
            session = exchange.session
            self.route = route
            self.cap = cap
        }

        func run() -> ContextWindow.Fit {
            chain.contextWindow.fit(request, facts: facts, to: route, shrunkTo: cap, session: session)
        }
    }

    enum Phase: Equatable { case queued, selecting, fitting, fetching, waiting, attempting, streaming, done }

    let chain: Chain
    let request: ModelRequest
    let facts: CallFacts
    /// What is asked for, and who may serve it at all.
    let ask: Ask
    let prompt: PromptFacts
    /// What normalisation may do; the same for every attempt.
    let normalization: Normalization.Plan?
    var phase = Phase.selecting
    var selection = Selection()
    var attempt: Attempt?
    var reply: Reply
    var trail: [ClientError.AttemptNote] = []
    var refusal: (failure: UpstreamFailure, details: UpstreamErrorDetails)?
    var lastEmpty: EmptyAnswer?
    var session: PinKey?
    /// Where the conversation was until now: the route that the session is pinned to.
    private var former: Route?
    /// The model that began the conversation, where the current candidate is told that it goes on with it.
    var handedOver: Route?
    /// Images by URL; `nil` until a candidate needs them.
    var images: ImageInlining.State?
    var waitingForImages: ImageInlining.Waiting?
    /// What it writes is written into.
    let buffers: BufferRing
    /// Is told of the routing, where the client wants to hear of it.
    let narrator: RouteNarrator?
    /// How the history was fitted for the current candidate.
    var report: ContextWindow.Report?
    /// Set aside of what the client's key is good for, until the call is over.
    var clientTokens: Int?
    /// Time that the upstreams took, and that was spent waiting for a place or for quota.
    var upstreamTime = Duration.zero
    var waitedTime = Duration.zero
    private var waitingSince: Instant?
    private var queueDeadline: Instant?
    private var waitDeadline: Instant
    /// The one that came nearest to taking the prompt.
    private var lastOverflow: (needed: Int, budget: Int, window: Int)?

    init(chain: Chain, call: WireCall, facts: CallFacts, buffers: BufferRing) {
        self.chain = chain
        self.buffers = buffers
        request = call.request
        narrator = call.narrator
        self.facts = facts
        let access = facts.key?.access
        ask = Ask(
            request,
            rules: chain.dispatch.rules(for: request, searchesWeb: facts.searchesWeb, access: access)
        )
        prompt = PromptFacts(request)
        normalization = request.chat.flatMap { chain.normalization.plan(for: $0, searchesWeb: facts.searchesWeb) }
        reply = Reply(
            isStream: request.wantsStream,
            framing: facts.framing,
            silence: chain.times.silence,
            encoder: call.encoder,
            since: facts.received.instant
        )
        waitDeadline = facts.received.instant.advanced(by: facts.maxWait)
    }

    func receive(_ event: consuming Event, at now: Now) -> Actions {
        var actions = Actions()
        switch consume event {
        case .begin: begin(now, &actions)
        case .queued(let until):
            phase = .queued
            waitingSince = now.instant
            queueDeadline = until
        case .upstream(let event): receive(event, now, &actions)
        case .tick: tick(now, &actions)
        case .turn: turn(now, &actions)
        case .fitted(let fit): fitted(fit, now, &actions)
        case .mediaRead(let reading): finishMedia(reading, now, &actions)
        case .fetched(let state): fetched(state, now, &actions)
        case .clientLeft: leave(now, &actions)
        }
        if narrator != nil { tellNews(now, &actions) }
        return actions
    }

    // MARK: Selecting

    /// The chain, stage by stage; `next` runs its last half once per candidate.
    private func begin(_ now: Now, _ actions: inout Actions) {
        if phase == .queued {
            noteWaited(now)
            // Time in the first queue is not taken from the second.
            waitDeadline = now.instant.advanced(by: facts.maxWait)
        }
        phase = .selecting
        session = request.chat.flatMap {
            chain.sessionAffinity.session(of: $0, named: facts.sessionID, client: facts.client)
        }
        do throws(ClientError) {
            try selection.start(ask, chain: chain)
        } catch {
            return end(with: error, now, &actions)
        }
        if let refusal = takeFromClient(now) { return end(with: refusal, now, &actions) }
        if chain.quotaQueue.mustWait(ask) { return wait(until: now.instant, now, &actions) }
        select(now, &actions)
    }

    /// Orders the candidates anew and goes to the first that can serve.
    private func select(_ now: Now, _ actions: inout Actions) {
        former = session.flatMap { session in
            let routes = chain.dispatch.table.routes
            guard let pinned = chain.sessionAffinity.pins.route(for: session, at: now) else { return nil }
            return routes.indices.contains(pinned) ? routes[pinned] : nil
        }
        let question = question
        let opening = selection.order(question, wantsAll: narrator != nil, at: now)
        // A history is cut only where waiting for a candidate that takes it whole would be too long.
        if let narrator { narrator.skip(selection.blocked(prompt, at: now)) }
        if let opening, opening <= waitDeadline { return wait(until: opening, now, &actions) }
        next(now, &actions)
    }

    /// Fit, direct, reserve, call: for one candidate after the other until one takes the request.
    func next(_ now: Now, _ actions: inout Actions) {
        while let candidate = nextCandidate(now) {
            guard let chat = request.chat else {
                if start(candidate, .whole(tokens: prompt.tokens(for: candidate)), now, &actions) { return }
                continue
            }
            let cap = selection.cap(of: candidate)
            let window = chain.contextWindow
            if chat.body.readableBytes > ContextWindow.offloadBytes,
                !window.surelyFits(chat, facts: prompt, for: candidate, shrunkTo: cap)
            {
                phase = .fitting
                selection.fitting = candidate
                actions.fit = FitWork(self, chat, to: candidate, shrunkTo: cap)
                return
            }
            let fit = window.fit(chat, facts: prompt, to: candidate, shrunkTo: cap, session: session)
            if start(candidate, fit, now, &actions) { return }
        }
        exhausted(now, &actions)
    }

    private func nextCandidate(_ now: Now) -> Route? {
        let limit = chain.times.maxAttempts
        if let candidate = selection.next(attempts: trail.count, limit: limit) { return candidate }
        guard trail.count < limit, selection.othersWait else { return nil }
        let question = question
        selection.orderOthers(question, at: now)
        return selection.next(attempts: trail.count, limit: limit)
    }

    private var question: Selection.Question {
        Selection.Question(chain: chain, request: request, prompt: prompt, pinned: former?.index)
    }

    private func fitted(_ fit: ContextWindow.Fit, _ now: Now, _ actions: inout Actions) {
        guard phase == .fitting, let candidate = selection.fitting else { return }
        phase = .selecting
        selection.fitting = nil
        if !start(candidate, fit, now, &actions) { next(now, &actions) }
    }

    /// `false` when this candidate cannot take the request now.
    func start(
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
        case .overflow(let needed, let budget, let window):
            if budget > lastOverflow?.budget ?? -1 { lastOverflow = (needed, budget, window) }
            selection.passOverflow(of: route)
            return false
        }
        if let isWaiting = imagesMissing(for: route, fit, &actions) { return isWaiting }
        // Only a chat completion is answered in tokens that are worth a reservation.
        var answerTokens: Int? = 0
        if let chat = request.chat {
            edits.handoff = chain.contextHandoff.note(from: former, to: route, for: chat)
            handedOver = edits.handoff == nil ? nil : former
            edits.styleDirective = chain.styleDirective.directive(
                for: chat,
                isMeta: selection.isMeta,
                wish: facts.serverSidePrompt
            )
            edits.searchesWeb = facts.searchesWeb
            edits.maxTokens = selection.maxTokens(for: route, asked: chat.maxTokens)
            answerTokens = edits.maxTokens ?? chat.maxTokens
        }
        switch chain.dispatch.reserve(route, promptTokens: tokens, asked: answerTokens, at: now) {
        case .refused(let until, let reason):
            selection.pass(over: route, until: until, reason: reason, at: now)
            return false
        case .reserved(let reservation, let lowered):
            if let lowered { edits.maxTokens = lowered }
            let dialing = chain.dialing(of: route, for: request)
            let call: UpstreamRequest
            do throws(DialectFault) {
                call =
                    switch request {
                    case .chat(let chat):
                        try chat.rendered(
                            for: route,
                            edits: edits,
                            by: dialing,
                            facts: facts,
                            images: images,
                            in: buffers
                        )
                    case .media(let media): try media.rendered(for: route, by: dialing)
                    }
            } catch {
                route.account.release(reservation, at: now)
                selection.pass(over: route, error)
                return false
            }
            let attempt = Attempt(
                number: trail.count + 1,
                route: route,
                reservation: reservation,
                startedAt: now,
                promptTokens: tokens,
                times: dialing.times,
                dialect: dialing.dialect,
                tag: facts.tag,
                nativeModel: request.chat?.original.flatMap { $0.wire == dialing.native?.wire ? request.model : nil }
            )
            attempt.stream = streamReply(for: attempt)
            self.attempt = attempt
            phase = .attempting
            narrator?.skip(selection.passedOver)
            narrator?.trying(route, attempt: attempt.number)
            actions.call = (route, call)
            return true
        }
    }

    func streamReply(for attempt: Attempt) -> ChatStreamReply? {
        guard let chat = request.chat, chat.wantsStream else { return nil }
        return ChatStreamReply(
            wantsUsage: chat.wantsUsage,
            normalization: attempt.isNative ? nil : normalization,
            requestTag: facts.tag,
            note: chain.showsProvider ? attempt.note(attempt.startedAt) : nil
        )
    }

    // MARK: Waiting

    /// Nobody can take it now: wait for the first that frees in time, else say why.
    private func exhausted(_ now: Now, _ actions: inout Actions) {
        attempt = nil
        // Some milliseconds, which are no wait for quota.
        if selection.waitsForStore {
            waitDeadline = max(waitDeadline, facts.received.instant.advanced(by: .seconds(1)))
        }
        if trail.count < chain.times.maxAttempts, refusal == nil, let free = selection.nextChance, free <= waitDeadline
        {
            return wait(until: max(free, now.instant.advanced(by: .milliseconds(5))), now, &actions)
        }
        if let empty = lastEmpty { return passOn(empty, now, &actions) }
        end(with: finalError(now), now, &actions)
    }

    private func wait(until time: Instant, _ now: Now, _ actions: inout Actions) {
        phase = .waiting
        if waitingSince == nil { waitingSince = now.instant }
        actions.waitsUntil = time
    }

    private func turn(_ now: Now, _ actions: inout Actions) {
        guard phase == .waiting else { return }
        phase = .selecting
        select(now, &actions)
        guard phase != .waiting else { return }
        actions.leavesQueue = true
        noteWaited(now)
    }

    private func noteWaited(_ now: Now) {
        if let since = waitingSince { waitedTime += since.duration(to: now.instant) }
        waitingSince = nil
    }

    // MARK: Time

    private func tick(_ now: Now, _ actions: inout Actions) {
        if let late = attempt?.timeout(at: now, isCommitted: phase == .streaming) {
            return fail(.timeout(late), nil, now, &actions)
        }
        if phase == .queued, let queueDeadline, queueDeadline <= now.instant {
            return end(with: .busy, now, &actions)
        }
        if phase == .waiting, now.instant >= waitDeadline {
            // One last look, whoever is first in line: it also tells when waiting would help.
            turn(now, &actions)
            guard phase == .waiting else { return }
            actions.waitsUntil = nil
            actions.leavesQueue = true
            noteWaited(now)
            return end(with: finalError(now), now, &actions)
        }
        let facts = facts
        let comment = reply.keepAlive(at: now) { facts.writeAnswerFields(into: &$0) }
        if let comment { actions.write.append(comment) }
    }

    private func leave(_ now: Now, _ actions: inout Actions) {
        guard phase != .done else { return }
        if let attempt {
            attempt.route.account.settle(attempt.reservation, usedTokens: nil, at: now)
            actions.cancelsCall = true
        }
        note(status: 499, by: attempt, now)
        actions.leavesQueue = true
        attempt = nil
        phase = .done
    }

    /// When `tick` is wanted; `nil` when nothing is waited for. Asked for now and then, not after each event.
    var deadline: Instant? {
        guard phase != .done else { return nil }
        var next = reply.keepAliveDeadline
        next.lower(to: attempt?.deadline(isCommitted: phase == .streaming))
        if phase == .waiting { next.lower(to: waitDeadline) }
        if phase == .queued { next.lower(to: queueDeadline) }
        return next
    }

    func finalError(_ now: Now) -> ClientError {
        if let refusal { return ClientError(refusal.failure, refusal.details, attempts: trail) }
        if trail.isEmpty, selection.allOverflowed, let lastOverflow {
            return .contextLengthExceeded(
                needed: lastOverflow.needed,
                budget: lastOverflow.budget,
                window: lastOverflow.window
            )
        }
        if trail.isEmpty, case .failed(let fault)? = images { return .imageNotFetched(fault) }
        if trail.isEmpty, let what = selection.unsayable { return .unsayable(what) }
        if let missing = selection.missingModel(trail) { return missing }
        let notes = (trail + selection.passedOver).suffix(32)
        return .exhausted(notes: Array(notes), retryAfter: selection.earliest.map { now.instant.duration(to: $0) })
    }
}
