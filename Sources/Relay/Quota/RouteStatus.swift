/// How a route stands, for `/v1/models`, the metrics and the dashboard.
struct RouteStatus: Sendable, Equatable {
    enum State: String, Sendable {
        case available, cooldown, exhausted, busy, failing, benched, missing
    }

    struct Axis: Sendable, Equatable {
        var axis: QuotaAxis
        /// In force: the lower of both.
        var limit: Int
        /// The catalog's, and what the provider last said.
        var configured: Int?
        var reported: Int?
        var used: Int
        /// Whether all models of the account share it.
        var isShared: Bool
    }

    var state: State
    /// Until it is available, rounded up; 0 when it is, and when that cannot be told.
    var cooldownRemainingSeconds: Int
    /// Why it is not.
    var reason: BlockReason?
    var headroom: Double
    var score: RouteScore
    var axes: [Axis]
    var breaker: CircuitBreaker.Phase
    /// Calls under way on the account.
    var inFlight: Int
}

extension RouteStatus.State {
    init(_ reason: BlockReason?) {
        self =
            switch reason {
            case nil: .available
            case .cooldown: .cooldown
            case .quota: .exhausted
            case .concurrency, .unsaved: .busy
            case .breakerOpen, .probing: .failing
            case .keyBenched, .forbidden: .benched
            case .modelMissing: .missing
            }
    }
}

extension AccountState {
    mutating func status(slot: Int, tokens: Int, at now: Now) -> RouteStatus {
        let blockage = blockage(slot: slot, tokens: tokens, at: now)
        var remaining = 0
        if let blockage, blockage.until != Now.unknown {
            let ticks = max(0, blockage.until - now.ticks)
            remaining = Int(ticks / 1_000_000_000) + (ticks % 1_000_000_000 > 0 ? 1 : 0)
        }
        return RouteStatus(
            state: RouteStatus.State(blockage?.reason),
            cooldownRemainingSeconds: remaining,
            reason: blockage?.reason,
            headroom: blockage == nil ? headroom(slot: slot, tokens: tokens) : 0,
            score: routes[slot].score.faded(at: now.ticks),
            axes: routes[slot].ledger.axes(isShared: false) + ledger.axes(isShared: true),
            breaker: routes[slot].breaker.phase,
            inFlight: inFlight
        )
    }
}

extension QuotaLedger {
    fileprivate func axes(isShared: Bool) -> [RouteStatus.Axis] {
        windows.map { window in
            let underWay = window.axis.kind == .requests ? requestsUnderWay : tokensUnderWay
            return RouteStatus.Axis(
                axis: window.axis,
                limit: window.limit,
                configured: window.configured,
                reported: window.reported,
                used: window.spent + underWay,
                isShared: isShared
            )
        }
    }
}
