import Crypto

/// A client's key as the store keeps it: everything but the key itself.
struct ClientRecord: Sendable, Equatable {
    var name: String
    /// SHA-256 of the key.
    var digest: [UInt8]
    /// Times are seconds since 1970.
    var createdAt: Double
    var expiresAt: Double?
    var revokedAt: Double?
    /// Per minute and per day, which turns at midnight UTC.
    var limits = RateLimits.none
    var access = RouteAccess()

    /// A new key, 256 bits of it random, and what is kept of it.
    static func make(_ name: String, at wall: Double) -> (key: String, record: ClientRecord) {
        let key = prefix + SecretToken.make(.bits256)
        return (key, ClientRecord(name: name, digest: SecretToken.digest(of: key), createdAt: wall))
    }

    /// On one line, as it stands in logs and sums.
    static func isName(_ name: String) -> Bool {
        (1...64).contains(name.count) && !name.unicodeScalars.contains { $0.value < 0x20 }
    }

    static let nameRule = "A name has 1 to 64 characters on one line."
    static let lifetimeDays = 0.0...36_500

    static let prefix = "sk-relay-"

    enum State: String, Sendable { case active, expired, revoked }

    func state(at wall: Double) -> State {
        if revokedAt != nil { return .revoked }
        return expiresAt.map { $0 <= wall } == true ? .expired : .active
    }
}
