import FoundationEssentials
import GRDB

/// Whether other processes have written to the store.
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
    }

    /// Whether another process has written since the last look, which `version` is. While nobody writes, a look costs one
    /// system call.
    func hasChanged(since version: inout Version) throws -> Bool {
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
