import Clients
import Normalize
import Synchronization

/// What has happened on each route, by provider and model: it outlives a change of the table, and with a store a restart.
final class UsageLedger: Sendable {
    private let routes = Mutex<[String: RouteUsage]>([:])

    /// The counters of one model of one provider, the same for all its keys and tables.
    func counters(provider: String, model: String) -> RouteUsage {
        routes.withLock { routes in
            let name = "\(provider)/\(model)"
            if let known = routes[name] { return known }
            let made = RouteUsage(provider: provider, model: model)
            routes[name] = made
            return made
        }
    }

    /// Those that were called, in the order of the names.
    func snapshot() -> [RouteUsage.Entry] {
        let all = routes.withLock { routes in routes.sorted { $0.key < $1.key }.map(\.value) }
        return all.map(\.entry).filter { $0.requests > 0 || !$0.failures.isEmpty }
    }
}

/// One route's counters: tokens as the provider reported them, failed attempts and the changes that normalisation made.
final class RouteUsage: Sendable {
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

    private let state: Mutex<Entry>

    init(provider: String, model: String) {
        state = Mutex(Entry(provider: provider, model: model))
    }

    var entry: Entry { state.withLock { $0 } }

    /// Takes over what was used before a restart.
    func add(_ earlier: Entry) {
        state.withLock { entry in
            entry.promptTokens += earlier.promptTokens
            entry.completionTokens += earlier.completionTokens
            entry.requests += earlier.requests
        }
    }

    func record(_ usage: TokenUsage, changes: [NormalizeRule: Int]) {
        state.withLock { entry in
            entry.promptTokens += usage.promptTokens
            entry.completionTokens += usage.completionTokens
            entry.requests += 1
            if !changes.isEmpty { entry.changes.merge(changes, uniquingKeysWith: +) }
        }
    }

    func record(_ failure: UpstreamFailure) {
        state.withLock { $0.failures[failure.trailCode, default: 0] += 1 }
    }
}
