import Crypto

extension APIKey {
    /// Tells this key from others where its value may not stand: the first 64 bits of its SHA-256, in hex.
    var fingerprint: String {
        SHA256.hash(data: Array(secret.utf8)).prefix(8)
            .map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
            .joined()
    }
}
