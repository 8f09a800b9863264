import Testing

@testable import Relay

/// The order that capability suggests.
struct CapabilityRankingTests {
    private static func provider(_ name: String, _ models: [Model]) -> Provider {
        var provider = Provider(name: name, baseURL: "https://\(name).example/v1")
        provider.models = models
        return provider
    }

    private static func model(_ name: String, rank: Int? = nil, score: Double? = nil) -> Model {
        var model = Model(name: name, scale: ModelGuess.scale(of: name))
        model.rank = rank
        model.score = score.map { PublishedScore(value: $0, source: "Somebody", date: "2026-01-01") }
        return model
    }

    @Test(arguments: [
        ("meta-llama/Llama-3.3-70B-Instruct:free", "llama-3-3-70b"), ("llama-3.3-70b-versatile", "llama-3-3-70b"),
        ("Meta-Llama-3_3-70B-Instruct", "llama-3-3-70b"), ("@cf/openai/gpt-oss-120b", "gpt-oss-120b"),
        ("gpt-oss:120b", "gpt-oss-120b"), ("zai-glm-4.7", "glm-4-7"), ("z-ai/glm-4.7-flash", "glm-4-7-flash"),
        ("openrouter/free", "free"),
    ])
    func `one model has many names`(id: String, family: String) {
        #expect(CapabilityRanking.family(of: id) == family)
    }

    @Test func `the same model has the same place wherever it is served`() {
        let one = Self.provider("One", [Self.model("openai/gpt-oss-120b", rank: 2), Self.model("tiny-1.2b")])
        let two = Self.provider("Two", [Self.model("gpt-oss:120b"), Self.model("huge-405b")])
        let ranking = CapabilityRanking([one, two]).entries
        #expect(
            ranking.map { "\($0.name) \($0.position)" } == [
                "Two/huge-405b 1", "One/openai/gpt-oss-120b 2", "Two/gpt-oss:120b 2", "One/tiny-1.2b 3",
            ]
        )
        #expect(ranking[1].basis == "catalog's rank 2; 120B parameters")
    }

    @Test func `among equals a published score decides, then size`() {
        let models = [
            Self.model("a-100b", rank: 2, score: 50), Self.model("b-90b", rank: 2, score: 60),
            Self.model("c-80b", rank: 1), Self.model("embed", rank: 1),
        ]
        var provider = Self.provider("One", models)
        provider.models[3].type = .embedding
        let ranking = CapabilityRanking([provider]).entries
        #expect(ranking.map(\.name.model) == ["c-80b", "b-90b", "a-100b"])
        #expect(ranking[1].basis == "catalog's rank 2; 60 in Somebody, 2026-01-01; 90B parameters")
    }
}
