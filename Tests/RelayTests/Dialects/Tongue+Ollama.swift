@testable import Relay

extension Tongue {
    static let ollama = Tongue(
        dialect: SimulatedOllama(),
        errors: .ollama,
        refusals: [
            .ollama(404, "model 'one-model' not found", "404"),
            .ollama(400, #""one-model" does not support tools"#, "400"),
            .ollama(401, "unauthorized", "401"),
            .ollama(403, "this model requires a subscription, upgrade for access: https://ollama.com/upgrade", "403"),
            .ollama(
                402,
                "this model requires a subscription or usage credits, upgrade for access at https://ollama.com/upgrade",
                "quota"
            ),
            .ollama(429, "you've reached your hourly usage limit, please upgrade to continue", "429"),
            .ollama(500, "model requires more system memory (5.6 GiB) than is available (3.1 GiB)", "500"),
            .ollama(500, "llama runner process has terminated: exit status 2", "500"),
            .ollama(503, "server busy, please try again.  maximum pending requests exceeded", "503"),
            // In a 200, as its only line.
            .ollama(200, "an error was encountered while running the model", "502"),
        ],
        takesSeveralChoices: false
    )
}

extension Tongue.Refusal {
    fileprivate static func ollama(_ status: Int, _ message: String, _ trail: String) -> Self {
        Self(
            "\(status) \(message.prefix(24))",
            .status(status, body: #"{"error":\#(SimulatedJSON.quoted(message))}"#),
            trail
        )
    }
}
