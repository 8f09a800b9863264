import NIOCore
import NIOHTTP1

/// Who may come in: checked on the head, before a byte of the body is read.
struct Gatekeeper: Sendable {
    let apiKey: [UInt8]?
    /// Names who has the key without telling it; empty where there is none.
    let keyHolder: String
    /// The listener is loopback only and has no key: any web page in the user's browser could call it, so foreign
    /// origins and names are refused.
    let guardsLoopback: Bool
    let corsOrigins: [String]
    let maxBodyBytes: Int

    init(_ settings: Settings.Server) {
        apiKey = settings.apiKey.map { Array($0.utf8) }
        keyHolder = settings.apiKey.map(KeyFingerprint.of) ?? ""
        guardsLoopback = settings.apiKey == nil
        corsOrigins = settings.corsOrigins
        maxBodyBytes = settings.maxBodyBytes
    }

    /// Our own mark on every call upstream; one that comes back is a loop.
    static let hopHeader = "x-relay-hop"

    /// `nil` when the request may pass.
    func refusal(of request: ClientRequest, hop: String) -> ClientError? {
        if request.headers.hop == hop { return .loop }
        if guardsLoopback, let refusal = loopbackRefusal(of: request) { return refusal }
        guard let apiKey, !Self.isPublic(request) else { return nil }
        guard let given = credential(of: request) else { return .missingKey }
        return Self.equalInConstantTime(Array(given.utf8), apiKey) ? nil : .wrongKey
    }

    /// What the body's announced size and encoding forbid.
    func bodyRefusal(of request: ClientRequest) -> ClientError? {
        if let encoding = request.headers.contentEncoding, encoding.lowercased() != "identity" {
            return ClientError(
                status: 415,
                message: "Content-Encoding '\(encoding)' is not supported; send the body as it is.",
                type: "invalid_request_error",
                code: "unsupported_content_encoding",
                closesConnection: true
            )
        }
        if let length = request.contentLength, length > maxBodyBytes {
            return .bodyTooLarge(limit: maxBodyBytes)
        }
        return nil
    }

    /// The client's key, as the OpenAI and the Anthropic SDKs send it.
    func credential(of request: ClientRequest) -> Substring? {
        guard let value = request.headers.authorization else { return request.headers.apiKey.map { $0[...] } }
        let parts = value.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        if parts.count == 2 { return parts[0].lowercased() == "bearer" ? parts[1] : nil }
        return parts.first
    }

    static func isPublic(_ request: ClientRequest) -> Bool {
        request.path == "/health" || request.method == .OPTIONS || (request.method == .HEAD && request.path == "/")
    }

    /// Takes as long for a wrong key as for the right one.
    static func equalInConstantTime(_ given: [UInt8], _ expected: [UInt8]) -> Bool {
        var difference = UInt8(given.count == expected.count ? 0 : 1)
        for index in expected.indices {
            difference |= expected[index] ^ (index < given.count ? given[index] : 0)
        }
        return difference == 0
    }

    // MARK: Browsers

    private func loopbackRefusal(of request: ClientRequest) -> ClientError? {
        if let host = request.headers.host, !Self.isLocal(authority: host) {
            return .forbidden("The Host '\(host)' is not this machine. Set RELAY_API_KEY to serve other names.")
        }
        if let origin = request.headers.origin, !allows(origin: origin) {
            return .forbidden("The origin '\(origin)' may not call Relay; server.cors_origins lists those that may.")
        }
        return nil
    }

    private func allows(origin: String) -> Bool {
        if corsOrigins.contains("*") || corsOrigins.contains(origin) { return true }
        guard let mark = origin.range(of: "://") else { return false }
        return Self.isLocal(authority: String(origin[mark.upperBound...]))
    }

    private static func isLocal(authority: String) -> Bool {
        let host: Substring =
            if authority.utf8.first == UInt8(ascii: "["), let close = authority.utf8.firstIndex(of: UInt8(ascii: "]")) {
                authority[..<close].dropFirst()
            } else {
                authority[..<(authority.utf8.firstIndex(of: UInt8(ascii: ":")) ?? authority.utf8.endIndex)]
            }
        if host == "127.0.0.1" || host == "localhost" { return true }
        return Endpoint.isLoopback(host: String(host))
    }

    /// `Access-Control-*` for an origin that is listed.
    func corsFields(for request: ClientRequest) -> ReplyFields {
        var fields = ReplyFields()
        guard let origin = request.headers.origin, !corsOrigins.isEmpty,
            corsOrigins.contains("*") || corsOrigins.contains(origin)
        else { return fields }
        fields.add("access-control-allow-origin", origin)
        fields.add("vary", "Origin")
        fields.add("access-control-expose-headers", "*")
        if request.method == .OPTIONS {
            fields.add("access-control-allow-methods", "GET, POST, DELETE, OPTIONS")
            fields.add("access-control-allow-headers", request.headers.corsRequestHeaders ?? "*")
            fields.add("access-control-max-age", 600)
        }
        return fields
    }
}

extension ClientError {
    static let loop = ClientError(
        status: 508,
        message: "This request came from Relay itself: a provider's base_url leads back here.",
        type: "invalid_request_error",
        code: "loop_detected"
    )
}

extension String {
    fileprivate func range(of mark: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(mark) { return start..<index(start, offsetBy: mark.count) }
            start = index(after: start)
        }
        return nil
    }
}
