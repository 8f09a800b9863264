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

struct RequestLogTests {
    @Test func `what is too many for rows is in the sums, also when the disk was away in between`() {
        let log = RequestLog()
        func append(_ count: Int) {
            for number in 0..<count {
                log.append(
                    RequestRecord(
                        at: 7200,
                        id: "\(number)",
                        wire: .chat,
                        status: number == 0 ? 503 : 200,
                        provider: "One",
                        model: "m",
                        key: nil,
                        client: "",
                        promptTokens: 2,
                        completionTokens: 1,
                        latency: .milliseconds(1),
                        firstToken: nil,
                        attempts: 1,
                        trail: nil,
                        context: nil,
                        changes: nil
                    )
                )
            }
        }
        append(600)
        let failed = log.drain()
        #expect(log.drain().isEmpty)
        append(700)
        log.restore(failed)
        let batch = log.drain()
        #expect(batch.records.count == 1000)
        #expect(batch.records[600].id == "0")
        #expect(batch.sums.count == 1)
        let sum = batch.sums.first
        #expect(sum?.key.hour == 2)
        #expect(sum?.value.requests == 1300)
        #expect(sum?.value.failures == 2)
        #expect(sum?.value.promptTokens == 2600)
        #expect(sum?.value.latency == .milliseconds(1300))
    }
}
