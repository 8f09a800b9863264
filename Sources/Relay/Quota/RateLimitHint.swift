/// What a refusal said about when and why: from `Retry-After`, `x-ratelimit-*` and the body.
struct RateLimitHint: Sendable, Equatable {
    /// The least time to wait, never more than 24 hours; `nil` where nothing was said.
    var retryAfter: Duration?
    /// The limit that was hit, where it was named.
    var axis: QuotaAxis?
    /// The provider's day is used up; it serves again when the day turns.
    var untilDayReset = false
    /// All models of the key are meant, not only this one.
    var accountWide = false
    /// The limit itself, where it was named.
    var limit: Int?

    static let none = RateLimitHint()
}
