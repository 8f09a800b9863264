import Testing

@testable import Relay

struct UpstreamFailureTests {
    private static let hint = RateLimitHint(retryAfter: .seconds(1))

    @Test(arguments: [
        (
            UpstreamFailure.rateLimited(hint), UpstreamFailure.Meaning.nextCandidate,
            UpstreamFailure.Consequence.cooldown(hint), "429"
        ),
        (.quotaExhausted(hint), .nextCandidate, .exhausted(hint), "quota"),
        (.serverError(status: 408), .nextCandidate, .failure, "408"),
        (.serverError(status: 503), .nextCandidate, .failure, "503"),
        (.connectionFailed("tls"), .nextCandidate, .failure, "connect"),
        (.timeout(.firstByte), .nextCandidate, .failure, "timeout"),
        (.unreadable("html"), .nextCandidate, .failure, "unreadable"),
        (.truncatedStream, .nextCandidate, .failure, "cut"),
        (.emptyAnswer, .nextCandidateOrPassOn, .failure, "empty"),
        (.unauthorized, .nextCandidate, .benchKey, "401"),
        (.forbidden(wholeKey: false), .nextCandidate, .forbid(wholeKey: false), "403"),
        (.forbidden(wholeKey: true), .nextCandidate, .forbid(wholeKey: true), "403"),
        (.modelNotFound, .nextCandidateOrNotFound, .missing, "404"),
        (.contextLengthExceeded(window: 1), .fitSmaller, .none, "context"),
        (.maxTokensTooLarge(limit: 1), .lowerMaxTokens, .none, "max_tokens"),
        (.noRoomForAnswer(room: 1), .lowerMaxTokens, .none, "max_tokens"),
        (.badRequest(status: 400), .oneMoreThenReturn, .none, "400"),
        (.badRequest(status: 422), .oneMoreThenReturn, .none, "422"),
        (.parameterRefused(["top_k"], status: 422), .leaveOut, .none, "422"),
        (.payloadTooLarge, .nextCandidate, .none, "413"),
        (.invalidOutput("json"), .nextCandidate, .poorAnswer, "invalid"),
    ])
    func `every failure has its meaning for request, route and trail`(
        failure: UpstreamFailure,
        meaning: UpstreamFailure.Meaning,
        consequence: UpstreamFailure.Consequence,
        trail: String
    ) {
        #expect(failure.meaning == meaning)
        #expect(failure.consequence == consequence)
        #expect(failure.trailCode == trail)
    }
}
