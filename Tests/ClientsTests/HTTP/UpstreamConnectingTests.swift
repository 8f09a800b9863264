import NIOCore
import Testing

@testable import Clients

@Suite(.timeLimit(.minutes(2))) struct UpstreamConnectingTests {
    private static func target(_ server: LoopbackServer) throws -> UpstreamTarget {
        try UpstreamTarget(url: "http://good.test:\(server.port)/v1", tls: nil)
    }

    // MARK: No connection

    @Test func `a port where nobody listens is no connection`() async throws {
        let server = try await LoopbackServer.start { _ in [] }
        try await server.stopListening()
        let outcome = try await Caller().outcome(try Self.target(server))
        #expect(outcome.reason == "Connection refused")
        #expect(outcome.status == nil)
    }

    @Test func `a name that is not known is no connection, and is told after the call`() async throws {
        let caller = try await Caller { _, _ in [] }
        let target = try UpstreamTarget(url: "http://no.test", tls: nil)
        for _ in 0..<2 {
            let call = try await caller.call(target)
            #expect(!call.spokeAtOnce)
            #expect(await call.outcome().reason != nil)
        }
    }

    @Test func `a listener that does not accept is no connection after the time for it`() async throws {
        let full = try FullBacklog(host: "127.0.0.1")
        let caller = try await Caller(connectTimeout: .milliseconds(300))
        let target = try UpstreamTarget(url: "http://good.test:\(full.port)", tls: nil)
        #expect(try await caller.outcome(target).reason == "no connection in time")
    }

    // MARK: Several addresses

    @Test func `an address where nobody listens is passed over`() async throws {
        let server = try await LoopbackServer.start { [LoopbackServer.answer("\($0.body.count)")] }
        defer { server.stop() }
        let caller = try await Caller { _, family in
            guard family == .ipv4 else { return [] }
            return try ["127.0.0.3", "127.0.0.2", "127.0.0.1"].map { try SocketAddress(ipAddress: $0, port: 0) }
        }
        let target = try Self.target(server)
        #expect(try await caller.outcome(target, body: "abc").text == "3")
        #expect(try await caller.outcome(target, body: "ab").text == "2")
        #expect(server.accepted == 1)
    }

    @Test func `a host that listens on one family only is reached by it`() async throws {
        let lookup: NameResolver.Lookup = { _, family in
            [try SocketAddress(ipAddress: family == .ipv4 ? "127.0.0.1" : "::1", port: 0)]
        }
        for host in ["127.0.0.1", "::1"] {
            guard let server = try? await LoopbackServer.start(host: host, { _ in [LoopbackServer.answer("ok")] })
            else {
                continue
            }
            defer { server.stop() }
            let caller = try await Caller(lookup: lookup)
            let target = try Self.target(server)
            #expect(try await caller.outcome(target).text == "ok")
            #expect(try await caller.outcome(target).text == "ok")
            #expect(server.accepted == 1)
        }
    }

    @Test func `an address that does not answer is overtaken by one that does`() async throws {
        // Whether a port that is free at one address is free at another is a matter of luck.
        var pair: (full: FullBacklog, server: LoopbackServer)?
        for _ in 0..<20 where pair == nil {
            let full = try FullBacklog(host: "127.0.0.2")
            let server = try? await LoopbackServer.start(port: full.port) {
                [LoopbackServer.answer("\($0.body.count)")]
            }
            pair = server.map { (full, $0) }
        }
        let (full, server) = try #require(pair)
        defer { withExtendedLifetime(full) { server.stop() } }
        let caller = try await Caller { _, family in
            guard family == .ipv4 else { return [] }
            return try ["127.0.0.2", "127.0.0.1"].map { try SocketAddress(ipAddress: $0, port: 0) }
        }
        #expect(try await caller.outcome(try Self.target(server), body: "abc").text == "3")
    }

    @Test func `a name that hangs does not delay another`() async throws {
        let gate = Gate()
        let server = try await LoopbackServer.start { _ in [LoopbackServer.answer("ok")] }
        defer { server.stop() }
        let caller = try await Caller { host, family in
            if host == "hang.test" { gate.wait() }
            return try Caller.loopback(host, family)
        }
        defer { gate.open() }
        let hanging = try UpstreamTarget(url: "http://hang.test:\(server.port)", tls: nil)
        let first = try await caller.call(hanging)
        #expect(try await caller.outcome(try Self.target(server)).text == "ok")
        #expect(first.seen.isEmpty)
        gate.open()
        #expect(await first.outcome().text == "ok")
    }

    @Test func `a name that hangs is no connection after the time for it`() async throws {
        let gate = Gate()
        defer { gate.open() }
        let caller = try await Caller(connectTimeout: .milliseconds(200)) { _, _ in
            gate.wait()
            return []
        }
        let target = try UpstreamTarget(url: "http://hang.test", tls: nil)
        #expect(try await caller.outcome(target).reason != nil)
    }
}
