import Testing

@testable import Relay

/// What calls hold counts against `server.max_buffered_bytes`, and all of it is given back.
struct MemoryTests {
    typealias Behavior = SimulatedProvider.Behavior
    typealias Member = RelayUnderTest.Member

    private static func body(_ path: String) -> String {
        let text = String(repeating: "word ", count: 1000)
        return switch path {
        case "/v1/messages": MessagesTests.body(#""\#(text)""#)
        case "/v1/responses": #"{"model":"meta-model","input":"\#(text)"}"#
        default: #"{"model":"meta-model","prompt":"\#(text)"}"#
        }
    }

    @Test(arguments: ["/v1/messages", "/v1/responses", "/v1/completions"])
    func `a request in other words is held twice, and so counts`(_ path: String) async throws {
        let body = Self.body(path)
        let settings: @Sendable (inout Settings) -> Void = { $0.server.maxBufferedBytes = 9000 }
        try await RelayUnderTest.run([Member("One")], settings: settings) { relay in
            #expect(body.utf8.count < 9000)
            let answer = try await relay.request("POST", path, body: body)
            #expect(answer.status == (path == "/v1/messages" ? 529 : 503) && answer.text.contains("max_buffered_bytes"))
            #expect(relay.providers[0].calls.isEmpty && answer.header("x-should-retry") == nil)
            try await relay.becomesIdle()
            #expect(try await relay.ask(body: chatBody(of: 5000)).status == 200)
        }
    }

    @Test func `what was translated is given back when its client leaves`() async throws {
        let behavior = Behavior().with { $0.latency.beforeHead = .exactly(.seconds(60)) }
        try await RelayUnderTest.run([Member("One", behavior)]) { relay in
            let body = Self.body("/v1/messages")
            let client = try await relay.connect()
            try await client.sendRequest("POST", "/v1/messages", body: Array(body.utf8))
            try await eventually { relay.gateway.memory.bytes > body.utf8.count + 5000 }
            await client.close()
            try await relay.becomesIdle()
        }
    }

    private func chatBody(of count: Int) -> String {
        #"{"model":"meta-model","messages":[{"role":"user","content":"\#(String(repeating: "x", count: count))"}]}"#
    }

    @Test func `a lease goes back once`() {
        let budget = MemoryBudget(limit: 100)
        #expect(budget.take(40))
        var lease: MemoryLease? = MemoryLease(budget)
        #expect(lease?.take(70) == false && lease?.take(30) == true && budget.bytes == 70)
        lease?.giveBack()
        #expect(budget.bytes == 40)
        // Somebody who was late.
        #expect(lease?.take(5) == true && budget.bytes == 45)
        lease = nil
        #expect(budget.bytes == 40)
    }

    @Test func `what is held for a request goes back once`() {
        let budget = MemoryBudget(limit: 100)
        #expect(budget.take(40))
        do {
            var held = HeldMemory(budget, holding: 40)
            let isTooMuch = !held.take(70)
            let fits = held.take(30)
            #expect(isTooMuch && fits && budget.bytes == 70)
            held.giveBack()
            #expect(budget.bytes == 0)
        }
        #expect(budget.bytes == 0)
        #expect(budget.take(40))
        do { _ = HeldMemory(budget, holding: 40) }
        #expect(budget.bytes == 0)
    }
}
