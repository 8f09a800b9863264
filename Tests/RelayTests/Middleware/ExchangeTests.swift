import Clients
import NIOCore
import Testing

@testable import Relay

/// The exchange as the value that it is: time is an argument, so nothing here sleeps.
struct ExchangeTests {
    typealias Run = ExchangeRun

    private static let times: @Sendable (inout Settings) -> Void = { settings in
        settings.http.connectTimeoutSeconds = 5
        settings.http.firstByteTimeoutSeconds = 30
        settings.http.streamIdleTimeoutSeconds = 20
    }

    // MARK: Times

    @Test(arguments: [Run.whole, Run.stream])
    func `a provider that does not let itself be connected to gives way`(_ body: String) async throws {
        var run = try await Run(body, settings: Self.times)
        #expect(run.calls == ["One/one-model"] && run.deadline == 5)
        run.advance(to: 4.9)
        #expect(run.calls.count == 1)
        run.advance(to: 5)
        #expect(run.calls == ["One/one-model", "Two/two-model"] && run.cancelled == 1 && !run.hasEnded)
    }

    @Test func `a provider that does not answer gives way`() async throws {
        var run = try await Run(Run.whole, settings: Self.times)
        run.seconds(1)
        run.connect()
        run.advance(to: 30.9)
        #expect(run.calls.count == 1)
        run.advance(to: 31)
        #expect(run.calls.count == 2 && run.cancelled == 1)
        try run.answer(200, Self.answer)
        #expect(try run.response().header("x-fallback-trail") == "One/one-model=timeout")
    }

    @Test func `a stream that says nothing meaningful gives way`() async throws {
        var run = try await Run(Run.stream, settings: Self.times)
        run.connect()
        try run.head()
        for second in stride(from: 1.0, to: 30, by: 2) {
            run.advance(to: second)
            run.event(Run.role)
            run.body(": ping\n\n")
        }
        #expect(run.calls.count == 1)
        run.advance(to: 30)
        #expect(run.calls.count == 2 && run.cancelled == 1)
    }

    @Test func `a committed stream may pause, but not for long`() async throws {
        var run = try await Run(Run.stream, settings: Self.times)
        run.connect()
        try run.head()
        run.event(Run.text)
        #expect(run.phase == .streaming)
        for second in stride(from: 15.0, to: 200, by: 15) {
            run.advance(to: second)
            run.event(Run.text)
        }
        #expect(!run.hasEnded)
        run.advance(to: run.now(plus: 20))
        #expect(run.hasEnded && run.cancelled == 1 && run.calls.count == 1)
        let answer = ChatAnswer(try run.response())
        #expect(answer.error?["code"]?.string == "stream_interrupted" && !answer.isDone && answer.finishReasons.isEmpty)
        #expect(answer.response.end == .complete)
    }

    @Test func `the whole call has a time too, where the settings say so`() async throws {
        var run = try await Run(Run.stream) { settings in
            Self.times(&settings)
            settings.http.totalTimeoutSeconds = 40
        }
        run.connect()
        try run.head()
        for second in stride(from: 0.0, to: 40, by: 5) {
            run.advance(to: second)
            run.event(Run.text)
        }
        #expect(!run.hasEnded)
        run.advance(to: 40)
        let answer = ChatAnswer(try run.response())
        #expect(run.hasEnded && answer.error != nil)
    }

    @Test func `the catalog may give a provider more time`() async throws {
        let slow = RelayUnderTest.Member("Slow", more: #""timeouts":{"first_byte_seconds":120}"#)
        var run = try await Run(Run.whole, members: [slow, .init("Two")], settings: Self.times)
        run.connect()
        run.advance(to: 119)
        #expect(run.calls.count == 1)
        run.advance(to: 120)
        #expect(run.calls.count == 2)
    }

    // MARK: The pin

    /// A session's pin is called without looking at the others; when it does not serve, these are ordered as they stand then.
    @Test func `after its pin a session goes to the others, and to the pin no second time`() async throws {
        let chain = try await Run.chain([.init("One"), .init("Two"), .init("Three")])
        func ask(at start: Now) throws -> Run {
            try Run(Run.whole, chain: chain, session: "a", at: start)
        }
        var first = try ask(at: QuotaClock.at(0))
        try first.answer(503, "{}")
        try first.answer(200, Self.answer)
        let pin = try #require(first.calls.last)
        #expect(first.calls.count == 2)

        var second = try ask(at: QuotaClock.at(60))
        #expect(second.calls == [pin])
        // Meanwhile another route's limit is known to be reached.
        var other = try Run(Run.whole, chain: chain, at: QuotaClock.at(60))
        while other.calls.last == pin { try other.answer(503, "{}") }
        let limited = try #require(other.calls.last)
        try other.answer(429, "{}", "Retry-After: 300\r\n")
        try other.answer(200, Self.answer)

        try second.answer(503, "{}")
        #expect(second.calls.count == 2 && second.calls[1] != pin && second.calls[1] != limited)
        try second.answer(200, Self.answer)
        #expect(second.hasEnded)

        var third = try ask(at: QuotaClock.at(61))
        #expect(third.calls == [second.calls[1]])
        try third.answer(200, Self.answer)
    }

    @Test func `a pin that is the last to fail leaves nobody out`() async throws {
        let chain = try await Run.chain([.init("One"), .init("Two"), .init("Three")])
        var first = try Run(Run.whole, chain: chain, session: "a", at: QuotaClock.at(0))
        try first.answer(200, Self.answer)
        var second = try Run(Run.whole, chain: chain, session: "a", at: QuotaClock.at(1))
        for _ in 0..<3 { try second.answer(404, #"{"error":{"code":"model_not_found","message":"no such model"}}"#) }
        #expect(Set(second.calls.prefix(3)).count == 3 && second.calls.first == first.calls.first)
    }

    // MARK: Silence

    @Test func `silence is broken every ten seconds`() async throws {
        var run = try await Run(Run.stream, settings: { $0.http.timeoutSeconds = 100 })
        run.connect()
        run.advance(to: 9.9)
        #expect(run.written.isEmpty)
        run.advance(to: 10)
        var answer = ChatAnswer(try run.response())
        #expect(answer.status == 200 && answer.comments == ["keep-alive"] && answer.response.isStream)
        #expect(answer.response.header("x-routed-via") == nil && answer.response.header("x-request-id") == "req_test")
        run.advance(to: 20)
        #expect(ChatAnswer(try run.response()).comments == ["keep-alive", "keep-alive"])
        try run.head()
        run.event(Run.text)
        run.advance(to: 29.9)
        run.event(Run.text)
        run.advance(to: 39.8)
        run.event(Run.finish)
        run.event("[DONE]")
        answer = ChatAnswer(try run.response())
        // What the head could not say any more stands in a comment before the first event.
        let route = answer.comments.first { $0.contains("x-routed-via") }
        #expect(route?.contains("One/one-model") == true && answer.comments.count == 3)
        #expect(answer.content == "Paris is the capital.Paris is the capital." && answer.isDone && run.hasEnded)
    }

    @Test func `a whole answer is never begun early`() async throws {
        var run = try await Run(Run.whole, settings: { $0.http.timeoutSeconds = 100 })
        run.connect()
        run.advance(to: 99)
        #expect(run.written.isEmpty)
        try run.answer(200, Self.answer)
        #expect(try run.response().text == Self.answer)
    }

    @Test func `the next candidate still takes over behind an early head`() async throws {
        var run = try await Run(Run.stream)
        run.connect()
        run.advance(to: 15)
        try run.head()
        run.event(Run.role)
        run.receive(.upstream(.failed(.closedInBody)))
        #expect(run.calls == ["One/one-model", "Two/two-model"])
        run.connect()
        try run.head()
        for event in [Run.role, Run.text, Run.finish, "[DONE]"] { run.event(event) }
        run.end()
        let answer = ChatAnswer(try run.response())
        #expect(answer.content == "Paris is the capital." && answer.isDone && answer.finishReasons == ["stop"])
        #expect(answer.comments.last == "x-routed-via Two/two-model; attempts=2")
    }

    @Test func `after an early head an error is an event`() async throws {
        var run = try await Run(Run.stream, members: [.init("One")])
        run.connect()
        run.advance(to: 12)
        try run.answer(400, #"{"error":{"message":"Your 'frobs' are wrong."}}"#)
        #expect(run.hasEnded)
        let answer = ChatAnswer(try run.response())
        #expect(answer.status == 200 && answer.error?["message"]?.string?.contains("frobs") == true)
        #expect(!answer.isDone && answer.finishReasons.isEmpty && answer.response.end == .complete)
    }

    @Test func `an HTTP 1.0 client's silence is broken without chunks`() async throws {
        var run = try await Run(Run.stream, framing: .init(isVersion10: true, keepsAlive: false))
        run.connect()
        run.advance(to: 10)
        try run.head()
        for event in [Run.text, Run.finish, "[DONE]"] { run.event(event) }
        let text = String(decoding: run.written, as: UTF8.self)
        #expect(!text.lowercased().contains("transfer-encoding") && text.hasSuffix("data: [DONE]\n\n"))
        #expect(text.contains("\r\n\r\n: keep-alive\n\n"))
    }

    @Test func `a stream that is held for its schema may take its time`() async throws {
        let body =
            #"{"model":"meta-model","stream":true,"messages":[{"role":"user","content":"x"}],"response_format":"#
            + #"{"type":"json_schema","json_schema":{"name":"a","schema":{"type":"object"}}}}"#
        var run = try await Run(body, settings: Self.times)
        run.connect()
        try run.head()
        let chunk = Run.text.replacing("Paris is the capital.", with: "%")
        run.event(chunk.replacing("%", with: #"{\"a\":["#))
        for second in stride(from: 10.0, through: 100, by: 10) {
            run.advance(to: second)
            run.event(chunk.replacing("%", with: "1, "))
        }
        #expect(run.calls.count == 1 && run.cancelled == 0 && !run.hasEnded)
        run.event(chunk.replacing("%", with: "2]}"))
        run.event(Run.finish)
        run.event("[DONE]")
        let answer = ChatAnswer(try run.response())
        #expect(answer.comments.count >= 8 && answer.isDone && answer.finishReasons == ["stop"])
        #expect((try? SimulatedJSON.parse(answer.content))?["a"]?.elements?.count == 11)
    }

    @Test func `who waits for a place is kept alive, and told when there is none`() async throws {
        for body in [Run.whole, Run.stream] {
            var run = try await Run(body, queuedFor: 25)
            run.advance(to: 24.9)
            #expect(!run.hasEnded && run.calls.isEmpty)
            run.advance(to: 25)
            let answer = ChatAnswer(try run.response())
            #expect(run.hasEnded && answer.error?["code"]?.string == "request_queue_timeout")
            #expect(answer.status == (body == Run.stream ? 200 : 429) && answer.response.end == .complete)
            #expect(answer.comments.count == (body == Run.stream ? 2 : 0))
        }
        var run = try await Run(Run.stream, queuedFor: 25)
        run.advance(to: 12)
        run.receive(.begin)
        #expect(run.calls == ["One/one-model"])
        run.connect()
        try run.head()
        for event in [Run.text, Run.finish, "[DONE]"] { run.event(event) }
        #expect(ChatAnswer(try run.response()).isDone)
    }

    // MARK: Candidates

    @Test func `nothing is written before the first meaningful delta`() async throws {
        var run = try await Run(Run.stream)
        run.connect()
        try run.head()
        run.body(": ping\n\n")
        run.event(Run.role)
        #expect(run.written.isEmpty && run.phase == .attempting)
        run.event(Run.text)
        let answer = ChatAnswer(try run.response())
        #expect(answer.role == "assistant" && answer.content == "Paris is the capital.")
        #expect(run.phase == .streaming)
    }

    @Test func `a failed attempt leaves nothing in the stream`() async throws {
        var run = try await Run(Run.stream)
        run.connect()
        try run.head()
        run.event(Run.role.replacing("\"m\"", with: "\"first\""))
        run.receive(.upstream(.failed(.closedInBody)))
        run.connect()
        try run.head()
        for event in [Run.role, Run.text, Run.finish, "[DONE]"] { run.event(event) }
        #expect(!String(decoding: run.written, as: UTF8.self).contains("first"))
        #expect(ChatAnswer(try run.response()).isDone)
    }

    @Test func `attempts are bounded`() async throws {
        let members = (0..<6).map { RelayUnderTest.Member("P\($0)") }
        var run = try await Run(Run.whole, members: members, settings: { $0.routing.maxAttempts = 4 })
        while !run.hasEnded, run.calls.count < 10 { try run.answer(500, "{}") }
        #expect(run.calls.count == 4)
        let response = try run.response()
        #expect([429, 503].contains(response.status) && response.isErrorEnvelope)
    }

    @Test func `what waits for quota is given its turn`() async throws {
        var run = try await Run(Run.whole, members: [.init("One")])
        try run.answer(429, "{}", "Retry-After: 3\r\n")
        #expect(run.phase == .waiting && run.waitsUntil == run.now.advanced(by: .seconds(3)).instant)
        run.advance(to: 3)
        run.receive(.turn)
        #expect(run.calls.count == 2)
        try run.answer(200, Self.answer)
        let response = try run.response()
        #expect(response.status == 200 && response.header("server-timing")?.contains("wait;dur=3000.00") == true)
    }

    @Test func `who waited too long hears how long it would have been`() async throws {
        var run = try await Run(Run.whole, members: [.init("One")])
        try run.answer(429, "{}", "Retry-After: 8\r\n")
        run.advance(to: 8)
        run.receive(.turn)
        try run.answer(429, "{}", "Retry-After: 20\r\n")
        #expect(run.hasEnded)
        let response = try run.response()
        #expect(response.status == 429 && response.header("retry-after") == "20")
    }

    @Test func `a waiting stream is kept alive`() async throws {
        var run = try await Run(Run.stream, members: [.init("One")], maxWait: .seconds(60))
        try run.answer(429, "{}", "Retry-After: 25\r\n")
        run.advance(to: 21)
        #expect(ChatAnswer(try run.response()).comments.count == 2)
        run.advance(to: 25)
        run.receive(.turn)
        run.connect()
        try run.head()
        for event in [Run.text, Run.finish, "[DONE]"] { run.event(event) }
        let answer = ChatAnswer(try run.response())
        #expect(answer.isDone && run.hasEnded)
    }

    // MARK: Leaving

    @Test func `a client that leaves ends everything, whatever was going on`() async throws {
        for body in [Run.whole, Run.stream] {
            for step in 0..<4 {
                var run = try await Run(body)
                if step > 0 { run.connect() }
                if step > 1 { try run.head() }
                if step > 2 { run.event(Run.text) }
                run.receive(.clientLeft)
                #expect(run.phase == .done && run.cancelled == 1 && run.deadline == nil)
                let route = try #require(run.chain.dispatch.table.routes.first)
                #expect(route.account.snapshot(slot: route.slot, at: run.now).inFlight == 0)
                #expect(route.account.snapshot(slot: route.slot, at: run.now).state == .available)
            }
        }
    }

    @Test func `events that come too late change nothing`() async throws {
        var run = try await Run(Run.stream)
        run.connect()
        try run.head()
        for event in [Run.text, Run.finish, "[DONE]"] { run.event(event) }
        #expect(run.hasEnded)
        let written = run.written
        run.event(Run.text)
        run.end()
        run.receive(.turn)
        run.receive(.tick)
        run.receive(.clientLeft)
        #expect(run.written == written && run.calls.count == 1)
    }

    // MARK: Order

    /// Streams cut at every byte come to the same.
    @Test func `a stream reads the same wherever it is cut`() async throws {
        let events = [Run.role, Run.text.replacing("capital", with: "Füße 🙂"), Run.finish, "[DONE]"]
        let bytes = Array((": ping\r\n\r\n" + events.map { "data: \($0)\r\n\r\n" }.joined()).utf8)
        let chain = try await Run.chain([.init("One")])
        for cut in 0...bytes.count {
            var run = try Run(Run.stream, chain: chain, at: QuotaClock.at(Double(cut)))
            run.connect()
            try run.head()
            for piece in [bytes[..<cut], bytes[cut...]] where !piece.isEmpty {
                run.read { $0.body = ByteBuffer(bytes: piece) }
            }
            run.end()
            let answer = ChatAnswer(try run.response())
            #expect(answer.content == "Paris is the Füße 🙂." && answer.isDone && answer.role == "assistant", "\(cut)")
            #expect(answer.finishReasons == ["stop"] && answer.response.end == .complete && run.hasEnded, "\(cut)")
        }
    }

    static let answer =
        #"{"id":"a","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":"#
        + #"{"role":"assistant","content":"Paris is the capital."},"finish_reason":"stop"}],"#
        + #""usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}"#
}

extension ExchangeRun {
    fileprivate mutating func seconds(_ time: Double) { advance(to: time) }
    fileprivate func now(plus seconds: Double) -> Double { self.seconds + seconds }
}
