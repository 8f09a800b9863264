/// What was spent against one limit, and when it may be spent again.
///
/// A reservation counts from the moment it is made (`underWay`, which the ledger holds for all its windows) until one
/// window after the answer's head arrived. The provider counted the call somewhere between the two, so no window of
/// that length, sliding or fixed, can hold more calls at the provider than it held here. Days that turn at a midnight
/// are counters; a call under way at midnight counts in both days.
struct AxisWindow: Sendable {
    let axis: QuotaAxis
    /// The catalog's limit.
    let configured: Int?
    /// What the provider last said its limit was.
    private(set) var reported: Int?
    /// The lower of both, in force.
    private(set) var limit: Int
    /// For days that turn at a midnight.
    private let reset: DayReset
    /// Next midnight in seconds since 1970; 0 until the first look.
    private var turnsAt: Double = 0
    private var ring: AmountRing
    private var counter = 0
    /// Spent by others on the same key, from what the provider reports; leaves at `foreignUntil`.
    private var foreign = 0
    private var foreignUntil = Now.never
    /// The provider said that nothing is left.
    private(set) var blockedUntil = Now.never
    /// When something last left this window.
    private var lastDeparture = Now.never
    /// When it was last seen what has left.
    private var expiredAt = Now.never

    init(_ axis: QuotaAxis, configured: Int?, reported: Int? = nil, reset: DayReset) {
        self.axis = axis
        self.configured = configured
        self.reported = reported
        self.reset = axis.window == .day ? reset : .rolling
        let limit = min(configured ?? .max, reported ?? .max)
        self.limit = limit
        let isExact = axis.kind == .requests && limit <= AmountRing.maximumCount / 2
        self.ring = AmountRing(granularity: isExact ? 0 : axis.window.nanoseconds / 128)
    }

    // Looked at where the window lies, and so within whoever asks: a call would be handed a copy of it.

    /// Spent and not yet out of the window; what is under way comes on top.
    @inline(__always) var spent: Int { ring.total + counter + foreign }
    private var isFixed: Bool { reset != .rolling }

    /// Lets go of what has left the window.
    mutating func expire(at now: Now) {
        // An event of the byte path asks several times, and all of them at its one time.
        guard now.ticks != expiredAt else { return }
        expiredAt = now.ticks
        if isFixed {
            if now.wall >= turnsAt {
                turnsAt = reset.nextTurn(after: now.wall) ?? .infinity
                counter = 0
                foreign = 0
                blockedUntil = Now.never
                lastDeparture = now.ticks
            }
        } else if ring.removeFirst(through: now.ticks - axis.window.nanoseconds) {
            lastDeparture = now.ticks
        }
        if foreign != 0, foreignUntil <= now.ticks {
            foreign = 0
            lastDeparture = now.ticks
        }
    }

    /// What `amount` is too much. A request for more than the whole limit is treated as one for all of it, since no waiting would
    /// ever help.
    @inline(__always)
    private func excess(of amount: Int, underWay: Int) -> Int { spent + underWay + min(amount, limit) - limit }

    /// Whether `amount` fits now. Call `expire` first.
    @inline(__always)
    func hasRoom(for amount: Int, underWay: Int, at now: Now) -> Bool {
        limit > 0 && now.ticks >= blockedUntil && excess(of: amount, underWay: underWay) <= 0
    }

    /// When `amount` fits; `Now.never` if it does now. Call `expire` first.
    func opening(for amount: Int, underWay: Int, at now: Now) -> Int64 {
        guard limit > 0 else { return Now.unknown }
        var opening = now.ticks < blockedUntil ? blockedUntil : Now.never
        let over = excess(of: amount, underWay: underWay)
        if over > 0 { opening = max(opening, departure(of: over, at: now)) }
        return opening
    }

    /// The share of the limit that would be left after `amount`.
    @inline(__always)
    func headroom(after amount: Int, underWay: Int) -> Double {
        limit > 0 ? max(0, Double(limit - spent - underWay - min(amount, limit)) / Double(limit)) : 0
    }

    /// Notes what was really spent; it leaves one window from now.
    mutating func spend(_ amount: Int, at now: Now) {
        expire(at: now)
        if isFixed { counter += max(0, amount) } else { ring.append(amount, at: now.ticks) }
    }

    /// Corrects the window by what the provider reported with an answer to a call made at `sentAt`.
    mutating func correct(_ reading: RateLimitReport.Reading, underWay: Int, sentAt: Int64?, at now: Now) {
        expire(at: now)
        if let limit = reading.limit, limit > 0 { report(limit: limit) }
        guard let remaining = reading.remaining, limit != .max else { return }
        let resetAt = now.ticks + min(reading.reset?.nanoseconds ?? .max, axis.window.nanoseconds)
        let own = spent - foreign + underWay
        let excess = max(0, limit - own - max(0, remaining))
        // What left this window while the answer was under way was still counted when the provider wrote the report.
        let isStale = sentAt.map { lastDeparture > $0 } ?? false
        foreign = isStale && excess <= max(1, limit / 16) ? 0 : excess
        foreignUntil = resetAt
        if remaining <= 0, foreign > 0 {
            blockedUntil = max(blockedUntil, resetAt)
        } else if remaining > 0 {
            blockedUntil = Now.never
        }
    }

    // MARK: Across a restart

    func memory(_ times: WallTimes) -> AccountMemory.Window {
        var memory = AccountMemory.Window(axis: axis, reported: reported)
        if isFixed {
            memory.counter = counter
            memory.turnsAt = turnsAt.isFinite ? turnsAt : nil
        } else {
            memory.spent = (0..<ring.count)
                .map { .init(at: times.wall(ring[$0].last) ?? 0, amount: ring[$0].amount) }
        }
        if foreign > 0 {
            memory.foreign = foreign
            memory.foreignUntil = times.wall(foreignUntil)
        }
        if blockedUntil > times.now.ticks { memory.blockedUntil = times.wall(blockedUntil) }
        return memory
    }

    /// Spendings keep their times, so each leaves when it would have left.
    mutating func restore(_ memory: AccountMemory.Window, _ times: WallTimes) {
        if let reported = memory.reported { report(limit: reported) }
        if isFixed {
            // A counter of a day that has turned since is dropped by the first look.
            turnsAt = memory.turnsAt ?? 0
            counter = memory.counter ?? 0
        } else {
            for spending in memory.spent { ring.append(spending.amount, at: times.pastTicks(spending.at)) }
        }
        foreign = memory.foreign ?? 0
        foreignUntil = times.ticks(memory.foreignUntil)
        blockedUntil = times.ticks(memory.blockedUntil)
        expire(at: times.now)
    }

    /// Takes a limit that the provider named; never more than the catalog allows.
    mutating func report(limit reported: Int) {
        guard reported > 0 else { return }
        self.reported = reported
        limit = min(configured ?? .max, reported)
    }

    /// When `amount` will have left by itself. What is under way leaves one window from now at the earliest.
    private func departure(of amount: Int, at now: Now) -> Int64 {
        if isFixed {
            return now.ticks + Duration(clampingSeconds: turnsAt - now.wall).nanoseconds
        }
        var rest = amount
        var departure = now.ticks + axis.window.nanoseconds
        for offset in 0..<ring.count {
            rest -= ring[offset].amount
            if rest <= 0 {
                departure = ring[offset].last + axis.window.nanoseconds
                break
            }
        }
        return foreign >= amount ? min(departure, foreignUntil) : departure
    }
}
