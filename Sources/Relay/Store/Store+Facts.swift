import FoundationEssentials
import GRDB

/// Single values by name, and values as JSON: what several parts of the store are kept as.
extension Store {
    static func fact<Value: DatabaseValueConvertible>(_ name: String, in database: Database) throws -> Value? {
        try Value.fetchOne(database, sql: "SELECT value FROM facts WHERE name = ?", arguments: [name])
    }

    static func setFact(_ name: String, to value: some DatabaseValueConvertible, in database: Database) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)",
            arguments: [name, value]
        )
    }

    /// `nil` where an older version wrote it in another shape: it is learned, or said, again.
    static func decoded<Value: Decodable>(_ text: String) -> Value? {
        try? JSONDecoder().decode(Value.self, from: Data(text.utf8))
    }

    static func encoded(_ value: some Encodable) throws -> String {
        String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    }
}
