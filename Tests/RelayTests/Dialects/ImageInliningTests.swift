import Clients
import NIOCore
import Testing

@testable import Relay

/// Images by URL go to a provider that takes only bytes as what they lead to.
struct ImageInliningTests {
    typealias Member = RelayUnderTest.Member

    private static let everywhere = AddressRule { _ in true }
    private static let gif = "R0lGODlhOw=="

    private static func gemini(_ name: String = "One", _ change: (inout SimulatedProvider.Behavior) -> Void = { _ in })
        -> Member
    {
        let behavior = SimulatedProvider.Behavior()
            .with { behavior in
                behavior.dialect = SimulatedGemini()
                behavior.errors = .google
            }
        return Member(name, models: [entry("gemini-2.5-flash")], behavior.with(change))
    }

    private static func entry(_ name: String) -> RelayUnderTest.Entry { .init(name, more: #""inputs":["image"]"#) }

    private static func body(_ urls: String..., model: String = "meta-model", stream: Bool = false) -> String {
        let parts = urls.map {
            #"{"type":"image_url","image_url":{"url":\#(SimulatedJSON.quoted($0)),"detail":"low"}}"#
        }
        let content = #"[{"type":"text","text":"What is it?"},\#(parts.joined(separator: ","))]"#
        return #"{"model":"\#(model)","stream":\#(stream),"messages":[{"role":"user","content":\#(content)}]}"#
    }

    private static func run(
        _ members: [Member],
        rule: AddressRule = everywhere,
        settings: @Sendable (inout Settings) -> Void = { _ in },
        _ body: (RelayUnderTest, ImageServer) async throws -> Void
    ) async throws {
        let images = try await ImageServer.start()
        try await RelayUnderTest.run(members, images: rule, settings: settings) { relay async throws in
            try await body(relay, images)
        }
        try await images.stop()
    }

    @Test(arguments: [false, true]) func `the image itself arrives`(_ stream: Bool) async throws {
        try await Self.run([Self.gemini()]) { relay, images in
            let body = Self.body(images.url("/a"), images.url("/b?c"), images.url("/a"), stream: stream)
            let answer = try await relay.ask(body: body)
            #expect(answer.status == 200 && answer.content == Tongue.paris, "\(answer.response.text)")
            let sent = try #require(relay.providers[0].calls.first)
            #expect(sent.call?.messages.last?.imageCount == 3 && sent.call?.messages.last?.text == "What is it?")
            #expect(sent.text.contains(#""inlineData":{"mimeType":"image/gif","data":"\#(Self.gif)"}"#))
            #expect(images.requests.sorted() == ["/a", "/b?c"])
        }
    }

    @Test(arguments: [false, true])
    func `it is fetched once for all candidates that need it`(_ stream: Bool) async throws {
        try await Self.run([Self.gemini(), Self.gemini("Two")]) { relay, images in
            relay.providers[0].play(.error(503, .google, message: "The model is overloaded."))
            let answer = try await relay.ask(body: Self.body(images.url("/a"), stream: stream))
            #expect(answer.content == Tongue.paris && answer.response.header("x-gateway-attempts") == "2")
            #expect(relay.providers[1].calls.first?.text.contains(Self.gif) == true && images.requests == ["/a"])
        }
    }

    @Test func `a provider that takes URLs is given the URL`() async throws {
        try await Self.run([Member("One", models: [Self.entry("m")])]) { relay, images in
            let answer = try await relay.ask(body: Self.body(images.url("/a")))
            #expect(answer.status == 200 && images.requests.isEmpty)
            #expect(relay.providers[0].calls.first?.text.contains(images.url("/a")) == true)
        }
    }

    @Test(arguments: [false, true])
    func `where it cannot be fetched a provider that takes URLs is asked`(_ stream: Bool) async throws {
        let second = Member("Two", models: [Self.entry("m")])
        try await Self.run([Self.gemini(), Self.gemini("Three"), second]) { relay, images in
            let answer = try await relay.ask(body: Self.body(images.url("/missing"), stream: stream))
            #expect(answer.status == 200 && answer.response.header("x-routed-via") == "Two/m")
            #expect(relay.providers[0].calls.isEmpty && images.requests == ["/missing"])
        }
    }

    @Test(arguments: ["meta-model", "One/gemini-2.5-flash"], [false, true])
    func `where nobody can have it the client is told why`(_ model: String, _ stream: Bool) async throws {
        try await Self.run([Self.gemini()]) { relay, images in
            let answer = try await relay.ask(body: Self.body(images.url("/missing"), model: model, stream: stream))
            #expect(answer.status == 400 && answer.error?["code"]?.string == "invalid_image_url")
            #expect(answer.error?["message"]?.string?.contains("answered 404") == true)
            #expect(answer.response.header("x-should-retry") == "false" && relay.providers[0].calls.isEmpty)
            try await relay.becomesIdle()
        }
    }

    @Test func `addresses of this machine are nobody's business`() async throws {
        try await Self.run([Self.gemini()], rule: .publicInternet) { relay, images in
            for url in [
                images.url("/a"), "http://localhost:\(images.port)/a", "http://169.254.169.254/latest/meta-data",
            ] {
                let answer = try await relay.ask(body: Self.body(url))
                #expect(answer.status == 400 && answer.error?["code"]?.string == "invalid_image_url")
                #expect(answer.error?["message"]?.string?.contains("not public") == true)
            }
            #expect(images.requests.isEmpty && relay.providers[0].calls.isEmpty)
        }
    }

    @Test func `a client that leaves while its image is fetched leaves nothing behind`() async throws {
        try await Self.run([Self.gemini()]) { relay, images in
            let client = try await relay.connect()
            let body = Array(Self.body(images.url("/slow")).utf8)
            try await client.sendRequest("POST", "/v1/chat/completions", body: body)
            try await eventually { images.requests == ["/slow"] }
            await client.close()
            try await relay.becomesIdle()
            #expect(try await relay.ask(body: Self.body(images.url("/a"))).status == 200)
        }
    }

    @Test func `an image that there is no room for is to be asked for later`() async throws {
        let body = Self.body("http://127.0.0.1:65535/a")
        let settings: @Sendable (inout Settings) -> Void = { $0.server.maxBufferedBytes = body.utf8.count + 8 }
        try await Self.run([Self.gemini()], settings: settings) { relay, images in
            let answer = try await relay.ask(body: Self.body(images.url("/a")))
            #expect(answer.status == 503 && answer.error?["code"]?.string == "overloaded")
            #expect(answer.response.header("x-should-retry") == nil && relay.providers[0].calls.isEmpty)
            try await relay.becomesIdle()
        }
    }

    @Test func `thousands of addresses are gathered`() throws {
        let count = 8000
        let parts = (0..<count).map { #"{"type":"image_url","image_url":{"url":"https://a.test/\#($0)"}}"# }
        let content = "[\(parts.joined(separator: ","))]"
        let body = #"{"model":"m","messages":[{"role":"user","content":\#(content)}]}"#
        let request = try ChatRequestReader.read(ByteBuffer(string: body))
        #expect(ImageInlining.urls(in: request).count == count)
    }
}
