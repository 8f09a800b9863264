@testable import Relay

extension Tongue {
    static let cohere = Tongue(
        dialect: SimulatedCohere(),
        errors: .cohere,
        model: "command-a-vision-07-2025",
        refusals: [
            Refusal("token", .error(401, .cohere, message: "invalid api token"), "401"),
            Refusal(
                "month",
                .error(
                    429,
                    .cohere,
                    message: "You are using a Trial key, which is limited to 1000 API calls / month. You can continue "
                        + "to use the Trial key for free or upgrade to a Production key with higher rate limits."
                ),
                "quota"
            ),
            Refusal("499", .error(499, .cohere, message: "request cancelled by user"), "499"),
        ],
        takesSeveralChoices: false
    )
}
