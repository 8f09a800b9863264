/// What an account remembers about one of its routes.
struct RouteState: Sendable {
    var ledger: QuotaLedger
    /// After a 429: 2 s doubling to 10 min where the provider did not say how long.
    var cooldown = Backoff(base: .seconds(2), maximum: .seconds(600))
    /// After a 402 that named no reset.
    var exhaustion = Backoff(base: .seconds(3600), maximum: .seconds(86_400))
    /// After a 403.
    var forbidden = Backoff(base: .seconds(1800), maximum: .seconds(86_400))
    /// After a 404: an hour, then until the catalog is refreshed.
    var missing = MissingModel()
    var breaker = CircuitBreaker()
    var score = RouteScore()
    var learned = LearnedSizes()

    init(limits: RateLimits, reset: DayReset) {
        self.ledger = QuotaLedger(limits: limits, reset: reset)
    }

    /// Forgets what it had to wait for.
    mutating func clear() {
        cooldown.clear()
        exhaustion.clear()
        forbidden.clear()
        missing = MissingModel()
        breaker = CircuitBreaker()
    }

    /// What keeps the route from being called, in ticks of `Now`. Call the ledger's `expire` first.
    mutating func blockage(tokens: Int, at now: Now) -> Blockage? {
        let ticks = now.ticks
        if missing.until > ticks { return Blockage(until: missing.until, reason: .modelMissing) }
        if forbidden.until > ticks { return Blockage(until: forbidden.until, reason: .forbidden) }
        let pause = max(cooldown.until, exhaustion.until)
        let breakerOpening = breaker.opening(at: ticks)
        var blockage: Blockage?
        if pause > ticks { blockage = Blockage(until: pause, reason: .cooldown) }
        if breakerOpening > ticks, breakerOpening > (blockage?.until ?? Now.never) {
            let isProbing = breakerOpening == Now.unknown
            blockage = Blockage(until: breakerOpening, reason: isProbing ? .probing : .breakerOpen)
        }
        if let shortage = ledger.shortage(tokens: tokens, at: now),
            shortage.until > (blockage?.until ?? Now.never)
        {
            blockage = Blockage(until: shortage.until, reason: .quota(shortage.axis))
        }
        return blockage
    }
}

/// Why no call is allowed and until when, in ticks of `Now`.
struct Blockage: Sendable {
    var until: Int64
    var reason: BlockReason

    /// The one that lasts longer.
    static func later(_ one: Blockage?, _ other: Blockage?) -> Blockage? {
        guard let one else { return other }
        guard let other else { return one }
        return other.until > one.until ? other : one
    }
}

/// A model the provider says it does not have.
struct MissingModel: Sendable {
    private(set) var until = Now.never
    private var isConfirmed = false
    private var struckAt = Now.never

    mutating func strike(sentAt: Int64?, at ticks: Int64) {
        if let sentAt { if sentAt < struckAt { return } } else if ticks < until { return }
        until = isConfirmed ? Now.unknown : ticks + Self.pause
        isConfirmed = true
        struckAt = ticks
    }

    /// The provider lists it again. Some list what they do not serve: it is tried once an hour, no oftener.
    mutating func isListed(at ticks: Int64) {
        if until == Now.unknown, ticks - struckAt >= Self.pause { until = Now.never }
    }

    private static let pause = Duration.seconds(3600).nanoseconds

    struct Memory: Codable, Sendable, Equatable {
        var until: Double?
        var isConfirmed: Bool
    }

    /// `nil` when there is nothing to remember. What lasts until the catalog is refreshed lasts an hour from a restart.
    func memory(_ times: WallTimes) -> Memory? {
        isConfirmed ? Memory(until: times.wall(until), isConfirmed: true) : nil
    }

    mutating func restore(_ memory: Memory?, _ times: WallTimes) {
        guard let memory else { return }
        let ticks = times.ticks(memory.until)
        until = ticks == Now.unknown ? times.now.ticks + Self.pause : ticks
        isConfirmed = memory.isConfirmed
    }
}

/// Sizes that a provider's refusals taught, in tokens.
struct LearnedSizes: Sendable, Equatable {
    /// The window, prompt and answer together.
    var window: Int?
    var maxOutputTokens: Int?

    /// Smaller sizes replace larger ones; nothing under 256 is believed.
    mutating func learn(window: Int) {
        guard window >= 256 else { return }
        self.window.lower(to: window)
    }

    mutating func learn(maxOutputTokens: Int) {
        guard maxOutputTokens > 0 else { return }
        self.maxOutputTokens.lower(to: maxOutputTokens)
    }
}
