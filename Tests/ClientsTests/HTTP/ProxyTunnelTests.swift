import NIOCore
import Synchronization
import Testing

@testable import Clients

@Suite(.timeLimit(.minutes(2))) struct ProxyTunnelTests {
    /// A proxy that is its own provider: it opens the tunnel and then speaks TLS itself.
    private static func proxy(_ agreement: String = "HTTP/1.1 200 Connection established\r\n\r\n") async throws
        -> LoopbackServer
    {
        let tls = try Certificate.named.get().server
        return try await LoopbackServer.start { request in
            guard request.head.hasPrefix("CONNECT") else { return [LoopbackServer.answer("\(request.body.count)")] }
            return [.write(agreement), .beginTLS(tls)]
        }
    }

    private static func target(through proxy: String) throws -> UpstreamTarget {
        try UpstreamTarget(
            url: "https://good.test/v1",
            tls: Certificate.named.get().trusting(),
            proxies: ProxySettings(environment: ["HTTPS_PROXY": proxy])
        )
    }

    static let agreements = [
        "HTTP/1.1 200 Connection established\r\n\r\n", "HTTP/1.0 200 OK\r\nproxy-agent: x\r\n\r\n",
        "HTTP/1.1 204 \r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
    ]

    @Test(arguments: agreements) func `a proxy is asked for a tunnel, and TLS goes through it`(_ agreement: String)
        async throws
    {
        let proxy = try await Self.proxy(agreement)
        defer { proxy.stop() }
        let asked = Mutex<Set<String>>([])
        let caller = try await Caller { host, family in
            asked.withLock { _ = $0.insert(host) }
            return try Caller.loopback(host, family)
        }
        let target = try Self.target(through: "http://proxy.test:\(proxy.port)")
        #expect(try await caller.outcome(target, path: "/chat", body: "abc").text == "3")
        #expect(
            proxy.requests.map(\.head) == [
                "CONNECT good.test:443 HTTP/1.1\r\nhost: good.test:443",
                "POST /v1/chat HTTP/1.1\r\nhost: good.test\r\ncontent-length: 3",
            ]
        )
        // The tunnel is kept like any connection, and the provider's name is the proxy's to look up.
        #expect(try await caller.outcome(target, body: "ab").text == "2")
        #expect(proxy.accepted == 1)
        #expect(asked.withLock { $0 } == ["proxy.test"])
    }

    @Test func `a proxy hears who asks, the provider does not`() async throws {
        let proxy = try await Self.proxy()
        defer { proxy.stop() }
        let target = try Self.target(through: "http://user:p%40ss@proxy.test:\(proxy.port)")
        #expect(try await Caller().outcome(target, body: "abc").text == "3")
        #expect(proxy.requests.map { $0.head.contains("proxy-authorization: Basic dXNlcjpwQHNz") } == [true, false])
    }

    @Test(arguments: [407, 403, 502]) func `a proxy that refuses is no connection`(_ status: Int) async throws {
        let proxy = try await LoopbackServer.start { _ in
            [LoopbackServer.answer("no", status: status, fields: "proxy-authenticate: Basic\r\n")]
        }
        defer { proxy.stop() }
        let caller = try await Caller()
        let call = try await caller.call(try Self.target(through: "http://proxy.test:\(proxy.port)"))
        #expect(await call.outcome().reason?.contains("\(status)") == true)
        #expect(!call.seen.contains(.connected))
        #expect(proxy.requests.count == 1)
        #expect(await proxy.waitForClose(of: 0))
    }

    @Test(arguments: ["", "HTTP/1.1 200", "SSH-2.0\r\n\r\n", "HTTP/1.1 200 OK\n\n"])
    func `a proxy that leaves or speaks otherwise is no connection`(_ answer: String) async throws {
        let proxy = try await LoopbackServer.start { _ in [.write(answer), .close] }
        defer { proxy.stop() }
        let outcome = try await Caller().outcome(try Self.target(through: "http://proxy.test:\(proxy.port)"))
        #expect(outcome.reason != nil)
    }

    @Test func `an agreement in crumbs is one`() async throws {
        let tls = try Certificate.named.get().server
        let proxy = try await LoopbackServer.start { request in
            guard request.head.hasPrefix("CONNECT") else { return [LoopbackServer.answer("ok")] }
            return "HTTP/1.1 200 OK\r\n\r\n".map(String.init).flatMap { [.write($0), .yield] } + [.beginTLS(tls)]
        }
        defer { proxy.stop() }
        #expect(try await Caller().outcome(try Self.target(through: "http://proxy.test:\(proxy.port)")).text == "ok")
    }

    @Test func `the provider's certificate is checked through the tunnel`() async throws {
        let proxy = try await Self.proxy()
        defer { proxy.stop() }
        let target = try UpstreamTarget(
            url: "https://wrong.test",
            tls: Certificate.named.get().trusting(),
            proxies: ProxySettings(environment: ["HTTPS_PROXY": "http://proxy.test:\(proxy.port)"])
        )
        #expect(try await Caller().outcome(target).reason?.contains("TLS") == true)
        #expect(proxy.requests.count == 1)
    }
}
