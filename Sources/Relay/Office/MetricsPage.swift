/// `GET /metrics`, for Prometheus: what calls counted, and how routes and quotas stand now. Label values come from the
/// catalog and from closed sets, so their number is bounded.
struct MetricsPage {
    /// OpenTelemetry's `gen_ai.provider.name` and `gen_ai.request.model`, as Prometheus writes them.
    private static let (provider, model) = ("gen_ai_provider_name", "gen_ai_request_model")

    private typealias Sample = (labels: Exposition.Labels, value: Double)

    private let gateway: Gateway
    private let chain: Chain
    private let now: Now

    init(_ gateway: Gateway, _ now: Now) {
        self.gateway = gateway
        chain = gateway.chain
        self.now = now
    }

    var text: String {
        var page = Exposition()
        page.add("relay_build_info", .gauge, "The version that runs.", [([("version", RelayVersion.text)], 1)])
        chain.metrics.registry.write(into: &page)
        writeUsage(into: &page)
        writeRoutes(into: &page)
        writeKeys(into: &page)
        page.add("relay_connections", .gauge, "Open client connections.", [([], Double(gateway.connections.count))])
        page.add("relay_requests_running", .gauge, "Calls under way.", [([], Double(gateway.admission.running))])
        page.add("relay_buffered_bytes", .gauge, "Request bytes held.", [([], Double(gateway.memory.bytes))])
        return page.text
    }

    /// Of keys that were checked.
    private func writeKeys(into page: inout Exposition) {
        var seen: Set<AccountName> = []
        var samples: [Sample] = []
        for route in chain.dispatch.table.routes where seen.insert(AccountName(route.account)).inserted {
            guard let health = gateway.health.health(of: route.account) else { continue }
            let labels: Exposition.Labels = [
                (Self.provider, route.provider.name), ("key", route.key?.label ?? ""),
                ("state", health.state.rawValue),
            ]
            samples.append((labels, 1))
        }
        page.add("relay_key_health", .gauge, "How a key stood when it was last checked.", samples)
    }

    private func writeUsage(into page: inout Exposition) {
        let entries = chain.usage.snapshot()
        var attempts: [Sample] = []
        var tokens: [Sample] = []
        for entry in entries {
            let route: Exposition.Labels = [
                (Self.provider, entry.provider), (Self.model, entry.model),
            ]
            attempts.append((route + [("outcome", "answered")], Double(entry.requests)))
            for (outcome, count) in entry.failures.sorted(by: { $0.key < $1.key }) {
                attempts.append((route + [("outcome", outcome)], Double(count)))
            }
            tokens.append((route + [("gen_ai_token_type", "input")], Double(entry.promptTokens)))
            tokens.append((route + [("gen_ai_token_type", "output")], Double(entry.completionTokens)))
        }
        page.add("relay_attempts_total", .counter, "Calls to providers, by what came of them.", attempts)
        page.add("relay_tokens_total", .counter, "Tokens as the providers reported them.", tokens)
    }

    private func writeRoutes(into page: inout Exposition) {
        var (available, breakers, cooldowns): ([Sample], [Sample], [Sample]) = ([], [], [])
        var (limits, used): ([Sample], [Sample]) = ([], [])
        for route in chain.dispatch.table.routes {
            let status = route.account.snapshot(slot: route.slot, at: now)
            let labels: Exposition.Labels = [
                (Self.provider, route.provider.name), (Self.model, route.model.name), ("key", route.key?.label ?? ""),
            ]
            available.append((labels, status.state == .available ? 1 : 0))
            breakers.append((labels, status.breaker == .closed ? 0 : 1))
            cooldowns.append((labels, Double(status.cooldownRemainingSeconds)))
            for axis in status.axes where axis.limit != .max {
                let quota = labels + [("axis", "\(axis.axis)"), ("shared", "\(axis.isShared)")]
                limits.append((quota, Double(axis.limit)))
                used.append((quota, Double(axis.used)))
            }
        }
        page.add("relay_route_available", .gauge, "1 where a call could go there now.", available)
        page.add("relay_breaker_open", .gauge, "1 where a route has failed too often and is on trial or out.", breakers)
        page.add(
            "relay_cooldown_seconds",
            .gauge,
            "Until a route is available again, where that can be told.",
            cooldowns
        )
        page.add("relay_quota_limit", .gauge, "A quota in force: the lower of catalog's and provider's.", limits)
        page.add("relay_quota_used", .gauge, "What of it is used or set aside.", used)
    }
}
