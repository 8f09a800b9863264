import Clients

/// `GET /v1/providers/status`: how each provider, model and key stands, and what is left of their quotas.
///
/// Of keys it tells their labels alone.
struct ProvidersStatus {
    let chain: Chain
    let health: KeyHealthWatch
    let now: Now

    var json: String {
        let providers = chain.dispatch.table.routesByProvider.map { provider($0.provider.name, $0.routes) }
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
        let health = health.health(of: route.account).map { "{\($0.jsonMembers)}" } ?? "null"
        return "{\"model\":\(JSONText.quoted(route.model.name)),\"key\":\(route.keyLabelJSON)\(status.jsonMembers)"
            + ",\"health\":\(health)}"
    }
}
