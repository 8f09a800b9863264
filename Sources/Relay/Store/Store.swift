import FoundationEssentials
import GRDB
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What Relay knows across restarts: one SQLite database in WAL mode under `storage.directory`.
///
/// Nothing on the byte path touches it. What the path counts in memory is written once a second by `StateKeeper`; what
/// people change (keys, clients) is written at once.
final class Store: Sendable {
    /// Reads run beside the one writer.
    let database: DatabasePool
    /// The folder that it stands in.
    let directory: String
    /// What people have changed through this very object; SQLite tells of others alone.
    private let changes = Atomic<Int>(0)

    static let fileName = "relay.sqlite"

    /// Opens the database and brings it to this version's shape. The folder is made when it is missing, readable by its
    /// owner alone.
    /// - Throws: `StoreError`, and nothing has been changed then.
    init(directory: String) throws(StoreError) {
        self.directory = directory
        let path = directory + "/" + Self.fileName
        do {
            try FileManager.default.createDirectory(
                atPath: directory,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw .unwritable(path: directory, reason: "\(error)")
        }
        do {
            database = try Self.openDatabase(path)
        } catch let error as StoreError {
            throw error
        } catch let error as DatabaseError {
            throw StoreError(error, path: path)
        } catch {
            throw .unwritable(path: path, reason: "\(error)")
        }
        chmod(path, 0o600)
    }

    /// A key, a client or the catalog was changed: what serves is to take it up.
    func noteChange() { changes.wrappingAdd(1, ordering: .relaxed) }

    var changeCount: Int { changes.load(ordering: .relaxed) }

    static func exists(in directory: String) -> Bool {
        FileManager.default.fileExists(atPath: directory + "/" + fileName)
    }

    /// Keeps others from serving from the same folder until this process ends. Commands that change a key need no lock.
    func lock() throws(StoreError) {
        let path = directory + "/relay.lock"
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .unwritable(path: path, reason: String(cString: strerror(errno))) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            close(file)
            throw .inUse(path: directory)
        }
    }

    private static func openDatabase(_ path: String) throws -> DatabasePool {
        if FileManager.default.fileExists(atPath: path) { try verify(path) }
        var configuration = GRDB.Configuration()
        configuration.busyMode = .timeout(5)
        configuration.label = "relay.store"
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { database in
            // A key that was added is there after a power cut; once a second the disk can be waited for.
            try database.execute(sql: "PRAGMA synchronous = FULL")
        }
        let database = try DatabasePool(path: path, configuration: configuration)
        try StoreSchema.migrator.migrate(database)
        return database
    }

    /// Looks before anything is written.
    private static func verify(_ path: String) throws {
        var configuration = GRDB.Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        let database = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? database.close() }
        try database.read { database in
            guard try String.fetchOne(database, sql: "PRAGMA quick_check(1)") == "ok" else {
                throw StoreError.damaged(path: path, reason: "its pages do not hold together")
            }
            guard try !StoreSchema.migrator.hasBeenSuperseded(database) else { throw StoreError.newer(path: path) }
        }
    }

    /// Writes out what stands in the log, and closes. Nothing may use it afterwards.
    func finish() throws {
        try database.writeWithoutTransaction { database in
            _ = try database.checkpoint(.truncate)
        }
        try database.close()
    }
}

/// Why the database cannot be used. It is never replaced by a fresh one: that would forget keys and quotas in silence.
enum StoreError: Error, Equatable, CustomStringConvertible {
    case damaged(path: String, reason: String)
    /// A later version of Relay has changed it.
    case newer(path: String)
    case unwritable(path: String, reason: String)
    /// Another relay serves from the same folder.
    case inUse(path: String)

    init(_ error: DatabaseError, path: String) {
        self =
            switch error.resultCode {
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: .damaged(path: path, reason: error.message ?? "\(error)")
            default: .unwritable(path: path, reason: error.message ?? "\(error)")
            }
    }

    var description: String {
        switch self {
        case .damaged(let path, let reason):
            "The database \(path) is damaged (\(reason)). Put back a copy, or move it away to start without keys and "
                + "counts."
        case .newer(let path):
            "The database \(path) was written by a later version of Relay. Start that version, or name another folder "
                + "in storage.directory."
        case .unwritable(let path, let reason):
            "The database \(path) cannot be used: \(reason). Mend that, or name another folder in storage.directory."
        case .inUse(let path):
            "Another relay is serving from \(path). Stop it, or name another folder in storage.directory."
        }
    }
}
