import NIOCore
import NIOHTTP1

/// Who may come in: checked on the head, before a byte of the body is read.
final class Gatekeeper: Sendable {
    let apiKey: [UInt8]?
    /// Names who has the key without telling it; empty where there is none.
    private let keyHolder: String
    let clients = ClientKeys()
    /// Who may use the admin API; `nil` where nothing is stored, and there is none.
    private let admin: AdminAccess?
    private let isLoopback: Bool
    let corsOrigins: [String]
    let maxBodyBytes: Int

    init(_ settings: Settings.Server, admin: AdminAccess?) {
        self.admin = admin
        isLoopback = settings.isLoopback
        apiKey = settings.apiKey.map { Array($0.utf8) }
        keyHolder = settings.apiKey.map(KeyFingerprint.of) ?? ""
        corsOrigins = settings.corsOrigins
        maxBodyBytes = settings.maxBodyBytes
    }

    /// Our own mark on every call upstream; one that comes back is a loop.
    static let hopHeader = "x-relay-hop"

    /// Who sent the request, when it may pass.
    func admit(_ request: ClientRequest, hop: String) throws(ClientError) -> Caller {
        if request.headers.hop == hop { throw .loop }
        if request.path.hasPrefix(AdminAPI.prefix), request.method != .OPTIONS { return try admitAdmin(request) }
        let (given, isPublic) = (credential(of: request), Self.isPublic(request))
        if !isPublic, let given, let key = clients.find(given) { return try admit(key, at: request.received) }
        guard let apiKey else { return try admitWithoutKey(request, isGiven: given != nil) }
        if !isPublic {
            guard let given else { throw .missingKey }
            guard Self.equalInConstantTime(Array(given.utf8), apiKey) else { throw .wrongKey }
        }
        return .owner(holder: keyHolder)
    }

    private func admit(_ key: ClientKey, at now: Now) throws(ClientError) -> Caller {
        guard key.record.state(at: now.wall) == .active else { throw .expiredKey }
        return .client(key)
    }

    /// Relay has no key of its own: its owner is who can reach the loopback listener. Once there are client keys, model
    /// calls need one.
    private func admitWithoutKey(_ request: ClientRequest, isGiven: Bool) throws(ClientError) -> Caller {
        if !Self.isPublic(request), !clients.isEmpty || !isLoopback {
            guard isLoopback, request.head.endpoint.isOwners else { throw isGiven ? .wrongKey : .missingKey }
        }
        // Any web page in the user's browser could call a listener that asks for no key.
        if isLoopback, let refusal = loopbackRefusal(of: request) { throw refusal }
        return .owner(holder: keyHolder)
    }

    // MARK: The admin API

    /// Who is signed in, or sends the relay's own key; to sign in, anybody.
    private func admitAdmin(_ request: ClientRequest) throws(ClientError) -> Caller {
        if let refusal = originRefusal(of: request) { throw refusal }
        let access = AdminAPI.access(to: request)
        if access == .anyone { return .owner(holder: keyHolder) }
        if let apiKey, let given = credential(of: request), Self.equalInConstantTime(Array(given.utf8), apiKey) {
            return .owner(holder: keyHolder)
        }
        if let session = request.headers.session, admin?.holds(session: session, at: request.received.wall) == true {
            guard [.GET, .HEAD].contains(request.method) || isCSRFToken(request.headers.csrfToken, of: session) else {
                throw .wrongCSRFToken
            }
            return .owner(holder: keyHolder)
        }
        if access == .ownerOrLoopback, apiKey == nil, isLoopback { return .owner(holder: keyHolder) }
        throw .notSignedIn
    }

    private func isCSRFToken(_ given: String?, of session: String) -> Bool {
        guard let given else { return false }
        return Self.equalInConstantTime(Array(given.utf8), Array(AdminAccess.csrfToken(of: session).utf8))
    }

    /// Whether one that listens to events still may.
    func stillAdmitsAdmin(_ request: ClientRequest, at now: Now) -> Bool {
        guard let session = request.headers.session else { return true }
        return admin?.holds(session: session, at: now.wall) == true
    }

    /// Pages of other origins may not use a session, and names that lead here by trickery may not either.
    private func originRefusal(of request: ClientRequest) -> ClientError? {
        if apiKey == nil, isLoopback, let refusal = loopbackRefusal(of: request) { return refusal }
        guard let origin = request.headers.origin, let mark = origin.range(of: "://"),
            origin[mark.upperBound...] != request.headers.host ?? ""
        else { return nil }
        return .forbidden("The origin '\(origin)' may not use the admin API: it is for Relay's own pages.")
    }

    /// Whether a caller that was let in when the keys were those of `revision` still is.
    func stillAdmits(_ caller: Caller, since revision: Int, at now: Now) -> Bool {
        guard revision == clients.revision else { return false }
        return caller.key.map { $0.record.state(at: now.wall) == .active } ?? true
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
        request.path == "/health" || request.path == "/ready" || request.method == .OPTIONS
            || (request.method == .HEAD && request.path == "/")
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

    static func isLocal(authority: String) -> Bool {
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
    static let expiredKey = ClientError(
        status: 401,
        message: "This API key has expired. `relay clients add` makes a new one.",
        type: "authentication_error",
        code: "expired_api_key"
    )

    static let ownersOnly = ClientError.forbidden(
        "This tells of the whole relay, and a client's key is not good for it: use server.api_key (RELAY_API_KEY)."
    )

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
