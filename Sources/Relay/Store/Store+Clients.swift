import FoundationEssentials
import GRDB

/// Client keys in the store: a digest of each, never the key.
extension Store {
    /// All of them, revoked ones too, in the order they were made.
    func clients() throws -> [ClientRecord] {
        try database.read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM clients ORDER BY id").map(ClientRecord.init)
        }
    }

    /// - Throws: `ClientNameError` where the name is in use. That of a revoked key may be given again.
    func add(_ client: ClientRecord) throws {
        try database.write { database in
            try database.execute(
                sql: "DELETE FROM clients WHERE name = ? AND revoked_at IS NOT NULL",
                arguments: [client.name]
            )
            let isTaken = try Bool.fetchOne(
                database,
                sql: "SELECT EXISTS (SELECT 1 FROM clients WHERE name = ?)",
                arguments: [client.name]
            )
            guard isTaken != true else { throw ClientNameError.taken(client.name) }
            try database.execute(
                sql: """
                    INSERT INTO clients (name, digest, created_at, expires_at, requests_per_minute, requests_per_day,
                        tokens_per_minute, tokens_per_day, models, providers)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    client.name, Data(client.digest), client.createdAt, client.expiresAt,
                    client.limits.requestsPerMinute, client.limits.requestsPerDay, client.limits.tokensPerMinute,
                    client.limits.tokensPerDay, Self.text(client.access.models), Self.text(client.access.providers),
                ]
            )
        }
        noteChange()
    }

    func revokeClient(_ name: String, at wall: Double) throws {
        let count = try database.write { database in
            try database.execute(
                sql: "UPDATE clients SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL",
                arguments: [wall, name]
            )
            return database.changesCount
        }
        guard count > 0 else { throw ClientNameError.unknown(name) }
        noteChange()
    }

    /// What clients used since then of what the providers were asked for, by name.
    func clientUsage(since wall: Double) throws -> [String: (requests: Int, tokens: Int)] {
        try database.read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT client, COUNT(*) AS requests, SUM(prompt_tokens + completion_tokens) AS tokens
                    FROM requests WHERE at >= ? AND client <> '' AND attempts > 0 GROUP BY client
                    """,
                arguments: [wall]
            )
            return Dictionary(
                rows.map { ($0["client"], ($0["requests"], $0["tokens"])) },
                uniquingKeysWith: { first, _ in first }
            )
        }
    }

    fileprivate static func text(_ names: [String]) -> String? {
        names.isEmpty ? nil : names.joined(separator: "\n")
    }
}

/// Why a client key cannot be made or revoked.
enum ClientNameError: Error, Equatable, CustomStringConvertible {
    case taken(String)
    case unknown(String)

    var description: String {
        switch self {
        case .taken(let name): "There is a key of '\(name)' already. Revoke it first, or take another name."
        case .unknown(let name): "There is no key of '\(name)'. `relay clients list` shows all."
        }
    }
}

extension ClientRecord {
    fileprivate init(_ row: Row) {
        let digest: Data = row["digest"]
        self.init(
            name: row["name"],
            digest: Array(digest),
            createdAt: row["created_at"],
            expiresAt: row["expires_at"],
            revokedAt: row["revoked_at"]
        )
        limits.requestsPerMinute = row["requests_per_minute"]
        limits.requestsPerDay = row["requests_per_day"]
        limits.tokensPerMinute = row["tokens_per_minute"]
        limits.tokensPerDay = row["tokens_per_day"]
        access.models = Self.names(row["models"])
        access.providers = Self.names(row["providers"])
    }

    private static func names(_ text: String?) -> [String] {
        text?.split(separator: "\n").map(String.init) ?? []
    }
}
