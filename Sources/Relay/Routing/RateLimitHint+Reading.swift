extension RateLimitHint {
    /// From a refusal's headers and body.
    init(text: ErrorText, headers: some UpstreamHeaders, now: Now) {
        self.init()
        let violation = Self.quotaViolation(text.fields)
        axis = violation ?? Self.axis(in: text)
        limit = Self.limit(in: text)
        accountWide = text.contains(anyOf: UpstreamErrorReader.Phrases.accountWide)
        // Gemini asks to come back in seconds even when the day is used up.
        if violation?.window == .day {
            untilDayReset = true
        } else {
            retryAfter = Self.wait(text: text, headers: headers, now: now)
            let isDay = axis?.window == .day || text.contains(anyOf: UpstreamErrorReader.Phrases.day)
            untilDayReset = isDay && retryAfter == nil
            if isDay, axis == nil { axis = QuotaAxis(.requests, .day) }
        }
    }

    /// The longest wait that headers and body name: each is a floor.
    private static func wait(text: ErrorText, headers: some UpstreamHeaders, now: Now) -> Duration? {
        var waits: [Duration] = []
        if let field = headers.first("retry-after-ms"), let value = Double(field) {
            waits.append(RetryAfter.clamped(value / 1000))
        } else if let field = headers.first("retry-after"), let wait = RetryAfter.parse(field, now: now) {
            waits.append(wait)
        }
        for name in ["retryDelay", "retry_after", "retry_after_seconds", "retryAfter", "Retry-After"] {
            waits += text.fields.values(named: name).compactMap { RetryAfter.parse($0, now: now) }
        }
        if let prose = RetryAfter.inProse(text.lowered) { waits.append(prose) }
        if waits.isEmpty {
            if let reset = RateLimitReport.read(headers, now: now)?.exhaustedReset { waits.append(reset) }
            // OpenRouter repeats the headers in the body.
            waits += text.fields.values(named: "X-RateLimit-Reset").compactMap { RetryAfter.parse($0, now: now) }
        }
        if waits.isEmpty {
            // Nobody says which of them was hit; the one that is back first can be tried first.
            let resets = ["", "-requests", "-tokens"].compactMap { headers.first("x-ratelimit-reset\($0)") }
            if let soonest = resets.compactMap({ RetryAfter.parse($0, now: now) }).min() { waits.append(soonest) }
        }
        return waits.max()
    }

    /// Gemini's `QuotaFailure`: `GenerateRequestsPerDayPerProjectPerModel-FreeTier`. A day outweighs a minute.
    private static func quotaViolation(_ fields: ErrorFields) -> QuotaAxis? {
        let names = fields.values(named: "quotaId").map { $0.lowercased() }
        func axis(_ name: String, _ window: QuotaWindow) -> QuotaAxis {
            QuotaAxis(name.contains("token") ? .tokens : .requests, window)
        }
        if let day = names.first(where: { $0.contains("perday") }) { return axis(day, .day) }
        return names.first { $0.contains("perminute") }.map { axis($0, .minute) }
    }

    private static func axis(in text: ErrorText) -> QuotaAxis? {
        let windows: [(QuotaWindow, [String])] = [
            (.day, ["per day", "(tpd)", "(rpd)", "per-day", "daily", "byday"]),
            (.hour, ["per hour", "(rph)", "(tph)", "hourly"]),
            (.minute, ["per minute", "(tpm)", "(rpm)", "per-min", "/ minute", "byminute"]),
            (.second, ["per second", "(rps)", "/ second"]),
        ]
        guard let window = windows.first(where: { text.contains(anyOf: $0.1) })?.0 else { return nil }
        let isTokens = text.contains(anyOf: [
            "tokens per", "(tpm)", "(tpd)", "(tph)", "token_quota", "too many tokens", "too_many_tokens",
        ])
        return QuotaAxis(isTokens ? .tokens : .requests, window)
    }

    /// "Limit 6000, Used 5900, Requested 300" (Groq), "Rate limit of 50 per 86400s" (GitHub), "limit: 20" (Gemini).
    private static func limit(in text: ErrorText) -> Int? {
        text.integer(after: ["): limit ", "limit: ", "rate limit of ", "limited to "])
    }
}
