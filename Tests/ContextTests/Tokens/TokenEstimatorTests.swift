import Testing

@testable import Context

@Suite struct TokenEstimatorTests {
    /// Counted with the public cl100k vocabulary.
    static let counted: [(text: String, tokens: Int)] = [
        ("The meeting was moved to Thursday because the room was taken.", 12),
        ("func add(_ a: Int, _ b: Int) -> Int {\n    return a + b\n}\n", 22),
        ("{\"name\": \"Ada\", \"born\": 1815, \"tags\": [\"math\", \"poetry\"]}", 23),
        ("Die Besprechung wurde auf Donnerstag verschoben, weil der Raum belegt war.", 20),
        ("会议改到星期四，因为房间被占用了。", 20),
        ("Совещание перенесли на четверг, потому что комната была занята.", 27),
    ]

    @Test(arguments: counted)
    func `an estimate is near the real count`(text: String, tokens: Int) {
        let estimate = TokenEstimator().tokens(in: text)
        #expect(abs(estimate - tokens) <= max(3, tokens / 4), "estimated \(estimate)")
    }

    @Test func `no text costs nothing`() {
        #expect(TokenEstimator().tokens(in: "") == 0)
    }

    @Test func `any text costs at least one token and no more than its bytes`() {
        var random = SplitMix(seed: 1)
        for _ in 0..<2_000 {
            let bytes = (0..<random.below(60)).map { _ in UInt8(random.below(256)) }
            let estimate = bytes.withUnsafeBufferPointer { TokenEstimator().tokens(inUTF8: $0) }
            #expect(estimate >= (bytes.isEmpty ? 0 : 1) && estimate <= max(1, bytes.count))
        }
    }

    @Test func `bytes, spans and strings count alike`() {
        let text = "Grüße aus Zürich: 12 345,67 € für café_au_lait.swift 👩‍🚀"
        let estimator = TokenEstimator(model: "gpt-4o")
        let bytes = Array(text.utf8)
        #expect(estimator.tokens(inUTF8: bytes.span) == estimator.tokens(in: text))
        #expect(bytes.withUnsafeBytes { estimator.tokens(inUTF8: $0) } == estimator.tokens(in: text))
    }

    @Test(
        arguments: [
            (nil, .cl100k), ("gpt-4", .cl100k), ("gpt-4-turbo", .cl100k), ("gpt-4o-mini", .o200k),
            ("openai/gpt-oss-120b", .o200k), ("o3-mini", .o200k), ("llama-3.3-70b-versatile", .llama3),
            ("nvidia/nemotron-4-340b", .llama3), ("qwen/qwen3-32b", .qwen), ("deepseek-r1-distill-llama-70b", .llama3),
            ("deepseek-chat", .deepseek), ("mistral-small-latest", .tekken), ("something-new", .cl100k),
        ] as [(String?, TokenizerFamily)]
    )
    func `a model's name tells its tokenizer`(model: String?, family: TokenizerFamily) {
        #expect(TokenizerFamily(model: model) == family)
    }

    @Test(arguments: TokenizerFamily.allCases)
    func `every family weighs every feature`(family: TokenizerFamily) {
        #expect(family.weights.count == TokenFeatures.count)
        #expect(TokenFeature.allCases.count == TokenFeatures.count)
    }

    @Test func `a message costs its parts and its overhead`() {
        let estimator = TokenEstimator()
        let call = Message.Call(id: "call_1", name: "search", arguments: "{\"q\":\"tea\"}")
        let parts = ["call_1", "search", "{\"q\":\"tea\"}", "Looking."].reduce(0) { $0 + estimator.tokens(in: $1) }
        let message = Message(role: .assistant, text: "Looking.", calls: [call])
        #expect(message.tokens == parts + TokenEstimator.perMessage + TokenEstimator.perCall)
    }
}
