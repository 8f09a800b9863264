import Clients
import Normalize

/// What ledger and metrics are told of a call when it is over.
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
        settleClient(usage, last, now)
        chain.metrics.note(
            wire: facts.wire,
            status: status,
            hasFailedOver: status == 200 && !trail.isEmpty,
            // What a call that its client left was waiting for cannot be told apart.
            overhead: status == 499
                ? nil : now.ticks - facts.received.ticks - upstreamTime.nanoseconds - waitedTime.nanoseconds,
            firstToken: last?.firstMeaningfulAt.map { $0.ticks - facts.received.ticks }
        )
        guard let requests = chain.requests else { return }
        let route = last?.route ?? lastRoute
        let use = UsageSum(
            status: status,
            promptTokens: usage?.promptTokens ?? 0,
            completionTokens: usage?.completionTokens ?? 0,
            latency: facts.received.duration(to: now)
        )
        guard requests.count(use, in: UsageSum.Slot(hour: Int(now.wall / 3600), route: route, client: facts.key)) else {
            return
        }
        requests.append(
            RequestRecord(
                at: now.wall,
                id: facts.requestID ?? "req_" + facts.tag,
                wire: facts.wire,
                status: status,
                provider: route?.provider.name,
                model: route?.model.name,
                key: route?.key?.label,
                client: facts.key?.name ?? "",
                promptTokens: use.promptTokens,
                completionTokens: use.completionTokens,
                latency: use.latency,
                firstToken: last?.firstMeaningfulAt.map { facts.received.duration(to: $0) },
                attempts: trail.count + (last == nil ? 0 : 1),
                trail: trail.isEmpty ? nil : trail.map { "\($0.route)=\($0.outcome)" }.joined(separator: "; "),
                context: report?.text,
                changes: changes.isEmpty
                    ? nil : changes.map { "\($0.key.rawValue)=\($0.value)" }.sorted().joined(separator: ", ")
            )
        )
    }

    /// Takes the request from what the client's key is good for; says what it lacks.
    func takeFromClient(_ now: Now) -> ClientError? {
        guard let key = facts.key, let quota = key.quota else { return nil }
        switch quota.take(tokens: prompt.tokens, at: now) {
        case .taken:
            clientTokens = prompt.tokens
            return nil
        case .refused(let axis, let limit, let wait):
            return .clientLimit(key.name, axis: axis, limit: limit, wait: wait)
        }
    }

    /// What reached no provider costs the client nothing.
    private func settleClient(_ usage: TokenUsage?, _ last: Attempt?, _ now: Now) {
        guard let quota = facts.key?.quota, let reserved = clientTokens else { return }
        clientTokens = nil
        guard last != nil || !trail.isEmpty else { return quota.giveBack(reserved: reserved) }
        quota.settle(reserved: reserved, used: usage?.totalTokens ?? last?.reservation.tokens ?? 0, at: now)
    }

    private var lastRoute: Route? {
        guard let name = trail.last?.route else { return nil }
        return chain.dispatch.table.routes.first { $0.name == name }
    }
}
