import Clients
import Testing

@testable import Relay

/// Failed routes, tried by Relay itself.
struct RouteProbeTests {
    private typealias Member = RelayUnderTest.Member
    private typealias Entry = RelayUnderTest.Entry

    /// With a breaker that opens at the first failure and allows a trial at once.
    private static func run(_ members: [Member], _ body: (RelayUnderTest, RouteProbe) async throws -> Void) async throws
    {
        let settings: @Sendable (inout Settings) -> Void = {
            $0.circuitBreaker.failureThreshold = 1
            $0.circuitBreaker.cooldownSeconds = 0.01
        }
        try await RelayUnderTest.run(members, settings: settings) { relay in
            try await body(relay, RouteProbe(relay.running.boot.client, longestGap: 900))
        }
    }

    private static func status(_ relay: RelayUnderTest, _ place: Int = 0) -> RouteStatus {
        let route = relay.gateway.chain.dispatch.table.routes[place]
        return route.account.snapshot(slot: route.slot, at: .read())
    }

    /// Has the first route fail and waits until it may be tried.
    private static func fail(_ relay: RelayUnderTest) async throws {
        relay.providers[0].play(.status(500, body: ""))
        #expect(try await relay.ask().response.header("x-gateway-provider") == "Two")
        #expect(status(relay).breaker != .closed)
        try await eventually { status(relay).state == .available }
    }

    @Test(arguments: Tongue.all)
    func `a route that has recovered is found before a client finds it`(tongue: Tongue) async throws {
        try await Self.run([tongue.member { _ in }, Member("Two")]) { relay, probe in
            let chain = relay.gateway.chain
            #expect(await probe.tryOne(of: chain) == nil)
            try await Self.fail(relay)
            let calls = relay.providers[0].calls.count
            let tried = await probe.tryOne(of: chain)
            #expect(tried === chain.dispatch.table.routes[0])
            #expect(relay.providers[0].calls.count == calls + 1)
            #expect(Self.status(relay).breaker == .closed)
            #expect(await probe.tryOne(of: chain) == nil)
            #expect(try await relay.ask().response.header("x-gateway-provider") == "One")
        }
    }

    @Test func `one that still fails is left alone for longer`() async throws {
        try await Self.run([Member("One"), Member("Two")]) { relay, probe in
            try await Self.fail(relay)
            relay.providers[0].play(.status(500, body: ""))
            #expect(await probe.tryOne(of: relay.gateway.chain) != nil)
            try await eventually { Self.status(relay).state == .available }
            #expect(Self.status(relay).breaker != .closed)
            #expect(await probe.tryOne(of: relay.gateway.chain) == nil)
        }
    }

    @Test(arguments: [(499, 0), (500, 1)])
    func `a small day is left to the clients`(limit: Int, trials: Int) async throws {
        let model = Entry("one-model", more: #""limits":{"requests_per_day":\#(limit)}"#)
        try await Self.run([Member("One", models: [model]), Member("Two")]) { relay, probe in
            try await Self.fail(relay)
            let calls = relay.providers[0].calls.count
            await probe.tryOne(of: relay.gateway.chain)
            #expect(relay.providers[0].calls.count == calls + trials)
        }
    }

    @Test func `an answer that is none is no recovery`() async throws {
        try await Self.run([Member("One"), Member("Two")]) { relay, probe in
            try await Self.fail(relay)
            relay.providers[0].play(.status(200, body: "<html>welcome</html>"))
            #expect(await probe.tryOne(of: relay.gateway.chain) != nil)
            #expect(Self.status(relay).breaker != .closed)
        }
    }
}
