/// Tokenizers that count alike; found by the model's name.
enum TokenizerFamily: Sendable, CaseIterable {
    case cl100k, o200k, llama3, qwen, tekken, deepseek

    /// Parts of model names, first match wins; vendors are matched before the families their names contain.
    private static let names: [(part: String, family: TokenizerFamily)] = [
        ("distill-llama", .llama3), ("distill-qwen", .qwen), ("nemotron", .llama3), ("deepseek", .deepseek),
        ("qwen", .qwen),
        ("qwq", .qwen),
        ("mistral", .tekken), ("mixtral", .tekken), ("codestral", .tekken), ("devstral", .tekken),
        ("magistral", .tekken), ("ministral", .tekken), ("pixtral", .tekken), ("nemo", .tekken),
        ("llama", .llama3), ("hermes", .llama3),
        ("gpt-3.5", .cl100k), ("gpt-4o", .o200k), ("gpt-4.", .o200k), ("gpt-4", .cl100k), ("gpt-5", .o200k),
        ("gpt-oss", .o200k), ("chatgpt", .o200k), ("gemini", .o200k), ("gemma", .o200k),
    ]

    init(model: String?) {
        let name = (model ?? "").lowercased()
        let isReasoner = ["o1", "o3", "o4"]
            .contains { name == $0 || name.hasPrefix($0 + "-") || name.hasSuffix("/" + $0) }
        self = isReasoner ? .o200k : Self.names.first { name.contains($0.part) }?.family ?? .cl100k
    }
}
