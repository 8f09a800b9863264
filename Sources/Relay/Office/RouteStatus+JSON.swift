import Clients

/// How a route stands, in the words of the reports that tell of it.
extension RouteStatus {
    /// `,"state":"available",…,"quotas":[…]`
    var jsonMembers: String {
        var text = ",\"state\":\"\(state.rawValue)\",\"reason\":\(reason.map { "\"\($0.code)\"" } ?? "null")"
        text += ",\"cooldown_remaining_sec\":\(cooldownRemainingSeconds),\"headroom\":\(Self.rounded(headroom))"
        text += ",\"breaker\":\"\(breaker.name)\",\"in_flight\":\(inFlight)"
        text += ",\"success_rate\":\(score.successRate.map(Self.rounded) ?? "null")"
        text += ",\"first_byte_ms\":\(score.firstByteSeconds.map { Self.rounded($0 * 1000) } ?? "null")"
        text += ",\"tokens_per_second\":\(score.tokensPerSecond.map(Self.rounded) ?? "null")"
        let quotas = axes.filter { $0.limit != .max }
            .map { axis in
                let known = "\"catalog\":\(Self.number(axis.configured)),\"reported\":\(Self.number(axis.reported))"
                return "{\"axis\":\"\(axis.axis)\",\"limit\":\(axis.limit),\(known),\"used\":\(axis.used)"
                    + ",\"shared\":\(axis.isShared)}"
            }
        return text + ",\"quotas\":[\(quotas.joined(separator: ","))]"
    }

    private static func number(_ number: Int?) -> String { number.map(String.init) ?? "null" }

    private static func rounded(_ number: Double) -> String { "\((number * 1000).rounded() / 1000)" }
}

extension Route {
    /// The key's label, quoted; never the key.
    var keyLabelJSON: String { key.map { JSONText.quoted($0.label) } ?? "null" }
}

extension CircuitBreaker.Phase {
    fileprivate var name: String {
        switch self {
        case .closed: "closed"
        case .open: "open"
        case .halfOpen: "half_open"
        }
    }
}
