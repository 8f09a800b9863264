/// Environment variables by which applications find and open Relay itself. Were they read for a provider, Relay would
/// call itself, or send its own client key elsewhere.
enum ClientVariables {
    static let reserved: Set<String> = [
        "OPENAI_API_KEY", "OPENAI_APIKEY", "OPENAI_BASE_URL", "OPENAI_API_BASE",
        "ANTHROPIC_API_KEY", "ANTHROPIC_APIKEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL",
    ]

    /// The variable that is read in the place of `name`: `RELAY_OPENAI_API_KEY` for `OPENAI_API_KEY`.
    static func safe(_ name: String) -> String { reserved.contains(name) ? "RELAY_\(name)" : name }

    /// `LM-Studio` → `LM_STUDIO`
    static func variableName(_ provider: String) -> String {
        String(provider.uppercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })
    }
}
