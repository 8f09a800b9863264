@testable import Relay

extension Tongue {
    /// The quirks are the shipped catalog's.
    static let cloudflare = Tongue(
        dialect: SimulatedCloudflare(),
        errors: .cloudflare,
        model: "@cf/one/model",
        more: #""quirks":{"drop_parameters":["min_p","logit_bias","logprobs","reasoning_effort"],"#
            + #""null_content_as_empty":true,"flat_content":true}"#,
        refusals: [
            .cloudflare(400, 5007, "No such model @cf/one/model or task", "404"),
            .cloudflare(401, 10000, "Authentication error", "401"),
            .cloudflare(403, 3023, "Service unavailable for account", "403"),
            .cloudflare(403, 5018, "The account is not allowed to access this model", "403"),
            .cloudflare(404, 3042, "The model name is invalid", "404"),
            .cloudflare(408, 3007, "Request timeout", "408"),
            .cloudflare(413, 3006, "Request is too large", "413"),
            .cloudflare(429, 3040, "No more data centers to forward the request to", "429"),
            .cloudflare(
                429,
                3036,
                "You have used up your daily free allocation of 10,000 neurons. Please upgrade to Cloudflare's Workers "
                    + "Paid plan if you would like to continue usage.",
                "quota"
            ),
            // A refusal under a status that says that all is well.
            .cloudflare(200, 3040, "Capacity temporarily exceeded, please try again.", "502"),
        ]
    )
}

extension Tongue.Refusal {
    fileprivate static func cloudflare(_ status: Int, _ code: Int, _ message: String, _ trail: String) -> Self {
        let body =
            #"{"result":null,"success":false,"errors":[{"code":\#(code),"message":\#(SimulatedJSON.quoted(message))}],"#
            + #""messages":[]}"#
        return Self("\(status) \(code)", .status(status, body: body), trail)
    }
}
