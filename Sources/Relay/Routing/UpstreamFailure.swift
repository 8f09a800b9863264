/// What an upstream did instead of answering.
enum UpstreamFailure: Error, Sendable, Equatable {
    /// 429, and other answers whose body is a rate limit.
    case rateLimited(RateLimitHint)
    /// 402, and used-up days or credits.
    case quotaExhausted(RateLimitHint)
    /// 401, and other answers whose body says that the key is invalid.
    case unauthorized
    case forbidden(wholeKey: Bool)
    case modelNotFound
    /// `window` in tokens, where it was named.
    case contextLengthExceeded(window: Int?)
    /// `limit` in tokens, where it was named.
    case maxTokensTooLarge(limit: Int?)
    /// The prompt fits but leaves only `room` tokens for the answer, fewer than were asked for.
    case noRoomForAnswer(room: Int)
    /// 400, 422 and whatever else means that the request is at fault.
    case badRequest(status: Int)
    /// A 400 or 422 that names members of the request which the provider does not know or does not take.
    case parameterRefused([String], status: Int)
    /// 413 in bytes.
    case payloadTooLarge
    case serverError(status: Int)
    case timeout(TimeoutKind)
    case connectionFailed(String)
    /// An answer that is not one: HTML, cut JSON, an unknown encoding.
    case unreadable(String)
    /// A whole answer without text, reasoning or tool call.
    case emptyAnswer
    /// A stream that ended without its end.
    case truncatedStream
    /// An answer that does not hold what was asked for and could not be repaired.
    case invalidOutput(String)
    /// JSON that is not what the request's schema says; where and why.
    case offSchema(String)
}

/// Which of the times ran out.
enum TimeoutKind: String, Sendable, CaseIterable {
    case connect, firstByte, idle, total
}

extension UpstreamFailure {
    /// What a failure means for the request.
    enum Meaning: Sendable, Equatable {
        case nextCandidate
        /// Without a fault of the route; when every candidate was empty, the last answer is passed on.
        case nextCandidateOrPassOn
        /// On the meta-model the next candidate; a direct call is answered 404.
        case nextCandidateOrNotFound
        /// Fitted smaller and sent again, else a candidate with a larger window.
        case fitSmaller
        /// Sent again with a lower `max_tokens`.
        case lowerMaxTokens
        /// Sent again without what was refused, where the request can do without it; else as `oneMoreThenReturn`.
        case leaveOut
        /// On the meta-model one more candidate of another provider; if that refuses too, the first error.
        case oneMoreThenReturn
    }

    /// What a failure means for the route.
    enum Consequence: Sendable, Equatable {
        /// The request was at fault, or a size was learned.
        case none
        /// It lowers the route's score and nothing else.
        case poorAnswer
        /// It counts towards the breaker.
        case failure
        case cooldown(RateLimitHint)
        case exhausted(RateLimitHint)
        case benchKey
        case forbid(wholeKey: Bool)
        case missing
    }

    var meaning: Meaning {
        switch self {
        case .rateLimited, .quotaExhausted, .unauthorized, .forbidden, .serverError, .timeout, .connectionFailed,
            .unreadable, .truncatedStream, .invalidOutput, .offSchema, .payloadTooLarge:
            .nextCandidate
        case .emptyAnswer: .nextCandidateOrPassOn
        case .modelNotFound: .nextCandidateOrNotFound
        case .contextLengthExceeded: .fitSmaller
        case .maxTokensTooLarge, .noRoomForAnswer: .lowerMaxTokens
        case .badRequest: .oneMoreThenReturn
        case .parameterRefused: .leaveOut
        }
    }

    var consequence: Consequence {
        switch self {
        case .rateLimited(let hint): .cooldown(hint)
        case .quotaExhausted(let hint): .exhausted(hint)
        case .unauthorized: .benchKey
        case .forbidden(let wholeKey): .forbid(wholeKey: wholeKey)
        case .modelNotFound: .missing
        case .contextLengthExceeded, .maxTokensTooLarge, .noRoomForAnswer, .badRequest, .parameterRefused,
            .payloadTooLarge:
            .none
        case .invalidOutput, .offSchema: .poorAnswer
        case .serverError, .timeout, .connectionFailed, .unreadable, .emptyAnswer, .truncatedStream: .failure
        }
    }

    /// As `X-Fallback-Trail` shows it: a status where there was one, else a word.
    var trailCode: String {
        switch self {
        case .rateLimited: "429"
        case .quotaExhausted: "quota"
        case .unauthorized: "401"
        case .forbidden: "403"
        case .modelNotFound: "404"
        case .contextLengthExceeded: "context"
        case .maxTokensTooLarge, .noRoomForAnswer: "max_tokens"
        case .badRequest(let status), .parameterRefused(_, let status): String(status)
        case .payloadTooLarge: "413"
        case .serverError(let status): String(status)
        case .timeout: "timeout"
        case .connectionFailed: "connect"
        case .unreadable: "unreadable"
        case .emptyAnswer: "empty"
        case .truncatedStream: "cut"
        case .invalidOutput: "invalid"
        case .offSchema: "schema"
        }
    }

    /// The same, and what else helps whoever reads a trail: `schema ($.price: expected number, got string)`.
    var trailNote: String {
        if case .offSchema(let fault) = self { "\(trailCode) (\(fault))" } else { trailCode }
    }

    /// The most `max_tokens` that the route would take for this request, where it was named.
    var maxTokensLimit: Int? {
        switch self {
        case .maxTokensTooLarge(let limit): limit
        case .noRoomForAnswer(let room): room
        default: nil
        }
    }

    /// How long the provider asked to be left alone, where it did.
    var retryAfter: Duration? {
        switch self {
        case .rateLimited(let hint), .quotaExhausted(let hint): hint.retryAfter
        default: nil
        }
    }
}
