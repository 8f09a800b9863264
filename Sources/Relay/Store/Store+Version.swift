import FoundationEssentials
import GRDB

/// Whether people have changed something in the store, here or from another process.
extension Store {
    /// The log that every writing goes to.
    fileprivate struct LogMark: Sendable, Equatable {
        var size: Int?
        var written: Date?
    }

    /// What was seen at a look.
    struct Version: Sendable {
        fileprivate var log: LogMark?
        /// SQLite's own count of what other connections have written.
        fileprivate var count: Int?
        /// What was changed here.
        fileprivate var changes = 0
    }

    /// Whether another process has written since the last look, which `version` is, or this one was told of a change.
    /// While nobody writes, a look costs one system call.
    func hasChanged(since version: inout Version) throws -> Bool {
        let changes = changeCount
        if changes != version.changes {
            version.changes = changes
            return true
        }
        let log = logMark()
        guard log != version.log else { return false }
        version.log = log
        let count = try database.writeWithoutTransaction { database in
            try Int.fetchOne(database, sql: "PRAGMA data_version")
        }
        guard count != version.count else { return false }
        version.count = count
        return true
    }

    private func logMark() -> LogMark? {
        let path = directory + "/" + Self.fileName + "-wal"
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return nil }
        let size = (attributes[.size] as? any BinaryInteger).map { Int($0) }
        return LogMark(size: size, written: attributes[.modificationDate] as? Date)
    }
}
