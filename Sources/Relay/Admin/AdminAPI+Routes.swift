import NIOHTTP1

/// How routes stand, and how they are given another chance.
extension AdminAPI {
    static let routes: [AdminOperation] = [
        AdminOperation(
            .GET,
            "/api/routes",
            "How every route stands: state, quotas, breaker, health of its key",
            listRoutes
        ),
        AdminOperation(
            .POST,
            "/api/routes/clear",
            "End cooldowns, benches and open breakers, of all routes or of those that are named; quotas stay",
            body: [
                .init("provider", .string, "Only this provider's"), .init("model", .string, "Only this model's"),
                .init("key", .string, "Only those of the key with this label"),
            ],
            clearRoutes
        ),
        AdminOperation(
            .POST,
            "/api/health/check",
            "Check every key now by asking its provider for its models",
            access: .ownerOrLoopback,
            query: [.init("provider", .string, "Only this provider's")],
            checkHealth
        ),
    ]

    private static func listRoutes(_ call: AdminCall) throws(ClientError) -> AdminReply {
        let status = ProvidersStatus(chain: call.gateway.chain, health: call.gateway.health, now: .read())
        return AdminReply(text: status.json)
    }

    private static func clearRoutes(_ call: AdminCall) throws(ClientError) -> AdminReply {
        let provider = try call.read(String.self, "provider")?.lowercased()
        let (model, key) = (try call.read(String.self, "model"), try call.read(String.self, "key"))
        let chosen = call.gateway.chain.dispatch.table.routes.filter { route in
            (provider == nil || provider == route.provider.name.lowercased())
                && (model == nil || model == route.model.name) && (key == nil || key == route.key?.label)
        }
        guard !chosen.isEmpty else { throw .missing("No route is called so. GET /api/routes lists all.") }
        for route in chosen { route.account.clear(slot: route.slot) }
        call.gateway.events.publish("routes", #"{"cleared":\#(chosen.count)}"#)
        return AdminReply(.object([("cleared", .number(chosen.count))]))
    }

    private static func checkHealth(_ call: AdminCall) async throws(ClientError) -> AdminReply {
        let report = try await HealthReport.make(for: call.request, call.gateway).get()
        call.gateway.events.publish("health", report)
        return AdminReply(text: report)
    }
}
