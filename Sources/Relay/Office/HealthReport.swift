import Clients

/// `POST /api/health/check`: every key checked now, or those of `?provider=`, and what was found.
enum HealthReport {
    static func make(for request: ClientRequest, _ gateway: Gateway) async -> Result<String, ClientError> {
        let provider = request.parameter("provider")
        let found = await gateway.health.checkAll(gateway.chain.dispatch.table, provider: provider)
        if let provider, found.isEmpty {
            return .failure(
                ClientError(
                    status: 404,
                    message: "There is no usable provider \(provider). GET /v1/providers/status lists all.",
                    type: "invalid_request_error",
                    param: "provider",
                    code: "provider_not_found"
                )
            )
        }
        let entries = found.map { found in
            "{\"provider\":\(JSONText.quoted(found.route.provider.name)),\"key\":\(found.route.keyLabelJSON)"
                + ",\(found.finding.health.jsonMembers)}"
        }
        return .success("{\"object\":\"list\",\"data\":[\(entries.joined(separator: ","))]}")
    }
}
