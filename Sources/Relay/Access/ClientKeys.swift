import Synchronization

/// The client keys in force: read from the store, and again whenever a command has changed them.
final class ClientKeys: Sendable {
    private let keys = Mutex<[[UInt8]: ClientKey]>([:])
    private let lastRevision = Atomic<Int>(0)

    /// Grows whenever a key has come, gone or changed.
    var revision: Int { lastRevision.load(ordering: .acquiring) }

    /// Without any, who may come in depends on the relay's own key alone.
    var isEmpty: Bool { keys.withLock { $0.isEmpty } }

    /// The key that a client presents, expired or not. Keys are found by their digest, so that a guess learns nothing from
    /// how long it takes.
    func find(_ credential: some StringProtocol) -> ClientKey? {
        guard !isEmpty else { return nil }
        let digest = SecretToken.digest(of: credential)
        return keys.withLock { $0[digest] }
    }

    /// Revoked keys are left out; of those that stay, what they have used stays, too.
    func replace(with records: [ClientRecord]) {
        let records = records.filter { $0.revokedAt == nil }
        keys.withLock { keys in
            guard
                Set(records.map(\.digest)) != Set(keys.keys)
                    || records.contains(where: { keys[$0.digest]?.record != $0 })
            else { return }
            keys = Dictionary(
                records.map { ($0.digest, ClientKey($0, after: keys[$0.digest])) },
                uniquingKeysWith: { first, _ in first }
            )
            lastRevision.add(1, ordering: .acquiringAndReleasing)
        }
    }

    /// Those in force.
    var all: [ClientKey] { keys.withLock { Array($0.values) } }
}
