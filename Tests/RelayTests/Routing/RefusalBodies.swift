@testable import Relay

/// Refusals as providers write them.
extension Refusal {
    private static let rpm = QuotaAxis(.requests, .minute)
    private static let tpm = QuotaAxis(.tokens, .minute)
    private static let rpd = QuotaAxis(.requests, .day)
    private static let tpd = QuotaAxis(.tokens, .day)

    static let rateLimits: [Refusal] = [
        Refusal(
            name: "Groq, tokens per minute",
            status: 429,
            headers: ["retry-after": "8"],
            body:
                #"{"error":{"message":"Rate limit reached for model `llama-3.3-70b-versatile` in organization `org_01jx` service tier `on_demand` on tokens per minute (TPM): Limit 12000, Used 11500, Requested 2030. Please try again in 7.65s. Need more tokens? Upgrade","type":"tokens","code":"rate_limit_exceeded"}}"#,
            meaning: .rateLimited(RateLimitHint(retryAfter: .seconds(8), axis: tpm, limit: 12_000))
        ),
        Refusal(
            name: "Groq, tokens per day",
            status: 429,
            body:
                #"{"error":{"message":"Rate limit reached for model `llama-3.3-70b-versatile` on tokens per day (TPD): Limit 100000, Used 99500, Requested 1500. Please try again in 14m24s.","type":"tokens","code":"rate_limit_exceeded"}}"#,
            meaning: .rateLimited(RateLimitHint(retryAfter: .seconds(864), axis: tpd, limit: 100_000))
        ),
        Refusal(
            name: "Groq, 413 that is a rate limit",
            status: 413,
            body:
                #"{"error":{"message":"Request too large for model `openai/gpt-oss-120b` in organization `org_01` service tier `on_demand` on tokens per minute (TPM): Limit 8000, Requested 12873, please reduce your message size and try again. Need more tokens?","type":"tokens","code":"rate_limit_exceeded"}}"#,
            meaning: .rateLimited(RateLimitHint(axis: tpm, limit: 8000))
        ),
        Refusal(
            name: "Gemini, per minute",
            status: 429,
            body:
                #"{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.\n* Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 10\nPlease retry in 17.5s.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":"generativelanguage.googleapis.com/generate_content_free_tier_requests","quotaId":"GenerateRequestsPerMinutePerProjectPerModel-FreeTier","quotaDimensions":{"model":"gemini-2.5-flash","location":"global"},"quotaValue":"10"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"17s"}]}}"#,
            meaning: .rateLimited(RateLimitHint(retryAfter: .seconds(17.5), axis: rpm, limit: 10))
        ),
        Refusal(
            name: "Gemini, per day",
            status: 429,
            body:
                #"[{"error":{"code":429,"message":"You exceeded your current quota.\nPlease retry in 37.598432471s.","status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier","quotaValue":"20"}]},{"retryDelay":"37s"}]}}]"#,
            meaning: .quotaExhausted(RateLimitHint(axis: rpd, untilDayReset: true))
        ),
        Refusal(
            name: "Cerebras, tokens per minute",
            status: 429,
            headers: ["x-ratelimit-remaining-tokens-minute": "0", "x-ratelimit-reset-tokens-minute": "11.5"],
            body:
                #"{"message":"Tokens per minute limit exceeded - too many tokens processed.","type":"too_many_tokens_error","param":"quota","code":"token_quota_exceeded"}"#,
            meaning: .rateLimited(RateLimitHint(retryAfter: .seconds(11.5), axis: tpm))
        ),
        Refusal(
            name: "Cerebras, requests per day",
            status: 429,
            body:
                #"{"message":"Requests per day limit exceeded - too many requests sent.","type":"too_many_requests_error","param":"quota","code":"request_quota_exceeded"}"#,
            meaning: .quotaExhausted(RateLimitHint(axis: rpd, untilDayReset: true))
        ),
        Refusal(
            name: "Mistral",
            status: 429,
            body:
                #"{"object":"error","message":"Requests rate limit exceeded","type":"rate_limited","param":null,"code":"1300"}"#,
            meaning: .rateLimited(.none)
        ),
        Refusal(
            name: "OpenRouter, free models per day",
            status: 429,
            body:
                #"{"error":{"message":"Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day","code":429,"metadata":{"headers":{"X-RateLimit-Limit":"50","X-RateLimit-Remaining":"0","X-RateLimit-Reset":"1736985600000"}}},"user_id":"user_x"}"#,
            meaning: .rateLimited(RateLimitHint(retryAfter: .seconds(43_200), axis: rpd, accountWide: true))
        ),
        Refusal(
            name: "OpenRouter, free models per minute",
            status: 429,
            headers: ["x-ratelimit-limit": "20", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1736942430000"],
            body: #"{"error":{"message":"Rate limit exceeded: free-models-per-min. ","code":429}}"#,
            meaning: .rateLimited(RateLimitHint(retryAfter: .seconds(30), axis: rpm, accountWide: true))
        ),
        Refusal(
            name: "OpenRouter, in a 200",
            status: 200,
            body:
                #"{"id":"gen-1","error":{"message":"Provider returned error","code":429,"metadata":{"raw":"qwen/qwen3-coder:free is temporarily rate-limited upstream. Please retry shortly","provider_name":"Chutes"}}}"#,
            meaning: .rateLimited(.none)
        ),
        Refusal(
            name: "OpenRouter, credits",
            status: 402,
            body:
                #"{"error":{"message":"This request requires more credits, or fewer max_tokens. You requested up to 4096 tokens, but can only afford 1000.","code":402}}"#,
            meaning: .quotaExhausted(RateLimitHint(accountWide: true))
        ),
        Refusal(
            name: "OpenAI, no quota",
            status: 429,
            body:
                #"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#,
            meaning: .quotaExhausted(RateLimitHint(accountWide: true))
        ),
        Refusal(
            name: "OpenAI, requests per minute, milliseconds",
            status: 429,
            headers: ["retry-after": "1", "retry-after-ms": "1250"],
            body:
                #"{"error":{"message":"Rate limit reached for gpt-4o-mini on requests per min (RPM): Limit 3, Used 3, Requested 1.","type":"requests","param":null,"code":"rate_limit_exceeded"}}"#,
            meaning: .rateLimited(RateLimitHint(retryAfter: .seconds(1.25), axis: rpm, limit: 3))
        ),
        Refusal(
            name: "Cloudflare, neurons of the day",
            status: 429,
            body:
                #"{"errors":[{"message":"AiError: AiError: you have used up your daily free allocation of 10,000 neurons, please upgrade to Cloudflare's Workers Paid plan","code":3036}],"success":false,"result":{},"messages":[]}"#,
            meaning: .quotaExhausted(RateLimitHint(axis: rpd, untilDayReset: true, accountWide: true))
        ),
        Refusal(
            name: "Cloudflare, capacity",
            status: 429,
            body:
                #"{"errors":[{"message":"AiError: Capacity temporarily exceeded, please try again.","code":3040}],"success":false}"#,
            meaning: .rateLimited(.none)
        ),
        Refusal(
            name: "GitHub, per day",
            status: 429,
            body:
                #"{"error":{"code":"RateLimitReached","message":"Rate limit of 50 per 86400s exceeded for UserByModelByDay. Please wait 12345 seconds before retrying.","details":"Rate limit"}}"#,
            meaning: .rateLimited(RateLimitHint(retryAfter: .seconds(12_345), axis: rpd, limit: 50))
        ),
        Refusal(
            name: "Nvidia, problem details",
            status: 429,
            body: #"{"status":429,"title":"Too Many Requests"}"#,
            meaning: .rateLimited(.none)
        ),
        Refusal(
            name: "Nvidia, credits",
            status: 402,
            body:
                #"{"status":402,"title":"Payment Required","detail":"Account 'abc': Cloud credits expired - Please contact NVIDIA representatives"}"#,
            meaning: .quotaExhausted(RateLimitHint(accountWide: true))
        ),
        Refusal(
            name: "Hugging Face, monthly credits",
            status: 402,
            body:
                #"{"error":"You have exceeded your monthly included credits for Inference Providers. Subscribe to PRO to get 20x more monthly included credits."}"#,
            meaning: .quotaExhausted(RateLimitHint(accountWide: true))
        ),
        Refusal(
            name: "Cohere, month",
            status: 429,
            body:
                #"{"message":"You are using a Trial key, which is limited to 1000 API calls / month. You can continue to use the Trial key for free or upgrade."}"#,
            meaning: .quotaExhausted(RateLimitHint(accountWide: true, limit: 1000))
        ),
        Refusal(
            name: "Cohere, minute",
            status: 429,
            body: #"{"message":"You are using a Trial key, which is limited to 20 API calls / minute."}"#,
            meaning: .rateLimited(RateLimitHint(axis: rpm, accountWide: true, limit: 20))
        ),
        Refusal(
            name: "Anthropic",
            status: 429,
            headers: ["retry-after": "Wed, 15 Jan 2025 12:00:30 GMT"],
            body:
                #"{"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed the rate limit for your organization of 50 requests per minute."}}"#,
            meaning: .rateLimited(RateLimitHint(retryAfter: .seconds(30), axis: rpm))
        ),
        Refusal(
            name: "Anthropic, credit",
            status: 400,
            body:
                #"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}}"#,
            meaning: .quotaExhausted(RateLimitHint(accountWide: true))
        ),
        Refusal(
            name: "Ollama cloud",
            status: 429,
            body: #"{"error":"you've reached your hourly usage limit, please upgrade to continue"}"#,
            meaning: .rateLimited(RateLimitHint(axis: QuotaAxis(.requests, .hour)))
        ),
        Refusal(
            name: "a rate limit in a 400",
            status: 400,
            body: #"{"error":{"message":"Too many requests, try again in 3s"}}"#,
            meaning: .rateLimited(RateLimitHint(retryAfter: .seconds(3)))
        ),
        Refusal(
            name: "only a reset",
            status: 429,
            headers: ["x-ratelimit-reset-requests": "2m59.5s", "x-ratelimit-reset-tokens": "7.5s"],
            body: "{}",
            meaning: .rateLimited(RateLimitHint(retryAfter: .seconds(7.5)))
        ),
        Refusal(
            name: "epoch seconds",
            status: 429,
            headers: ["retry-after": "1736942445"],
            body: "slow down",
            meaning: .rateLimited(RateLimitHint(retryAfter: .seconds(45)))
        ),
        Refusal(
            name: "ModelScope, today",
            status: 429,
            body:
                #"{"errors":{"message":"You have exceeded today's quota for model Qwen/Qwen3-32B, please try again tomorrow","type":"rate_limit"},"request_id":"x"}"#,
            meaning: .quotaExhausted(RateLimitHint(axis: rpd, untilDayReset: true))
        ),
    ]

    static let sizes: [Refusal] = [
        Refusal(
            name: "Anthropic, prompt",
            status: 400,
            body:
                #"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 208310 tokens > 200000 maximum"},"request_id":"req_1"}"#,
            meaning: .contextLengthExceeded(window: 200_000)
        ),
        Refusal(
            name: "Anthropic, answer",
            status: 400,
            body:
                #"{"type":"error","error":{"type":"invalid_request_error","message":"max_tokens: 99999 > 64000, which is the maximum allowed number of output tokens for claude-sonnet-4-5"}}"#,
            meaning: .maxTokensTooLarge(limit: 64_000)
        ),
        Refusal(
            name: "Anthropic, both together",
            status: 400,
            body:
                #"{"type":"error","error":{"type":"invalid_request_error","message":"input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, decrease input length or `max_tokens` and try again"}}"#,
            meaning: .noRoomForAnswer(room: 11_760)
        ),
        Refusal(
            name: "Cohere, prompt",
            status: 400,
            body:
                #"{"id":"1","message":"too many tokens: total number of tokens in the prompt cannot exceed 128000 - received 130000."}"#,
            meaning: .contextLengthExceeded(window: 128_000)
        ),
        Refusal(
            name: "OpenAI, prompt",
            status: 400,
            body:
                #"{"error":{"message":"This model's maximum context length is 128000 tokens. However, your messages resulted in 130012 tokens. Please reduce the length of the messages.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#,
            meaning: .contextLengthExceeded(window: 128_000)
        ),
        Refusal(
            name: "OpenAI, answer leaves no room",
            status: 400,
            body:
                #"{"error":{"message":"This model's maximum context length is 4097 tokens. However, you requested 5000 tokens (1000 in the messages, 4000 in the completion). Please reduce the length of the messages or completion.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#,
            meaning: .noRoomForAnswer(room: 3097)
        ),
        Refusal(
            name: "OpenAI, max_tokens",
            status: 400,
            body:
                #"{"error":{"message":"max_tokens is too large: 100000. This model supports at most 16384 completion tokens, whereas you provided 100000.","type":"invalid_request_error","param":"max_tokens","code":"invalid_value"}}"#,
            meaning: .maxTokensTooLarge(limit: 16_384)
        ),
        Refusal(
            name: "Groq, max_tokens",
            status: 400,
            body:
                #"{"error":{"message":"`max_tokens` must be less than or equal to `8192`, the maximum value for `max_tokens` is less than the `context_window` for this model","type":"invalid_request_error","param":"max_tokens"}}"#,
            meaning: .maxTokensTooLarge(limit: 8192)
        ),
        Refusal(
            name: "Groq, prompt",
            status: 400,
            body:
                #"{"error":{"message":"Please reduce the length of the messages or completion.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#,
            meaning: .contextLengthExceeded(window: nil)
        ),
        Refusal(
            name: "Cerebras, prompt",
            status: 400,
            body:
                #"{"message":"Please reduce the length of the messages or completion. Current length is 9021 while limit is 8192","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}"#,
            meaning: .contextLengthExceeded(window: 8192)
        ),
        Refusal(
            name: "Mistral, prompt",
            status: 400,
            body:
                #"{"object":"error","message":"Prompt contains 40021 tokens and 0 draft tokens, too large for model with 32768 maximum context length","type":"invalid_request_prompt","param":null,"code":"3051"}"#,
            meaning: .contextLengthExceeded(window: 32_768)
        ),
        Refusal(
            name: "Gemini, prompt",
            status: 400,
            body:
                #"{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}"#,
            meaning: .contextLengthExceeded(window: 1_048_576)
        ),
        Refusal(
            name: "Gemini, maxOutputTokens",
            status: 400,
            body:
                #"{"error":{"code":400,"message":"Unable to submit request because it has a maxOutputTokens value of 100000 but the supported range is from 1 (inclusive) to 65537 (exclusive). Update the value and try again.","status":"INVALID_ARGUMENT"}}"#,
            meaning: .maxTokensTooLarge(limit: 65_536)
        ),
        Refusal(
            name: "GitHub, prompt",
            status: 413,
            body:
                #"{"error":{"code":"tokens_limit_reached","message":"Request body too large for gpt-4o model. Max size: 8000 tokens.","details":"Request body too large for gpt-4o model. Max size: 8000 tokens."}}"#,
            meaning: .contextLengthExceeded(window: 8000)
        ),
        Refusal(
            name: "Anthropic, prompt",
            status: 400,
            body:
                #"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#,
            meaning: .contextLengthExceeded(window: 200_000)
        ),
        Refusal(
            name: "Anthropic, max_tokens",
            status: 400,
            body:
                #"{"type":"error","error":{"type":"invalid_request_error","message":"max_tokens: 100000 > 8192, which is the maximum allowed number of output tokens for claude-3-5-sonnet-20241022"}}"#,
            meaning: .maxTokensTooLarge(limit: 8192)
        ),
        Refusal(
            name: "Nvidia and vLLM, max_tokens and prompt",
            status: 400,
            body:
                #"{"object":"error","message":"'max_tokens' or 'max_completion_tokens' is too large: 5000. This model's maximum context length is 4096 tokens and your request has 1024 input tokens (5000 > 4096 - 1024).","type":"BadRequestError","code":400}"#,
            meaning: .noRoomForAnswer(room: 3072)
        ),
        Refusal(
            name: "OpenRouter, prompt and answer",
            status: 400,
            body:
                #"{"error":{"message":"This endpoint's maximum context length is 131072 tokens. However, you requested about 140000 tokens (135000 of text input, 5000 in the output). Please reduce the length of either one.","code":400}}"#,
            meaning: .contextLengthExceeded(window: 131_072)
        ),
        Refusal(
            name: "Cloudflare, prompt",
            status: 400,
            body:
                #"{"errors":[{"message":"AiError: The estimated number of input and maximum output tokens (30000) exceeded this model context window limit (24000).","code":5021}],"success":false}"#,
            meaning: .contextLengthExceeded(window: 24_000)
        ),
        Refusal(
            name: "Cohere, prompt",
            status: 400,
            body:
                #"{"message":"too many tokens: total number of tokens (prompt and prediction) cannot exceed 4081, received 5000. Try using a shorter prompt or a smaller max_tokens value."}"#,
            meaning: .contextLengthExceeded(window: 4081)
        ),
        Refusal(
            name: "llama.cpp, prompt",
            status: 400,
            body:
                #"{"error":{"code":400,"message":"the request exceeds the available context size, try increasing it","type":"exceed_context_size_error","n_prompt_tokens":9000,"n_ctx":4096}}"#,
            meaning: .contextLengthExceeded(window: 4096)
        ),
        Refusal(
            name: "Ollama, prompt in a 500",
            status: 500,
            body: #"{"error":"input length exceeds the context length"}"#,
            meaning: .contextLengthExceeded(window: nil)
        ),
        Refusal(
            name: "DeepSeek, max_tokens",
            status: 400,
            body:
                #"{"error":{"message":"Invalid max_tokens value, the valid range of max_tokens is [1, 8192]","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}"#,
            meaning: .maxTokensTooLarge(limit: 8192)
        ),
        Refusal(
            name: "exclusive max_tokens with a comma",
            status: 422,
            body: #"{"detail":"max_tokens must be less than 10,001"}"#,
            meaning: .maxTokensTooLarge(limit: 10_000)
        ),
    ]

    static let others: [Refusal] = [
        Refusal(
            name: "Anthropic, overloaded",
            status: 529,
            body: #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}"#,
            meaning: .serverError(status: 529)
        ),
        Refusal(
            name: "Anthropic, too many bytes",
            status: 413,
            body:
                #"{"type":"error","error":{"type":"request_too_large","message":"Request exceeds the maximum size"}}"#,
            meaning: .payloadTooLarge
        ),
        Refusal(
            name: "Anthropic, key",
            status: 401,
            body: #"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}"#,
            meaning: .unauthorized
        ),
        Refusal(
            name: "Anthropic, model",
            status: 404,
            body: #"{"type":"error","error":{"type":"not_found_error","message":"model: claude-9"}}"#,
            meaning: .modelNotFound
        ),
        Refusal(
            name: "Cohere, key",
            status: 401,
            body: #"{"id":"1","message":"invalid api token"}"#,
            meaning: .unauthorized
        ),
        Refusal(
            name: "OpenAI, key",
            status: 401,
            body:
                #"{"error":{"message":"Incorrect API key provided: sk-x. You can find your API key at https://platform.openai.com.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#,
            meaning: .unauthorized
        ),
        Refusal(
            name: "Gemini, key in a 400",
            status: 400,
            body:
                #"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}"#,
            meaning: .unauthorized
        ),
        Refusal(
            name: "Cloudflare, key",
            status: 401,
            body:
                #"{"success":false,"errors":[{"code":10000,"message":"Authentication error"}],"messages":[],"result":null}"#,
            meaning: .unauthorized
        ),
        Refusal(
            name: "OpenRouter, key",
            status: 401,
            body: #"{"error":{"message":"No auth credentials found","code":401}}"#,
            meaning: .unauthorized
        ),
        Refusal(
            name: "Ollama cloud, subscription",
            status: 403,
            body: #"{"error":"this model requires a subscription, upgrade for access"}"#,
            meaning: .forbidden(wholeKey: false)
        ),
        Refusal(
            name: "Google, suspended",
            status: 403,
            body:
                #"{"error":{"code":403,"message":"Permission denied: Consumer 'api_key:x' has been suspended.","status":"PERMISSION_DENIED","details":[{"reason":"CONSUMER_SUSPENDED"}]}}"#,
            meaning: .forbidden(wholeKey: true)
        ),
        Refusal(
            name: "OpenAI, country",
            status: 403,
            body:
                #"{"error":{"code":"unsupported_country_region_territory","message":"Country, region, or territory not supported","param":null,"type":"request_forbidden"}}"#,
            meaning: .forbidden(wholeKey: true)
        ),
        Refusal(
            name: "OpenRouter, moderation",
            status: 403,
            body: #"{"error":{"code":403,"message":"Input was flagged by moderation"}}"#,
            meaning: .badRequest(status: 403)
        ),
        Refusal(
            name: "Groq, no model",
            status: 404,
            body:
                #"{"error":{"message":"The model `x` does not exist or you do not have access to it.","type":"invalid_request_error","code":"model_not_found"}}"#,
            meaning: .modelNotFound
        ),
        Refusal(
            name: "Groq, retired model in a 400",
            status: 400,
            body:
                #"{"error":{"message":"The model `llama2-70b-4096` has been decommissioned and is no longer supported.","type":"invalid_request_error","code":"model_decommissioned"}}"#,
            meaning: .modelNotFound
        ),
        Refusal(
            name: "Ollama, no model",
            status: 404,
            body: #"{"error":"model 'llama9' not found"}"#,
            meaning: .modelNotFound
        ),
        Refusal(
            name: "Cloudflare, no model in a 400",
            status: 400,
            body: #"{"errors":[{"message":"AiError: No such model @cf/x/y or task","code":5007}],"success":false}"#,
            meaning: .modelNotFound
        ),
        Refusal(
            name: "Nvidia, no function",
            status: 404,
            body: #"{"status":404,"title":"Not Found","detail":"Function 'abc': Not found for account 'xyz'"}"#,
            meaning: .modelNotFound
        ),
        Refusal(
            name: "OpenRouter, cannot call tools",
            status: 404,
            body:
                #"{"error":{"message":"No endpoints found that support tool use. To learn more, visit https://openrouter.ai/docs","code":404}}"#,
            meaning: .badRequest(status: 404)
        ),
        Refusal(
            name: "Nvidia, degraded",
            status: 400,
            body:
                #"{"status":400,"title":"Bad Request","detail":"Function id '1' version 'null': DEGRADED function cannot be invoked"}"#,
            quirks: Quirks(transientBodies: ["DEGRADED"]),
            meaning: .serverError(status: 400)
        ),
        Refusal(
            name: "Groq, malformed tool call",
            status: 400,
            body:
                #"{"error":{"message":"Failed to call a function. Please adjust your prompt.","type":"invalid_request_error","code":"tool_use_failed","failed_generation":"<function=rate limit>{}"}}"#,
            meaning: .invalidOutput("the model's tool call or JSON was malformed")
        ),
        Refusal(
            name: "Gemini, overloaded",
            status: 503,
            body:
                #"{"error":{"code":503,"message":"The model is overloaded. Please try again later.","status":"UNAVAILABLE"}}"#,
            meaning: .serverError(status: 503)
        ),
        Refusal(
            name: "Anthropic, overloaded",
            status: 529,
            body: #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            meaning: .serverError(status: 529)
        ),
        Refusal(
            name: "OpenRouter, 502 in a 200",
            status: 200,
            body: #"{"error":{"message":"Provider returned error","code":502}}"#,
            meaning: .serverError(status: 502)
        ),
        Refusal(
            name: "a gateway's page",
            status: 502,
            body: "<html><head><title>502 Bad Gateway</title></head></html>",
            meaning: .serverError(status: 502)
        ),
        Refusal(
            name: "Mistral, validation",
            status: 422,
            body:
                #"{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","top_k"],"msg":"Extra inputs are not permitted","input":"429 rate limit"}]},"type":"invalid_request_error"}"#,
            meaning: .parameterRefused(["top_k"], status: 422)
        ),
        Refusal(
            name: "a wrong parameter",
            status: 400,
            body:
                #"{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter"}}"#,
            meaning: .parameterRefused(["max_tokens"], status: 400)
        ),
        Refusal(
            name: "too many bytes",
            status: 413,
            body: "<html><center><h1>413 Request Entity Too Large</h1></center></html>",
            meaning: .payloadTooLarge
        ),
    ]
}
