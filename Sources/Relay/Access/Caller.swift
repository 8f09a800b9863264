/// Who sent a request.
enum Caller: Sendable {
    /// Who runs Relay: with its own key, or on this machine where it has none. `holder` tells that key from others and
    /// gives nothing of it away.
    case owner(holder: String)
    /// Who was given a key.
    case client(ClientKey)

    /// Tells this caller's sessions and kept responses from those of others.
    var holder: String {
        switch self {
        case .owner(let holder): holder
        case .client(let key): key.fingerprint
        }
    }

    var key: ClientKey? { if case .client(let key) = self { key } else { nil } }
}
