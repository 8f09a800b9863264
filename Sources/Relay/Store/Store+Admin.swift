import FoundationEssentials
import GRDB

/// The admin API's password and sessions, in the store.
extension Store {
    private static let passwordName = "admin-password"

    /// The password's hash, and the sessions that have not ended.
    func adminAccess(at wall: Double) throws -> (password: String?, sessions: [[UInt8]: Double]) {
        try database.read { database in
            let password: String? = try Self.fact(Self.passwordName, in: database)
            var sessions: [[UInt8]: Double] = [:]
            let rows = try Row.fetchAll(
                database,
                sql: "SELECT digest, expires_at FROM admin_sessions WHERE expires_at > ?",
                arguments: [wall]
            )
            for row in rows {
                let digest: Data = row["digest"]
                sessions[Array(digest)] = row["expires_at"]
            }
            return (password, sessions)
        }
    }

    /// Sets the password and ends all sessions.
    func setAdminPassword(_ hash: String) throws {
        try database.write { database in
            try Self.setFact(Self.passwordName, to: hash, in: database)
            try database.execute(sql: "DELETE FROM admin_sessions")
        }
    }

    func addAdminSession(_ digest: [UInt8], until wall: Double) throws {
        try database.write { database in
            try database.execute(sql: "DELETE FROM admin_sessions WHERE expires_at < ?", arguments: [Now.read().wall])
            try database.execute(
                sql: "INSERT INTO admin_sessions (digest, expires_at) VALUES (?, ?)",
                arguments: [Data(digest), wall]
            )
        }
    }

    func removeAdminSession(_ digest: [UInt8]) throws {
        try database.write { database in
            try database.execute(sql: "DELETE FROM admin_sessions WHERE digest = ?", arguments: [Data(digest)])
        }
    }
}
