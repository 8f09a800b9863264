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

/// Two providers with a model each.
private let table = RouteTable(
    ["One", "Two"]
        .map { name in UsableProvider(RouteTableTests.provider(name) { [RouteTableTests.model("m")] }) }
)

extension RequestLog {
    fileprivate func append(_ record: RequestRecord, of route: Route?) {
        let use = UsageSum(
            status: record.status,
            promptTokens: record.promptTokens,
            completionTokens: record.completionTokens,
            latency: record.latency
        )
        if count(use, in: UsageSum.Slot(hour: Int(record.at / 3600), route: route, client: nil)) { append(record) }
    }
}

struct UsageTests {
    @Test func `times are told by nearest rank, of answers alone, and of all together`() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(directory: folder.path)
        defer { try? store.finish() }
        let log = RequestLog(EventHub())
        func append(
            _ provider: String?,
            _ milliseconds: Int,
            status: Int = 200,
            firstToken: Int? = nil,
            at: Double = 7200
        ) {
            log.append(
                RequestRecord(
                    at: at,
                    id: "r",
                    wire: .chat,
                    status: status,
                    provider: provider,
                    model: provider.map { _ in "m" },
                    key: nil,
                    client: "",
                    promptTokens: 2,
                    completionTokens: 1,
                    latency: .milliseconds(milliseconds),
                    firstToken: firstToken.map { .milliseconds($0) },
                    attempts: 1,
                    trail: nil,
                    context: nil,
                    changes: nil
                ),
                of: table.routes.first { $0.provider.name == provider }
            )
        }
        for number in (1...100).reversed() { append("One", number, firstToken: number <= 10 ? number : nil) }
        for _ in 0..<3 { append("One", 90_000, status: 502) }
        append("One", 50_000, at: 3599)
        append("Two", 1000)
        append(nil, 5, status: 429)
        let batch = log.drain()
        try await store.database.write { try Store.write(batch, in: $0) }

        let usage = try await store.usage(since: 7300, by: .model)
        #expect(usage.lines.map(\.name) == ["", "One/m", "Two/m"])
        #expect(usage.lines[0].latency == nil)
        #expect(usage.lines[0].failures == 1)
        #expect(usage.lines[1].latency == Store.Percentiles(median: 50, p95: 95))
        #expect(usage.lines[1].firstToken == Store.Percentiles(median: 5, p95: 10))
        #expect(usage.lines[1].requests == 103)
        #expect(usage.lines[2].latency == Store.Percentiles(median: 1000, p95: 1000))
        #expect(usage.lines[2].firstToken == nil)
        #expect(usage.total.requests == 105)
        #expect(usage.total.failures == 4)
        #expect(usage.total.latency == Store.Percentiles(median: 51, p95: 96))
        #expect(try await store.usage(since: 0, by: .provider).lines[1].latency?.p95 == 96)
        let nothing = try await store.usage(since: 1e9, by: .hour)
        #expect(nothing.lines.isEmpty)
        #expect(nothing.total.requests == 0 && nothing.total.latency == nil)
    }
}

struct OldUsageTests {
    @Test func `what is long past is summed up by day, and no sum changes by that`() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(directory: folder.path)
        defer { try? store.finish() }
        let day = 20_000
        let now = Now(ticks: Instant.now.ticks, wall: Double(day) * 86_400 + 44_200)
        func write(_ hoursAgo: [Int]) throws {
            let log = RequestLog(EventHub())
            for hours in hoursAgo {
                log.append(
                    RequestRecord(
                        at: now.wall - Double(hours) * 3600,
                        id: "r",
                        wire: .chat,
                        status: 200,
                        provider: "One",
                        model: "m",
                        client: "",
                        promptTokens: 2,
                        latency: .milliseconds(10),
                        attempts: 1
                    ),
                    of: table.routes[0]
                )
            }
            let batch = log.drain()
            try store.database.write { try Store.write(batch, in: $0) }
        }
        func prune() throws {
            let pins = SessionPins(timeToLive: .seconds(1), maximum: 1)
            try store.database.write { try Store.prune(Settings.Storage(), pins: pins, at: now, in: $0) }
        }
        func count(_ table: String) throws -> Int? {
            try store.database.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM \(table)") }
        }
        let oldest = (Store.hourlyDays + 1) * 24
        try write([1, 2, oldest, oldest + 1, oldest + 30])
        try prune()
        #expect(try count("usage_hours") == 2)
        #expect(try count("usage_days") == 2)
        // The clock was put back, or a database was: the day has been summed up already.
        try write([oldest])
        try prune()
        #expect(try count("usage_days") == 2)
        let total = try store.usageTotals()
        #expect(total.map(\.requests) == [6] && total.map(\.promptTokens) == [12])
        let days = try await store.usage(since: 0, by: .day)
        #expect(days.lines.map(\.requests) == [1, 3, 2])
        #expect(days.lines.map(\.name).allSatisfy { Int($0)?.isMultiple(of: 86_400) == true })
        #expect(try await store.usage(since: now.wall - 86_400, by: .provider).total.requests == 2)
    }
}

struct RequestLogTests {
    @Test func `what is too many for rows is in the sums, also when the disk was away in between`() {
        let log = RequestLog(EventHub())
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
                    ),
                    of: table.routes[0]
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
