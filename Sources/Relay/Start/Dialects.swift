import Clients

extension DialectName {
    /// How the provider is spoken to; `nil` where it speaks chat completions itself.
    var dialect: (any Dialect)? { Self.dialects[self] }

    /// Whether models of that type can be called: only OpenAI's own API has them all.
    func speaks(of type: ModelType) -> Bool {
        guard let dialect else { return self == .openai }
        return type == .embedding && dialect.embeddings != nil
    }

    /// One of each: some remember what a session's next turn needs.
    private static let dialects: [DialectName: any Dialect] = [
        .anthropic: AnthropicDialect(),
        .cloudflare: CloudflareDialect(),
        .gemini: GeminiDialect(),
        .ollama: OllamaDialect(),
        .cohere: CohereDialect(),
    ]
}
