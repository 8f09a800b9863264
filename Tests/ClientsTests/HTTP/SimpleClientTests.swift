import NIOCore
import NIOPosix
import Testing

@testable import Clients

@Suite(.timeLimit(.minutes(2))) struct SimpleClientTests {
    private final class Names: Sendable {
        let names = NameResolver(threads: 2, lookup: Caller.loopback)
        deinit { names.shutdown() }
    }

    private let names = Names()
    private var client: SimpleClient { SimpleClient(group: MultiThreadedEventLoopGroup.singleton, names: names.names) }

    private func target(_ server: LoopbackServer) throws -> UpstreamTarget {
        try UpstreamTarget(url: "http://good.test:\(server.port)/v1", tls: nil)
    }

    @Test(arguments: [200, 404, 503]) func `status, fields and body come whole`(_ status: Int) async throws {
        let server = try await LoopbackServer.start { _ in
            [LoopbackServer.answer("hello", status: status, fields: "x: y\r\n")]
        }
        defer { server.stop() }
        let answer = try await client.request(
            "GET",
            "/models",
            at: try target(server),
            headers: [("authorization", "Bearer k")],
            timeout: .seconds(60)
        )
        #expect(answer.status == status)
        #expect(answer.head.first("x") == "y")
        #expect(String(buffer: answer.body) == "hello")
        let head = try #require(server.requests.first?.head)
        #expect(head.hasPrefix("GET /v1/models HTTP/1.1\r\nhost: good.test:\(server.port)\r\n"))
        #expect(head.contains("\r\nauthorization: Bearer k\r\n"))
        #expect(head.contains("\r\nconnection: close\r\n"))
        #expect(head.hasSuffix("\r\ncontent-length: 0"))
    }

    @Test func `a body goes out and an answer up to the close comes in`() async throws {
        let server = try await LoopbackServer.start { [.write("HTTP/1.1 200 OK\r\n\r\n\($0.body.count)"), .close] }
        defer { server.stop() }
        let body = ByteBuffer(repeating: 0x61, count: 50_000)
        let answer = try await client.request("POST", "", at: try target(server), body: body, timeout: .seconds(60))
        #expect(String(buffer: answer.body) == "50000")
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello"])
    func `an answer that does not come in time is a fault`(_ beginning: String) async throws {
        let server = try await LoopbackServer.start { _ in [.write(beginning)] }
        defer { server.stop() }
        let target = try target(server)
        do {
            _ = try await client.request("GET", "/", at: target, timeout: .milliseconds(200))
            Issue.record("answered")
        } catch SimpleClient.Fault.timeout {
            #expect(await server.waitForClose(of: 0))
        }
    }

    @Test(arguments: [(10, true), (11, false)]) func `an answer that is too long is a fault`(
        _ length: Int,
        _ fits: Bool
    ) async throws {
        let server = try await LoopbackServer.start { _ in
            [LoopbackServer.answer(String(repeating: "x", count: length))]
        }
        defer { server.stop() }
        do {
            let answer = try await client.request(
                "GET",
                "/",
                at: try target(server),
                timeout: .seconds(60),
                maxBytes: 10
            )
            #expect(fits && answer.body.readableBytes == length)
        } catch SimpleClient.Fault.tooLong {
            #expect(!fits)
            #expect(await server.waitForClose(of: 0))
        }
    }

    @Test func `a connection that fails is said so`() async throws {
        let server = try await LoopbackServer.start { _ in [.close] }
        defer { server.stop() }
        let target = try target(server)
        do {
            _ = try await client.request("GET", "/", at: target, timeout: .seconds(60))
            Issue.record("answered")
        } catch SimpleClient.Fault.upstream(let fault) {
            #expect(fault == .closedBeforeHead)
        }
        try await server.stopListening()
        do {
            _ = try await client.request("GET", "/", at: target, timeout: .seconds(60))
            Issue.record("answered")
        } catch SimpleClient.Fault.upstream(let fault) {
            guard case .cannotConnect = fault else {
                Issue.record("\(fault)")
                return
            }
        }
    }

    static let faults: [(fault: SimpleClient.Fault, text: String)] = [
        (.timeout, "no answer in time"), (.tooLong, "the answer is too long"),
        (.upstream(.cannotConnect("refused")), "no connection: refused"), (.upstream(.closedInBody), "closedInBody"),
    ]

    @Test(arguments: faults) func `a fault says what happened`(_ fault: SimpleClient.Fault, _ text: String) {
        #expect("\(fault)" == text)
    }
}
