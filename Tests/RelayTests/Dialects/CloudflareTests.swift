import Testing

@testable import Relay

/// What Cloudflare alone has: an account in the address, and models that answer in other words.
struct CloudflareTests {
    typealias Member = RelayUnderTest.Member

    private static func member(
        keys: [String],
        more: String = "",
        _ dialect: SimulatedCloudflare = SimulatedCloudflare(account: "a1")
    ) -> Member {
        let behavior = SimulatedProvider.Behavior()
            .with { behavior in
                behavior.dialect = dialect
                behavior.errors = .cloudflare
                behavior.keys = ["token"]
            }
        return Member("Flare", more: more, keys: keys, behavior)
    }

    @Test func `a key may say whose account it is`() async throws {
        // The address names another account; the provider knows only the key's.
        let member = Self.member(keys: ["a1:token"])
        try await RelayUnderTest.run([member], moving: { $0.replacing("/a1/", with: "/other/") }) {
            relay async throws in
            #expect(try await relay.ask().content == Tongue.paris)
            #expect(relay.providers[0].calls.map(\.path) == ["/client/v4/accounts/a1/ai/v1/chat/completions"])
            #expect(relay.providers[0].calls.first?.header("authorization") == "Bearer token")
        }
    }

    @Test(arguments: [
        (["CLOUDFLARE_API_KEY": "a1:t"], ["CLOUDFLARE_API_KEY"]),
        (["CLOUDFLARE_API_KEY": "t"], nil),
        (["CLOUDFLARE_API_KEY": "t", "CLOUDFLARE_API_KEY_2": "a2:t2"], ["CLOUDFLARE_API_KEY_2"]),
        (
            ["CLOUDFLARE_API_TOKEN": "t", "CLOUDFLARE_ACCOUNT_ID": "a", "CLOUDFLARE_API_KEY_2": "a2:t2"],
            ["CLOUDFLARE_API_TOKEN", "CLOUDFLARE_API_KEY_2"]
        ),
    ])
    func `the account's variable is needed only beside a bare token`(
        environment: [String: String],
        labels: [String]?
    ) throws {
        let catalog = #"""
            {"providers":[{"name":"Cloudflare","dialect":"cloudflare","models":[{"name":"m"}],
              "base_url":"https://api.cloudflare.com/client/v4/accounts/${CLOUDFLARE_ACCOUNT_ID}/ai",
              "api_key_env":["CLOUDFLARE_API_KEY","CLOUDFLARE_API_TOKEN"],"requires_env":["CLOUDFLARE_ACCOUNT_ID"]}]}
            """#
        let configuration = try ConfigurationFixture(catalog: catalog).load(environment: environment)
        let report = BootReport(configuration: configuration, spokenDialects: Boot.spokenDialects)
        #expect(report.usable.first?.keys.map(\.label) == labels)
        if labels == nil { #expect(report.lines == ["Cloudflare: left out, set CLOUDFLARE_ACCOUNT_ID"]) }
    }

    @Test func `the shipped models serve with one key`() throws {
        let configuration = try ShippedCatalog.configuration(environment: ["CLOUDFLARE_API_KEY": "a1:token"])
        let report = BootReport(configuration: configuration, spokenDialects: Boot.spokenDialects)
        let usable = report.usable.first { $0.provider.name == "Cloudflare" }
        #expect(usable?.keys.count == 1 && usable?.provider.models.count(where: \.enabled) == 18)
    }

    @Test(arguments: [false, true])
    func `a model that answers in the words of run is understood`(_ stream: Bool) async throws {
        let member = Self.member(keys: ["token"], SimulatedCloudflare(account: "a1", words: .run))
        try await RelayUnderTest.run([member]) { relay async throws in
            let usage = #""stream_options":{"include_usage":true}"#
            let answer = try await relay.ask(stream: stream, members: stream ? usage : nil)
            #expect(answer.content == Tongue.paris && answer.finishReasons == ["stop"] && answer.isDone == stream)
            #expect(answer.usages.count == 1)
            let tools = #""tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]"#
            let called = try await relay.ask(stream: stream, members: tools)
            #expect(called.toolCalls.map(\.name) == ["f"] && called.finishReasons == ["tool_calls"])
        }
    }

    @Test(arguments: [false, true])
    func `a piece of text that comes as a number stays text`(_ isMessages: Bool) async throws {
        func event(_ content: String, finish: String = "null") -> String {
            #"data: {"id":"i","created":1,"model":"m","object":"chat.completion.chunk","choices":[{"index":0,"delta":"#
                + #"{"content":\#(content)},"finish_reason":\#(finish)}]}"# + "\n\n"
        }
        let pieces = [#""It is $""#, "0", #"".""#, "5", #"", ""#, "true", #"".""#].map { event($0) }
        let body = pieces.joined() + event(#""""#, finish: #""stop""#) + "data: [DONE]\n\n"
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
        try await RelayUnderTest.run([Self.member(keys: ["token"])]) { relay async throws in
            relay.providers[0].play(.rawBytes([.init(head + body)]))
            guard isMessages else {
                let answer = try await relay.ask(stream: true)
                #expect(answer.content == "It is $0.5, true." && answer.isDone, "\(answer.response.text)")
                return
            }
            let client = MessagesWireClient()
            var ask = WireAsk(model: "meta-model")
            ask.isStream = true
            let response = try await relay.request(
                "POST",
                client.path,
                headers: client.headers,
                body: client.body(ask)
            )
            #expect(client.read(response).text == "It is $0.5, true.", "\(response.text)")
        }
    }

    @Test func `no byte of a request is translated`() async throws {
        let body = #"{"model":"meta-model", "messages" : [{"role":"user","content":"Hi","x":1.50}],"seed":7}"#
        try await RelayUnderTest.run([Self.member(keys: ["token"])]) { relay async throws in
            #expect(try await relay.ask(body: body).status == 200)
            #expect(relay.providers[0].calls.first?.text == body.replacing("meta-model", with: "flare-model"))
        }
    }
}
