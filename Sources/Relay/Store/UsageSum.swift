/// What requests come to that are over.
struct UsageSum: Sendable, Equatable {
    /// Requests that count together: of one hour, route and client. It is made for each of them, so it holds no texts.
    struct Slot: Hashable, Sendable {
        /// Since 1970.
        let hour: Int
        /// Who answered, or who was asked last.
        let route: Route?
        let client: ClientKey?

        static func == (one: Slot, other: Slot) -> Bool {
            one.hour == other.hour && one.route === other.route && one.client === other.client
        }

        func hash(into hasher: inout Hasher) {
            // A client's few routes are told apart by comparing: that costs less than to hash more.
            hasher.combine(hour << 16 ^ (route?.index ?? -1))
        }
    }

    private(set) var requests = 0
    /// Of them, those that were not answered.
    private(set) var failures = 0
    private(set) var promptTokens = 0
    private(set) var completionTokens = 0
    private(set) var latency = Duration.zero

    /// Of nothing.
    init() {}

    /// Of one request.
    init(status: Int, promptTokens: Int, completionTokens: Int, latency: Duration) {
        requests = 1
        failures = status == 200 ? 0 : 1
        self.promptTokens = promptTokens
        self.completionTokens = completionTokens
        self.latency = latency
    }

    static func += (sum: inout UsageSum, other: UsageSum) {
        sum.requests += other.requests
        sum.failures += other.failures
        sum.promptTokens += other.promptTokens
        sum.completionTokens += other.completionTokens
        sum.latency += other.latency
    }
}
