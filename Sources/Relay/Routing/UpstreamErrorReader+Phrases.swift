extension UpstreamErrorReader {
    /// What providers write, in lower case. Each phrase was seen in a provider's answer or documentation.
    enum Phrases {
        static let invalidKey = [
            "invalid api key", "invalid_api_key", "incorrect api key", "api key not valid", "api_key_invalid",
            "api key is invalid", "invalid x-api-key", "authentication_error", "invalid authentication",
            "no auth credentials found", "api key expired", "api key not found", "invalid token", "invalid apikey",
            "user not found.", "invalid_authentication",
        ]
        static let missingModel = [
            "model_not_found", "model_decommissioned", "has been decommissioned", "no such model",
            "is not a valid model id", "unknown model", "unknown_model", "no endpoints found for", "invalid model:",
            "model not found", "model_not_available", "has been deprecated", "no longer available", "has been retired",
        ]
        /// Codes that mean a rate limit under any status.
        static let rateLimitCodes = [
            "rate_limit_exceeded", "rate_limit_error", "ratelimitreached", "too_many_requests_error",
            "too_many_tokens_error", "rate_limited",
        ]
        static let rateLimits = [
            "rate limit", "rate-limit", "ratelimit", "too many requests", "requests per minute", "tokens per minute",
            "requests per day", "tokens per day", "resource_exhausted", "api calls / minute", "throttled",
        ]
        /// Money or a long allowance is used up; waiting a minute does not help.
        static let exhausted = [
            "insufficient_quota", "insufficient balance", "insufficient_balance", "credit balance is too low",
            "insufficient credits", "requires more credits", "payment required", "included credits",
            "credits expired", "api calls / month", "billing_hard_limit", "out of credits", "no credits",
            "arrearage", "余额不足", "monthly limit", "quota_exhausted",
        ]
        /// A day is used up, in words.
        static let day = [
            "per day", "per-day", "perday", "(tpd)", "(rpd)", "daily", "today's quota", "byday", "per 86400s",
            "for the day", "request_quota_exceeded_day", "24 hours",
        ]
        /// What is used up belongs to the account, not to the model.
        static let accountWide = [
            "account limited", "daily free allocation", "free-models-per", "your account", "credit",
            "insufficient_quota",
            "api calls /", "trial key", "payment required", "organization-wide",
        ]
        static let wholeKey = [
            "suspended", "account has been", "account is disabled", "deactivated", "banned", "key has been disabled",
            "key is disabled", "revoked", "reported as leaked", "location is not supported", "country, region",
            "unsupported_country", "service_disabled", "has not been used in project", "consumer_suspended",
            "error code: 1010", "account blocked", "key has expired",
        ]
        static let refusedContent = ["moderation", "flagged", "content policy", "content_policy", "safety"]
        static let missingCapability = ["support tool use", "support image input", "support the requested"]
    }
}
