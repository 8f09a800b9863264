import Testing

@testable import Relay

/// A dialect as the conformance suite plays it: who speaks it, how it refuses, what it cannot do.
///
/// Adding a dialect to the suite is one entry in `all`.
struct Tongue: Sendable, CustomTestStringConvertible {
    /// A refusal in the provider's own words, and what Relay's trail calls it.
    struct Refusal: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var fault: SimulatedProvider.Fault
        var code: String

        init(_ name: String, _ fault: SimulatedProvider.Fault, _ code: String) {
            (testDescription, self.fault, self.code) = (name, fault, code)
        }
    }

    var dialect: any SimulatedDialect
    /// The envelope of its errors.
    var errors: SimulatedProvider.ErrorStyle
    /// The model's id, where the dialect goes by it.
    var model = "one-model"
    /// Further members of its entry in the catalog, as JSON text.
    var more = ""
    /// Errors verbatim from the provider's documentation, beside those that every dialect has.
    var refusals: [Refusal] = []
    var takesImages = true
    var takesSeveralChoices = true
    /// Whether the API can be told to answer with JSON at all, or by a schema.
    var takesJSONMode = true
    var takesJSONSchema = true
    var takesForcedTools = true
    /// Takes temperature and top_p in one call.
    var takesBothSamplers = true
    /// Has a member for what the model thinks.
    var thinks = true
    /// Marks the end of its streams, so that one that breaks off before it is known to be cut.
    var streamHasEnd = true

    var testDescription: String { "\(dialect.name.rawValue) \(model)" }

    func behavior(_ answer: SimulatedProvider.Answer = .text(Self.paris)) -> SimulatedProvider.Behavior {
        SimulatedProvider.Behavior(answer: answer)
            .with { behavior in
                behavior.dialect = dialect
                behavior.errors = errors
                behavior.isStrict = true
            }
    }

    func member(
        _ change: (inout SimulatedProvider.Behavior) -> Void = { _ in }
    ) -> RelayUnderTest.Member {
        RelayUnderTest.Member("One", models: [entry], more: more, behavior().with(change))
    }

    var entry: RelayUnderTest.Entry {
        RelayUnderTest.Entry(model, more: #""inputs":["image"],"json_schema":true"#)
    }

    /// Every error that a provider of this dialect may answer with.
    var allRefusals: [Refusal] {
        let statuses: [(Int, String, String)] = [
            (400, "Your 'frobs' are wrong.", "400"), (401, "The credentials are wrong.", "401"),
            (403, "You may not use this.", "403"), (404, "It is not there.", "404"),
            (413, "Request payload size exceeds the limit.", "413"), (500, "An internal error has occurred.", "500"),
            (502, "Bad gateway.", "502"), (503, "It is overloaded.", "503"), (504, "It took too long.", "504"),
        ]
        return statuses.map { Refusal("\($0.0)", .error($0.0, errors, message: $0.1), $0.2) }
            + [Refusal("429", .rateLimited(errors, retryAfter: "17"), "429")] + refusals
    }

    static let paris = "Paris is the capital of France."

    static let all: [Tongue] = [
        Tongue(dialect: SimulatedOpenAI(), errors: .openai), anthropic, cloudflare, cohere,
        Tongue(dialect: SimulatedGemini(), errors: .google, model: "gemini-2.5-flash", refusals: gemini),
        Tongue(dialect: SimulatedGemini(signsCalls: true), errors: .google, model: "gemini-3.1-pro-preview"), ollama,
    ]

    static let images = all.filter(\.takesImages)
    static let choices = all.filter(\.takesSeveralChoices)
    static let jsonModes = all.filter(\.takesJSONMode)
    static let schemas = all.filter(\.takesJSONSchema)
    static let forcing = all.filter(\.takesForcedTools)
    static let thinkers = all.filter(\.thinks)

    /// Each refusal with who says it.
    static let refusing: [(Tongue, Refusal)] = all.flatMap { tongue in tongue.allRefusals.map { (tongue, $0) } }

    /// ai.google.dev/gemini-api/docs/troubleshooting, and answers of the service.
    private static let gemini: [Refusal] = [
        Refusal(
            "an invalid key",
            .status(
                400,
                body: #"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"#
                    + #""INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"#
                    + #""API_KEY_INVALID","domain":"googleapis.com","metadata":{"service":"#
                    + #""generativelanguage.googleapis.com"}}]}}"#
            ),
            "401"
        ),
        Refusal(
            "an expired key",
            .status(
                400,
                body: #"{"error":{"code":400,"message":"API key expired. Please renew the API key.","#
                    + #""status":"INVALID_ARGUMENT"}}"#
            ),
            "401"
        ),
        Refusal(
            "the wrong country",
            .status(
                400,
                body: #"{"error":{"code":400,"message":"User location is not supported for the API use.","#
                    + #""status":"FAILED_PRECONDITION"}}"#
            ),
            "403"
        ),
        Refusal(
            "an overloaded model",
            .status(
                503,
                body: #"{"error":{"code":503,"message":"The model is overloaded. Please try again later.","#
                    + #""status":"UNAVAILABLE"}}"#
            ),
            "503"
        ),
        Refusal(
            "a blocked prompt",
            .status(
                200,
                body: #"{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":9,"#
                    + #""totalTokenCount":9},"modelVersion":"gemini-2.5-flash"}"#
            ),
            "400"
        ),
        Refusal(
            "a call that is none",
            .status(
                200,
                body: #"{"candidates":[{"content":{},"finishReason":"MALFORMED_FUNCTION_CALL","finishMessage":"#
                    + #""Malformed function call: print(default_api.x(","index":0}]}"#
            ),
            "invalid"
        ),
    ]
}
