import Testing

@testable import Relay

/// HTTP/1.1 as clients in the wild speak it.
struct HTTPTests {
    typealias Member = RelayUnderTest.Member

    private static let good = StrictnessTests.good

    private static func post(_ body: String, _ fields: String = "", version: String = "1.1") -> String {
        "POST /v1/chat/completions HTTP/\(version)\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\(fields)\r\n" + body
    }

    @Test func `HEAD is answered without a body`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            let client = try await relay.connect()
            for path in ["/", "/v1/models", "/health"] {
                try await client.send("HEAD \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
                let head = try await client.readHead()
                #expect(head.status == 200 && head.header("content-length").flatMap { Int($0) } ?? 0 > 0, "\(path)")
            }
            try await client.send("HEAD /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try await client.readHead().status == 405)
            // A body would stand here in place of the next answer's head.
            try await client.sendRequest("GET", "/health")
            #expect(try await client.readResponse().status == 200)
            await client.close()
        }
    }

    @Test func `HEAD of the root needs no key`() async throws {
        try await RelayUnderTest.run([Member("One")], settings: { $0.server.apiKey = "open-sesame" }) {
            relay async throws in
            #expect(try await relay.request("HEAD", "/").status == 200)
        }
    }

    @Test(arguments: [false, true])
    func `HTTP 1.0 clients get no chunks and a closed connection`(_ stream: Bool) async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            let body = stream ? Self.good.dropLast() + #","stream":true}"# : Self.good
            let client = try await relay.connect()
            try await client.send(Self.post(body, version: "1.0"))
            let response = try await client.readResponse()
            #expect(response.status == 200 && response.header("transfer-encoding") == nil)
            let answer = ChatAnswer(response)
            #expect(answer.content == "Paris is the capital of France." && answer.isDone == stream)
            #expect(try await client.receive() == nil, "the connection is closed")
            await client.close()
        }
    }

    @Test func `an HTTP 1.0 client may keep its connection`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            let client = try await relay.connect()
            for _ in 0..<2 {
                try await client.send(Self.post(Self.good, "Connection: keep-alive\r\n", version: "1.0"))
                let response = try await client.readResponse()
                #expect(response.status == 200 && response.header("connection")?.lowercased() == "keep-alive")
            }
            await client.close()
        }
    }

    @Test func `a client that wants to close is closed`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            let client = try await relay.connect()
            try await client.send(Self.post(Self.good, "Connection: close\r\n"))
            let response = try await client.readResponse()
            #expect(response.status == 200 && response.header("connection") == "close")
            #expect(try await client.receive() == nil)
            await client.close()
        }
    }

    @Test func `100-continue comes once the head is good`() async throws {
        let settings: @Sendable (inout Settings) -> Void = { settings in
            settings.server.apiKey = "open-sesame"
            settings.server.maxBodyBytes = 1024
        }
        try await RelayUnderTest.run([Member("One")], settings: settings) { relay in
            func head(_ fields: String, length: Int) -> String {
                "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                    + "Content-Length: \(length)\r\n\(fields)\r\n"
            }
            let key = "x-api-key: open-sesame\r\n"
            let client = try await relay.connect()
            try await client.send(head(key, length: Self.good.utf8.count))
            let interim = try #require(try await client.receive())
            #expect(interim.text == "HTTP/1.1 100 Continue\r\n\r\n")
            try await client.send(Self.good)
            #expect(try await client.readResponse().status == 200)
            await client.close()
            for (fields, length, status) in [("", Self.good.utf8.count, "401"), (key, 5000, "413")] {
                let client = try await relay.connect()
                try await client.send(head(fields, length: length))
                let first = try #require(try await client.receive())
                #expect(first.text.hasPrefix("HTTP/1.1 \(status) "), "\(first.text)")
                await client.close()
            }
        }
    }

    @Test func `pipelined requests are answered in their order`() async throws {
        let echo = SimulatedProvider.Answer.computed { $0.messages.last?.text ?? "" }
        let behavior = SimulatedProvider.Behavior(answer: echo)
            .with { $0.latency.beforeHead = .between(.zero, .milliseconds(10)) }
        try await RelayUnderTest.run([Member("One", behavior)]) { relay in
            let client = try await relay.connect()
            var bytes = ""
            for number in 0..<20 {
                switch number % 5 {
                case 3: bytes += Self.post("{\"model\":")
                case 4: bytes += "GET /v1/models/one-model HTTP/1.1\r\nHost: localhost\r\n\r\n"
                default:
                    let stream = number % 5 == 1
                    let message = #"{"role":"user","content":"Number \#(number)."}"#
                    bytes += Self.post(#"{"model":"meta-model","stream":\#(stream),"messages":[\#(message)]}"#)
                }
            }
            try await client.send(bytes)
            for number in 0..<20 {
                let response = try await client.readResponse()
                switch number % 5 {
                case 3: #expect(response.status == 400)
                case 4: #expect(response.json["id"]?.string == "One/one-model")
                default: #expect(ChatAnswer(response).content == "Number \(number).")
                }
            }
            await client.close()
            try await eventually(within: .seconds(30)) {
                relay.gateway.memory.bytes == 0 && relay.gateway.admission.running == 0
            }
        }
    }

    @Test func `a request that is refused does not end those pipelined behind it`() async throws {
        try await RelayUnderTest.run([Member("One")], settings: { $0.server.apiKey = "open-sesame" }) { relay in
            let client = try await relay.connect()
            let key = "x-api-key: open-sesame\r\n"
            try await client.send(Self.post(Self.good, key) + Self.post(Self.good) + Self.post(Self.good, key))
            for status in [200, 401, 200] { #expect(try await client.readResponse().status == status) }
            await client.close()
        }
    }

    @Test func `nonsense behind a request does not cost its answer`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            let client = try await relay.connect()
            try await client.send(Self.post(Self.good) + "nonsense\r\n\r\n")
            #expect(try await client.readResponse().status == 200)
            #expect(try await client.readResponse().status == 400)
            #expect(try await client.receive() == nil)
            await client.close()
        }
    }

    @Test func `a request in single bytes is a request`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            let client = try await relay.connect()
            for body in [Self.good, Self.good.dropLast() + #","stream":true,"x":"Füße 🙂"}"#] {
                try await client.send(Self.post(body), piecesOf: 1, every: .zero)
                let answer = ChatAnswer(try await client.readResponse())
                #expect(answer.status == 200 && answer.content == "Paris is the capital of France.")
            }
            await client.close()
            #expect(relay.providers[0].calls.last?.text.contains("Füße 🙂") == true)
        }
    }

    @Test func `an upgrade is not made`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            let upgrade =
                "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"
            let response = try await relay.exchange(Self.post(Self.good, upgrade))
            #expect(response.status == 200 && response.header("connection") == "close")
        }
    }

    @Test func `a body of several megabytes arrives as it was sent`() async throws {
        let entry = RelayUnderTest.Entry("one-model", window: 10_000_000)
        try await RelayUnderTest.run([Member("One", models: [entry])]) { relay in
            let text = String(repeating: "Where is Paris? Und wo liegt Köln? ", count: 100_000)
            let answer = try await relay.ask(text, stream: true)
            #expect(answer.status == 200 && answer.isDone)
            #expect(relay.providers[0].calls.first?.json["messages"]?[0]?["content"]?.string == text)
            try await relay.becomesIdle()
        }
    }

    @Test func `bodies beyond the common limit are put off`() async throws {
        let settings: @Sendable (inout Settings) -> Void = { $0.server.maxBufferedBytes = 1_048_576 }
        try await RelayUnderTest.run([Member("One")], settings: settings) { relay in
            relay.providers[0].play(.hangBeforeHead)
            let entry = #"{"model":"One/one-model","messages":[{"role":"user","content":"hi"}],"x":""#
            let big = entry + String(repeating: "x", count: 700_000) + #""}"#
            let first = try await relay.connect()
            try await first.send(Self.post(big))
            try await eventually(within: .seconds(30)) { relay.providers[0].calls.count == 1 }
            let second = try await relay.exchange(Self.post(big))
            #expect(second.status == 503 && second.isErrorEnvelope && second.header("retry-after") != nil)
            await first.close()
            try await eventually(within: .seconds(30)) { relay.gateway.memory.bytes == 0 }
            #expect(try await relay.exchange(Self.post(big)).status == 200)
        }
    }
}
