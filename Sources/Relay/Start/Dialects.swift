import Clients

extension DialectName {
    /// How the provider is spoken to; `nil` where it speaks chat completions itself.
    var dialect: (any Dialect)? { Self.dialects[self] }

    /// One of each: some remember what a session's next turn needs.
    private static let dialects: [DialectName: any Dialect] = [
        .anthropic: AnthropicDialect(),
        .cloudflare: CloudflareDialect(),
        .gemini: GeminiDialect(),
        .ollama: OllamaDialect(),
        .cohere: CohereDialect(),
    ]
}
