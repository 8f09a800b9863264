import CoreMetrics

/// What is counted of every call as it ends. Each counter is made once, so that counting is an addition.
final class CallMetrics: Sendable {
    /// How a call ended, as its client saw it.
    private enum Outcome: String, CaseIterable {
        case ok = "2xx"
        case refused = "4xx"
        case limited = "429"
        case left = "499"
        case failed = "5xx"

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
    private let requests: [Wire: [Outcome: Counter]]
    private let failovers: Counter
    private let overhead: Timer
    private let firstToken: Timer

    init() {
        let registry = registry
        requests = Dictionary(
            uniqueKeysWithValues: [Wire.chat, .messages, .responses, .completions]
                .map { wire in
                    let counters = Outcome.allCases.map { outcome in
                        let labels = [("wire", wire.rawValue), ("status", outcome.rawValue)]
                        return (outcome, Counter(label: "relay_requests_total", dimensions: labels, factory: registry))
                    }
                    return (wire, Dictionary(uniqueKeysWithValues: counters))
                }
        )
        failovers = Counter(label: "relay_failovers_total", dimensions: [], factory: registry)
        overhead = Timer(label: "relay_overhead_seconds", dimensions: [], factory: registry)
        firstToken = Timer(label: "relay_time_to_first_token_seconds", dimensions: [], factory: registry)
    }

    func note(wire: Wire, status: Int, hasFailedOver: Bool, overhead: Duration?, firstToken: Duration?) {
        requests[wire]?[Outcome(status: status)]?.increment()
        if hasFailedOver { failovers.increment() }
        if let overhead { self.overhead.recordNanoseconds(max(0, overhead.nanoseconds)) }
        if let firstToken { self.firstToken.recordNanoseconds(firstToken.nanoseconds) }
    }
}
