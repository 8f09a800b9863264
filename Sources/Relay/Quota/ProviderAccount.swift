import Synchronization

/// One provider with one key: the quotas, cooldowns, benches and breakers of all its routes, behind one lock.
///
/// Candidates are ordered by `availability`, a snapshot; `reserve` then checks and takes everything in one step, so
/// that no limit is passed however many loops call at once. Each call's way:
/// `reserve` → `headArrived` → `complete` when it has succeeded; else `settle`, or `release` when no byte was written,
/// with `record` beside it in any order.
final class ProviderAccount: Sendable {
    let providerName: String
    /// Of its key; empty where the provider needs none.
    let fingerprint: String
    /// The models of its routes, by slot.
    private let models: [String]
    private let state: Mutex<AccountState>
    /// A refusal has taught sizes, of whichever route; hardly any account's has, and nobody need take the lock to hear that.
    private let hasLearned = Atomic<Bool>(false)
    private let bell = Mutex<StoreBell?>(nil)

    init(
        providerName: String,
        fingerprint: String = "",
        models: [String] = [],
        accountLimits: RateLimits = .none,
        dayReset: DayReset = .rolling,
        concurrency: Int? = nil,
        routes: [RateLimits],
        policy: BreakerPolicy = BreakerPolicy()
    ) {
        self.providerName = providerName
        self.fingerprint = fingerprint
        self.models = models
        // Accounts must not draw the same jitter; FNV-1a tells them apart the same way in every run.
        let mark = providerName.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        self.state = Mutex(
            AccountState(
                accountLimits: accountLimits,
                dayReset: dayReset,
                concurrency: concurrency,
                routes: routes,
                policy: policy,
                seed: policy.seed ^ mark
            )
        )
    }

    /// Whether the route could take a call of that many tokens now.
    func availability(slot: Int, tokens: Int, at now: Now) -> Availability {
        standing(slot: slot, tokens: tokens, at: now).availability
    }

    /// Availability and score in one look, for ordering candidates.
    func standing(slot: Int, tokens: Int, at now: Now) -> RouteStanding {
        state.withLock { state in
            let blockage = state.blockage(slot: slot, tokens: tokens, at: now)
            // Looked at where it lies: a route's state is large.
            let routes = state.routes.span
            let score = routes[slot].score.faded(at: now.ticks)
            let learned = routes[slot].learned
            if let blockage {
                let until = Now.instant(at: blockage.until)
                return RouteStanding(
                    availability: .blocked(until: until, reason: blockage.reason),
                    score: score,
                    learned: learned
                )
            }
            let headroom = state.headroom(slot: slot, tokens: tokens)
            return RouteStanding(availability: .free(headroom: headroom), score: score, learned: learned)
        }
    }

    /// Takes one request, its tokens, its place among the calls under way and, where the route or key is on trial, the
    /// one probe: all or nothing.
    func reserve(slot: Int, tokens: Int, at now: Now) -> ReserveResult {
        let (result, wantsLease): (ReserveResult, Bool) = state.withLock { state in
            if let blockage = state.blockage(slot: slot, tokens: tokens, at: now) {
                return (.refused(until: Now.instant(at: blockage.until), reason: blockage.reason), false)
            }
            guard state.isLeased(slot: slot, tokens: tokens) else {
                let soon = now.instant.advanced(by: Self.writing)
                return (.refused(until: soon, reason: .unsaved), true)
            }
            let reservation = state.reserve(slot: slot, tokens: tokens, at: now)
            return (.reserved(reservation), state.wantsLease(slot: slot))
        }
        if wantsLease { bell.withLock { $0 }?.ring() }
        return result
    }

    /// What a writing of the store takes, about.
    private static let writing = Duration.milliseconds(5)

    /// The answer's head is here, so the provider has counted the request; it leaves its windows one window from now.
    func headArrived(_ reservation: Reservation, at now: Now) {
        state.withLock { $0.headArrived(reservation, at: now) }
    }

    /// The call is over and used that many tokens; `nil` keeps the estimate.
    func settle(_ reservation: Reservation, usedTokens: Int?, at now: Now) {
        state.withLock { $0.settle(reservation, usedTokens: usedTokens, at: now) }
    }

    /// No byte of the request was written: gives everything back.
    func release(_ reservation: Reservation, at now: Now) {
        state.withLock { $0.release(reservation, at: now) }
    }

    /// A call that has succeeded is over: `settle` and `recordSuccess` in one step.
    func complete(
        _ reservation: Reservation,
        usedTokens: Int,
        latency: Duration,
        firstByte: Duration?,
        outputTokens: Int,
        at now: Now
    ) {
        state.withLock { state in
            state.settle(reservation, usedTokens: usedTokens, at: now)
            state.recordSuccess(
                slot: reservation.slot,
                sentAt: reservation.reservedAt,
                latency: latency,
                firstByte: firstByte,
                outputTokens: outputTokens,
                at: now
            )
        }
    }

    /// `latency` is the whole call's, `firstByte` to the first meaningful delta of a stream.
    func recordSuccess(
        slot: Int,
        reservation: Reservation? = nil,
        latency: Duration,
        firstByte: Duration? = nil,
        outputTokens: Int,
        at now: Now
    ) {
        state.withLock {
            $0.recordSuccess(
                slot: slot,
                sentAt: reservation?.reservedAt,
                latency: latency,
                firstByte: firstByte,
                outputTokens: outputTokens,
                at: now
            )
        }
    }

    /// Notes what the upstream did. The reservation, where there is one, still has to be settled or released.
    func record(_ failure: UpstreamFailure, slot: Int, reservation: Reservation?, at now: Now) {
        state.withLock { state in
            state.record(failure, slot: slot, reservation: reservation, at: now)
            noteLearned(state)
        }
    }

    /// Corrects the ledger by an answer's rate-limit headers.
    func learn(_ report: RateLimitReport, slot: Int, reservation: Reservation? = nil, at now: Now) {
        state.withLock { $0.learn(report, slot: slot, sentAt: reservation?.reservedAt, at: now) }
    }

    /// The sizes that refusals taught.
    func learnedSizes(slot: Int) -> LearnedSizes {
        guard hasLearned.load(ordering: .acquiring) else { return LearnedSizes() }
        return state.withLock { $0.routes.span[slot].learned }
    }

    private func noteLearned(_ state: borrowing AccountState) {
        if state.routes.contains(where: { $0.learned != LearnedSizes() }) {
            hasLearned.store(true, ordering: .releasing)
        }
    }

    /// A check found the key refused. One that has served calls is left to them: some keys may call and not list.
    func isRefused(at now: Now) {
        state.withLock { state in
            guard !state.routes.contains(where: { ($0.score.successRate ?? 0) > 0 }) else { return }
            state.record(.unauthorized, slot: 0, reservation: nil, at: now)
        }
    }

    /// The provider lists these models to whoever asks with the key, and, where that is proven, to nobody without it.
    func isListed(_ listed: Set<String>, isKeyProven: Bool, sentAt: Now, at now: Now) {
        state.withLock { state in
            if isKeyProven { state.keyIsTaken(sentAt: sentAt.ticks) }
            for (slot, model) in models.enumerated() where listed.contains(model) {
                state.routes[slot].missing.isListed(at: now.ticks)
            }
        }
    }

    /// The catalog was read again: models that were missing may be there, sizes may have changed.
    func catalogRefreshed() {
        state.withLock { state in
            for slot in state.routes.indices {
                state.routes[slot].missing = MissingModel()
                state.routes[slot].learned = LearnedSizes()
            }
        }
    }

    /// Gives a route another chance: what it and its key had to wait for is over. Quotas stay.
    func clear(slot: Int) { state.withLock { $0.clear(slot: slot) } }

    // MARK: The store

    /// Who is called when a lease runs low.
    func attach(_ bell: StoreBell) { self.bell.withLock { $0 = bell } }

    /// What is to be written down, with the lease that this settles on; `nil` when nothing has changed since `revision`.
    func memory(
        changedSince revision: UInt64?,
        isLast: Bool,
        at now: Now
    ) -> (memory: AccountMemory, revision: UInt64)? {
        state.withLock { state in
            guard isLast || revision != state.revision else { return nil }
            return (state.memory(models: models, isLast: isLast, at: now), state.revision)
        }
    }

    /// What was written last is on the disk.
    func grantLease() { state.withLock { $0.grantLease() } }

    /// The store cannot be written: serving goes on without it.
    func suspendLease() { state.withLock { $0.suspendLease() } }

    /// Goes on with what another account of the same key knew; its calls under way count as used.
    func takeOver(_ former: ProviderAccount, at now: Now) {
        if let (memory, _) = former.memory(changedSince: nil, isLast: true, at: now) { restore(memory, at: now) }
    }

    /// Takes over what was known before a restart.
    func restore(_ memory: AccountMemory, at now: Now) {
        state.withLock { state in
            state.restore(memory, models: models, at: now)
            noteLearned(state)
        }
    }

    /// How the route stands, for reports: before a call of that many tokens.
    func snapshot(slot: Int, tokens: Int = 0, at now: Now) -> RouteStatus {
        state.withLock { $0.status(slot: slot, tokens: tokens, at: now) }
    }
}

/// What candidates are ordered by.
struct RouteStanding: Sendable {
    var availability: Availability
    var score: RouteScore
    var learned: LearnedSizes
}
