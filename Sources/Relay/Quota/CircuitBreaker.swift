/// When a failing route is left alone, and for how long.
struct BreakerPolicy: Sendable, Equatable {
    /// Failures in a row that open the breaker.
    var failureThreshold = 3
    /// Share of the last `sampleSize` calls whose failure opens it.
    var failureRatio = 0.5
    var sampleSize = 20
    /// First pause; each probe that fails doubles it.
    var cooldown: Duration = .seconds(5)
    var maximumCooldown: Duration = .seconds(300)
    /// Pauses are shortened by up to this share, so that routes that failed together do not come back together.
    var jitter = 0.2
    /// Where the jitter's random numbers start.
    var seed: UInt64 = 0x52_65_6C_61_79
}

/// Stops calls to a route that fails, then lets one probe through.
struct CircuitBreaker: Sendable {
    enum Phase: Sendable, Equatable {
        case closed
        /// Until a time in ticks of `Now`.
        case open(until: Int64)
        case halfOpen
    }

    private(set) var phase = Phase.closed
    /// Whether the one probe of `halfOpen` is under way.
    private(set) var isProbing = false
    private var changedAt = Now.never
    private var failuresInARow = 0
    /// The latest outcomes, newest in the lowest bit; a failure is 1.
    private var outcomes: UInt64 = 0
    private var opensInARow = 0

    /// When a call is allowed: `Now.never` is now, `Now.unknown` when the probe has ended.
    func opening(at ticks: Int64) -> Int64 {
        switch phase {
        case .closed: Now.never
        case .open(let until): ticks < until ? until : Now.never
        case .halfOpen: isProbing ? Now.unknown : Now.never
        }
    }

    /// Notes that an allowed call goes out and tells whether it is the probe.
    mutating func begin(at ticks: Int64) -> Bool {
        guard phase != .closed else { return false }
        if phase != .halfOpen {
            phase = .halfOpen
            changedAt = ticks
        }
        isProbing = true
        return true
    }

    /// The probe made at `sentAt` ended without telling anything; the next call is one again.
    mutating func abandonProbe(sentAt: Int64) {
        if sentAt >= changedAt { isProbing = false }
    }

    /// `sentAt` is when the call was made, where that is known.
    mutating func recordSuccess(sentAt: Int64?, at ticks: Int64) {
        switch phase {
        case .closed:
            failuresInARow = 0
            outcomes <<= 1
        case .open:
            break
        case .halfOpen:
            if let sentAt, sentAt < changedAt { return }
            self = CircuitBreaker()
            changedAt = ticks
        }
    }

    /// It refused, but it answered: enough for a route that is being tried again, nothing to any other.
    mutating func recordRefusal(sentAt: Int64?, at ticks: Int64) {
        if phase == .halfOpen { recordSuccess(sentAt: sentAt, at: ticks) }
    }

    mutating func recordFailure(
        sentAt: Int64?,
        at ticks: Int64,
        policy: BreakerPolicy,
        using generator: inout SeededGenerator
    ) {
        // A call from before the last change says nothing about the route as it is now.
        if let sentAt, sentAt < changedAt { return }
        switch phase {
        case .closed:
            failuresInARow += 1
            outcomes = outcomes << 1 | 1
            let size = min(max(policy.sampleSize, 1), 64)
            let failures = (outcomes & (.max >> UInt64(64 - size))).nonzeroBitCount
            if failuresInARow >= policy.failureThreshold || Double(failures) >= policy.failureRatio * Double(size) {
                open(at: ticks, policy: policy, using: &generator)
            }
        case .open:
            break
        case .halfOpen:
            open(at: ticks, policy: policy, using: &generator)
        }
    }

    // MARK: Across a restart

    struct Memory: Codable, Sendable, Equatable {
        /// `nil` while it is closed or being tried.
        var openUntil: Double?
        var failuresInARow: Int
        var opensInARow: Int
    }

    /// `nil` when there is nothing to remember.
    func memory(_ times: WallTimes) -> Memory? {
        guard failuresInARow > 0 || opensInARow > 0 else { return nil }
        var openUntil: Double?
        switch phase {
        case .closed: break
        case .open(let until): openUntil = times.wall(until)
        case .halfOpen: openUntil = times.now.wall
        }
        return Memory(openUntil: openUntil, failuresInARow: failuresInARow, opensInARow: opensInARow)
    }

    mutating func restore(_ memory: Memory?, _ times: WallTimes) {
        guard let memory else { return }
        failuresInARow = max(0, memory.failuresInARow)
        opensInARow = max(0, memory.opensInARow)
        if let until = memory.openUntil {
            phase = .open(until: times.ticks(until))
            changedAt = times.now.ticks
        }
    }

    private mutating func open(at ticks: Int64, policy: BreakerPolicy, using generator: inout SeededGenerator) {
        var pause = policy.cooldown.nanoseconds
        let maximum = policy.maximumCooldown.nanoseconds
        for _ in 0..<min(opensInARow, 40) where pause < maximum { pause *= 2 }
        let shortened = Double(min(pause, maximum)) * (1 - policy.jitter * generator.unit())
        phase = .open(until: ticks + Int64(shortened))
        opensInARow += 1
        isProbing = false
        changedAt = ticks
        failuresInARow = 0
        outcomes = 0
    }
}
