/// What a model or an account may use per window. A missing value is no limit.
struct RateLimits: Sendable, Equatable {
    var requestsPerSecond: Int?
    var requestsPerMinute: Int?
    var requestsPerHour: Int?
    var requestsPerDay: Int?
    var tokensPerMinute: Int?
    var tokensPerHour: Int?
    var tokensPerDay: Int?

    static let none = RateLimits()

    var isUnlimited: Bool { self == .none }
}

/// When a provider's day windows turn.
enum DayReset: String, Sendable, CaseIterable {
    /// Midnight UTC.
    case utc
    /// Midnight in Los Angeles (Google).
    case pacific
    /// Each call leaves the window 24 hours after it was made; assumed where the provider says nothing.
    case rolling
}
