import Crypto

/// Tells keys apart where their values may not stand.
enum KeyFingerprint {
    /// The first 64 bits of the key's SHA-256, in hex.
    static func of(_ secret: String) -> String { of(digest: SHA256.hash(data: Array(secret.utf8))) }

    /// The same of a key that only its digest is known of.
    static func of(digest: some Sequence<UInt8>) -> String {
        digest.prefix(8).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}

extension APIKey {
    var fingerprint: String { KeyFingerprint.of(secret) }
}
