import Clients
import Normalize

/// What the ledger is told of a call when it is over.
extension Exchange {
    /// - Parameters:
    ///   - status: what the client got.
    ///   - last: the attempt that was under way, where one was; else the last of the trail counts.
    func note(
        status: Int,
        by last: Attempt? = nil,
        usage: TokenUsage? = nil,
        changes: [NormalizeRule: Int] = [:],
        _ now: Now
    ) {
        guard let requests = chain.requests else { return }
        let route = last?.route ?? lastRoute
        requests.append(
            RequestRecord(
                at: now.wall,
                id: facts.requestID ?? "req_\(facts.tag)",
                wire: facts.wire,
                status: status,
                provider: route?.provider.name,
                model: route?.model.name,
                key: route?.key?.label,
                client: facts.clientName,
                promptTokens: usage?.promptTokens ?? 0,
                completionTokens: usage?.completionTokens ?? 0,
                latency: facts.received.duration(to: now),
                firstToken: last?.firstMeaningfulAt.map { facts.received.duration(to: $0) },
                attempts: trail.count + (last == nil ? 0 : 1),
                trail: trail.isEmpty ? nil : trail.map { "\($0.route)=\($0.outcome)" }.joined(separator: "; "),
                context: report?.text,
                changes: changes.isEmpty
                    ? nil : changes.map { "\($0.key.rawValue)=\($0.value)" }.sorted().joined(separator: ", ")
            )
        )
    }

    private var lastRoute: Route? {
        guard let name = trail.last?.route else { return nil }
        return chain.dispatch.table.routes.first { $0.name == name }
    }
}
