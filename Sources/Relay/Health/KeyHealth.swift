import Clients

/// What was found when a key was last checked.
struct KeyHealth: Sendable, Equatable {
    enum State: String, Sendable {
        case healthy
        case rateLimited = "rate_limited"
        /// The provider refuses the key.
        case invalid
        /// No answer, or one that tells of neither.
        case error
    }

    var state: State
    /// Why it is not healthy, in a few words.
    var detail: String?
    /// The provider was seen to look at the key; some give their list of models to anybody.
    var isKeyProven: Bool
    /// Seconds since 1970.
    var checkedAt: Double
    var latency: Duration

    /// `{"state":"healthy",…}`
    var json: JSONValue {
        .object([
            ("state", .string(state.rawValue)), ("detail", .text(detail)), ("key_proven", .bool(isKeyProven)),
            ("checked_at", .number(Int(checkedAt))), ("latency_ms", .number(Int(latency.milliseconds.rounded()))),
        ])
    }

    /// The same without the braces.
    var jsonMembers: String { String(JSONWriter.minified(json).dropFirst().dropLast()) }
}
