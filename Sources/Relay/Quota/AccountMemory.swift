/// What a provider account knows, in a form that outlives the process: times are seconds since 1970.
struct AccountMemory: Codable, Sendable, Equatable {
    /// Limits that all models of the key share.
    var shared: Ledger
    /// By the model's name; a model that has left the catalog is forgotten.
    var routes: [String: Route]
    var cooldown: Backoff.Memory?
    var exhaustion: Backoff.Memory?
    var keyBench: Backoff.Memory?
    var forbidden: Backoff.Memory?

    /// All windows of one scope.
    struct Ledger: Codable, Sendable, Equatable {
        var windows: [Window]
        /// Under way when this was written, and what might be reserved before the next writing. A clean stop has
        /// neither; after any other all of it counts as used.
        var openRequests: Int
        var openTokens: Int
    }

    struct Window: Codable, Sendable, Equatable {
        var axis: QuotaAxis
        /// What the provider said its limit was.
        var reported: Int?
        /// What was spent, oldest first, with the times at which it was.
        var spent: [Spending] = []
        /// Of a day that turns at a midnight: spent since the last, and when the next is.
        var counter: Int?
        var turnsAt: Double?
        var foreign: Int?
        var foreignUntil: Double?
        var blockedUntil: Double?
    }

    struct Spending: Codable, Sendable, Equatable {
        var at: Double
        var amount: Int
    }

    struct Route: Codable, Sendable, Equatable {
        var ledger: Ledger
        var cooldown: Backoff.Memory?
        var exhaustion: Backoff.Memory?
        var forbidden: Backoff.Memory?
        var missing: MissingModel.Memory?
        var breaker: CircuitBreaker.Memory?
        var score: RouteScore.Memory?
        var window: Int?
        var maxOutputTokens: Int?
    }
}

extension AccountState {
    /// What is to be written down now, and with it the lease for the time until the next writing.
    ///
    /// - Parameters:
    ///   - models: the names of the routes, by slot.
    ///   - isLast: nothing will be reserved any more.
    mutating func memory(models: [String], isLast: Bool, at now: Now) -> AccountMemory {
        let times = WallTimes(at: now)
        var memories: [String: AccountMemory.Route] = [:]
        for (slot, model) in models.enumerated() where routes.indices.contains(slot) {
            memories[model] = routes[slot].memory(isLast: isLast, times)
        }
        return AccountMemory(
            shared: ledger.memory(isLast: isLast, times),
            routes: memories,
            cooldown: cooldown.memory(times),
            exhaustion: exhaustion.memory(times),
            keyBench: keyBench.memory(times),
            forbidden: forbidden.memory(times)
        )
    }

    /// What was written is on the disk: what it leased may be spent.
    mutating func grantLease() {
        ledger.lease?.grant()
        for slot in routes.indices { routes[slot].ledger.lease?.grant() }
    }

    /// Nothing is bounded by a lease until the next one.
    mutating func suspendLease() {
        ledger.lease = nil
        for slot in routes.indices { routes[slot].ledger.lease = nil }
        revision &+= 1
    }

    mutating func restore(_ memory: AccountMemory, models: [String], at now: Now) {
        let times = WallTimes(at: now)
        ledger.restore(memory.shared, times)
        for (slot, model) in models.enumerated() where routes.indices.contains(slot) {
            if let known = memory.routes[model] { routes[slot].restore(known, times) }
        }
        cooldown.restore(memory.cooldown, times)
        exhaustion.restore(memory.exhaustion, times)
        keyBench.restore(memory.keyBench, times)
        forbidden.restore(memory.forbidden, times)
    }
}

extension RouteState {
    fileprivate mutating func memory(isLast: Bool, _ times: WallTimes) -> AccountMemory.Route {
        AccountMemory.Route(
            ledger: ledger.memory(isLast: isLast, times),
            cooldown: cooldown.memory(times),
            exhaustion: exhaustion.memory(times),
            forbidden: forbidden.memory(times),
            missing: missing.memory(times),
            breaker: breaker.memory(times),
            score: score.memory(times),
            window: learned.window,
            maxOutputTokens: learned.maxOutputTokens
        )
    }

    fileprivate mutating func restore(_ memory: AccountMemory.Route, _ times: WallTimes) {
        ledger.restore(memory.ledger, times)
        cooldown.restore(memory.cooldown, times)
        exhaustion.restore(memory.exhaustion, times)
        forbidden.restore(memory.forbidden, times)
        missing.restore(memory.missing, times)
        breaker.restore(memory.breaker, times)
        score.restore(memory.score, times)
        learned = LearnedSizes(window: memory.window, maxOutputTokens: memory.maxOutputTokens)
    }
}

extension QuotaLedger {
    fileprivate mutating func memory(isLast: Bool, _ times: WallTimes) -> AccountMemory.Ledger {
        expire(at: times.now)
        let leased = renewLease(isLast: isLast)
        return AccountMemory.Ledger(
            windows: windows.map { $0.memory(times) },
            openRequests: requestsUnderWay + leased.requests,
            openTokens: tokensUnderWay + leased.tokens
        )
    }
}

extension QuotaAxis: Codable {
    /// As users know it: `rpm`.
    init(from decoder: any Decoder) throws {
        let name = try decoder.singleValueContainer().decode(String.self)
        let all = QuotaWindow.allCases.flatMap { window in QuotaKind.allCases.map { QuotaAxis($0, window) } }
        guard let axis = all.first(where: { $0.description == name }) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "no axis \(name)")
            )
        }
        self = axis
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
