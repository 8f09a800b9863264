/// One call's share of its route's and account's windows, from before it is sent until it is settled or released.
///
/// A plain value: settling it twice, or after a release, does nothing.
struct Reservation: Sendable, Equatable {
    /// The route's slot in its account.
    let slot: Int
    /// Tokens set aside: the prompt's estimate and the answer's usual length.
    let tokens: Int
    /// Where the account keeps what became of it, and a mark that tells it from later users of that place.
    let record: Int32
    let generation: UInt32
    /// In ticks of `Now`.
    let reservedAt: Int64
}

enum ReserveResult: Sendable, Equatable {
    case reserved(Reservation)
    /// `until` is `nil` where only the end of a call under way, or new facts, would help.
    case refused(until: Instant?, reason: BlockReason)
}

/// Whether a route could take a call: a snapshot to order candidates by.
enum Availability: Sendable, Equatable {
    /// `headroom` is the least share left in any of its windows, 0…1.
    case free(headroom: Double)
    case blocked(until: Instant?, reason: BlockReason)

    var isFree: Bool {
        if case .free = self { true } else { false }
    }

    var headroom: Double {
        if case .free(let headroom) = self { headroom } else { 0 }
    }

    /// When the route is free again, where that can be told.
    var blockedUntil: Instant? {
        if case .blocked(let until, _) = self { until } else { nil }
    }
}

/// What keeps a route from being called.
enum BlockReason: Sendable, Equatable {
    /// It said 429 or 402.
    case cooldown
    /// Relay's own count says that the next call would be refused.
    case quota(QuotaAxis)
    /// The store has to be written before more can be spent: a few milliseconds.
    case unsaved
    /// As many calls are under way as the provider allows.
    case concurrency
    /// It failed too often.
    case breakerOpen
    /// It failed too often, and the call that tries it again is under way.
    case probing
    /// Its key was refused.
    case keyBenched
    /// Its key may not use this model.
    case forbidden
    /// The provider does not know this model any more.
    case modelMissing

    /// As shown in headers and logs.
    var code: String {
        switch self {
        case .cooldown: "cooldown"
        case .quota(let axis): "quota-\(axis)"
        case .unsaved: "unsaved"
        case .concurrency: "busy"
        case .breakerOpen: "breaker-open"
        case .probing: "probing"
        case .keyBenched: "key-benched"
        case .forbidden: "forbidden"
        case .modelMissing: "model-missing"
        }
    }
}
