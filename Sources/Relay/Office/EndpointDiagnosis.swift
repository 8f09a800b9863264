import Clients

/// `GET /v1/gateway/endpoint-diagnosis`: where the catalog and what providers list differ, as of the last check of their keys;
/// `POST …/refresh` checks them first and changes nothing, since some providers serve what they do not list. `POST …/apply` does
/// what is done every `catalog.refresh_hours`: models that are missing for the second time are disabled, new ones suggested.
struct EndpointDiagnosis {
    let chain: Chain
    let health: KeyHealthWatch

    static func refreshed(_ gateway: Gateway) async -> String {
        _ = await gateway.health.checkAll(gateway.chain.dispatch.table)
        return EndpointDiagnosis(chain: gateway.chain, health: gateway.health).json
    }

    static func applied(_ gateway: Gateway) async -> Result<String, ClientError> {
        let outcome: CatalogComparison.Outcome
        do throws(ClientError) { outcome = try await CatalogMaintenance.refresh(gateway) } catch {
            return .failure(error)
        }
        let data = EndpointDiagnosis(chain: gateway.chain, health: gateway.health).data
        return .success("{\"object\":\"list\",\"data\":\(data),\"applied\":\(outcome.json)}")
    }

    var json: String { "{\"object\":\"list\",\"data\":\(data)}" }

    private var data: String {
        let entries = chain.dispatch.table.routesByProvider.map { entry($0.provider, $0.routes) }
        return "[\(entries.joined(separator: ","))]"
    }

    private func entry(_ provider: Provider, _ routes: [Route]) -> String {
        let last = routes.compactMap { health.health(of: $0.account) }.max { $0.checkedAt < $1.checkedAt }
        var text =
            "{\"provider\":\(JSONText.quoted(provider.name)),\"state\":\(last.map { "\"\($0.state.rawValue)\"" } ?? "null")"
        text += ",\"checked_at\":\(last.map { String(Int($0.checkedAt)) } ?? "null")"
        guard let listed = health.listedModels(of: routes.map(\.account)) else {
            return text + ",\"listed\":null,\"unlisted\":[],\"new\":[]}"
        }
        let served = Set(routes.map(\.model.name))
        let new = listed.subtracting(provider.models.map(\.name)).filter { provider.takes(discovered: $0) }
        return text + ",\"listed\":\(listed.count),\"unlisted\":\(Self.list(served.subtracting(listed)))"
            + ",\"new\":\(Self.list(new))}"
    }

    private static func list(_ names: Set<String>) -> String {
        "[\(names.sorted().map(JSONText.quoted).joined(separator: ","))]"
    }
}
