import Foundation
import GRDB
import Testing

@testable import Relay

struct StoreTests {
    @Test func `a new store is readable by its owner alone and in WAL mode`() throws {
        let folder = try TemporaryFolder()
        let store = try Store(directory: folder.path + "/data")
        defer { try? store.finish() }
        let path = folder.path + "/data/" + Store.fileName
        func mode(_ path: String) throws -> Int {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            return try #require(attributes[.posixPermissions] as? Int)
        }
        #expect(try mode(folder.path + "/data") == 0o700)
        #expect(try mode(path) == 0o600)
        #expect(try store.database.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "wal")
    }

    @Test func `a database of a later version is refused and left as it is`() throws {
        let folder = try TemporaryFolder()
        let store = try Store(directory: folder.path)
        try store.database.write { database in
            try database.execute(sql: "INSERT INTO grdb_migrations VALUES ('9 something new')")
        }
        try store.finish()
        let path = folder.path + "/" + Store.fileName
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(throws: StoreError.newer(path: path)) { _ = try Store(directory: folder.path) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }

    @Test(arguments: [0, 200])
    func `a damaged database is refused and left as it is`(offset: Int) throws {
        let folder = try TemporaryFolder()
        let store = try Store(directory: folder.path)
        try store.finish()
        let path = folder.path + "/" + Store.fileName
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes.replaceSubrange(offset..<offset + 4000, with: Data(repeating: 0x5A, count: 4000))
        try bytes.write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: StoreError.self) { _ = try Store(directory: folder.path) }
        guard case .damaged(path, _)? = error else {
            Issue.record("\(String(describing: error)) does not say that it is damaged")
            return
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
    }

    @Test func `two relays do not serve from one folder`() throws {
        let folder = try TemporaryFolder()
        let one = try Store(directory: folder.path)
        let other = try Store(directory: folder.path)
        defer {
            try? one.finish()
            try? other.finish()
        }
        try one.lock()
        #expect(throws: StoreError.inUse(path: folder.path)) { try other.lock() }
    }
}
