import Crypto
import CryptoExtras
import FoundationEssentials

/// A password as the store keeps it: scrypt (RFC 7914) with a salt of its own.
///
///     scrypt$15$8$3$c2FsdA==$a2V5
struct PasswordHash: Sendable, Equatable, CustomStringConvertible {
    /// 2 to this many rounds.
    private let cost: Int
    private let blockSize: Int
    private let parallelism: Int
    private let salt: [UInt8]
    private let key: [UInt8]

    /// 32 MiB and about a quarter of a second.
    private static let (cost, blockSize, parallelism) = (15, 8, 3)
    private static let keyLength = 32

    /// Takes a while and much memory: one at a time, and never on an event loop.
    init(of password: String) throws {
        let salt = SymmetricKey(size: .bits128).withUnsafeBytes { Array($0) }
        self.init(
            cost: Self.cost,
            blockSize: Self.blockSize,
            parallelism: Self.parallelism,
            salt: salt,
            key: try Self.derive(password, Self.cost, Self.blockSize, Self.parallelism, salt)
        )
    }

    private init(cost: Int, blockSize: Int, parallelism: Int, salt: [UInt8], key: [UInt8]) {
        (self.cost, self.blockSize, self.parallelism, self.salt, self.key) = (cost, blockSize, parallelism, salt, key)
    }

    /// As `description` writes it; `nil` for anything else.
    init?(_ text: String) {
        let parts = text.split(separator: "$").map(String.init)
        guard parts.count == 6, parts[0] == "scrypt", let cost = Int(parts[1]), (10...20).contains(cost),
            let blockSize = Int(parts[2]), (1...32).contains(blockSize),
            let parallelism = Int(parts[3]), (1...16).contains(parallelism),
            let salt = Data(base64Encoded: parts[4]), let key = Data(base64Encoded: parts[5]),
            key.count == Self.keyLength
        else { return nil }
        self.init(cost: cost, blockSize: blockSize, parallelism: parallelism, salt: Array(salt), key: Array(key))
    }

    var description: String {
        "scrypt$\(cost)$\(blockSize)$\(parallelism)$\(Data(salt).base64EncodedString())$\(Data(key).base64EncodedString())"
    }

    /// As costly as to make one.
    func matches(_ password: String) -> Bool {
        guard let given = try? Self.derive(password, cost, blockSize, parallelism, salt) else { return false }
        return Gatekeeper.equalInConstantTime(given, key)
    }

    private static func derive(
        _ password: String,
        _ cost: Int,
        _ blockSize: Int,
        _ parallelism: Int,
        _ salt: [UInt8]
    ) throws -> [UInt8] {
        let key = try KDF.Scrypt.deriveKey(
            from: Array(password.utf8),
            salt: salt,
            outputByteCount: keyLength,
            rounds: 1 << cost,
            blockSize: blockSize,
            parallelism: parallelism
        )
        return key.withUnsafeBytes { Array($0) }
    }
}
