extension SimulatedProvider {
    /// A limit that is enforced as providers do: counted when a call arrives, refused calls not counted.
    struct RateLimit: Sendable {
        var requests: Int
        var window: Duration
        /// Tokens of prompt and answer per window.
        var tokens: Int?
        var kind: Kind = .sliding
        var announcement: Announcement = .groq

        enum Kind: Sendable {
            /// Each call leaves the window one window after it arrived.
            case sliding
            /// The count starts again at each multiple of the window since the provider's start.
            case fixed
        }

        enum Announcement: Sendable {
            /// `x-ratelimit-*` on every answer, `Retry-After` in whole seconds on a 429.
            case groq
            /// A 429 without any header or number.
            case bare
        }
    }

    /// The calls a limit has let through.
    struct RateWindow: Sendable {
        private var calls: [(at: ContinuousClock.Instant, tokens: Int)] = []
        private let start: ContinuousClock.Instant

        init(start: ContinuousClock.Instant) {
            self.start = start
        }

        enum Verdict: Sendable {
            case allowed(headers: [(name: String, value: String)])
            /// The wait until the next call has room.
            case refused(wait: Duration, headers: [(name: String, value: String)])
        }

        mutating func admit(tokens: Int, under limit: RateLimit, at now: ContinuousClock.Instant) -> Verdict {
            let opened: ContinuousClock.Instant
            switch limit.kind {
            case .sliding: opened = now - limit.window
            case .fixed: opened = now - remainder(of: start.duration(to: now), by: limit.window)
            }
            calls.removeAll { limit.kind == .sliding ? $0.at <= opened : $0.at < opened }
            let tokensUsed = calls.reduce(0) { $0 + $1.tokens }
            let hasRoom = calls.count < limit.requests && (limit.tokens.map { tokensUsed + tokens <= $0 } ?? true)
            if hasRoom { calls.append((now, tokens)) }
            let oldest = limit.kind == .sliding ? calls.first?.at ?? now : opened
            let wait = now.duration(to: oldest + limit.window)
            let headers = headers(for: limit, tokens: tokensUsed + (hasRoom ? tokens : 0), wait: wait)
            return hasRoom ? .allowed(headers: headers) : .refused(wait: wait, headers: headers)
        }

        private func headers(for limit: RateLimit, tokens: Int, wait: Duration) -> [(name: String, value: String)] {
            guard case .groq = limit.announcement else { return [] }
            var headers = [
                (name: "x-ratelimit-limit-requests", value: "\(limit.requests)"),
                (name: "x-ratelimit-remaining-requests", value: "\(max(0, limit.requests - calls.count))"),
                (name: "x-ratelimit-reset-requests", value: wait.inGroqsForm),
            ]
            if let limit = limit.tokens {
                headers += [
                    (name: "x-ratelimit-limit-tokens", value: "\(limit)"),
                    (name: "x-ratelimit-remaining-tokens", value: "\(max(0, limit - tokens))"),
                    (name: "x-ratelimit-reset-tokens", value: wait.inGroqsForm),
                ]
            }
            return headers
        }

        private func remainder(of elapsed: Duration, by window: Duration) -> Duration {
            elapsed - window * (elapsed / window).rounded(.down)
        }
    }
}

extension Duration {
    /// `2m59.56s`, `7.66s`, `250ms`.
    fileprivate var inGroqsForm: String {
        let milliseconds = max(0, Int((self / .milliseconds(1)).rounded(.up)))
        guard milliseconds >= 1000 else { return "\(milliseconds)ms" }
        let hundredths = milliseconds % 60_000 / 10
        let fraction = hundredths % 100
        let seconds =
            fraction == 0 ? "\(hundredths / 100)s" : "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)s"
        return milliseconds >= 60_000 ? "\(milliseconds / 60_000)m\(seconds)" : seconds
    }
}
