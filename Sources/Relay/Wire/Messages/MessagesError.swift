import Clients

/// Errors as Anthropic's API has them: `{"type":"error","error":{"type":…,"message":…}}`.
/// https://platform.claude.com/docs/en/api/errors
extension ClientError {
    var messagesBody: String {
        "{\"type\":\"error\",\"error\":{\"type\":\"\(messagesType)\",\"message\":\(JSONText.quoted(messagesMessage))}}"
    }

    /// A provider that is not there is an overloaded one: 529.
    var messagesStatus: Int { status == 503 ? 529 : status }

    private var messagesType: StaticString {
        switch status {
        case 401: "authentication_error"
        case 402: "billing_error"
        case 403: "permission_error"
        case 404: "not_found_error"
        case 413: "request_too_large"
        case 408, 504: "timeout_error"
        case 429: "rate_limit_error"
        case 503, 529: "overloaded_error"
        case 500...: "api_error"
        default: "invalid_request_error"
        }
    }

    /// Agents look for these words, to make their history shorter and try again.
    private var messagesMessage: String {
        guard let promptTooLong else { return message }
        return "prompt is too long: \(promptTooLong.tokens) tokens > \(promptTooLong.maximum) maximum"
    }
}
