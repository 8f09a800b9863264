import Clients
import Normalize
import Synchronization

/// What has happened on each route since the start: tokens as the providers reported them, failed attempts and the
/// changes that normalisation made. Kept by name, so that it outlives a change of the table.
final class UsageLedger: Sendable {
    struct Entry: Sendable, Equatable {
        var provider: String
        var model: String
        var promptTokens = 0
        var completionTokens = 0
        var requests = 0
        /// By outcome, as in `X-Fallback-Trail`.
        var failures: [String: Int] = [:]
        var changes: [NormalizeRule: Int] = [:]
    }

    private let entries = Mutex<[String: Entry]>([:])

    func record(_ usage: TokenUsage, changes: [NormalizeRule: Int], of route: Route) {
        update(route) { entry in
            entry.promptTokens += usage.promptTokens
            entry.completionTokens += usage.completionTokens
            entry.requests += 1
            if !changes.isEmpty { entry.changes.merge(changes, uniquingKeysWith: +) }
        }
    }

    func record(_ failure: UpstreamFailure, of route: Route) {
        update(route) { $0.failures[failure.trailCode, default: 0] += 1 }
    }

    private func update(_ route: Route, _ body: (inout Entry) -> Void) {
        entries.withLock { entries in
            body(&entries[route.name, default: Entry(provider: route.provider.name, model: route.model.name)])
        }
    }

    /// In the order of the names.
    func snapshot() -> [Entry] {
        entries.withLock { entries in entries.sorted { $0.key < $1.key }.map(\.value) }
    }
}
