import Clients
import NIOCore

/// What a client may be told, with the status and the OpenAI error body it is told with.
struct ClientError: Error, Sendable, Equatable {
    var status: Int
    var message: String
    /// OpenAI's classes: `invalid_request_error`, `rate_limit_error`, `server_error`, …
    var type: String
    var param: String?
    var code: String?
    /// `Retry-After`, in whole seconds.
    var retryAfterSeconds: Int?
    /// Retrying is useless; SDKs read it from `x-should-retry: false`.
    var isFinal = true
    /// What was tried, for answers after which nothing was left.
    var attempts: [AttemptNote] = []
    /// `Allow`, with 405.
    var allowedMethods: String?
    /// The connection cannot go on: what follows in it is unknown.
    var closesConnection = false
    /// The prompt's size, and the most that would have gone.
    var promptTooLong: PromptSize?

    struct PromptSize: Sendable, Equatable {
        var tokens: Int
        var maximum: Int
    }

    /// `{"error":{…}}`, always with all four members.
    var body: String {
        var text = "{\"error\":{\"message\":\(JSONText.quoted(message)),\"type\":\(JSONText.quoted(type))"
        text += ",\"param\":\(param.map(JSONText.quoted) ?? "null"),\"code\":\(code.map(JSONText.quoted) ?? "null")"
        if !attempts.isEmpty {
            text += ",\"attempts\":[\(attempts.map(\.json).joined(separator: ","))]"
        }
        return text + "}}"
    }

    /// One call that was made for a request and what came of it, or a route that was passed over.
    struct AttemptNote: Sendable, Equatable {
        var route: String
        /// As in `X-Fallback-Trail`: `429`, `timeout`, `cooldown`.
        var outcome: String

        var json: String { "{\"route\":\(JSONText.quoted(route)),\"outcome\":\(JSONText.quoted(outcome))}" }
    }
}

extension ClientError {
    static func invalidRequest(_ message: String, param: String? = nil, code: String? = nil) -> ClientError {
        ClientError(status: 400, message: message, type: "invalid_request_error", param: param, code: code)
    }

    init(_ fault: RequestFault) {
        switch fault {
        case .malformed(let fault):
            self = .invalidRequest(
                "We could not parse the JSON body of your request: \(fault.reason.text) (at byte \(fault.offset)).",
                code: "invalid_json"
            )
        case .invalid(let param, let message):
            self = .invalidRequest(message, param: param.isEmpty ? nil : param)
        case .refused(let error):
            self = error
        }
    }

    static let wrongKey = ClientError(
        status: 401,
        message: "Incorrect API key provided. Relay's own key is server.api_key in settings.json (RELAY_API_KEY).",
        type: "authentication_error",
        code: "invalid_api_key"
    )

    static let missingKey = ClientError(
        status: 401,
        message: "You didn't provide an API key. Send Relay's own key as 'Authorization: Bearer …' or 'x-api-key'.",
        type: "authentication_error",
        code: "invalid_api_key"
    )

    static func forbidden(_ message: String) -> ClientError {
        ClientError(status: 403, message: message, type: "permission_error", code: "forbidden")
    }

    static func notFound(_ what: String) -> ClientError {
        ClientError(
            status: 404,
            message: "Unknown request URL: \(what).",
            type: "invalid_request_error",
            code: "unknown_url"
        )
    }

    static func methodNotAllowed(_ method: String, _ path: String, allowed: String) -> ClientError {
        ClientError(
            status: 405,
            message: "Not allowed to \(method) on \(path).",
            type: "invalid_request_error",
            code: "method_not_allowed",
            allowedMethods: allowed
        )
    }

    static func bodyTooLarge(limit: Int) -> ClientError {
        ClientError(
            status: 413,
            message: "The request body is larger than \(limit) bytes (server.max_body_bytes).",
            type: "invalid_request_error",
            code: "request_too_large",
            closesConnection: true
        )
    }

    static func contextLengthExceeded(needed: Int, budget: Int, window: Int) -> ClientError {
        var error = ClientError.invalidRequest(
            "This model's maximum context length is \(window) tokens. However, the messages that cannot be left out "
                + "(system and the last user message) take \(needed) tokens, and \(budget) are left for the prompt. "
                + "Please reduce their length.",
            param: "messages",
            code: "context_length_exceeded"
        )
        error.promptTooLong = PromptSize(tokens: needed, maximum: budget)
        return error
    }

    /// The queue before the chain was full for too long.
    static let busy = ClientError(
        status: 429,
        message: "Relay is busy: no slot came free in time (routing.queue_timeout_seconds). Retry shortly.",
        type: "gateway_overloaded",
        code: "request_queue_timeout",
        retryAfterSeconds: 1,
        isFinal: false
    )

    static let notStored = ClientError(
        status: 501,
        message: "This relay stores nothing; start it with `relay serve` to have what it knows kept.",
        type: "invalid_request_error",
        code: "not_stored"
    )

    static func storeFailed(_ error: any Error) -> ClientError {
        ClientError(status: 500, message: "The store cannot be used: \(error)", type: "server_error")
    }

    static let outOfMemory = ClientError(
        status: 503,
        message: "Relay holds as many request bytes as it may (server.max_buffered_bytes). Retry shortly.",
        type: "server_error",
        code: "overloaded",
        retryAfterSeconds: 1,
        isFinal: false,
        closesConnection: true
    )
}
