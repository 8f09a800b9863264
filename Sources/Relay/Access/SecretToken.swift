import Crypto
import FoundationEssentials

/// What Relay itself gives out to know somebody by: clients' keys, sessions. Only the digest is kept.
enum SecretToken {
    /// Random, as it may stand in headers and cookies.
    static func make(_ size: SymmetricKeySize) -> String {
        encoded(SymmetricKey(size: size).withUnsafeBytes { Array($0) })
    }

    /// SHA-256: enough for what is random.
    static func digest(of token: some StringProtocol) -> [UInt8] { Array(SHA256.hash(data: Array(token.utf8))) }

    /// RFC 4648, section 5, without padding.
    static func encoded(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
