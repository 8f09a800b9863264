import GRDB

/// The ledger in the store: a row per request, and sums by hour, later by day, that outlive the rows.
extension Store {
    static func write(_ batch: RequestLog.Batch, in database: Database) throws {
        guard !batch.isEmpty else { return }
        let row = try database.cachedStatement(
            sql: """
                INSERT INTO requests (at, request_id, wire, status, provider, model, key, client, prompt_tokens,
                    completion_tokens, latency_ms, first_token_ms, attempts, trail, context, changes)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        )
        let hour = try database.cachedStatement(
            sql: """
                INSERT INTO usage_hours (hour, provider, model, key, client, requests, failures, prompt_tokens,
                    completion_tokens, latency_ms)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                \(addingUp)
                """
        )
        for record in batch.records {
            try row.execute(arguments: [
                record.at, record.id, record.wire.rawValue, record.status, record.provider, record.model, record.key,
                record.client, record.promptTokens, record.completionTokens, record.latency.milliseconds,
                record.firstToken?.milliseconds, record.attempts, record.trail, record.context, record.changes,
            ])
        }
        for (slot, sum) in batch.sums {
            try hour.execute(arguments: [
                slot.hour, slot.route?.provider.name ?? "", slot.route?.model.name ?? "",
                slot.route?.key?.label ?? "", slot.client?.name ?? "", sum.requests, sum.failures, sum.promptTokens,
                sum.completionTokens, sum.latency.milliseconds,
            ])
        }
    }

    /// Where a sum is there already.
    private static let addingUp = """
        ON CONFLICT DO UPDATE SET requests = requests + excluded.requests, failures = failures + excluded.failures,
            prompt_tokens = prompt_tokens + excluded.prompt_tokens,
            completion_tokens = completion_tokens + excluded.completion_tokens,
            latency_ms = latency_ms + excluded.latency_ms
        """

    /// Days that sums stay by the hour.
    static let hourlyDays = 90

    /// Drops what is older than the settings keep, and requests beyond their number. Sums stay, old ones by day.
    static func prune(
        _ retention: Settings.Storage,
        pins: SessionPins,
        at now: Now,
        in database: Database
    ) throws {
        let oldest = now.wall - retention.retentionDays * 86_400
        try database.execute(sql: "DELETE FROM requests WHERE at < ?", arguments: [oldest])
        try database.execute(
            sql: "DELETE FROM requests WHERE id <= (SELECT id FROM requests ORDER BY id DESC LIMIT 1 OFFSET ?)",
            arguments: [retention.maxRequests]
        )
        try database.execute(
            sql: "DELETE FROM pins WHERE used_at < ?",
            arguments: [now.wall - pins.timeToLive.seconds]
        )
        try sumUpDays(before: Int(now.wall / 86_400) - hourlyDays, in: database)
    }

    private static func sumUpDays(before day: Int, in database: Database) throws {
        let hour = max(0, day) * 24
        try database.execute(
            sql: """
                INSERT INTO usage_days (day, provider, model, key, client, requests, failures, prompt_tokens,
                    completion_tokens, latency_ms)
                SELECT hour / 24, provider, model, key, client, SUM(requests), SUM(failures), SUM(prompt_tokens),
                    SUM(completion_tokens), SUM(latency_ms)
                FROM usage_hours WHERE hour < ? GROUP BY 1, 2, 3, 4, 5
                \(addingUp)
                """,
            arguments: [hour]
        )
        try database.execute(sql: "DELETE FROM usage_hours WHERE hour < ?", arguments: [hour])
    }

    /// What each model has used since the store was made.
    func usageTotals() throws -> [RouteUsage.Entry] {
        let rows = try database.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT provider, model, SUM(requests) - SUM(failures) AS answered, SUM(prompt_tokens) AS prompt,
                        SUM(completion_tokens) AS completion
                    FROM usage_sums WHERE provider <> '' GROUP BY provider, model
                    """
            )
        }
        return rows.map { row in
            RouteUsage.Entry(
                provider: row["provider"],
                model: row["model"],
                promptTokens: row["prompt"],
                completionTokens: row["completion"],
                requests: row["answered"]
            )
        }
    }

    /// One row of the ledger.
    struct StoredRequest: Sendable {
        var id: Int
        var record: RequestRecord
    }

    /// The latest, newest first.
    /// - Parameter id: only those before it.
    func requests(before id: Int?, limit: Int) throws -> [StoredRequest] {
        try database.read { database in
            let rows = try Row.fetchAll(
                database,
                sql: "SELECT * FROM requests WHERE id < ? ORDER BY id DESC LIMIT ?",
                arguments: [id ?? Int.max, limit]
            )
            return rows.map { StoredRequest(id: $0["id"], record: RequestRecord($0)) }
        }
    }

    /// What usage is summed up by.
    enum UsageKey: String, CaseIterable, Sendable {
        case provider, model, key, client, hour, day
    }

    /// Times are milliseconds.
    struct UsageLine: Sendable, Equatable {
        /// The provider, `Provider/model`, the key's label, the client's name, or the start of the hour or day in
        /// seconds since 1970.
        var name: String
        var requests: Int
        /// Of them, those that were not answered.
        var failures: Int
        var promptTokens: Int
        var completionTokens: Int
        /// Of a request, whatever became of it; `nil` where there is none.
        var meanLatency: Double?
        /// Of answers whose rows are still kept.
        var latency: Percentiles?
        /// Of streams among them.
        var firstToken: Percentiles?
    }

    /// By nearest rank: both are times that were seen.
    struct Percentiles: Sendable, Equatable {
        var median: Double
        var p95: Double
    }

    struct Usage: Sendable, Equatable {
        var lines: [UsageLine]
        var total: UsageLine
    }

    /// Sums of whole hours; the hour in which `since` lies counts whole.
    func usage(since: Double, by key: UsageKey) async throws -> Usage {
        let hour = Int(since / 3600)
        return try await database.read { database in
            let times = try Times(of: key.name, since: hour, in: database)
            var lines = try Self.lines(of: key.name, since: hour, in: database)
            for place in lines.indices { times.put(into: &lines[place], of: lines[place].name) }
            var total =
                try Self.lines(of: "''", since: hour, in: database).first
                ?? UsageLine(name: "", requests: 0, failures: 0, promptTokens: 0, completionTokens: 0)
            times.put(into: &total, of: nil)
            return Usage(lines: lines, total: total)
        }
    }

    /// `name` is what is summed up by, in SQL, of both tables.
    private static func lines(of name: String, since hour: Int, in database: Database) throws -> [UsageLine] {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT CAST(\(name) AS TEXT) AS name, SUM(requests) AS requests, SUM(failures) AS failures,
                    SUM(prompt_tokens) AS prompt, SUM(completion_tokens) AS completion,
                    SUM(latency_ms) / SUM(requests) AS latency
                FROM usage_sums WHERE hour >= ? GROUP BY 1 ORDER BY \(name)
                """,
            arguments: [hour]
        )
        return rows.map { row in
            UsageLine(
                name: row["name"],
                requests: row["requests"],
                failures: row["failures"],
                promptTokens: row["prompt"],
                completionTokens: row["completion"],
                meanLatency: row["latency"]
            )
        }
    }

    /// How long answers took, by what is summed up by. They are sorted here: SQLite's windows take ten times as long.
    private struct Times {
        private var latencies: [String: [Float]] = [:]
        private var firstTokens: [String: [Float]] = [:]

        init(of name: String, since hour: Int, in database: Database) throws {
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT CAST(\(name) AS TEXT), latency_ms, first_token_ms
                    FROM (
                        SELECT CAST(at / 3600 AS INTEGER) AS hour, COALESCE(provider, '') AS provider,
                            COALESCE(model, '') AS model, COALESCE(key, '') AS key, client, latency_ms, first_token_ms
                        FROM requests WHERE at >= ? AND status = 200
                    )
                    """,
                arguments: [hour * 3600]
            )
            while let row = try rows.next() {
                let name: String = row[0]
                latencies[name, default: []].append(row[1])
                if let first: Float = row[2] { firstTokens[name, default: []].append(first) }
            }
        }

        /// `nil` is all of them.
        func put(into line: inout UsageLine, of name: String?) {
            func percentiles(_ times: [String: [Float]]) -> Percentiles? {
                Percentiles(name.map { times[$0] ?? [] } ?? Array(times.values.joined()))
            }
            line.latency = percentiles(latencies)
            line.firstToken = percentiles(firstTokens)
        }
    }
}

extension Store.Percentiles {
    /// `nil` of nothing.
    init?(_ times: [Float]) {
        guard !times.isEmpty else { return nil }
        let sorted = times.sorted()
        func rank(_ percent: Int) -> Double { Double(sorted[(sorted.count * percent + 99) / 100 - 1]) }
        self.init(median: rank(50), p95: rank(95))
    }
}

extension Store.UsageKey {
    /// In SQL.
    fileprivate var name: String {
        switch self {
        case .provider: "provider"
        case .model: "CASE provider WHEN '' THEN '' ELSE provider || '/' || model END"
        case .key: "key"
        case .client: "client"
        case .hour: "hour * 3600"
        case .day: "hour / 24 * 86400"
        }
    }
}

extension RequestRecord {
    fileprivate init(_ row: Row) {
        let (wire, latency): (String, Double) = (row["wire"], row["latency_ms"])
        let firstToken: Double? = row["first_token_ms"]
        self.init(
            at: row["at"],
            id: row["request_id"],
            wire: Wire(rawValue: wire) ?? .chat,
            status: row["status"],
            provider: row["provider"],
            model: row["model"],
            key: row["key"],
            client: row["client"] ?? "",
            promptTokens: row["prompt_tokens"],
            completionTokens: row["completion_tokens"],
            latency: .milliseconds(latency),
            firstToken: firstToken.map { .milliseconds($0) },
            attempts: row["attempts"],
            trail: row["trail"],
            context: row["context"],
            changes: row["changes"]
        )
    }
}
