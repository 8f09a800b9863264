import Clients

/// `GET /v1/providers/status`: how each provider, model and key stands, and what is left of their quotas.
///
/// Of keys it tells their labels alone.
struct ProvidersStatus {
    let chain: Chain
    let now: Now

    var json: String {
        let routes = chain.dispatch.table.routes
        var names: [String] = []
        for route in routes where names.last != route.provider.name { names.append(route.provider.name) }
        let providers = names.map { name in
            provider(name, routes.filter { $0.provider.name == name })
        }
        return "{\"object\":\"list\",\"data\":[\(providers.joined(separator: ","))]}"
    }

    private func provider(_ name: String, _ routes: [Route]) -> String {
        let entries = routes.map { (route: $0, status: $0.account.snapshot(slot: $0.slot, at: now)) }
        let best =
            entries.contains { $0.status.state == .available } ? RouteStatus.State.available : entries[0].status.state
        let list = entries.map { entry($0.route, $0.status) }
        return "{\"provider\":\(JSONText.quoted(name)),\"state\":\"\(best.rawValue)\""
            + ",\"routes\":[\(list.joined(separator: ","))]}"
    }

    private func entry(_ route: Route, _ status: RouteStatus) -> String {
        var text = "{\"model\":\(JSONText.quoted(route.model.name))"
        text += ",\"key\":\(route.key.map { JSONText.quoted($0.label) } ?? "null")"
        text += ",\"state\":\"\(status.state.rawValue)\""
        text += ",\"reason\":\(status.reason.map { "\"\($0.code)\"" } ?? "null")"
        text += ",\"cooldown_remaining_sec\":\(status.cooldownRemainingSeconds)"
        text += ",\"headroom\":\(Self.rounded(status.headroom))"
        text += ",\"breaker\":\"\(status.breaker.name)\",\"in_flight\":\(status.inFlight)"
        text += ",\"success_rate\":\(status.score.successRate.map(Self.rounded) ?? "null")"
        text += ",\"first_byte_ms\":\(status.score.firstByteSeconds.map { Self.rounded($0 * 1000) } ?? "null")"
        text += ",\"tokens_per_second\":\(status.score.tokensPerSecond.map(Self.rounded) ?? "null")"
        let quotas = status.axes.filter { $0.limit != .max }
            .map { axis in
                "{\"axis\":\"\(axis.axis)\",\"limit\":\(axis.limit),\"used\":\(axis.used),\"shared\":\(axis.isShared)}"
            }
        return text + ",\"quotas\":[\(quotas.joined(separator: ","))]}"
    }

    private static func rounded(_ number: Double) -> String { "\((number * 1000).rounded() / 1000)" }
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
