import Crypto
import FoundationEssentials
import GRDB

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Provider keys in the store, sealed with AES-256-GCM; each is bound to its provider and label.
///
/// They are opened in memory alone, when Relay starts.
struct KeyVault: Sendable {
    /// What may be shown of a key.
    struct Entry: Sendable, Equatable {
        var provider: String
        var label: String
        var fingerprint: String
        var isEnabled: Bool
        /// In seconds since 1970.
        var createdAt: Double
    }

    let store: Store
    private let environment: EnvironmentVariables

    init(_ store: Store, environment: EnvironmentVariables) {
        self.store = store
        self.environment = environment
    }

    func entries() throws -> [Entry] {
        let rows = try store.database.read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM keys ORDER BY provider, id")
        }
        return rows.map(Entry.init)
    }

    /// The keys that are in use, opened.
    func open() throws -> [(provider: String, key: APIKey)] {
        let rows = try store.database.read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM keys WHERE is_enabled ORDER BY provider, id")
        }
        guard !rows.isEmpty else { return [] }
        let master = try master(isNeeded: true)
        return try rows.map { row in
            let entry = Entry(row)
            let secret = try Self.unseal(row["sealed"], of: entry, with: master)
            return (entry.provider, APIKey(secret: secret, label: entry.label))
        }
    }

    /// - Parameter label: by default `stored-1`, `stored-2`, …
    func add(_ secret: String, for provider: String, label wanted: String?, at wall: Double) throws -> Entry {
        guard SettingCheck.credential.allows(secret), !secret.isEmpty else { throw VaultError.unsendableKey }
        let master = try master(isNeeded: false)
        defer { store.noteChange() }
        return try store.database.write { database in
            let known = try Row.fetchAll(database, sql: "SELECT * FROM keys WHERE provider = ?", arguments: [provider])
                .map(Entry.init)
            let fingerprint = KeyFingerprint.of(secret)
            if let same = known.first(where: { $0.fingerprint == fingerprint }) {
                throw VaultError.keyTaken(provider: provider, label: same.label)
            }
            let free = (1...).lazy.map { "stored-\($0)" }.first { label in !known.contains { $0.label == label } }
            let label = wanted ?? free ?? "stored"
            guard !known.contains(where: { $0.label == label }) else {
                throw VaultError.labelTaken(provider: provider, label: label)
            }
            let entry = Entry(
                provider: provider,
                label: label,
                fingerprint: fingerprint,
                isEnabled: true,
                createdAt: wall
            )
            try Self.writeCheck(master, in: database)
            try database.execute(
                sql: """
                    INSERT INTO keys (provider, label, sealed, fingerprint, is_enabled, created_at)
                    VALUES (?, ?, ?, ?, 1, ?)
                    """,
                arguments: [provider, label, try Self.seal(secret, of: entry, with: master), fingerprint, wall]
            )
            return entry
        }
    }

    func setEnabled(_ isEnabled: Bool, provider: String, label: String) throws {
        try change(
            "UPDATE keys SET is_enabled = \(isEnabled ? 1 : 0) WHERE provider = ? AND label = ?",
            provider,
            label
        )
    }

    func remove(provider: String, label: String) throws {
        try change("DELETE FROM keys WHERE provider = ? AND label = ?", provider, label)
    }

    private func change(_ sql: String, _ provider: String, _ label: String) throws {
        let count = try store.database.write { database in
            try database.execute(sql: sql, arguments: [provider, label])
            return database.changesCount
        }
        guard count > 0 else { throw VaultError.unknownKey(provider: provider, label: label) }
        store.noteChange()
    }

    // MARK: The master key

    private var path: String { store.directory + "/" + MasterKey.fileName }
    private var nextPath: String { path + ".new" }

    /// Seals everything anew, all or nothing.
    ///
    /// - Parameter text: the new master key; `nil` makes one for the file. A stop at any moment leaves the old key or
    ///   the new one in force, and that one in its place at the next look.
    func rotateMaster(to text: String?) throws {
        let old = try master(isNeeded: false)
        let new: MasterKey
        if let text {
            guard let key = SymmetricKey(masterKey: text) else {
                throw VaultError.malformedMasterKey(place: "standard input")
            }
            new = MasterKey(key: key, path: nil)
        } else {
            try? FileManager.default.removeItem(atPath: nextPath)
            new = try MasterKey.make(at: nextPath)
        }
        try store.database.write { database in
            for row in try Row.fetchAll(database, sql: "SELECT * FROM keys") {
                let entry = Entry(row)
                let secret = try Self.unseal(row["sealed"], of: entry, with: old)
                let id: Int64 = row["id"]
                try database.execute(
                    sql: "UPDATE keys SET sealed = ? WHERE id = ?",
                    arguments: [try Self.seal(secret, of: entry, with: new), id]
                )
            }
            try database.execute(sql: "DELETE FROM facts WHERE name = ?", arguments: [Self.checkName])
            try Self.writeCheck(new, in: database)
        }
        if text == nil { try promoteNext() }
    }

    private func promoteNext() throws(VaultError) {
        guard rename(nextPath, path) == 0 else {
            throw .unwritableMasterKey(path: path, reason: String(cString: strerror(errno)))
        }
    }

    /// The key in force, proved against what is sealed. A new one is made only where nothing is.
    private func master(isNeeded: Bool) throws -> MasterKey {
        let check: Data? = try store.database.read { try Store.fact(Self.checkName, in: $0) }
        guard let found = try MasterKey.find(environment, directory: store.directory) else {
            guard check == nil, !isNeeded else { throw VaultError.missingMasterKey(path: path) }
            return try MasterKey.make(at: path)
        }
        guard let check else { return found }
        if Self.opens(check, found) { return found }
        // A rotation that was cut short after its last write.
        if found.path != nil, let next = try MasterKey.read(nextPath), Self.opens(check, next) {
            try promoteNext()
            return MasterKey(key: next.key, path: path)
        }
        throw VaultError.wrongMasterKey(place: found.path ?? MasterKey.variable)
    }

    private static let checkName = "master-key-check"

    private static func opens(_ check: Data, _ master: MasterKey) -> Bool {
        (try? AES.GCM.open(AES.GCM.SealedBox(combined: check), using: master.key)) != nil
    }

    private static func writeCheck(_ master: MasterKey, in database: Database) throws {
        let sealed = try AES.GCM.seal(Array("relay".utf8), using: master.key).combined
        try database.execute(
            sql: "INSERT OR IGNORE INTO facts (name, value) VALUES (?, ?)",
            arguments: [checkName, sealed]
        )
    }

    // MARK: Sealing

    private static func seal(_ secret: String, of entry: Entry, with master: MasterKey) throws -> Data? {
        try AES.GCM.seal(Array(secret.utf8), using: master.key, authenticating: entry.mark).combined
    }

    private static func unseal(_ sealed: Data, of entry: Entry, with master: MasterKey) throws -> String {
        do {
            let box = try AES.GCM.SealedBox(combined: sealed)
            return String(decoding: try AES.GCM.open(box, using: master.key, authenticating: entry.mark), as: UTF8.self)
        } catch {
            throw VaultError.wrongMasterKey(place: master.path ?? MasterKey.variable)
        }
    }
}

extension KeyVault.Entry {
    fileprivate init(_ row: Row) {
        self.init(
            provider: row["provider"],
            label: row["label"],
            fingerprint: row["fingerprint"],
            isEnabled: row["is_enabled"],
            createdAt: row["created_at"]
        )
    }

    /// A sealed key that is moved to another row does not open.
    fileprivate var mark: [UInt8] { Array("\(provider.lowercased())\u{0}\(label)".utf8) }
}
