import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Clients

@Suite(.timeLimit(.minutes(2))) struct NameResolverTests {
    private struct Unknown: Error {}

    /// Look-ups that are counted.
    private final class Counter: Sendable {
        private let counts = Mutex<[String: Int]>([:])

        func count(_ host: String) -> Int {
            counts.withLock { counts in
                counts[host, default: 0] += 1
                return counts[host, default: 0]
            }
        }

        subscript(_ host: String) -> Int { counts.withLock { $0[host, default: 0] } }
    }

    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    private static func address(_ text: String) throws -> SocketAddress { try SocketAddress(ipAddress: text, port: 0) }

    @Test func `an answer is kept for each family`() async throws {
        let counter = Counter()
        let names = NameResolver { host, family in
            _ = counter.count("\(host) \(family)")
            return [try Self.address(family == .ipv4 ? "127.0.0.1" : "::1")]
        }
        defer { names.shutdown() }
        for _ in 0..<3 {
            #expect(try await names.addresses(of: "a.test", .ipv4, on: loop).get() == [try Self.address("127.0.0.1")])
            #expect(try await names.addresses(of: "a.test", .ipv6, on: loop).get() == [try Self.address("::1")])
            #expect(try await names.addresses(of: "b.test", .ipv4, on: loop).get().count == 1)
        }
        #expect(counter["a.test ipv4"] == 1)
        #expect(counter["a.test ipv6"] == 1)
        #expect(counter["b.test ipv4"] == 1)
    }

    @Test func `a failure is not kept`() async throws {
        let counter = Counter()
        let names = NameResolver { host, _ in
            if counter.count(host) < 3 { throw Unknown() }
            return [try Self.address("127.0.0.1")]
        }
        defer { names.shutdown() }
        for _ in 0..<2 {
            await #expect(throws: Unknown.self) { try await names.addresses(of: "a.test", .ipv4, on: loop).get() }
        }
        #expect(try await names.addresses(of: "a.test", .ipv4, on: loop).get().count == 1)
        #expect(counter["a.test"] == 3)
    }

    @Test func `what is being asked is not asked twice`() async throws {
        let (counter, gate) = (Counter(), Gate())
        let names = NameResolver { host, _ in
            _ = counter.count(host)
            gate.wait()
            return [try Self.address("127.0.0.1")]
        }
        defer { names.shutdown() }
        let answers = (0..<20)
            .map { _ in
                names.addresses(of: "a.test", .ipv4, on: MultiThreadedEventLoopGroup.singleton.next())
            }
        gate.open()
        for answer in answers { #expect(try await answer.get().count == 1) }
        #expect(counter["a.test"] == 1)
    }

    @Test func `all who wait for a failure hear of it`() async throws {
        let gate = Gate()
        let names = NameResolver { _, _ in
            gate.wait()
            throw Unknown()
        }
        defer { names.shutdown() }
        let answers = (0..<5).map { _ in names.addresses(of: "a.test", .ipv4, on: loop) }
        gate.open()
        for answer in answers { await #expect(throws: Unknown.self) { try await answer.get() } }
    }

    @Test func `a name that hangs holds up no other`() async throws {
        let gate = Gate()
        defer { gate.open() }
        let names = NameResolver(threads: 4) { host, _ in
            if host == "hang.test" { gate.wait() }
            return [try Self.address("127.0.0.1")]
        }
        defer { names.shutdown() }
        let hanging = [NameResolver.Family.ipv4, .ipv6].map { names.addresses(of: "hang.test", $0, on: loop) }
        for place in 0..<10 {
            #expect(try await names.addresses(of: "\(place).test", .ipv4, on: loop).get().count == 1)
        }
        gate.open()
        for answer in hanging { #expect(try await answer.get().count == 1) }
    }

    @Test func `an answer comes on the loop that asked`() async throws {
        let names = NameResolver { _, _ in [try Self.address("127.0.0.1")] }
        defer { names.shutdown() }
        for _ in 0..<2 {
            let isOnLoop =
                try await loop.flatSubmit { [loop] in
                    names.addresses(of: "a.test", .ipv4, on: loop).map { _ in loop.inEventLoop }
                }
                .get()
            #expect(isOnLoop)
        }
    }

    @Test func `addresses for a connection carry its port`() async throws {
        let names = NameResolver { _, family in [try Self.address(family == .ipv4 ? "127.0.0.1" : "::1")] }
        defer { names.shutdown() }
        let resolver = ConnectionResolver(names: names, loop: loop)
        #expect(try await resolver.initiateAQuery(host: "a.test", port: 443).get().map(\.port) == [443])
        #expect(try await resolver.initiateAAAAQuery(host: "a.test", port: 8080).get().map(\.port) == [8080])
        #expect(try await names.addresses(of: "a.test", .ipv4, on: loop).get().map(\.port) == [0])
    }

    static let literals: [(host: String, ipv4: [String], ipv6: [String])] = [
        ("127.0.0.1", ["127.0.0.1"], []), ("::1", [], ["::1"]),
    ]

    @Test(arguments: literals) func `the system's look-up knows addresses of one family only`(
        _ host: String,
        _ ipv4: [String],
        _ ipv6: [String]
    ) throws {
        #expect(try NameResolver.system(host, .ipv4).compactMap(\.ipAddress) == ipv4)
        #expect(try NameResolver.system(host, .ipv6).compactMap(\.ipAddress) == ipv6)
    }
}
