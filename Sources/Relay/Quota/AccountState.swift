/// Everything that changes about one provider account: a value, so that every rule is tested without a lock or a clock.
struct AccountState: Sendable {
    /// What became of a reservation; places are used again.
    private struct Record {
        var generation: UInt32 = 0
        var isActive = false
        var headArrived = false
        var isBreakerProbe = false
        var isKeyProbe = false
    }

    var routes: [RouteState]
    /// Windows that all models of the key share.
    var ledger: QuotaLedger
    /// After a 429 that meant the whole account.
    var cooldown = Backoff(base: .seconds(2), maximum: .seconds(600))
    /// After a 402 that meant the whole account.
    var exhaustion = Backoff(base: .seconds(3600), maximum: .seconds(86_400))
    /// After a 401. Once it is over a single call tries the key.
    var keyBench = Backoff(base: .seconds(300), maximum: .seconds(21_600))
    /// After a 403 that meant the whole key.
    var forbidden = Backoff(base: .seconds(1800), maximum: .seconds(86_400))
    var generator: SeededGenerator
    let policy: BreakerPolicy
    let dayReset: DayReset
    private let concurrency: Int
    private(set) var inFlight = 0
    /// Grows with every change that the store should know of.
    var revision: UInt64 = 0
    private var isKeyProbing = false
    private var records: [Record] = []
    private var freeRecords: [Int32] = []

    init(
        accountLimits: RateLimits,
        dayReset: DayReset,
        concurrency: Int?,
        routes: [RateLimits],
        policy: BreakerPolicy,
        seed: UInt64
    ) {
        self.routes = routes.map { RouteState(limits: $0, reset: dayReset) }
        self.ledger = QuotaLedger(limits: accountLimits, reset: dayReset)
        self.generator = SeededGenerator(seed: seed)
        self.policy = policy
        self.dayReset = dayReset
        self.concurrency = max(1, concurrency ?? .max)
    }

    /// What keeps the route from being called now.
    mutating func blockage(slot: Int, tokens: Int, at now: Now) -> Blockage? {
        ledger.expire(at: now)
        routes[slot].ledger.expire(at: now)
        let route = routes[slot].blockage(tokens: tokens, at: now)
        return Blockage.later(accountBlockage(tokens: tokens, at: now), route)
    }

    /// Whether the call can be reserved before the store is written again.
    mutating func isLeased(slot: Int, tokens: Int) -> Bool {
        let isShared = ledger.isLeased(tokens: tokens)
        let isLeased = routes[slot].ledger.isLeased(tokens: tokens) && isShared
        // What was wanted in vain is to be in the next lease.
        if !isLeased { revision &+= 1 }
        return isLeased
    }

    /// Whether the store should be written before its second is over.
    func wantsLease(slot: Int) -> Bool { ledger.wantsLease || routes[slot].ledger.wantsLease }

    private func accountBlockage(tokens: Int, at now: Now) -> Blockage? {
        let bench = max(keyBench.until, forbidden.until)
        if bench > now.ticks { return Blockage(until: bench, reason: .keyBenched) }
        if isKeyProbing { return Blockage(until: Now.unknown, reason: .keyBenched) }
        if inFlight >= concurrency { return Blockage(until: Now.unknown, reason: .concurrency) }
        var blockage: Blockage?
        let pause = max(cooldown.until, exhaustion.until)
        if pause > now.ticks { blockage = Blockage(until: pause, reason: .cooldown) }
        if let shortage = ledger.shortage(tokens: tokens, at: now) {
            blockage = .later(blockage, Blockage(until: shortage.until, reason: .quota(shortage.axis)))
        }
        return blockage
    }

    /// The least share left in the windows of route and account. Call `blockage` first.
    func headroom(slot: Int, tokens: Int) -> Double {
        var headroom = min(ledger.headroom(tokens: tokens), routes[slot].ledger.headroom(tokens: tokens))
        if concurrency < .max { headroom = min(headroom, 1 - Double(inFlight) / Double(concurrency)) }
        return headroom
    }

    /// Takes all axes of a call that nothing keeps back.
    mutating func reserve(slot: Int, tokens: Int, at now: Now) -> Reservation {
        let tokens = max(0, tokens)
        revision &+= 1
        inFlight += 1
        ledger.reserve(tokens: tokens)
        routes[slot].ledger.reserve(tokens: tokens)
        let index = takeRecord()
        let place = Int(index)
        records[place].isBreakerProbe = routes[slot].breaker.begin(at: now.ticks)
        if keyBench.isUnproven || forbidden.isUnproven {
            records[place].isKeyProbe = true
            isKeyProbing = true
        }
        return Reservation(
            slot: slot,
            tokens: tokens,
            record: index,
            generation: records[place].generation,
            reservedAt: now.ticks
        )
    }

    /// The provider has counted the request; it leaves the windows one window from now.
    mutating func headArrived(_ reservation: Reservation, at now: Now) {
        guard let place = place(of: reservation), !records[place].headArrived else { return }
        records[place].headArrived = true
        revision &+= 1
        ledger.spendRequest(at: now)
        routes[reservation.slot].ledger.spendRequest(at: now)
    }

    /// The call is over. Its tokens leave the windows one window from now, since some providers count them at the end.
    mutating func settle(_ reservation: Reservation, usedTokens: Int?, at now: Now) {
        guard let place = place(of: reservation) else { return }
        headArrived(reservation, at: now)
        let tokens = max(0, usedTokens ?? reservation.tokens)
        ledger.spendTokens(tokens, reserved: reservation.tokens, at: now)
        routes[reservation.slot].ledger.spendTokens(tokens, reserved: reservation.tokens, at: now)
        end(reservation, place: place)
    }

    /// No byte was written: everything is given back.
    mutating func release(_ reservation: Reservation, at now: Now) {
        guard let place = place(of: reservation) else { return }
        guard !records[place].headArrived else { return settle(reservation, usedTokens: nil, at: now) }
        ledger.releaseRequest()
        ledger.releaseTokens(reservation.tokens)
        routes[reservation.slot].ledger.releaseRequest()
        routes[reservation.slot].ledger.releaseTokens(reservation.tokens)
        end(reservation, place: place)
    }

    /// Ends cooldowns, benches and the open breaker of a route and its key.
    mutating func clear(slot: Int) {
        revision &+= 1
        cooldown.clear()
        exhaustion.clear()
        keyBench.clear()
        forbidden.clear()
        routes[slot].clear()
    }

    /// Frees what the call held beside its quota.
    private mutating func end(_ reservation: Reservation, place: Int) {
        inFlight -= 1
        revision &+= 1
        if records[place].isBreakerProbe {
            routes[reservation.slot].breaker.abandonProbe(sentAt: reservation.reservedAt)
        }
        if records[place].isKeyProbe { isKeyProbing = false }
        records[place].isActive = false
        freeRecords.append(reservation.record)
    }

    private func place(of reservation: Reservation) -> Int? {
        let place = Int(reservation.record)
        guard records.indices.contains(place), records[place].isActive,
            records[place].generation == reservation.generation
        else { return nil }
        return place
    }

    private mutating func takeRecord() -> Int32 {
        if let index = freeRecords.popLast() {
            let generation = records[Int(index)].generation &+ 1
            records[Int(index)] = Record(generation: generation, isActive: true)
            return index
        }
        records.append(Record(isActive: true))
        return Int32(records.count - 1)
    }
}
