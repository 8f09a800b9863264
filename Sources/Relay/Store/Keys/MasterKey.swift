import Crypto
import FoundationEssentials

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The 256 bits under which provider keys are sealed: from `RELAY_ENCRYPTION_KEY`, else from a file beside the database
/// that its owner alone can read.
struct MasterKey: Sendable {
    let key: SymmetricKey
    /// `nil` for one from the environment.
    let path: String?

    static let variable = "RELAY_ENCRYPTION_KEY"
    static let fileName = "master.key"

    /// - Returns: `nil` where there is none yet.
    static func find(_ environment: EnvironmentVariables, directory: String) throws(VaultError) -> MasterKey? {
        if let text = environment[variable] {
            guard let key = SymmetricKey(masterKey: text) else { throw .malformedMasterKey(place: variable) }
            return MasterKey(key: key, path: nil)
        }
        return try read(directory + "/" + fileName)
    }

    static func read(_ path: String) throws(VaultError) -> MasterKey? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw .unreadableMasterKey(path: path)
        }
        guard let key = SymmetricKey(masterKey: text) else { throw .malformedMasterKey(place: path) }
        return MasterKey(key: key, path: path)
    }

    /// Makes a new one in a file that must not be there yet.
    static func make(at path: String) throws(VaultError) -> MasterKey {
        let key = SymmetricKey(size: .bits256)
        let text = key.withUnsafeBytes { Data($0).base64EncodedString() } + "\n"
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .unwritableMasterKey(path: path, reason: String(cString: strerror(errno))) }
        defer { close(file) }
        let bytes = Array(text.utf8)
        // On the disk before anything is sealed with it.
        guard write(file, bytes, bytes.count) == bytes.count, fsync(file) == 0 else {
            throw .unwritableMasterKey(path: path, reason: String(cString: strerror(errno)))
        }
        return MasterKey(key: key, path: path)
    }
}

extension SymmetricKey {
    /// 32 bytes, as base64 or as 64 hex digits.
    init?(masterKey text: String) {
        let text = text.filter { !$0.isWhitespace }
        var bytes: [UInt8] = []
        if text.utf8.count == 64, text.allSatisfy(\.isHexDigit) {
            let digits = text.compactMap(\.hexDigitValue)
            bytes = stride(from: 0, to: 64, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
        } else if let data = Data(base64Encoded: text) {
            bytes = Array(data)
        }
        guard bytes.count == 32 else { return nil }
        self.init(data: bytes)
    }
}

/// Why keys cannot be had or kept. Nothing is lost by any of it.
enum VaultError: Error, Equatable, CustomStringConvertible {
    case malformedMasterKey(place: String)
    case unreadableMasterKey(path: String)
    case unwritableMasterKey(path: String, reason: String)
    /// There are sealed keys, and nothing to open them with.
    case missingMasterKey(path: String)
    case wrongMasterKey(place: String)
    case unknownKey(provider: String, label: String)
    case labelTaken(provider: String, label: String)
    case keyTaken(provider: String, label: String)
    case unsendableKey

    var description: String {
        switch self {
        case .malformedMasterKey(let place):
            "The master key in \(place) is not 32 bytes as base64 or 64 hex digits."
        case .unreadableMasterKey(let path):
            "The master key in \(path) cannot be read."
        case .unwritableMasterKey(let path, let reason):
            "The master key cannot be written to \(path): \(reason)."
        case .missingMasterKey(let path):
            "There are stored provider keys, but no master key to open them with: set \(MasterKey.variable) or put "
                + "\(path) back. They are kept as they are."
        case .wrongMasterKey(let place):
            "The master key in \(place) is not the one that the stored provider keys are sealed with. They are kept as "
                + "they are."
        case .unknownKey(let provider, let label):
            "There is no stored key '\(label)' of \(provider). `relay keys list` shows all."
        case .labelTaken(let provider, let label):
            "\(provider) has a stored key '\(label)' already; name the new one with --label."
        case .keyTaken(let provider, let label):
            "That key of \(provider) is stored already, as '\(label)'."
        case .unsendableKey:
            "The key is empty or holds a blank or another character that cannot be sent. Copy it again."
        }
    }
}
