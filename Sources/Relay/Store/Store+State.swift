import FoundationEssentials
import GRDB

/// What accounts and sessions know, in the store.
extension Store {
    func accountMemories() throws -> [AccountName: AccountMemory] {
        let rows = try database.read { try Row.fetchAll($0, sql: "SELECT provider, fingerprint, memory FROM accounts") }
        var memories: [AccountName: AccountMemory] = [:]
        for row in rows {
            let text: String = row["memory"]
            guard let memory: AccountMemory = Self.decoded(text) else { continue }
            let provider: String = row["provider"]
            memories[AccountName(provider: provider, fingerprint: row["fingerprint"])] = memory
        }
        return memories
    }

    static func write(_ memory: AccountMemory, of account: ProviderAccount, in database: Database) throws {
        let text = try encoded(memory)
        try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO accounts (provider, fingerprint, memory) VALUES (?, ?, ?)"
        )
        .execute(arguments: [account.providerName, account.fingerprint, text])
    }

    // MARK: Experience

    /// By the route's name.
    func experiences() throws -> [String: RouteExperience.Memory] {
        let rows = try database.read { try Row.fetchAll($0, sql: "SELECT provider, model, memory FROM experience") }
        var memories: [String: RouteExperience.Memory] = [:]
        for row in rows {
            let (provider, model, text): (String, String, String) = (row["provider"], row["model"], row["memory"])
            memories["\(provider)/\(model)"] = Self.decoded(text)
        }
        return memories
    }

    static func write(_ memory: RouteExperience.Memory, of route: Route, in database: Database) throws {
        let text = try encoded(memory)
        try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO experience (provider, model, memory) VALUES (?, ?, ?)"
        )
        .execute(arguments: [route.provider.name, route.model.name, text])
    }

    // MARK: Sessions

    /// The pins that still hold, the most recently used last, so that they are the last to fall out.
    func restorePins(into chain: Chain, at now: Now) throws {
        var places: [String: Int] = [:]
        for route in chain.dispatch.table.routes { places[Self.pinned(route)] = route.index }
        let times = WallTimes(at: now)
        let pins = chain.sessionAffinity.pins
        let rows = try database.read { database in
            try Row.fetchAll(
                database,
                sql: "SELECT * FROM pins ORDER BY used_at DESC LIMIT ?",
                arguments: [pins.maximum]
            )
        }
        for row in rows.reversed() {
            let name: String = row["route"]
            let fingerprint: String = row["fingerprint"]
            guard let place = places["\(fingerprint) \(name)"] else { continue }
            let high: Int64 = row["high"]
            let low: Int64 = row["low"]
            pins.restore(
                PinKey(high: UInt64(bitPattern: high), low: UInt64(bitPattern: low)),
                to: place,
                usedAt: times.pastTicks(row["used_at"])
            )
        }
    }

    private static func pinned(_ route: Route) -> String { "\(route.account.fingerprint) \(route.name)" }

    static func write(_ pins: [SessionPins.Used], routes: [Route], at now: Now, in database: Database) throws {
        let times = WallTimes(at: now)
        let statement = try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO pins (high, low, route, fingerprint, used_at) VALUES (?, ?, ?, ?, ?)"
        )
        for pin in pins where routes.indices.contains(pin.route) {
            let route = routes[pin.route]
            try statement.execute(arguments: [
                Int64(bitPattern: pin.key.high), Int64(bitPattern: pin.key.low), route.name, route.account.fingerprint,
                times.wall(pin.usedAt),
            ])
        }
    }
}
