/// What RelayFreeLLM's catalog leaves to its code: where its providers are and what they speak. Such a file names
/// providers, models and limits only, and is read with these in place of what it lacks.
struct KnownProvider: Sendable {
    var name: String
    var baseURL: String
    var dialect = DialectName.openai
    var keyless = false

    static let all = [
        KnownProvider(name: "cerebras", baseURL: "https://api.cerebras.ai/v1"),
        KnownProvider(name: "groq", baseURL: "https://api.groq.com/openai/v1"),
        KnownProvider(name: "mistral", baseURL: "https://api.mistral.ai/v1"),
        KnownProvider(
            name: "gemini",
            baseURL: "https://generativelanguage.googleapis.com/v1beta",
            dialect: .gemini
        ),
        KnownProvider(name: "nvidia", baseURL: "https://integrate.api.nvidia.com/v1"),
        KnownProvider(name: "deepseek", baseURL: "https://api.deepseek.com/v1"),
        KnownProvider(name: "ollama", baseURL: "http://localhost:11434", dialect: .ollama, keyless: true),
    ]

    static func named(_ name: String) -> KnownProvider? { all.first { $0.name == name.lowercased() } }
}
