import Clients

/// The chain's fifth stage: who may serve, in which order, and what a failure means for the request.
///
/// What a failure means for the *route* is its account's business (`ProviderAccount.record`).
final class Dispatch: Sendable {
    let table: RouteTable
    let strategy: any RoutingStrategy
    let rules: RouteRules

    init(table: RouteTable, strategy: any RoutingStrategy, rules: RouteRules) {
        self.table = table
        self.strategy = strategy
        self.rules = rules
    }

    /// A route that failed by chance is tried again after this long, when there is no other.
    static let retryPause = Duration.milliseconds(250)
    static let maxRetries = 2

    /// The settings' rules, those of what is asked, and those of who asks.
    func rules(for request: ModelRequest, searchesWeb: Bool, access: RouteAccess? = nil) -> RouteRules {
        var rules = rules
        rules.endpointType = request.modelType
        rules.searchesWeb = searchesWeb
        rules.access = access
        return rules
    }

    enum Reserved {
        /// `lowered` is the `max_tokens` to send where only less than was asked for is left.
        case reserved(Reservation, lowered: Int?)
        case refused(until: Instant?, reason: BlockReason)
    }

    /// Under this, an answer's room is not lowered for the sake of a quota.
    private static let leastAnswer = 1024

    /// Reserves the prompt and the answer that is to be expected: the usual one, or the full `max_tokens` where the
    /// provider counts it so, lowered to what is left of the minute.
    func reserve(_ route: Route, promptTokens: Int, asked: Int?, at now: Now) -> Reserved {
        let usual = route.experience.usualAnswer
        var answer = asked.map { min($0, usual) } ?? usual
        if route.provider.reservesMaxTokens, let asked { answer = asked }
        var lowered: Int?
        while true {
            switch route.account.reserve(slot: route.slot, tokens: promptTokens + answer, at: now) {
            case .reserved(let reservation): return .reserved(reservation, lowered: lowered)
            case .refused(let until, let reason):
                guard case .quota(let axis) = reason, axis.kind == .tokens, route.provider.reservesMaxTokens,
                    answer > Self.leastAnswer
                else { return .refused(until: until, reason: reason) }
                answer = max(Self.leastAnswer, answer / 2)
                lowered = answer
            }
        }
    }
}

extension ClientError {
    init(_ error: RoutingError) {
        self.init(
            status: error.status,
            message: error.message,
            type: error.type,
            param: error.param,
            code: error.code
        )
    }

    /// The provider's refusal of the request itself, in our envelope.
    init(_ failure: UpstreamFailure, _ details: UpstreamErrorDetails, attempts: [AttemptNote]) {
        let status: Int =
            switch failure {
            case .badRequest(let status) where (400..<500).contains(status): status
            case .parameterRefused(_, let status): status
            default: 400
            }
        self.init(
            status: status,
            message: details.message ?? "The provider refused the request.",
            type: details.type ?? "invalid_request_error",
            param: details.param,
            code: details.code ?? "provider_rejected_request",
            attempts: attempts
        )
    }

    /// No provider that could serve has a word for what is asked.
    static func unsayable(_ what: String) -> ClientError {
        ClientError(
            status: 400,
            message: "No provider that could answer can take the request: \(what).",
            type: "invalid_request_error",
            code: "unsupported_content"
        )
    }

    /// Nobody is left: 429 when waiting helps, else 503.
    static func exhausted(notes: [AttemptNote], retryAfter: Duration?) -> ClientError {
        let tried = notes.map { "\($0.route): \($0.outcome)" }.joined(separator: ", ")
        let what = notes.isEmpty ? "No route could take the request." : "No route could take the request (\(tried))."
        if let retryAfter {
            return ClientError(
                status: 429,
                message: what + " Retry after \(max(1, Int(retryAfter.seconds.rounded(.up)))) s.",
                type: "rate_limit_error",
                code: "rate_limit_exceeded",
                retryAfterSeconds: max(1, Int(retryAfter.seconds.rounded(.up))),
                isFinal: false,
                attempts: notes
            )
        }
        return ClientError(
            status: 503,
            message: what,
            type: "server_error",
            code: "all_routes_failed",
            isFinal: false,
            attempts: notes
        )
    }

    /// A stream that broke after its first words; nothing is pretended.
    static func brokenStream(_ failure: UpstreamFailure) -> ClientError {
        ClientError(
            status: 502,
            message: "The provider's stream broke off (\(failure.trailCode)).",
            type: "server_error",
            code: "stream_interrupted",
            isFinal: false
        )
    }
}
