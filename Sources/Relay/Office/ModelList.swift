import Clients

/// `GET /v1/models`: the meta-model first, then every model as `Provider/model` with how it stands now.
struct ModelList {
    /// Those that the caller may use.
    private let routes: [Route]
    let metaModels: [String]
    private let now: Now

    init(for request: ClientRequest, _ gateway: Gateway, at now: Now) {
        let all = gateway.chain.dispatch.table.routes
        routes = request.caller.key?.access.map { access in all.filter(access.allows) } ?? all
        metaModels = gateway.settings.routing.metaModels
        self.now = now
    }

    func json(type: String?, scale: String?) -> String {
        let filters = RouteFilters(type: type, scale: scale)
        var entries = filters.isEmpty ? [meta(metaModels.first ?? "meta-model")] : []
        for routes in models where filters.matches(routes[0].model) { entries.append(entry(routes)) }
        return "{\"object\":\"list\",\"data\":[\(entries.joined(separator: ","))]}"
    }

    /// By any name that a request may use: the meta-model's, `Provider/model`, a bare id; `nil` when nobody has it.
    func entry(_ id: String) -> String? {
        if isMeta(id) { return meta(id) }
        return routes(of: id).map(entry)
    }

    private func isMeta(_ id: String) -> Bool { metaModels.contains { $0.lowercased() == id.lowercased() } }

    private func routes(of id: String) -> [Route]? {
        let wanted = id.lowercased()
        let all = models
        return all.first { $0[0].name.lowercased() == wanted }
            ?? all.first { $0[0].model.name.lowercased() == wanted }
    }

    /// The route that a name stands for; a route that is `nil` is the meta-model's.
    func named(_ id: String) -> Route?? {
        if isMeta(id) { return .some(nil) }
        return routes(of: id).map { $0.first }
    }

    /// The routes of each model, one for each key.
    var models: [[Route]] {
        var models: [[Route]] = []
        for route in routes {
            if models.last?.first?.name == route.name {
                models[models.count - 1].append(route)
            } else {
                models.append([route])
            }
        }
        return models
    }

    private func meta(_ name: String) -> String {
        let context = metaWindow.map { ",\"context_window\":\($0)" } ?? ""
        return "{\"id\":\(JSONText.quoted(name)),\"object\":\"model\",\"created\":0,\"owned_by\":\"relay\","
            + "\"type\":\"text\",\"status\":\"available\",\"cooldown_remaining_sec\":0\(context)}"
    }

    /// The largest that any candidate has.
    var metaWindow: Int? {
        routes.filter(\.model.type.isChat).compactMap(\.model.maxContextLength).max()
    }

    private func entry(_ routes: [Route]) -> String {
        let route = routes[0]
        let statuses = routes.map { $0.account.snapshot(slot: $0.slot, at: now) }
        // A model is as available as its best key.
        let best = statuses.first { $0.state == .available }
        let status = best ?? statuses.min { $0.cooldownRemainingSeconds < $1.cooldownRemainingSeconds } ?? statuses[0]
        var text = "{\"id\":\(JSONText.quoted(route.name)),\"object\":\"model\",\"created\":0"
        text += ",\"owned_by\":\(JSONText.quoted(route.provider.name))"
        text += ",\"type\":\(JSONText.quoted(route.model.type.rawValue)),\"scale\":\"\(route.model.scale.rawValue)\""
        text += ",\"status\":\"\(status.state.rawValue)\""
        text += ",\"cooldown_remaining_sec\":\(status.cooldownRemainingSeconds)"
        if let window = route.model.maxContextLength { text += ",\"context_window\":\(window)" }
        return text + "}"
    }
}
