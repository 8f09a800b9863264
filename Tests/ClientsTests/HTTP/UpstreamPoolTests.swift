import NIOCore
import Synchronization
import Testing

@testable import Clients

@Suite(.timeLimit(.minutes(2))) struct UpstreamPoolTests {
    private static func target(_ server: LoopbackServer) throws -> UpstreamTarget {
        try UpstreamTarget(url: "http://good.test:\(server.port)/v1", tls: nil)
    }

    // MARK: Calls

    @Test func `a request goes out whole and its answer comes in order`() async throws {
        let server = try await LoopbackServer.start { _ in [LoopbackServer.answer("hello")] }
        defer { server.stop() }
        let caller = try await Caller()
        let call = try await caller.call(try Self.target(server), path: "/x", body: "{\"a\":1}")
        let outcome = await call.outcome()
        #expect(outcome == Outcome(status: 200, body: Array("hello".utf8), last: .ended))
        #expect(call.seen == [.connected, .head(200), .body(Array("hello".utf8)), .ended])
        let request = try #require(server.requests.first)
        #expect(request.head == "POST /v1/x HTTP/1.1\r\nhost: good.test:\(server.port)\r\ncontent-length: 7")
        #expect(request.body == Array("{\"a\":1}".utf8))
    }

    @Test(arguments: [0, 1, 16 * 1024, 16 * 1024 + 1, 1_000_000]) func `bodies of any size arrive`(_ size: Int)
        async throws
    {
        let server = try await LoopbackServer.start { [LoopbackServer.answer("\($0.body.count)")] }
        defer { server.stop() }
        let body = String(repeating: "x", count: size)
        let outcome = try await Caller().outcome(try Self.target(server), body: body)
        #expect(outcome.text == "\(size)")
        #expect(server.requests.first?.body.count == size)
    }

    @Test func `an answer in crumbs is one answer`() async throws {
        let answer =
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx: y\r\n\r\n"
        let server = try await LoopbackServer.start { _ in
            answer.map(String.init).flatMap { [.write($0), .yield] }
        }
        defer { server.stop() }
        let caller = try await Caller()
        let target = try Self.target(server)
        for _ in 0..<3 {
            let outcome = try await caller.outcome(target)
            #expect(outcome == Outcome(status: 200, body: Array("hello".utf8), last: .ended))
        }
        #expect(server.accepted == 1)
    }

    @Test func `bytes that are no response are a fault and end the connection`() async throws {
        let server = try await LoopbackServer.start { _ in [.write("HTTP/1.1 200 OK\ncontent-length: 0\n\n")] }
        defer { server.stop() }
        let caller = try await Caller()
        let outcome = try await caller.outcome(try Self.target(server))
        #expect(outcome.fault == .malformed(.badField))
        #expect(await server.waitForClose(of: 0))
    }

    // MARK: Connections that are kept

    @Test func `a connection is used again, the one used last first`() async throws {
        let server = try await LoopbackServer.start { request in [LoopbackServer.answer("\(request.connection)")] }
        defer { server.stop() }
        let caller = try await Caller()
        let target = try Self.target(server)
        for _ in 0..<5 { #expect(try await caller.outcome(target).text == "0") }
        for call in try await caller.calls(3, to: target) { #expect(await call.outcome().hasEnded) }
        #expect(server.accepted == 3)
        #expect(server.requests.count == 8)
        _ = try await caller.outcome(target)
        #expect(server.accepted == 3)
    }

    @Test func `targets do not share connections`() async throws {
        let server = try await LoopbackServer.start { _ in [LoopbackServer.answer("")] }
        defer { server.stop() }
        let caller = try await Caller()
        for _ in 0..<2 { _ = try await caller.outcome(try Self.target(server)) }
        #expect(server.accepted == 2)
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok",
        "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokay",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 204 No\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ]) func `a connection that is not safe to use again is closed`(_ answer: String) async throws {
        let server = try await LoopbackServer.start { _ in [.write(answer)] }
        defer { server.stop() }
        let caller = try await Caller()
        let target = try Self.target(server)
        for round in 0..<2 {
            #expect(try await caller.outcome(target).hasEnded)
            #expect(await server.waitForClose(of: round))
        }
        #expect(server.accepted == 2)
    }

    @Test func `what an idle connection says ends it`() async throws {
        let server = try await LoopbackServer.start { request in
            [LoopbackServer.answer("ok"), .yield, .yield, .write("HTTP/1.1 408 Timeout\r\ncontent-length: 0\r\n\r\n")]
        }
        defer { server.stop() }
        let caller = try await Caller()
        let target = try Self.target(server)
        #expect(try await caller.outcome(target).text == "ok")
        #expect(await server.waitForClose(of: 0))
        #expect(try await caller.outcome(target).text == "ok")
        #expect(server.accepted == 2)
    }

    @Test func `idle connections are closed when asked`() async throws {
        let server = try await LoopbackServer.start { _ in [LoopbackServer.answer("ok")] }
        defer { server.stop() }
        let caller = try await Caller()
        let target = try Self.target(server)
        _ = try await caller.outcome(target)
        try await caller.closeIdle()
        #expect(await server.waitForClose(of: 0))
        #expect(try await caller.outcome(target).hasEnded)
    }

    // MARK: Connections that die

    @Test(arguments: [false, true])
    func `a kept connection that was closed meanwhile is no failure`(_ isReset: Bool) async throws {
        let server = try await LoopbackServer.start { request in
            request.connection == 0
                ? [LoopbackServer.answer("first"), .yield, isReset ? .reset : .close]
                : [LoopbackServer.answer("second")]
        }
        defer { server.stop() }
        let caller = try await Caller()
        let target = try Self.target(server)
        #expect(try await caller.outcome(target).text == "first")
        #expect(await server.waitForClose(of: 0))
        let second = try await caller.call(target)
        #expect(await second.outcome().text == "second")
        #expect(second.seen.count { $0.isLast } == 1)
    }

    @Test(arguments: [false, true])
    func `a kept connection that closes on the request is replaced once`(_ isReset: Bool) async throws {
        let server = try await LoopbackServer.start { request in
            switch (request.connection, request.number) {
            case (0, 0): [LoopbackServer.answer("first")]
            case (0, _): [isReset ? .reset : .close]
            default: [LoopbackServer.answer("\(request.body.count)")]
            }
        }
        defer { server.stop() }
        let caller = try await Caller()
        let target = try Self.target(server)
        #expect(try await caller.outcome(target).text == "first")
        let second = try await caller.call(target, path: "/second", body: "body")
        #expect(await second.outcome().text == "4")
        #expect(!second.seen.contains { if case .failed = $0 { true } else { false } })
        #expect(server.requests.map(\.connection) == [0, 0, 1])
        #expect(server.requests.last?.head.hasPrefix("POST /v1/second ") == true)
        // The new one is kept.
        #expect(try await caller.outcome(target, body: "bod").text == "3")
        #expect(server.accepted == 2)
    }

    @Test func `the replacement is not replaced`() async throws {
        let server = try await LoopbackServer.start { request in
            request.connection == 0 && request.number == 0 ? [LoopbackServer.answer("first")] : [.close]
        }
        defer { server.stop() }
        let caller = try await Caller()
        let target = try Self.target(server)
        _ = try await caller.outcome(target)
        #expect(try await caller.outcome(target).fault == .closedBeforeHead)
        #expect(server.requests.map(\.connection) == [0, 0, 1])
    }

    @Test(arguments: [false, true]) func `a fresh connection that closes is a failure`(_ isReset: Bool) async throws {
        let server = try await LoopbackServer.start { _ in [isReset ? .reset : .close] }
        defer { server.stop() }
        #expect(try await Caller().outcome(try Self.target(server)).fault == .closedBeforeHead)
        #expect(server.accepted == 1)
    }

    @Test(arguments: ["H", "HTTP/1.1 200 OK\r\ncontent-le", "HTTP/1.1 100 Continue\r\n\r\n"])
    func `a kept connection that closes in the head is not replaced`(_ beginning: String) async throws {
        let server = try await LoopbackServer.start { request in
            request.number == 0 ? [LoopbackServer.answer("first")] : [.write(beginning), .close]
        }
        defer { server.stop() }
        let caller = try await Caller()
        let target = try Self.target(server)
        _ = try await caller.outcome(target)
        #expect(try await caller.outcome(target).fault == .closedBeforeHead)
        #expect(server.accepted == 1)
    }

    static let cuts = [
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
    ]

    @Test(arguments: cuts, [false, true])
    func `a connection that closes in the body has cut it`(_ beginning: String, _ isReset: Bool) async throws {
        let server = try await LoopbackServer.start { request in
            request.number == 0 ? [LoopbackServer.answer("first")] : [.write(beginning)]
        }
        defer { server.stop() }
        let caller = try await Caller()
        let target = try Self.target(server)
        _ = try await caller.outcome(target)
        let call = try await caller.call(target)
        #expect(await call.waitForHead())
        try await caller.turn()
        server.play(isReset ? .reset : .close, on: 0)
        #expect(await call.outcome().fault == .closedInBody)
        #expect(server.accepted == 1)
    }

    @Test(arguments: [false, true])
    func `a body up to the close is whole after a close and cut after a reset`(_ isReset: Bool) async throws {
        let server = try await LoopbackServer.start { _ in [.write("HTTP/1.1 200 OK\r\nserver: x\r\n\r\nhello")] }
        defer { server.stop() }
        let caller = try await Caller()
        let call = try await caller.call(try Self.target(server))
        #expect(await call.waitForHead())
        try await caller.turn()
        #expect(call.bodyLength == 5)
        server.play(isReset ? .reset : .close, on: 0)
        #expect(await call.outcome().last == (isReset ? .failed(.closedInBody) : .ended))
    }

    // MARK: Leaving

    @Test func `a cancelled call says no more and its connection is closed`() async throws {
        let server = try await LoopbackServer.start { request in
            request.connection == 0
                ? [.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhello")] : [LoopbackServer.answer("ok")]
        }
        defer { server.stop() }
        let caller = try await Caller()
        let target = try Self.target(server)
        let call = try await caller.call(target)
        #expect(await call.waitForHead())
        try await call.cancel()
        let count = call.seen.count
        #expect(await server.waitForClose(of: 0))
        try await caller.turn()
        #expect(call.seen.count == count)
        #expect(try await caller.outcome(target).text == "ok")
    }

    @Test func `a call cancelled before its connection stands leaves none behind`() async throws {
        let gate = Gate()
        let server = try await LoopbackServer.start { _ in [LoopbackServer.answer("ok")] }
        defer { server.stop() }
        let caller = try await Caller { host, family in
            if host == "slow.test" { gate.wait() }
            return try Caller.loopback(host, family)
        }
        defer { gate.open() }
        let call = try await caller.call(try UpstreamTarget(url: "http://slow.test:\(server.port)", tls: nil))
        try await call.cancel()
        gate.open()
        #expect(
            try await caller.outcome(try UpstreamTarget(url: "http://slow.test:\(server.port)", tls: nil)).text == "ok"
        )
        // What connected all the same is closed without a word.
        let used = try #require(server.requests.first).connection
        #expect(await server.wait { if case .closed(let other) = $0 { other != used } else { false } })
        #expect(server.requests.count == 1)
        #expect(call.seen.isEmpty)
    }

    @Test func `a call may be cancelled in any of its events`() async throws {
        let server = try await LoopbackServer.start { _ in
            [.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n")]
        }
        defer { server.stop() }
        let caller = try await Caller()
        let target = try Self.target(server)
        for (place, moment) in [Seen.connected, .head(200), .body(Array("ab".utf8))].enumerated() {
            let call = try await caller.call(target) { seen, call in
                if seen == moment { call.cancel() }
            }
            #expect(await server.waitForClose(of: place))
            try await caller.turn()
            #expect(call.seen.last == moment)
        }
    }

    @Test func `an answer nobody waits for is read to its end and its connection kept`() async throws {
        let server = try await LoopbackServer.start { request in
            switch (request.connection, request.number) {
            case (0, 0): [.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello")]
            case (0, _): [LoopbackServer.answer("second")]
            default: [LoopbackServer.answer("other")]
            }
        }
        defer { server.stop() }
        let caller = try await Caller()
        let target = try Self.target(server)
        let finished = Mutex(false)
        let call = try await caller.call(target) { seen, call in
            if case .head = seen {
                call.letFinish()
                finished.withLock { $0 = true }
            }
        }
        #expect(await call.waitForHead())
        #expect(finished.withLock { $0 })
        server.play(.write("there"), on: 0)
        // Whether the rest has arrived is for the loop to find out: until then calls open other connections. Of more calls
        // than there are others, one is over this one as soon as it is free; it stays so as long as others leave it a place.
        var texts: [String] = []
        for _ in 0..<50 where !texts.contains("second") {
            if !texts.isEmpty { try await Task.sleep(for: .milliseconds(100)) }
            for call in try await caller.calls(server.accepted, to: target) { texts.append(await call.outcome().text) }
        }
        #expect(texts.contains("second"))
        #expect(!call.seen.contains(.ended))
    }

    @Test func `an answer nobody waits for that does not end is closed`() async throws {
        let server = try await LoopbackServer.start { _ in
            [.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello")]
        }
        defer { server.stop() }
        let caller = try await Caller()
        let call = try await caller.call(try Self.target(server))
        #expect(await call.waitForHead())
        try await call.letFinish()
        #expect(await server.waitForClose(of: 0))
    }

    /// The connection of a call that has ended serves the next one: the first has no say in it any more.
    @Test(arguments: ["cancel", "letFinish", "pause"])
    func `a call that has ended leaves its connection alone`(_ action: String) async throws {
        let server = try await LoopbackServer.start { request in
            switch request.number {
            case 0: [LoopbackServer.answer("first")]
            default: [.write("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nsec")]
            }
        }
        defer { server.stop() }
        let caller = try await Caller()
        let target = try Self.target(server)
        let first = try await caller.call(target)
        #expect(await first.outcome().hasEnded)
        let second = try await caller.call(target)
        #expect(await second.waitForHead())
        switch action {
        case "cancel": try await first.cancel()
        case "letFinish": try await first.letFinish()
        default: try await first.pause()
        }
        // Longer than an answer that nobody waits for is given.
        try await Task.sleep(for: .milliseconds(action == "letFinish" ? 2300 : 1))
        #expect(server.accepted == 1)
        try await caller.turn()
        server.play(.write("nd"), on: 0)
        #expect(await second.outcome().hasEnded)
    }

    @Test func `a call in the last event of another goes over the same connection`() async throws {
        let server = try await LoopbackServer.start { request in [LoopbackServer.answer("\(request.connection)")] }
        defer { server.stop() }
        let caller = try await Caller()
        let target = try Self.target(server)
        let later = Mutex<Conversation?>(nil)
        let first = try await caller.call(target) { [weak caller] seen, call in
            guard seen == .ended, let caller else { return }
            later.withLock { $0 = caller.callOnLoop(target) }
            call.letFinish()
        }
        #expect(await first.outcome().text == "0")
        let second = try #require(later.withLock { $0 })
        #expect(await second.outcome().text == "0")
        #expect(server.accepted == 1)
    }

    // MARK: Back-pressure

    @Test func `a paused call stops reading and a resumed one reads on`() async throws {
        let piece = ByteBuffer(repeating: UInt8(ascii: "x"), count: 1024 * 1024)
        let total = 64 * piece.readableBytes
        let server = try await LoopbackServer.start { _ in
            [.write("HTTP/1.1 200 OK\r\ncontent-length: \(total)\r\n\r\n"), .pour(piece, times: 64)]
        }
        defer { server.stop() }
        let caller = try await Caller()
        let call = try await caller.call(try Self.target(server)) { seen, call in
            if case .head = seen { call.pause() }
        }
        #expect(await call.waitForHead())
        #expect(await server.wait { if case .stalled = $0 { true } else { false } })
        try await caller.turn()
        let length = call.bodyLength
        try await caller.turn(200)
        #expect(call.bodyLength == length)
        #expect(!server.hasFlushed)
        try await call.resume()
        #expect(await call.outcome().hasEnded)
        #expect(call.bodyLength == total)
        #expect(await server.wait { if case .flushed = $0 { true } else { false } })
    }

    @Test func `a connection goes back to its pool unpaused`() async throws {
        let server = try await LoopbackServer.start { _ in [LoopbackServer.answer("ok")] }
        defer { server.stop() }
        let caller = try await Caller()
        let target = try Self.target(server)
        for _ in 0..<3 {
            let call = try await caller.call(target) { seen, call in
                if case .body = seen { call.pause() }
            }
            #expect(await call.outcome().text == "ok")
        }
        #expect(server.accepted == 1)
    }

    // MARK: The socket

    @Test func `small writes are not held back`() async throws {
        let server = try await LoopbackServer.start { _ in [LoopbackServer.answer("ok")] }
        defer { server.stop() }
        let caller = try await Caller()
        _ = try await caller.outcome(try Self.target(server))
        let options = Sockets.noDelay(towards: server.port)
        #expect(options == [true])
    }
}
