import CoreMetrics

/// What is counted of every call as it ends. Each counter is made once, so that counting is an addition.
final class CallMetrics: Sendable {
    /// How a call ended, as its client saw it.
    private enum Outcome: Int, CaseIterable {
        case ok, refused, limited, left, failed

        static let count = allCases.count

        var label: String { ["2xx", "4xx", "429", "499", "5xx"][rawValue] }

        init(status: Int) {
            self =
                switch status {
                case ..<400: .ok
                case 429: .limited
                case 499: .left
                case ..<500: .refused
                default: .failed
                }
        }
    }

    let registry = MetricsRegistry(helps: [
        "relay_requests_total": "Model calls by the client's API and the status it got; 499 is a client that left.",
        "relay_failovers_total": "Calls that were answered after another route had failed.",
        "relay_overhead_seconds": "Time of a call that was spent neither by providers nor waiting for quota.",
        "relay_time_to_first_token_seconds": "From the request to the first meaningful words of the answer.",
    ])
    /// By wire and outcome, the outcomes of a wire together.
    private let requests: [Counter]
    private let failovers: Counter
    private let overhead: Timer
    private let firstToken: Timer

    init() {
        let registry = registry
        requests = Wire.allCases.flatMap { wire in
            Outcome.allCases.map { outcome in
                let labels = [("wire", wire.rawValue), ("status", outcome.label)]
                return Counter(label: "relay_requests_total", dimensions: labels, factory: registry)
            }
        }
        failovers = Counter(label: "relay_failovers_total", dimensions: [], factory: registry)
        overhead = Timer(label: "relay_overhead_seconds", dimensions: [], factory: registry)
        firstToken = Timer(label: "relay_time_to_first_token_seconds", dimensions: [], factory: registry)
    }

    /// Times are nanoseconds; `nil` where there is none.
    func note(wire: Wire, status: Int, hasFailedOver: Bool, overhead: Int64?, firstToken: Int64?) {
        requests[wire.place * Outcome.count + Outcome(status: status).rawValue].increment()
        if hasFailedOver { failovers.increment() }
        if let overhead { self.overhead.recordNanoseconds(max(0, overhead)) }
        if let firstToken { self.firstToken.recordNanoseconds(firstToken) }
    }
}

extension Wire {
    /// Among `allCases`.
    fileprivate var place: Int {
        switch self {
        case .chat: 0
        case .messages: 1
        case .responses: 2
        case .completions: 3
        }
    }
}
