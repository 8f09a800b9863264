import Clients
import Synchronization

/// How each provider's keys stand, by checks that cost nothing: now and then by itself, and whenever it is asked for.
///
/// A key that turns out to be refused is benched, one that is taken again serves at once, and so do models that had
/// been missing and are listed again.
final class KeyHealthWatch: Sendable {
    private let check: KeyCheck
    private let known = Mutex(Known())

    private struct Known {
        var keys: [AccountName: KeyHealth] = [:]
        /// The ids that each key was listed.
        var models: [AccountName: Set<String>] = [:]
        /// By the provider's name.
        var openness: [String: KeyCheck.Openness] = [:]
    }

    /// Checks under way at once.
    private static let width = 8
    /// Before the first check, so that what runs for a moment only checks nothing.
    private static let afterStart: Duration = .seconds(30)

    init(_ check: KeyCheck) { self.check = check }

    /// What was found last; `nil` before the first check.
    func health(of account: ProviderAccount) -> KeyHealth? {
        known.withLock { $0.keys[AccountName(account)] }
    }

    /// What the provider listed to any of these keys, when it was asked last; `nil` where it never listed anything.
    func listedModels(of accounts: [ProviderAccount]) -> Set<String>? {
        known.withLock { known in
            accounts.compactMap { known.models[AccountName($0)] }.reduce(nil) { ($0 ?? []).union($1) }
        }
    }

    /// Checks all keys every so many minutes, each at a moment of its own, until it is cancelled.
    func watch(_ gateway: Gateway, everyMinutes minutes: Double) async {
        do {
            try await Task.sleep(for: Self.afterStart)
            while true {
                let routes = Self.routes(of: gateway.chain.dispatch.table, provider: nil).shuffled()
                let period = minutes * 60 * Double.random(in: 0.8...1.2)
                for route in routes {
                    await check(route)
                    try await Task.sleep(for: .seconds(period / Double(routes.count)))
                }
                if routes.isEmpty { try await Task.sleep(for: .seconds(period)) }
            }
        } catch {}
    }

    /// Checks all keys, or those of one provider, and tells what was found, in the table's order.
    func checkAll(_ table: RouteTable, provider: String? = nil) async -> [Found] {
        let routes = Self.routes(of: table, provider: provider)
        return await withTaskGroup(of: Found.self) { group -> [Found] in
            var all: [Int: Found] = [:]
            for (place, route) in routes.enumerated() {
                if place >= Self.width, let found = await group.next() { all[found.route.index] = found }
                group.addTask { Found(route: route, finding: await self.check(route)) }
            }
            for await found in group { all[found.route.index] = found }
            return routes.compactMap { all[$0.index] }
        }
    }

    /// What the check of one key has shown.
    struct Found: Sendable {
        /// One of those that use the key.
        var route: Route
        var finding: KeyCheck.Finding
    }

    /// One for each key, whichever model it is of.
    private static func routes(of table: RouteTable, provider: String?) -> [Route] {
        var seen: Set<AccountName> = []
        return table.routes.filter { route in
            if let provider, provider.lowercased() != route.provider.name.lowercased() { return false }
            return seen.insert(AccountName(route.account)).inserted
        }
    }

    @discardableResult
    private func check(_ route: Route) async -> KeyCheck.Finding {
        let name = route.provider.name
        let sentAt = Now.read()
        let openness = known.withLock { $0.openness[name] }
        let finding = await check.check(route.provider, route.key, openness: openness)
        known.withLock { known in
            known.keys[AccountName(route.account)] = finding.health
            if let models = finding.list?.names { known.models[AccountName(route.account)] = models }
            if let openness = finding.openness { known.openness[name] = openness }
        }
        if finding.health.state == .invalid {
            route.account.isRefused(at: .read())
        }
        if let models = finding.list?.names {
            route.account.isListed(models, isKeyProven: finding.health.isKeyProven, sentAt: sentAt, at: .read())
        }
        return finding
    }
}
