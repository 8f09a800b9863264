import FoundationEssentials
import Logging

/// Keeps the catalog honest: every `catalog.refresh_hours` each provider's list of models is held against it, and what
/// differs is written to the store. The chain is made anew from there (`ChainRenewal`).
struct CatalogMaintenance: Sendable {
    /// As the file has it.
    let catalog: [Provider]
    let store: Store

    /// Before the first comparison, so that what runs for a moment compares nothing.
    private static let afterStart = 90.0

    /// Asks every provider for its models with each of its keys, which is free, and writes down what differs.
    func refresh(_ gateway: Gateway) async throws -> CatalogComparison.Outcome {
        let table = gateway.chain.dispatch.table
        let found = await gateway.health.checkAll(table)
        let comparisons = comparisons(of: found, table)
        var outcome = CatalogComparison.Outcome()
        if !comparisons.isEmpty {
            outcome = try store.changeCatalog { changes in
                var outcome = CatalogComparison.Outcome()
                for comparison in comparisons { comparison.note(in: &changes, &outcome) }
                return outcome
            }
        }
        try store.setCatalogRefreshed(at: Now.read().wall)
        gateway.events.publish("catalog", outcome.json)
        return outcome
    }

    /// The same for who asks over HTTP.
    static func refresh(_ gateway: Gateway) async throws(ClientError) -> CatalogComparison.Outcome {
        guard let maintenance = gateway.office.maintenance else { throw .notStored }
        do { return try await maintenance.refresh(gateway) } catch { throw .storeFailed(error) }
    }

    private func comparisons(of found: [KeyHealthWatch.Found], _ table: RouteTable) -> [CatalogComparison] {
        let now = Now.read()
        let lists = Dictionary(grouping: found, by: \.route.provider.name)
        let routes = Dictionary(grouping: table.routes, by: \.provider.name)
        return catalog.compactMap { provider in
            let given = (lists[provider.name] ?? []).compactMap(\.finding.list)
            guard !given.isEmpty else { return nil }
            var comparison = CatalogComparison(provider: provider, lists: given)
            for route in routes[provider.name] ?? [] {
                let status = route.account.snapshot(slot: route.slot, at: now)
                if status.reason == .modelMissing {
                    comparison.denied.insert(route.model.name)
                } else if (status.score.successRate ?? 0) > 0 {
                    comparison.serving.insert(route.model.name)
                }
            }
            comparison.denied.subtract(comparison.serving)
            return comparison
        }
    }

    /// Refreshes whenever it is time, across restarts, until it is cancelled.
    func watch(_ gateway: Gateway, everyHours hours: Double, logger: Logger) async {
        do {
            try await Task.sleep(for: .seconds(Self.afterStart))
            while true {
                let last = (try? store.catalogRefreshedAt()) ?? nil
                let due = (last ?? -.infinity) + hours * 3600
                let wait = due - Now.read().wall
                if wait > 0 {
                    // In steps, since the machine may sleep.
                    try await Task.sleep(for: .seconds(min(wait, 3600)))
                    continue
                }
                do {
                    log(try await refresh(gateway), to: logger)
                } catch is CancellationError {
                    return
                } catch {
                    logger.warning("The catalog cannot be kept up to date", metadata: ["error": "\(error)"])
                    try await Task.sleep(for: .seconds(3600))
                }
            }
        } catch {}
    }

    private func log(_ outcome: CatalogComparison.Outcome, to logger: Logger) {
        for name in outcome.disabled {
            logger.notice("A model is gone: it was missing twice, and is disabled", metadata: ["model": "\(name)"])
        }
        for name in outcome.returned { logger.notice("A model is there again", metadata: ["model": "\(name)"]) }
        if !outcome.suggested.isEmpty {
            logger.notice(
                "Providers list models that the catalog does not have: `relay models suggestions` shows them",
                metadata: ["count": "\(outcome.suggested.count)"]
            )
        }
    }
}
