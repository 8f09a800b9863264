import FoundationEssentials
import GRDB
import NIOCore

/// Kept responses in the store: what memory holds, no more and no less.
extension Store {
    func restoreResponses(into responses: ResponseStore, at now: Instant) throws {
        let rows = try database.read { try Row.fetchAll($0, sql: "SELECT * FROM responses ORDER BY rowid") }
        for row in rows {
            let response: Data = row["response"]
            let input: Data = row["input"]
            let (from, to): (Int, Int) = (row["output_from"], row["output_to"])
            guard 0 <= from, from <= to, to <= response.count else { continue }
            responses.keep(
                ResponseStore.Kept(
                    id: row["id"],
                    response: ByteBuffer(bytes: response),
                    output: from..<to,
                    input: ByteBuffer(bytes: input),
                    previous: row["previous"]
                ),
                of: row["client"],
                at: now
            )
        }
    }

    static func write(_ changes: ResponseStore.Changes, in database: Database) throws {
        guard !changes.isEmpty else { return }
        let removal = try database.cachedStatement(sql: "DELETE FROM responses WHERE client = ? AND id = ?")
        let insertion = try database.cachedStatement(
            sql: """
                INSERT INTO responses (client, id, response, output_from, output_to, input, previous)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """
        )
        for (key, kept) in changes {
            try removal.execute(arguments: [key.client, key.id])
            guard let kept else { continue }
            try insertion.execute(arguments: [
                key.client, key.id, Data(kept.response.readableBytesView), kept.output.lowerBound,
                kept.output.upperBound, Data(kept.input.readableBytesView), kept.previous,
            ])
        }
    }
}
