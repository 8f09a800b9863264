import Clients

/// The candidates of one request and how far it has come with them.
struct Selection: ~Copyable {
    /// What is done after a failure.
    enum Step { case next, same, refuse, oneMore }

    private(set) var isMeta = true
    /// When the first limit is over that keeps a candidate from serving.
    private(set) var earliest: Instant?
    /// When a candidate that failed by chance, or too often, may be tried again.
    private(set) var retryAt: Instant?
    /// A candidate waits for nothing but the store's next writing.
    private(set) var waitsForStore = false
    private(set) var passedOver: [ClientError.AttemptNote] = []
    /// The candidate whose history is being fitted elsewhere.
    var fitting: Route?

    private var list = Self.nobody
    private var turn = 0
    private var preferredScale: ModelScale?
    private var wantsSchema = false
    /// Places in `list`, in the order in which they are tried.
    private var queue: [Int] = []
    /// The place of the pin, where nobody else has been looked at, and whether it has had its turn.
    private var first: (position: Int, hasServed: Bool)?
    private var place = 0
    private var caps: [Int: Int] = [:]
    private var maxTokens: [Int: Int] = [:]
    private var shrinks: [Int: Int] = [:]
    private var retries: [Int: Int] = [:]
    /// How often a route was asked again without what it had refused.
    private var leftOut: [Int: Int] = [:]
    private static let maxLeftOut = 4
    /// Routes that failed since the last ordering.
    private var failed: Set<Int> = []
    private var excludedProviders: Set<String> = []
    private var overflowed = 0
    /// Candidates whose dialect lacked a word, and the last one's reason.
    private var unsaid: (count: Int, what: String) = (0, "")

    /// Shared by all that have not started.
    private static let nobody = CandidateList([])

    /// Resolves what was asked for; a question that nobody can answer costs nothing else. `takesTurn` where round robin is to
    /// count it.
    mutating func start(_ ask: Ask, chain: Chain, takesTurn: Bool = true) throws(ClientError) {
        let candidates: Candidates
        do throws(RoutingError) {
            candidates = try chain.dispatch.table.candidates(for: ask)
        } catch {
            throw ClientError(error)
        }
        isMeta = candidates.isMeta
        preferredScale = candidates.preferredScale
        wantsSchema = ask.requirements.jsonSchema
        list = candidates.list
        turn = takesTurn ? list.nextTurn() : list.comingTurn
    }

    /// What is asked of the candidates, and in which chain.
    struct Question {
        let chain: Chain
        let request: ModelRequest
        let prompt: PromptFacts
        /// The route that the session is pinned to.
        let pinned: Int?
    }

    /// Orders the candidates as they stand now. A pin that is free and takes the history whole goes before all others: unless
    /// `wantsAll`, these are looked at when it has not served (`orderOthers`).
    /// - Returns: when one that takes the history whole is free, where only such as would cut it are free now.
    mutating func order(_ question: Question, wantsAll: Bool, at now: Now) -> Instant? {
        place = 0
        earliest = nil
        retryAt = nil
        waitsForStore = false
        passedOver.removeAll(keepingCapacity: true)
        failed.removeAll(keepingCapacity: true)
        overflowed = 0
        unsaid.count = 0
        first = nil
        guard list.routes.count > 1 else {
            queue = Array(list.routes.indices)
            return nil
        }
        if !wantsAll, let pinned = question.pinned, let position = list.position(of: pinned),
            state(of: list.routes[position], question, at: now).tier == CandidateState.firstTier
        {
            first = (position, hasServed: false)
            queue.removeAll(keepingCapacity: true)
            return nil
        }
        let states = rank(question, at: now)
        guard states.contains(where: \.availability.isFree) else { return nil }
        return nextWholeOpening(among: states)
    }

    /// There are candidates that `order` has not looked at.
    var othersWait: Bool { first != nil }

    /// Orders those, once the pin has not served.
    mutating func orderOthers(_ question: Question, at now: Now) {
        _ = rank(question, at: now)
        // It has had its turn; where the list is gone through several times, it has others.
        if let position = queue.firstIndex(where: { $0 == first?.position }) { queue.remove(at: position) }
        first = nil
        place = 0
    }

    private mutating func rank(_ question: Question, at now: Now) -> [CandidateState] {
        let states = list.routes.map { state(of: $0, question, at: now) }
        // Time and turn are random enough to spread load, and cost no system call.
        var generator = SeededGenerator(seed: now.wall.bitPattern ^ UInt64(truncatingIfNeeded: turn) << 32)
        queue = question.chain.dispatch.strategy.order(states, turn: turn, using: &generator)
        return states
    }

    private func state(of route: Route, _ question: Question, at now: Now) -> CandidateState {
        let (chain, prompt) = (question.chain, question.prompt)
        let standing = route.account.standing(slot: route.slot, tokens: prompt.tokens(for: route), at: now)
        let fitsWhole =
            question.request.chat.map { chat in
                chain.contextWindow.surelyFits(
                    chat,
                    facts: prompt,
                    for: route,
                    learned: standing.learned,
                    shrunkTo: caps.isEmpty ? nil : caps[route.index]
                )
            } ?? true
        let traits = chain.dispatch.table.traits[route.index]
        return CandidateState(
            traits: traits,
            availability: standing.availability,
            score: standing.score,
            fitsWhole: fitsWhole,
            isPinned: route.index == question.pinned,
            distance: traits.distance(from: preferredScale, wantsSchema: wantsSchema)
        )
    }

    /// All candidates, as they were ordered last.
    var candidates: [Route] {
        var known: Set<Int> = []
        return queue.filter { known.insert($0).inserted }.map { list.routes[$0] }
    }

    /// Those of them that cannot be called now, and why.
    func blocked(_ prompt: PromptFacts, at now: Now) -> [ClientError.AttemptNote] {
        candidates.compactMap { route in
            let tokens = prompt.tokens(for: route)
            guard case .blocked(_, let reason) = route.account.availability(slot: route.slot, tokens: tokens, at: now)
            else { return nil }
            return ClientError.AttemptNote(route: route.name, outcome: reason.code)
        }
    }

    /// The next candidate that has not failed in this round.
    mutating func next(attempts: Int, limit: Int) -> Route? {
        guard attempts < limit else { return nil }
        if let pin = first, !pin.hasServed {
            first?.hasServed = true
            let route = list.routes[pin.position]
            if !isOut(route) { return route }
        }
        while place < queue.count {
            let route = list.routes[queue[place]]
            place += 1
            if !isOut(route) { return route }
        }
        return nil
    }

    private func isOut(_ route: Route) -> Bool {
        !failed.isEmpty && failed.contains(route.index)
            || !excludedProviders.isEmpty && excludedProviders.contains(route.provider.name)
    }

    /// The same candidate once more, with something changed.
    mutating func again(_ route: Route) {
        failed.remove(route.index)
        if let position = list.routes.firstIndex(where: { $0 === route }) { queue.insert(position, at: place) }
    }

    /// A candidate whose limits keep it from taking the request now.
    mutating func pass(over route: Route, until: Instant?, reason: BlockReason, at now: Now) {
        passedOver.append(ClientError.AttemptNote(route: route.name, outcome: reason.code))
        note(reason, until: until, at: now)
    }

    /// A candidate whose dialect has no word for what is asked.
    mutating func pass(over route: Route, _ fault: DialectFault) {
        let what = if case .cannotSay(let what) = fault { what } else { "\(fault)" }
        passedOver.append(ClientError.AttemptNote(route: route.name, outcome: "cannot say (\(what))"))
        unsaid = (unsaid.count + 1, what)
    }

    /// A candidate whose window is too small for what must stay.
    mutating func passOverflow(of route: Route) {
        passedOver.append(ClientError.AttemptNote(route: route.name, outcome: "context"))
        overflowed += 1
    }

    private mutating func note(_ reason: BlockReason, until: Instant?, at now: Now) {
        let time = until ?? now.instant.advanced(by: Dispatch.retryPause)
        if reason == .unsaved { waitsForStore = true }
        switch reason {
        case .cooldown, .quota, .concurrency, .unsaved: earliest.lower(to: time)
        case .breakerOpen, .probing: retryAt.lower(to: time)
        case .keyBenched, .forbidden, .modelMissing: break
        }
    }

    /// When it is worth trying again.
    var nextChance: Instant? {
        var chance = earliest
        chance.lower(to: retryAt)
        return chance
    }

    /// Every candidate's window was too small for what must stay.
    var allOverflowed: Bool { !queue.isEmpty && overflowed >= list.routes.count }

    /// What none of the candidates' dialects has a word for.
    var unsayable: String? { !queue.isEmpty && unsaid.count >= list.routes.count ? unsaid.what : nil }

    func cap(of route: Route) -> Int? { caps.isEmpty ? nil : caps[route.index] }

    /// `max_tokens` to send instead of what was asked for.
    func maxTokens(for route: Route, asked: Int?) -> Int? {
        if !maxTokens.isEmpty, let lowered = maxTokens[route.index] { return min(asked ?? lowered, lowered) }
        guard let asked else { return nil }
        // What a refusal or the catalog tells need not be learned again with every request.
        let learned = route.account.learnedSizes(slot: route.slot).maxOutputTokens
        let most = min(learned ?? .max, route.model.maxOutputTokens ?? .max)
        return asked > most ? most : nil
    }

    /// What becomes of the request after a failure.
    mutating func take(
        _ failure: UpstreamFailure,
        of route: Route,
        request: ModelRequest,
        promptTokens: Int,
        at now: Now
    ) -> Step {
        failed.insert(route.index)
        switch failure.meaning {
        case .nextCandidate, .nextCandidateOrPassOn:
            noteRetry(failure, route, now)
            return .next
        case .nextCandidateOrNotFound:
            return .next
        case .fitSmaller:
            shrinks[route.index, default: 0] += 1
            guard shrinks[route.index, default: 0] <= 2 else { return .next }
            caps[route.index] = min(caps[route.index] ?? .max, promptTokens * 3 / 4)
            return .same
        case .lowerMaxTokens:
            guard maxTokens[route.index] == nil else { return .next }
            maxTokens[route.index] = failure.maxTokensLimit ?? 4096
            return .same
        case .leaveOut:
            leftOut[route.index, default: 0] += 1
            guard case .parameterRefused(let names, _) = failure, leftOut[route.index, default: 0] <= Self.maxLeftOut,
                let chat = request.chat, route.learn(refused: names, in: chat)
            else { return oneMoreOrRefuse(route) }
            return .same
        case .oneMoreThenReturn:
            return oneMoreOrRefuse(route)
        }
    }

    private mutating func oneMoreOrRefuse(_ route: Route) -> Step {
        guard isMeta, excludedProviders.isEmpty else { return .refuse }
        excludedProviders.insert(route.provider.name)
        return .oneMore
    }

    /// When nobody else can take the request, a route that failed by chance is asked again shortly.
    private mutating func noteRetry(_ failure: UpstreamFailure, _ route: Route, _ now: Now) {
        switch failure {
        case .serverError, .connectionFailed, .unreadable, .truncatedStream, .emptyAnswer, .invalidOutput,
            .offSchema:
            retries[route.index, default: 0] += 1
            guard retries[route.index, default: 0] <= Dispatch.maxRetries else { return }
        case .rateLimited, .quotaExhausted:
            break
        default:
            return
        }
        switch route.account.availability(slot: route.slot, tokens: 0, at: now) {
        case .blocked(let until, let reason): note(reason, until: until, at: now)
        case .free:
            let pause = Dispatch.retryPause * (1 << max(0, retries[route.index, default: 1] - 1))
            retryAt.lower(to: now.instant.advanced(by: pause))
        }
    }

    /// The answer to a direct call whose model its provider does not know.
    func missingModel(_ trail: [ClientError.AttemptNote]) -> ClientError? {
        guard !isMeta, let last = trail.last, trail.allSatisfy({ $0.outcome == "404" }) else { return nil }
        return ClientError(
            status: 404,
            message: "The model of '\(last.route)' does not exist at its provider any more.",
            type: "invalid_request_error",
            param: "model",
            code: "model_not_found",
            attempts: trail
        )
    }
}

extension Ask {
    init(_ request: ModelRequest, rules: RouteRules) {
        self.init(model: request.model, filters: request.filters, requirements: request.requirements, rules: rules)
    }
}
