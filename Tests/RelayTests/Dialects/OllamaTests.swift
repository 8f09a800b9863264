import Testing

@testable import Relay

/// What Ollama alone has: no key, models that come and go, a context that must be asked for.
struct OllamaTests {
    typealias Member = RelayUnderTest.Member

    private static func behavior(_ change: (inout SimulatedProvider.Behavior) -> Void = { _ in })
        -> SimulatedProvider.Behavior
    {
        SimulatedProvider.Behavior()
            .with { behavior in
                behavior.dialect = SimulatedOllama()
                behavior.errors = .ollama
                behavior.keyless = true
                change(&behavior)
            }
    }

    @Test func `a server of one's own is called without a key`() async throws {
        let member = Member("Own", more: #""keyless":true,"enabled":true"#, keys: [], Self.behavior())
        try await RelayUnderTest.run([member]) { relay async throws in
            #expect(try await relay.ask().content == Tongue.paris)
            let call = try #require(relay.providers[0].calls.first)
            #expect(call.path == "/api/chat" && call.header("authorization") == nil)
            #expect(call.json["stream"]?.bool == false && call.json["truncate"]?.bool == false)
        }
    }

    @Test func `a long history is given the room it needs`() async throws {
        let member = Member("Own", more: #""keyless":true,"enabled":true"#, keys: [], Self.behavior())
        try await RelayUnderTest.run([member]) { relay async throws in
            #expect(try await relay.ask(String(repeating: "word ", count: 10_000)).status == 200)
            #expect(relay.providers[0].calls.first?.json["options"]?["num_ctx"]?.integer == 32_768)
        }
    }

    @Test func `a prompt that does not fit is fitted and asked again`() async throws {
        let member = Member("Own", more: #""keyless":true,"enabled":true"#, keys: [], Self.behavior())
        try await RelayUnderTest.run([member]) { relay async throws in
            relay.providers[0]
                .play(
                    .error(400, .ollama, message: "prompt too long; exceeded max context length by 15935 tokens")
                )
            let turn = #"{"role":"user","content":"Say a number."},{"role":"assistant","content":"Seventeen, I say."},"#
            let history = String(repeating: turn, count: 100) + #"{"role":"user","content":"And now?"}"#
            let answer = try await relay.ask(body: #"{"model":"meta-model","messages":[\#(history)]}"#)
            #expect(answer.status == 200 && answer.content == Tongue.paris)
            let lengths = relay.providers[0].calls.map(\.body.count)
            #expect(lengths.count == 2 && lengths[0] > lengths[1])
        }
    }

    @Test func `what the list of models tells is believed`() throws {
        let list = #"""
            {"models":[
              {"name":"llama3.2:3b","model":"llama3.2:3b","details":{"families":["llama"],"parameter_size":"3.2B"}},
              {"name":"big","details":{"families":["llama","clip"],"parameter_size":"70.6B"}},
              {"name":"nomic","details":{"families":["nomic-bert"],"parameter_size":"137M"}},
              {"name":"old:7b"},{"name":"plain","capabilities":["completion"],"details":null},{"size":3}]}
            """#
        let provider = Provider(name: "Own", baseURL: "http://localhost:1", models: [Model(name: "old:7b")])
        let json = JSONReader.read(Array(list.utf8), file: "list").value
        let models = DiscoveredModels(json).models(of: provider)
        #expect(models.map(\.name) == ["llama3.2:3b", "big", "nomic", "plain"])
        #expect(models.map(\.scale) == [.small, .large, .small, .small])
        #expect(models.map(\.type) == [.text, .text, .embedding, .text])
        #expect(models.map(\.inputs) == [[], [.image], [], []])
        #expect(models.map(\.tools) == [true, true, true, false])
    }
}
