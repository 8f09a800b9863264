import Foundation
import GRDB
import Testing

@testable import Relay

struct KeyVaultTests {
    private static let secret = "not-a-real-key-but-a-secret-one"

    @Test func `a key comes back as it was stored, and stands nowhere in the clear`() throws {
        let folder = try TemporaryFolder()
        try Self.vault(in: folder) { vault in
            let entry = try vault.add(Self.secret, for: "Groq", label: nil, at: 1)
            #expect(entry.label == "stored-1")
            #expect(try vault.add("another-one", for: "Groq", label: nil, at: 2).label == "stored-2")
            #expect(!"\(entry)".contains(Self.secret))
        }
        try Self.vault(in: folder) { vault in
            let keys = try vault.open()
            #expect(keys.map(\.provider) == ["Groq", "Groq"])
            #expect(keys.map(\.key.secret) == [Self.secret, "another-one"])
            #expect(!"\(keys)".contains(Self.secret))
        }
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/" + name))
            #expect(bytes.range(of: Data(Self.secret.utf8)) == nil, "\(name)")
        }
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + "/master.key")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func `a disabled key is kept and not used, a removed one is gone`() throws {
        let folder = try TemporaryFolder()
        try Self.vault(in: folder) { vault in
            _ = try vault.add(Self.secret, for: "Groq", label: "mine", at: 1)
            try vault.setEnabled(false, provider: "groq", label: "mine")
            #expect(try vault.open().isEmpty)
            try vault.setEnabled(true, provider: "Groq", label: "mine")
            #expect(try vault.open().count == 1)
            try vault.remove(provider: "Groq", label: "mine")
            #expect(try vault.entries().isEmpty)
            #expect(throws: VaultError.unknownKey(provider: "Groq", label: "mine")) {
                try vault.remove(provider: "Groq", label: "mine")
            }
        }
    }

    @Test func `what is there already and what cannot be sent is refused`() throws {
        let folder = try TemporaryFolder()
        try Self.vault(in: folder) { vault in
            _ = try vault.add(Self.secret, for: "Groq", label: "mine", at: 1)
            #expect(throws: VaultError.keyTaken(provider: "Groq", label: "mine")) {
                try vault.add(Self.secret, for: "Groq", label: "other", at: 2)
            }
            #expect(throws: VaultError.labelTaken(provider: "Groq", label: "mine")) {
                try vault.add("other", for: "Groq", label: "mine", at: 2)
            }
            for text in ["", "with blank", "line\nbreak"] {
                #expect(throws: VaultError.unsendableKey) { try vault.add(text, for: "Groq", label: nil, at: 2) }
            }
            #expect(try vault.entries().count == 1)
        }
    }

    @Test func `a wrong or missing master key is refused, and nothing is lost`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/master.key"
        try Self.vault(in: folder) { _ = try $0.add(Self.secret, for: "Groq", label: nil, at: 1) }
        let right = try Data(contentsOf: URL(fileURLWithPath: path))

        try FileManager.default.removeItem(atPath: path)
        try Self.vault(in: folder) { vault in
            #expect(throws: VaultError.missingMasterKey(path: path)) { try vault.open() }
            #expect(throws: VaultError.missingMasterKey(path: path)) { try vault.add("x", for: "A", label: nil, at: 2) }
        }
        #expect(!FileManager.default.fileExists(atPath: path))

        try Data(Data(repeating: 7, count: 32).base64EncodedString().utf8).write(to: URL(fileURLWithPath: path))
        try Self.vault(in: folder) { vault in
            #expect(throws: VaultError.wrongMasterKey(place: path)) { try vault.open() }
            #expect(throws: VaultError.wrongMasterKey(place: path)) { try vault.rotateMaster(to: nil) }
        }
        try Self.vault(in: folder, master: "too short") { vault in
            #expect(throws: VaultError.malformedMasterKey(place: "RELAY_ENCRYPTION_KEY")) { try vault.open() }
        }
        try right.write(to: URL(fileURLWithPath: path))
        try Self.vault(in: folder) { vault in
            let keys = try vault.open()
            #expect(keys.first?.key.secret == Self.secret)
        }
    }

    @Test func `a sealed key does not open in another row`() throws {
        let folder = try TemporaryFolder()
        try Self.vault(in: folder) { vault in
            _ = try vault.add(Self.secret, for: "Groq", label: nil, at: 1)
            try vault.store.database.write { try $0.execute(sql: "UPDATE keys SET provider = 'Thief'") }
            #expect(throws: VaultError.self) { try vault.open() }
        }
    }

    @Test func `all keys are sealed anew under a new master key, from a file or the environment`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/master.key"
        try Self.vault(in: folder) { vault in
            _ = try vault.add(Self.secret, for: "Groq", label: nil, at: 1)
            let before = try Data(contentsOf: URL(fileURLWithPath: path))
            try vault.rotateMaster(to: nil)
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) != before)
            #expect(!FileManager.default.fileExists(atPath: path + ".new"))
            #expect(try vault.open().first?.key.secret == Self.secret)
        }
        let other = try TemporaryFolder()
        let (old, new) = (String(repeating: "ab", count: 32), String(repeating: "cd", count: 32))
        try Self.vault(in: other, master: old) { vault in
            _ = try vault.add(Self.secret, for: "Groq", label: nil, at: 1)
            try vault.rotateMaster(to: new)
            #expect(throws: VaultError.wrongMasterKey(place: "RELAY_ENCRYPTION_KEY")) { try vault.open() }
        }
        try Self.vault(in: other, master: new) { vault in
            let keys = try vault.open()
            #expect(keys.first?.key.secret == Self.secret)
        }
        #expect(!FileManager.default.fileExists(atPath: other.path + "/master.key"))
    }

    @Test func `a rotation that stopped before its last step is finished at the next look`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/master.key"
        try Self.vault(in: folder) { vault in
            _ = try vault.add(Self.secret, for: "Groq", label: nil, at: 1)
            let old = try Data(contentsOf: URL(fileURLWithPath: path))
            try vault.rotateMaster(to: nil)
            // As if it had been killed between the database's commit and the renaming.
            try FileManager.default.moveItem(atPath: path, toPath: path + ".new")
            try old.write(to: URL(fileURLWithPath: path))
        }
        try Self.vault(in: folder) { vault in
            let keys = try vault.open()
            #expect(keys.first?.key.secret == Self.secret)
            #expect(!FileManager.default.fileExists(atPath: path + ".new"))
        }
    }

    @Test func `stored keys are used beside those of the environment`() throws {
        let folder = try TemporaryFolder()
        let catalog = #"""
            {"providers":[{"name":"One","base_url":"http://127.0.0.1:9","api_key_env":["ONE_KEY"],"dialect":"openai",
            "models":[{"name":"m","type":"text","scale":"large"}]}]}
            """#
        let fixture = try ConfigurationFixture(settings: "{}", catalog: catalog)
        var configuration = try fixture.load(environment: ["ONE_KEY": "of-the-environment"], flags: [:])
        configuration.settings.storage.directory = folder.path + "/data"
        #expect(try configuration.addingStored().keys["One"].map(\.label) == ["ONE_KEY"])
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/data"))
        let store = try Store(directory: folder.path + "/data")
        _ = try KeyVault(store, environment: configuration.environment)
            .add("of-the-store", for: "One", label: nil, at: 1)
        try store.finish()
        #expect(
            try configuration.addingStored().keys["One"].map(\.secret) == ["of-the-environment", "of-the-store"]
        )
    }

    private static func vault(in folder: TemporaryFolder, master: String? = nil, _ body: (KeyVault) throws -> Void)
        throws
    {
        let store = try Store(directory: folder.path)
        defer { try? store.finish() }
        let variables = master.map { [MasterKey.variable: $0] } ?? [:]
        try body(KeyVault(store, environment: EnvironmentVariables(process: variables)))
    }
}
