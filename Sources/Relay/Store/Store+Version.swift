import GRDB

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Whether other processes have written to the store.
extension Store {
    /// What was seen at a look.
    struct Version: Sendable {
        /// Of the log that every writing goes to: its size and when it was written, in seconds and nanoseconds.
        fileprivate var log: [Int] = []
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

    private func logMark() -> [Int] {
        var status = stat()
        guard stat(directory + "/" + Self.fileName + "-wal", &status) == 0 else { return [] }
        #if canImport(Darwin)
        let time = status.st_mtimespec
        #else
        let time = status.st_mtim
        #endif
        return [Int(status.st_size), Int(time.tv_sec), Int(time.tv_nsec)]
    }
}
