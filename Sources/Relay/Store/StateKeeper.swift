import FoundationEssentials
import GRDB
import Logging
import Synchronization

/// Carries what the byte path counts in memory to the store: once a second, sooner when a lease runs low, and whole on a
/// clean stop. The byte path never waits for it.
///
/// What a stop without warning can lose is one second of the ledger and of learned facts; no quota, since what may be
/// spent until the next writing is written down before (`QuotaLease`).
final class StateKeeper: Sendable {
    let store: Store
    let requests: RequestLog
    private let bell = StoreBell()
    private let logger: Logger
    private let lines: RequestLines
    private let retention: Settings.Storage
    private let task = Mutex<[Task<Void, Never>]>([])
    private let progress = Mutex(Progress())

    private struct Progress {
        /// What of each account was written last, by its place in memory.
        var revisions: [ObjectIdentifier: UInt64] = [:]
        var pinsSavedAt = Now.never
        /// What models taught, as it was written last, by the route's name.
        var experiences: [String: RouteExperience.Memory] = [:]
        /// In seconds since 1970.
        var experiencesSavedAt = -Double.infinity
        var prunedAt = -Double.infinity
        var isFailing = false
    }

    init(_ store: Store, retention: Settings.Storage, events: EventHub, logger: Logger) {
        requests = RequestLog(events)
        self.store = store
        self.retention = retention
        self.logger = logger
        lines = RequestLines(logger: logger)
    }

    // MARK: At the start

    /// Gives accounts, pins, kept responses and client keys back what they knew.
    func restore(_ gateway: Gateway, at now: Now) throws {
        let (chain, responses) = (gateway.chain, gateway.responses)
        try restore(gateway.gatekeeper.clients, at: now)
        let memories = try store.accountMemories()
        for account in chain.dispatch.table.accounts {
            if let memory = memories[AccountName(account)] { account.restore(memory, at: now) }
        }
        let experiences = try store.experiences()
        for route in chain.dispatch.table.routes {
            if let memory = experiences[route.name] { route.experience.restore(memory) }
        }
        try store.restorePins(into: chain, at: now)
        for entry in try store.usageTotals() {
            chain.usage.counters(provider: entry.provider, model: entry.model).add(entry)
        }
        try store.restoreResponses(into: responses, at: now.instant)
        // From here on it tells what changes.
        _ = responses.takeChanges()
    }

    private func restore(_ clients: ClientKeys, at now: Now) throws {
        clients.replace(with: try store.clients())
        for window in [QuotaWindow.minute, .day] {
            let start = window == .day ? (now.wall / 86_400).rounded(.down) * 86_400 : now.wall - 60
            let usage = try store.clientUsage(since: start)
            for key in clients.all {
                guard let (requests, tokens) = usage[key.name] else { continue }
                key.quota?.restore(requests: requests, tokens: tokens, of: window, at: now)
            }
        }
    }

    /// Writes for the first time, so that there are leases before there are requests, and goes on until `stop`.
    func start(_ gateway: Gateway) {
        save(gateway, isLast: false)
        let clock = Task { [bell] in
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(1))
                bell.ring()
            }
        }
        let keeper = Task { [bell] in
            for await _ in bell.calls {
                bell.reset()
                save(gateway, isLast: false)
            }
        }
        task.withLock { $0 = [clock, keeper] }
    }

    /// After the last request: everything is written, and the store closed.
    /// - Parameter gateway: `nil` where there never was a request.
    func stop(_ gateway: Gateway?) async {
        let tasks = task.withLock { tasks in
            defer { tasks = [] }
            return tasks
        }
        tasks.first?.cancel()
        bell.end()
        for task in tasks { await task.value }
        if let gateway { save(gateway, isLast: true) }
        do { try store.finish() } catch { logger.warning("The store did not close", metadata: ["error": "\(error)"]) }
    }

    // MARK: Writing

    private func save(_ gateway: Gateway, isLast: Bool) {
        let now = Now.read()
        let chain = gateway.chain
        var progress = progress.withLock { $0 }
        var revisions: [ObjectIdentifier: UInt64] = [:]
        var accounts: [(account: ProviderAccount, memory: AccountMemory)] = []
        for account in chain.dispatch.table.accounts {
            let id = ObjectIdentifier(account)
            account.attach(bell)
            if let (memory, revision) = account.memory(
                changedSince: progress.revisions[id],
                isLast: isLast,
                at: now
            ) {
                accounts.append((account, memory))
                revisions[id] = revision
            } else {
                revisions[id] = progress.revisions[id]
            }
        }
        let pins = chain.sessionAffinity.pins.used(since: progress.pinsSavedAt)
        let responses = gateway.responses.takeChanges()
        let records = requests.drain()
        let prunes = now.wall - progress.prunedAt > 3600
        let isMinuteOver = isLast || now.wall - progress.experiencesSavedAt > 60
        let experiences = isMinuteOver ? changedExperiences(chain, since: progress.experiences) : [:]
        guard
            !accounts.isEmpty || !pins.isEmpty || !responses.isEmpty || !records.isEmpty || !experiences.isEmpty
                || prunes
        else { return }
        do {
            try store.database.write { database in
                for (account, memory) in accounts {
                    try Store.write(memory, of: account, in: database)
                }
                for (route, memory) in experiences.values { try Store.write(memory, of: route, in: database) }
                try Store.write(pins, routes: chain.dispatch.table.routes, at: now, in: database)
                try Store.write(responses, in: database)
                try Store.write(records, in: database)
                if prunes { try Store.prune(retention, pins: chain.sessionAffinity.pins, at: now, in: database) }
            }
            for (account, _) in accounts { account.grantLease() }
            lines.log(records.records)
            progress.revisions = revisions
            progress.pinsSavedAt = now.ticks
            if isMinuteOver { progress.experiencesSavedAt = now.wall }
            progress.experiences.merge(experiences.mapValues(\.memory)) { $1 }
            if prunes { progress.prunedAt = now.wall }
            if progress.isFailing { logger.info("The store is written again") }
            progress.isFailing = false
        } catch {
            // Serving goes on from memory; what could not be written is tried again.
            for account in chain.dispatch.table.accounts { account.suspendLease() }
            requests.restore(records)
            gateway.responses.restore(responses)
            if !progress.isFailing {
                logger.error("The store cannot be written", metadata: ["error": "\(error)"])
            }
            progress.isFailing = true
        }
        self.progress.withLock { $0 = progress }
    }

    /// What models have taught since it was written, by the route's name. It changes with every answer and is worth a writing
    /// a minute.
    private func changedExperiences(
        _ chain: Chain,
        since known: [String: RouteExperience.Memory]
    ) -> [String: (route: Route, memory: RouteExperience.Memory)] {
        var changed: [String: (route: Route, memory: RouteExperience.Memory)] = [:]
        for route in chain.dispatch.table.routes where changed[route.name] == nil {
            guard let memory = route.experience.memory, memory != known[route.name] else { continue }
            changed[route.name] = (route, memory)
        }
        return changed
    }
}

/// Names an account across restarts.
struct AccountName: Hashable, Sendable {
    let provider: String
    let fingerprint: String

    init(provider: String, fingerprint: String) {
        self.provider = provider.lowercased()
        self.fingerprint = fingerprint
    }

    init(_ account: ProviderAccount) {
        self.init(provider: account.providerName, fingerprint: account.fingerprint)
    }
}
