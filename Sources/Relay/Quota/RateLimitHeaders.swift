/// The header fields of an upstream's answer, by lower-case name.
protocol UpstreamHeaders {
    func first(_ lowercasedName: String) -> String?
}

/// What a provider's headers say about what is left, per axis.
struct RateLimitReport: Sendable, Equatable {
    struct Reading: Sendable, Equatable {
        var kind = QuotaKind.requests
        /// `nil` where the provider does not name it.
        var window: QuotaWindow?
        var limit: Int?
        var remaining: Int?
        /// Until what was used is whole again.
        var reset: Duration?
    }

    var readings: [Reading] = []

    /// The reading of one axis, or with `nil` the one whose window was not named.
    func reading(_ kind: QuotaKind, _ window: QuotaWindow?) -> Reading? {
        readings.first { $0.kind == kind && $0.window == window }
    }

    /// The report in an answer's headers; `nil` where there is none, after a handful of look-ups.
    static func read(_ headers: some UpstreamHeaders, now: Now) -> RateLimitReport? {
        var report = RateLimitReport()
        for family in Family.all { report.read(family, headers, now: now) }
        report.readUnnamed(headers, now: now)
        report.readPolicy(headers, now: now)
        return report.readings.isEmpty ? nil : report
    }

    /// The longest time after which something that is used up is back; `nil` where nothing is, or no time is named.
    var exhaustedReset: Duration? {
        readings.filter { ($0.remaining ?? 1) <= 0 }.compactMap(\.reset).max()
    }

    private mutating func read(_ family: Family, _ headers: some UpstreamHeaders, now: Now) {
        let limit = headers.first(family.limit).flatMap(Self.count)
        let remaining = headers.first(family.remaining).flatMap(Self.count)
        guard limit != nil || remaining != nil else { return }
        readings.append(
            Reading(
                kind: family.kind,
                window: family.window,
                limit: limit,
                remaining: remaining,
                reset: headers.first(family.reset).flatMap { RetryAfter.parse($0, now: now) }
            )
        )
    }

    /// `X-RateLimit-{Limit,Remaining,Reset}` of OpenRouter and GitHub: requests, over a time that only the reset tells.
    private mutating func readUnnamed(_ headers: some UpstreamHeaders, now: Now) {
        guard let remaining = headers.first("x-ratelimit-remaining").flatMap(Self.count) else { return }
        readings.append(
            Reading(
                limit: headers.first("x-ratelimit-limit").flatMap(Self.count),
                remaining: remaining,
                reset: headers.first("x-ratelimit-reset").flatMap { RetryAfter.parse($0, now: now) }
            )
        )
    }

    /// Both forms of the IETF draft: `RateLimit-Remaining: 12` with its sisters, and `RateLimit: "default";r=12;t=30`
    /// with `RateLimit-Policy: "default";q=100;w=60`. The older one may carry the window: `RateLimit-Limit: 100;w=60`.
    private mutating func readPolicy(_ headers: some UpstreamHeaders, now: Now) {
        var reading = Reading()
        if let field = headers.first("ratelimit") {
            reading.limit = Self.parameter("limit", in: field)
            reading.remaining = Self.parameter("r", in: field) ?? Self.parameter("remaining", in: field)
            reading.reset = (Self.parameter("t", in: field) ?? Self.parameter("reset", in: field))
                .map { RetryAfter.clamped(Double($0)) }
        } else if let remaining = headers.first("ratelimit-remaining").flatMap(Self.count) {
            let limit = headers.first("ratelimit-limit")
            reading.remaining = remaining
            reading.limit = limit.flatMap(Self.count)
            reading.window = limit.flatMap { Self.parameter("w", in: $0) }.flatMap(Self.window)
            reading.reset = headers.first("ratelimit-reset").flatMap { RetryAfter.parse($0, now: now) }
        }
        guard reading.remaining != nil else { return }
        if let policy = headers.first("ratelimit-policy") {
            reading.limit = reading.limit ?? Self.parameter("q", in: policy) ?? Self.count(policy)
            reading.window = reading.window ?? Self.parameter("w", in: policy).flatMap(Self.window)
        }
        readings.append(reading)
    }

    /// A whole number at the start of a value; what follows a comma or semicolon is not read.
    private static func count(_ text: String) -> Int? {
        var value = 0
        var digits = 0
        for byte in text.utf8 {
            if (0x30...0x39).contains(byte), digits < 15 {
                value = value * 10 + Int(byte - 0x30)
                digits += 1
            } else if byte == 0x2D, digits == 0 {
                // Some report what is overdrawn; nothing is left then.
                return 0
            } else if !(byte == 0x20 && digits == 0) {
                break
            }
        }
        return digits > 0 ? value : nil
    }

    /// `name=value` among the parameters of a structured field, of its first item.
    private static func parameter(_ name: String, in field: String) -> Int? {
        let item = field.split(separator: ";").flatMap { $0.split(separator: ",") }
        for part in item {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2 else { continue }
            if pair[0].filter({ $0 != " " }).lowercased() == name { return count(String(pair[1])) }
        }
        return nil
    }

    private static func window(seconds: Int) -> QuotaWindow? {
        QuotaWindow.allCases.first { $0.duration == .seconds(seconds) }
    }
}

extension RateLimitReport {
    /// Three names that belong together.
    private struct Family: Sendable {
        let kind: QuotaKind
        let window: QuotaWindow?
        let limit: String
        let remaining: String
        let reset: String

        /// `x-ratelimit-remaining-requests`, `x-ratelimit-remaining-tokens-minute`.
        init(_ kind: QuotaKind, _ window: QuotaWindow?, suffix: String) {
            self.kind = kind
            self.window = window
            self.limit = "x-ratelimit-limit-\(suffix)"
            self.remaining = "x-ratelimit-remaining-\(suffix)"
            self.reset = "x-ratelimit-reset-\(suffix)"
        }

        /// `anthropic-ratelimit-requests-remaining`.
        init(_ kind: QuotaKind, _ window: QuotaWindow?, prefix: String) {
            self.kind = kind
            self.window = window
            self.limit = "\(prefix)-limit"
            self.remaining = "\(prefix)-remaining"
            self.reset = "\(prefix)-reset"
        }

        /// Without a window, requests may be meant per minute or per day; tokens are per minute with everyone.
        static let all = [
            Family(.requests, nil, suffix: "requests"),
            Family(.tokens, .minute, suffix: "tokens"),
            Family(.requests, .second, suffix: "requests-second"),
            Family(.requests, .minute, suffix: "requests-minute"),
            Family(.requests, .hour, suffix: "requests-hour"),
            Family(.requests, .day, suffix: "requests-day"),
            Family(.tokens, .minute, suffix: "tokens-minute"),
            Family(.tokens, .hour, suffix: "tokens-hour"),
            Family(.tokens, .day, suffix: "tokens-day"),
            Family(.requests, .minute, prefix: "anthropic-ratelimit-requests"),
            Family(.tokens, .minute, prefix: "anthropic-ratelimit-tokens"),
            Family(.requests, .day, prefix: "modelscope-ratelimit-requests"),
        ]
    }
}
