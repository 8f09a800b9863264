@testable import Relay

extension Tongue {
    /// JSON without a schema is asked for in words.
    static let anthropic = Tongue(
        dialect: SimulatedAnthropic(),
        errors: .anthropic,
        model: "claude-sonnet-4-5",
        refusals: [
            Refusal("529", .error(529, .anthropic, message: "Overloaded"), "529"),
            Refusal(
                "credit",
                .error(
                    400,
                    .anthropic,
                    message: "Your credit balance is too low to access the Anthropic API. Please go to Plans & "
                        + "Billing to upgrade or purchase credits."
                ),
                "quota"
            ),
        ],
        takesSeveralChoices: false,
        takesJSONMode: false,
        takesBothSamplers: false
    )
}
