import NIOCore
import Synchronization
import Testing

@testable import Clients

@Suite(.timeLimit(.minutes(2))) struct UpstreamTLSTests {
    @Test(arguments: ["good.test", "localhost", "127.0.0.1"])
    func `a provider whose certificate is trusted is called`(_ host: String) async throws {
        let certificate = try (host == "127.0.0.1" ? Certificate.numbered : Certificate.named).get()
        let server = try await LoopbackServer.start(tls: certificate.server) {
            [LoopbackServer.answer("\($0.body.count)")]
        }
        defer { server.stop() }
        let caller = try await Caller()
        let target = try UpstreamTarget(url: "https://\(host):\(server.port)/v1", tls: certificate.trusting())
        let call = try await caller.call(target, body: String(repeating: "x", count: 100_000))
        #expect(await call.outcome().text == "100000")
        #expect(call.seen.first == .connected)
        #expect(try await caller.outcome(target, body: "abc").text == "3")
        #expect(server.accepted == 1)
    }

    @Test func `a certificate for another name is refused`() async throws {
        let certificate = try Certificate.named.get()
        let server = try await LoopbackServer.start(tls: certificate.server) { _ in [LoopbackServer.answer("")] }
        defer { server.stop() }
        let target = try UpstreamTarget(url: "https://wrong.test:\(server.port)", tls: certificate.trusting())
        let reason = try await Caller().outcome(target).reason
        #expect(reason?.contains("TLS") == true)
        #expect(server.requests.isEmpty)
    }

    @Test func `a certificate nobody vouches for is refused`() async throws {
        let certificate = try Certificate.named.get()
        let server = try await LoopbackServer.start(tls: certificate.server) { _ in [LoopbackServer.answer("")] }
        defer { server.stop() }
        let target = try UpstreamTarget(url: "https://good.test:\(server.port)", tls: UpstreamTLS())
        let reason = try await Caller().outcome(target).reason
        #expect(reason?.contains("TLS") == true)
        #expect(server.requests.isEmpty)
    }

    @Test func `a server that speaks no TLS is no connection`() async throws {
        let server = try await LoopbackServer.start { _ in [] }
        defer { server.stop() }
        let caller = try await Caller()
        let target = try UpstreamTarget(
            url: "https://good.test:\(server.port)",
            tls: Certificate.named.get().trusting()
        )
        let call = try await caller.call(target)
        #expect(await server.wait { if case .accepted = $0 { true } else { false } })
        server.play(.write("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"), .close, on: 0)
        #expect(await call.outcome().reason != nil)
    }

    @Test func `a server that leaves during the handshake is no connection`() async throws {
        let server = try await LoopbackServer.start { _ in [] }
        defer { server.stop() }
        let caller = try await Caller()
        let target = try UpstreamTarget(
            url: "https://good.test:\(server.port)",
            tls: Certificate.named.get().trusting()
        )
        let call = try await caller.call(target)
        #expect(await server.wait { if case .accepted = $0 { true } else { false } })
        server.play(.close, on: 0)
        #expect(await call.outcome().reason != nil)
        #expect(!call.seen.contains(.connected))
    }

    @Test func `a kept connection that closes on the request is replaced under TLS too`() async throws {
        let certificate = try Certificate.named.get()
        let server = try await LoopbackServer.start(tls: certificate.server) { request in
            request.connection == 0 && request.number == 1 ? [.reset] : [LoopbackServer.answer("\(request.connection)")]
        }
        defer { server.stop() }
        let caller = try await Caller()
        let target = try UpstreamTarget(url: "https://good.test:\(server.port)", tls: certificate.trusting())
        #expect(try await caller.outcome(target).text == "0")
        #expect(try await caller.outcome(target).text == "1")
    }

    @Test func `several addresses are tried under TLS too`() async throws {
        let certificate = try Certificate.named.get()
        let server = try await LoopbackServer.start(tls: certificate.server) { _ in [LoopbackServer.answer("ok")] }
        defer { server.stop() }
        let caller = try await Caller { _, family in
            guard family == .ipv4 else { return [] }
            return try ["127.0.0.2", "127.0.0.1"].map { try SocketAddress(ipAddress: $0, port: 0) }
        }
        let target = try UpstreamTarget(url: "https://good.test:\(server.port)", tls: certificate.trusting())
        #expect(try await caller.outcome(target).text == "ok")
    }
}
