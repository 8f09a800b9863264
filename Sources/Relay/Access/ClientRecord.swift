import Crypto
import FoundationEssentials

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
        let random = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }
        let key =
            prefix
            + random.base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        return (key, ClientRecord(name: name, digest: digest(of: key), createdAt: wall))
    }

    static let prefix = "sk-relay-"

    static func digest(of key: some StringProtocol) -> [UInt8] { Array(SHA256.hash(data: Array(key.utf8))) }

    enum State: String, Sendable { case active, expired, revoked }

    func state(at wall: Double) -> State {
        if revokedAt != nil { return .revoked }
        return expiresAt.map { $0 <= wall } == true ? .expired : .active
    }
}
