import Synchronization
import Testing

@testable import Relay

/// How many calls run at once, who waits for a place, and how Relay stops.
struct AdmissionTests {
    typealias Behavior = SimulatedProvider.Behavior
    typealias Member = RelayUnderTest.Member

    private static let body = Array(#"{"model":"meta-model","messages":[{"role":"user","content":"hi"}]}"#.utf8)

    private static func one(_ timeout: Double, queued: Int = 1000) -> @Sendable (inout Settings) -> Void {
        { settings in
            settings.routing.maxConcurrentRequests = 1
            settings.routing.queueTimeoutSeconds = timeout
            settings.routing.maxQueuedRequests = queued
        }
    }

    @Test(arguments: [false, true])
    func `who waits too long for a place hears it`(_ stream: Bool) async throws {
        try await RelayUnderTest.run([Member("One")], settings: Self.one(0.2)) { relay in
            relay.providers[0].play(.hangBeforeHead)
            let first = try await relay.connect()
            try await first.sendRequest("POST", "/v1/chat/completions", body: Self.body)
            try await eventually(within: .seconds(30)) { relay.providers[0].calls.count == 1 }
            let second = try await relay.ask(stream: stream)
            #expect(second.status == 429 && second.response.isErrorEnvelope)
            #expect(second.error?["code"]?.string == "request_queue_timeout")
            #expect(second.response.header("retry-after").flatMap { Int($0) } != nil)
            #expect(second.response.header("x-should-retry") != "false")
            #expect(relay.providers[0].calls.count == 1)
            // The answer may be read before its place in the line is given up.
            try await eventually(within: .seconds(30)) { relay.gateway.admission.waiting == 0 }
            // The office is never in that line.
            #expect(try await relay.request("GET", "/v1/models").status == 200)
            await first.close()
            try await eventually(within: .seconds(30)) { relay.gateway.admission.running == 0 }
            #expect(try await relay.ask(stream: stream).status == 200)
        }
    }

    @Test func `a line that is full is no place to wait`() async throws {
        try await RelayUnderTest.run([Member("One")], settings: Self.one(60, queued: 0)) { relay in
            relay.providers[0].play(.hangBeforeHead)
            let first = try await relay.connect()
            try await first.sendRequest("POST", "/v1/chat/completions", body: Self.body)
            try await eventually(within: .seconds(30)) { relay.providers[0].calls.count == 1 }
            #expect(try await relay.ask().error?["code"]?.string == "request_queue_timeout")
            await first.close()
        }
    }

    @Test func `places are given in the order of the line`() async throws {
        try await RelayUnderTest.run([Member("One")], settings: Self.one(60)) { relay in
            relay.providers[0].play(.stall(afterChunks: 4))
            let first = try await relay.connect()
            let body = #"{"model":"meta-model","stream":true,"messages":[{"role":"user","content":"first"}]}"#
            try await first.sendRequest("POST", "/v1/chat/completions", body: Array(body.utf8))
            _ = try await first.readHead()
            var waiting: [RawHTTPClient] = []
            for number in 0..<5 {
                let client = try await relay.connect()
                let body = #"{"model":"meta-model","messages":[{"role":"user","content":"number \#(number)"}]}"#
                try await client.sendRequest("POST", "/v1/chat/completions", body: Array(body.utf8))
                try await eventually(within: .seconds(30)) { relay.gateway.admission.waiting == number + 1 }
                waiting.append(client)
            }
            // One of them loses patience.
            await waiting[2].close()
            try await eventually(within: .seconds(30)) { relay.gateway.admission.waiting == 4 }
            await first.close()
            for number in [0, 1, 3, 4] {
                #expect(try await waiting[number].readResponse(within: .seconds(30)).status == 200)
            }
            let asked = relay.providers[0].calls.dropFirst().map { $0.json["messages"]?[0]?["content"]?.string }
            #expect(asked == ["number 0", "number 1", "number 3", "number 4"])
            for client in waiting { await client.close() }
            try await eventually(within: .seconds(30)) {
                relay.gateway.memory.bytes == 0 && relay.gateway.admission.running == 0
            }
        }
    }

    @Test func `many at once all get their answer, on both loops`() async throws {
        let settings: @Sendable (inout Settings) -> Void = { settings in
            settings.routing.maxConcurrentRequests = 3
            settings.server.eventLoops = 2
        }
        let behavior = Behavior().with { $0.latency.beforeHead = .between(.zero, .milliseconds(5)) }
        try await RelayUnderTest.run([Member("One", behavior)], settings: settings) { relay in
            let statuses = try await withThrowingTaskGroup(of: (Int, Bool).self) { group in
                for number in 0..<60 {
                    group.addTask {
                        let answer = try await relay.ask(stream: number.isMultiple(of: 2))
                        return (answer.status, answer.content == "Paris is the capital of France.")
                    }
                }
                return try await group.reduce(into: [(Int, Bool)]()) { $0.append($1) }
            }
            #expect(statuses.allSatisfy { $0 == (200, true) } && statuses.count == 60)
            #expect(relay.providers[0].calls.count == 60)
            try await relay.becomesIdle()
            try await eventually(within: .seconds(30)) { relay.gateway.admission.running == 0 }
        }
    }

    // MARK: Stopping

    @Test func `a stream under way is served to its end`() async throws {
        let pieces = (0..<20).map { " word\($0)" }
        let behavior = Behavior(answer: .pieces(pieces)).with { $0.latency.betweenChunks = .exactly(.milliseconds(20)) }
        let relay = try await RelayUnderTest.start([Member("One", behavior)])
        let idle = try await relay.connect()
        try await idle.sendRequest("GET", "/health")
        #expect(try await idle.readResponse().status == 200)
        let client = try await relay.connect()
        let body = #"{"model":"meta-model","stream":true,"messages":[{"role":"user","content":"hi"}]}"#
        try await client.sendRequest("POST", "/v1/chat/completions", body: Array(body.utf8))
        let head = try await client.readHead()
        let port = relay.port
        async let stopped: Void = relay.running.stop(drain: .seconds(60))
        try await eventually(within: .seconds(30)) { relay.gateway.isDraining.load(ordering: .relaxed) }
        // Whoever serves nothing is closed at once, and nobody new gets in.
        #expect(try await idle.receive(within: .seconds(30)) == nil)
        var isRefused = false
        for _ in 0..<200 where !isRefused {
            do {
                let late = try await RawHTTPClient.connect(port: port)
                await late.close()
                try await Task.sleep(for: .milliseconds(5))
            } catch {
                isRefused = true
            }
        }
        #expect(isRefused)
        var response = RawResponse(head: head, pieces: [], end: .complete)
        while let piece = try await client.readBodyPiece(within: .seconds(30)) { response.pieces.append(piece) }
        let answer = ChatAnswer(response)
        #expect(answer.content == pieces.joined() && answer.isDone && answer.error == nil)
        #expect(try await client.receive(within: .seconds(30)) == nil, "the connection is closed after its answer")
        try await stopped
        await client.close()
        for provider in relay.providers { try await provider.shutdown() }
    }

    @Test func `the port is free after a stop`() async throws {
        let relay = try await RelayUnderTest.start([Member("One")])
        let port = relay.port
        #expect(try await relay.ask().status == 200)
        try await relay.stop()
        let again = try await SimulatedProvider.start(port: port)
        try await again.shutdown()
    }
}
