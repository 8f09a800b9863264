/// Tells from status, headers and body what an upstream did. The body is read before the status is believed, since
/// providers wrap rate limits in 400 and 413, invalid keys in 400, full contexts in 500 and errors in 200.
struct UpstreamErrorReader {
    static func read(
        status: Int,
        headers: some UpstreamHeaders,
        body: [UInt8],
        quirks: Quirks = Quirks(),
        now: Now
    ) -> UpstreamFailure {
        let fields = ErrorFields(body)
        let text = ErrorText(fields, body: body)
        let status = effectiveStatus(status, fields: fields)
        if quirks.transientBodies.contains(where: { text.bodyContains($0) }) { return .serverError(status: status) }
        let reader = UpstreamErrorReader(status: status, text: text)
        if let failure = reader.failureNamedInBody() { return failure }
        if reader.isRateLimit {
            let hint = RateLimitHint(text: text, headers: headers, now: now)
            return reader.isExhausted || hint.untilDayReset ? .quotaExhausted(hint) : .rateLimited(hint)
        }
        if status == 402 || reader.isExhausted {
            return .quotaExhausted(RateLimitHint(text: text, headers: headers, now: now))
        }
        return reader.sizeFailure() ?? reader.failureByStatus()
    }

    /// The upstream's own message, sanitised; `nil` where there is none.
    static func message(in body: [UInt8]) -> String? {
        UpstreamErrorDetails(body: body).message
    }

    let status: Int
    let text: ErrorText

    /// A status inside the body counts where the outer one says that all is well, or nothing.
    private static func effectiveStatus(_ status: Int, fields: ErrorFields) -> Int {
        guard status < 400 else { return status }
        let inner = [
            "error.code", "error.status", "status", "code", "errors.0.code", "status_code", "error.status_code",
        ]
        for path in inner {
            if let code = fields[path].flatMap({ Int($0) }), (400..<600).contains(code) { return code }
        }
        return status
    }

    /// What a body says so plainly that no status changes it.
    private func failureNamedInBody() -> UpstreamFailure? {
        if text.contains(anyOf: [
            "tool_use_failed", "failed to call a function", "json_validate_failed", "failed to generate json",
        ]) {
            return .invalidOutput("the model's tool call or JSON was malformed")
        }
        if status < 500, status != 429, text.contains(anyOf: Phrases.invalidKey) { return .unauthorized }
        // Google says so with a 400.
        if status == 400, text.contains("location is not supported") { return .forbidden(wholeKey: true) }
        if status < 500, status != 429, text.contains(anyOf: Phrases.missingModel) { return .modelNotFound }
        return nil
    }

    /// A 5xx that speaks of limits is still a server that fails, unless it names the code.
    private var isRateLimit: Bool {
        if status == 429 { return true }
        if text.contains(anyOf: Phrases.rateLimitCodes) { return true }
        return status < 500 && text.contains(anyOf: Phrases.rateLimits)
    }

    private var isExhausted: Bool {
        (status < 500 && status != 401 && text.contains(anyOf: Phrases.exhausted))
    }

    private func failureByStatus() -> UpstreamFailure {
        switch status {
        case 200..<300:
            .serverError(status: 502)
        case 300..<400:
            .unreadable("redirect \(status)")
        case 401:
            .unauthorized
        case 403:
            if text.contains(anyOf: Phrases.refusedContent) {
                .badRequest(status: status)
            } else {
                .forbidden(wholeKey: text.contains(anyOf: Phrases.wholeKey))
            }
        case 404 where text.contains(anyOf: Phrases.missingCapability):
            .badRequest(status: status)
        case 404, 410:
            .modelNotFound
        case 413:
            .payloadTooLarge
        case 408, 424, 425, 498, 499, 500...:
            .serverError(status: status)
        default:
            refusedParameter ?? .badRequest(status: status)
        }
    }

    private var refusedParameter: UpstreamFailure? {
        guard status == 400 || status == 422 else { return nil }
        let names = RefusedParameter.names(in: text)
        return names.isEmpty ? nil : .parameterRefused(names, status: status)
    }
}

/// What is searched for phrases: everything an error body says about itself, in lower case, and nothing that it quotes.
struct ErrorText: Sendable {
    let fields: ErrorFields
    /// Message, type, code and the like, one per line, with ASCII letters in lower case.
    let lowered: [UInt8]
    private let body: ArraySlice<UInt8>
    private let pairs: BytePairs

    private static let maximumBytes = 8192

    init(_ fields: ErrorFields, body: [UInt8]) {
        self.fields = fields
        self.body = body.prefix(Self.maximumBytes)
        var text: [UInt8] = []
        if fields.isEmpty {
            text.append(contentsOf: self.body)
        } else {
            text.reserveCapacity(min(body.count, Self.maximumBytes))
            // What a model wrote or a user sent may stand in an error, too; it decides nothing.
            for field in fields.all where !field.path.hasSuffix("failed_generation") && !field.path.hasSuffix(".input")
            {
                text.append(contentsOf: field.value.utf8.prefix(2048))
                text.append(0x0A)
                if text.count > Self.maximumBytes { break }
            }
        }
        self.lowered = text.lowercasedASCII
        self.pairs = BytePairs(of: lowered)
    }

    /// Phrases are in lower case.
    func contains(_ phrase: String) -> Bool {
        firstIndex(of: phrase, from: 0) != nil
    }

    func contains(anyOf phrases: [String]) -> Bool {
        phrases.contains { contains($0) }
    }

    func firstIndex(of phrase: String, from start: Int) -> Int? {
        pairs.mayContain(phrase) ? lowered.firstIndex(of: phrase, from: start) : nil
    }

    /// Whether the body as it came has that text, in any case.
    func bodyContains(_ text: String) -> Bool {
        !text.isEmpty && Array(body).lowercasedASCII.firstIndex(of: Array(text.utf8).lowercasedASCII) != nil
    }
}
