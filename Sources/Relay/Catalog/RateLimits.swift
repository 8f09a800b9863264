/// What a model or an account may use per window. A missing value is no limit.
struct RateLimits: Codable, Sendable, Equatable {
    var requestsPerSecond: Int?
    var requestsPerMinute: Int?
    var requestsPerHour: Int?
    var requestsPerDay: Int?
    var tokensPerMinute: Int?
    var tokensPerHour: Int?
    var tokensPerDay: Int?

    static let none = RateLimits()

    var isUnlimited: Bool { self == .none }

    /// Each by its name in the catalog.
    static let members: [(name: String, path: any WritableKeyPath<RateLimits, Int?> & Sendable)] = [
        ("requests_per_second", \.requestsPerSecond), ("requests_per_minute", \.requestsPerMinute),
        ("requests_per_hour", \.requestsPerHour), ("requests_per_day", \.requestsPerDay),
        ("tokens_per_minute", \.tokensPerMinute), ("tokens_per_hour", \.tokensPerHour),
        ("tokens_per_day", \.tokensPerDay),
    ]

    /// As the catalog writes them, those that there are.
    var json: JSONValue {
        .object(Self.members.compactMap { axis in self[keyPath: axis.path].map { (axis.name, .number($0)) } })
    }
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
