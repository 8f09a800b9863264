extension SimulatedProvider {
    /// Whose words and shapes an error comes in.
    enum ErrorStyle: String, Sendable, CaseIterable {
        case openai, groq, gemini, google, cerebras, mistral, openRouter, nvidia, anthropic, cohere, ollama, cloudflare

        var contentType: String {
            self == .nvidia ? "application/problem+json" : "application/json"
        }

        /// An error of that status in the provider's envelope: OpenAI's and Groq's is nested, Gemini's an array on
        /// its OpenAI path and an object with details on its own (`google`), Cerebras's and Mistral's flat, OpenRouter's
        /// has a number as its code, NVIDIA's is RFC 9457, Ollama's a text, Cloudflare's a list.
        func body(
            status: Int,
            message: String,
            type: String = "invalid_request_error",
            param: String? = nil,
            code: String? = nil
        ) -> String {
            let message = SimulatedJSON.quoted(message)
            let type = SimulatedJSON.quoted(type)
            let param = param.map(SimulatedJSON.quoted) ?? "null"
            let quotedCode = code.map(SimulatedJSON.quoted) ?? "null"
            switch self {
            case .openai:
                return #"{"error":{"message":\#(message),"type":\#(type),"param":\#(param),"code":\#(quotedCode)}}"#
            case .groq:
                let code = code == nil ? "" : #","code":\#(quotedCode)"#
                return #"{"error":{"message":\#(message),"type":\#(type)\#(code)}}"#
            case .gemini:
                return #"[{"error":{"code":\#(status),"message":\#(message),"status":"\#(googleStatus(status))"}}]"#
            case .google:
                return #"{"error":{"code":\#(status),"message":\#(message),"status":"\#(googleStatus(status))""#
                    + googleDetails(message: message, field: param, reason: code) + "}}"
            case .cerebras:
                return #"{"message":\#(message),"type":\#(type),"param":\#(param),"code":\#(quotedCode)}"#
            case .mistral:
                return
                    #"{"object":"error","message":\#(message),"type":\#(type),"param":\#(param),"code":\#(quotedCode)}"#
            case .openRouter:
                return #"{"error":{"message":\#(message),"code":\#(status)},"user_id":"user_sim"}"#
            case .nvidia:
                return #"{"type":"about:blank","title":\#(type),"status":\#(status),"detail":\#(message)}"#
            case .anthropic:
                return #"{"type":"error","error":{"type":"\#(anthropicType(status))","message":\#(message)},"#
                    + #""request_id":"req_sim"}"#
            case .cohere:
                return #"{"id":"sim-0","message":\#(message)}"#
            case .ollama:
                return #"{"error":\#(message)}"#
            case .cloudflare:
                let number = code.flatMap { Int($0) } ?? 5000
                return
                    #"{"result":null,"success":false,"errors":[{"code":\#(number),"message":\#(message)}],"messages":[]}"#
            }
        }

        /// The body of a 429; the wait stands in it where the provider says it there.
        func rateLimitBody(model: String, wait: Duration = .seconds(17)) -> String {
            let seconds = max(1, Int((wait / .seconds(1)).rounded(.up)))
            switch self {
            case .openai:
                return body(
                    status: 429,
                    message: "Rate limit reached for \(model) in organization org-sim on requests per min (RPM): "
                        + "Limit 3, Used 3, Requested 1. Please try again in \(seconds)s. "
                        + "Visit https://platform.openai.com/account/rate-limits to learn more.",
                    type: "requests",
                    code: "rate_limit_exceeded"
                )
            case .groq:
                return body(
                    status: 429,
                    message:
                        "Rate limit reached for model `\(model)` in organization `org_sim` service tier `on_demand` "
                        + "on tokens per minute (TPM): Limit 12000, Used 11800, Requested 900. "
                        + "Please try again in \(seconds)s. Need more tokens? Upgrade to Dev Tier today at "
                        + "https://console.groq.com/settings/billing",
                    type: "tokens",
                    code: "rate_limit_exceeded"
                )
            case .gemini: return "[" + geminiQuotaBody(model: model, seconds: seconds) + "]"
            case .google: return geminiQuotaBody(model: model, seconds: seconds)
            case .cerebras:
                return body(
                    status: 429,
                    message: "Tokens per minute limit exceeded - too many tokens processed.",
                    type: "too_many_tokens_error",
                    param: "quota",
                    code: "token_quota_exceeded"
                )
            case .mistral:
                return body(status: 429, message: "Requests rate limit exceeded", type: "rate_limited", code: "1300")
            case .openRouter:
                return #"{"error":{"message":"Rate limit exceeded: free-models-per-min. ","code":429,"metadata":"#
                    + #"{"headers":{"X-RateLimit-Limit":"20","X-RateLimit-Remaining":"0","X-RateLimit-Reset":""#
                    + #"\#(SimulatedClock.unixMilliseconds() + seconds * 1000)"},"provider_name":null}},"#
                    + #""user_id":"user_sim"}"#
            case .nvidia:
                return
                    #"{"type":"urn:inference-service:problem-details:too-many-requests","title":"Too Many Requests","#
                    + #""status":429,"detail":"Too many requests, try again later.","instance":"/v1/chat/completions"}"#
            case .anthropic:
                return body(
                    status: 429,
                    message: "This request would exceed your organization's rate limit of 50 requests per minute "
                        + "(org: sim, model: \(model)). For details, refer to: "
                        + "https://docs.claude.com/en/api/rate-limits."
                )
            case .cohere:
                return body(
                    status: 429,
                    message: "You are using a Trial key, which is limited to 20 API calls / minute. You can continue "
                        + "to use the Trial key for free or upgrade to a Production key with higher rate limits at "
                        + "'https://dashboard.cohere.com/api-keys'."
                )
            case .ollama:
                return body(
                    status: 429,
                    message: "you've reached your hourly usage limit, please try again in \(seconds)s"
                )
            case .cloudflare:
                return body(
                    status: 429,
                    message: "AiError: Capacity temporarily exceeded, please try again.",
                    code: "3040"
                )
            }
        }

        private func geminiQuotaBody(model: String, seconds: Int) -> String {
            let google = "type.googleapis.com/google.rpc"
            return #"""
                {"error":{"code":429,"message":"You exceeded your current quota, please check your plan \#
                and billing details. For more information on this error, head to: \#
                https://ai.google.dev/gemini-api/docs/rate-limits.\n* Quota exceeded for metric: \#
                generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 10\n\#
                Please retry in \#(seconds).2s.","status":"RESOURCE_EXHAUSTED","details":[\#
                {"@type":"\#(google).QuotaFailure","violations":[{"quotaMetric":\#
                "generativelanguage.googleapis.com/generate_content_free_tier_requests","quotaId":\#
                "GenerateRequestsPerMinutePerProjectPerModel-FreeTier","quotaDimensions":{"location":"global","model":\#
                \#(SimulatedJSON.quoted(model))},"quotaValue":"10"}]},\#
                {"@type":"\#(google).Help","links":[{"description":"Learn more about Gemini API quotas",\#
                "url":"https://ai.google.dev/gemini-api/docs/rate-limits"}]},\#
                {"@type":"\#(google).RetryInfo","retryDelay":"\#(seconds)s"}]}}
                """#
        }

        /// Which field is wrong, and the reason that programs go by; both as JSON text.
        private func googleDetails(message: String, field: String, reason: String?) -> String {
            var details: [String] = []
            if let reason {
                details.append(
                    #"{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":\#(SimulatedJSON.quoted(reason)),"#
                        + #""domain":"googleapis.com","metadata":{"service":"generativelanguage.googleapis.com"}}"#
                )
            }
            if field != "null" {
                details.append(
                    #"{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":\#(field),"#
                        + #""description":\#(message)}]}"#
                )
            }
            return details.isEmpty ? "" : #","details":[\#(details.joined(separator: ","))]"#
        }

        private func anthropicType(_ status: Int) -> String {
            switch status {
            case 401: "authentication_error"
            case 402: "billing_error"
            case 403: "permission_error"
            case 404: "not_found_error"
            case 413: "request_too_large"
            case 429: "rate_limit_error"
            case 504: "timeout_error"
            case 529: "overloaded_error"
            case 500...: "api_error"
            default: "invalid_request_error"
            }
        }

        private func googleStatus(_ status: Int) -> String {
            switch status {
            case 400: "INVALID_ARGUMENT"
            case 401: "UNAUTHENTICATED"
            case 403: "PERMISSION_DENIED"
            case 404: "NOT_FOUND"
            case 429: "RESOURCE_EXHAUSTED"
            case 503: "UNAVAILABLE"
            default: "INTERNAL"
            }
        }
    }
}
