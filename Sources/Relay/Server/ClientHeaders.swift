import NIOHTTP1

/// The request headers that Relay knows, picked out in one pass. Empty ones count as missing; of repeated ones the
/// first counts.
struct ClientHeaders: Sendable {
    private(set) var host: String?
    private(set) var origin: String?
    private(set) var authorization: String?
    private(set) var apiKey: String?
    /// What `Content-Length` announces; `nil` for chunked bodies and for none.
    private(set) var contentLength: Int?
    private(set) var isChunked = false
    private(set) var contentEncoding: String?
    private(set) var contentType: String?
    private(set) var expectsContinue = false
    private(set) var wantsUpgrade = false
    private(set) var requestID: String?
    /// The session header that the settings name.
    private(set) var sessionID: String?
    /// What agents send of themselves.
    private(set) var agentSessionID: String?
    /// `X-Max-Wait`, given in seconds; more than a day is a day.
    private(set) var maxWait: Duration?
    /// `X-Use-ServerSide-System-Prompt`.
    private(set) var serverSidePrompt: Bool?
    /// `anthropic-version` and `anthropic-beta`, for providers that speak Anthropic's API.
    private(set) var anthropicVersion: String?
    private(set) var anthropicBeta: String?
    /// The admin API's session, out of the cookies, and the token that goes with changes.
    private(set) var session: String?
    private(set) var csrfToken: String?
    /// A proxy says that it stands between.
    private(set) var isForwarded = false
    private(set) var hop: String?
    /// Asked for by a browser before a call across origins.
    private(set) var corsRequestHeaders: String?

    init(_ headers: HTTPHeaders, sessionHeader: String) {
        for (name, value) in headers where !value.isEmpty { take(name, value, sessionHeader) }
    }

    /// The length rules nearly every name out before a byte is compared.
    private mutating func take(_ name: String, _ value: String, _ sessionHeader: String) {
        func isNamed(_ known: StaticString) -> Bool { Self.equal(name, known) }
        if name.utf8.count == sessionHeader.utf8.count, name.lowercased() == sessionHeader.lowercased() {
            sessionID = sessionID ?? value
        }
        switch name.utf8.count {
        case 4 where isNamed("host"): host = host ?? value
        case 6 where isNamed("origin"): origin = origin ?? value
        case 6 where isNamed("cookie"): session = session ?? Self.cookie(AdminAccess.cookieName, in: value)
        case 6 where isNamed("expect"): expectsContinue = value.lowercased() == "100-continue"
        case 7 where isNamed("upgrade"): wantsUpgrade = true
        case 9 where isNamed("forwarded"): isForwarded = true
        case 9 where isNamed("x-api-key"): apiKey = apiKey ?? value
        case 10 where isNamed("x-max-wait"): maxWait = maxWait ?? Self.seconds(value)
        case 10 where isNamed("session_id"): agentSessionID = agentSessionID ?? value
        case 11 where isNamed("x-relay-hop"): hop = hop ?? value
        case 12 where isNamed("x-csrf-token"): csrfToken = csrfToken ?? value
        case 12 where isNamed("content-type"): contentType = contentType ?? value
        case 12 where isNamed("x-request-id"): requestID = requestID ?? String(value.prefix(128))
        case 13 where isNamed("authorization"): authorization = authorization ?? value
        case 14 where isNamed("anthropic-beta"): anthropicBeta = anthropicBeta.map { "\($0),\(value)" } ?? value
        case 14 where isNamed("content-length"): contentLength = contentLength ?? Int(value)
        case 15 where isNamed("x-forwarded-for"): isForwarded = true
        case 16 where isNamed("content-encoding"): contentEncoding = contentEncoding ?? value
        case 17 where isNamed("anthropic-version"): anthropicVersion = anthropicVersion ?? value
        case 17 where isNamed("transfer-encoding"): isChunked = true
        case 18 where isNamed("x-codex-session-id"): agentSessionID = agentSessionID ?? value
        case 24 where isNamed("x-claude-code-session-id"): agentSessionID = value
        case 30 where isNamed("x-use-serverside-system-prompt"): serverSidePrompt = serverSidePrompt ?? Self.bool(value)
        case 30 where isNamed("access-control-request-headers"): corsRequestHeaders = value
        default: break
        }
    }

    private static func cookie(_ name: String, in value: String) -> String? {
        for pair in value.split(separator: ";") {
            let pair = pair.drop { $0 == " " }
            if pair.hasPrefix(name), pair.dropFirst(name.count).first == "=" {
                return String(pair.dropFirst(name.count + 1))
            }
        }
        return nil
    }

    private static func seconds(_ text: String) -> Duration? {
        guard let seconds = Double(text), seconds.isFinite, seconds >= 0 else { return nil }
        return .seconds(min(seconds, 86_400))
    }

    private static func bool(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "1", "yes": true
        case "false", "0", "no": false
        default: nil
        }
    }

    /// Whether two names of the same length are one, whatever the case of the first.
    private static func equal(_ name: String, _ known: StaticString) -> Bool {
        var place = 0
        for byte in name.utf8 {
            let lower = byte &- 65 < 26 ? byte | 0x20 : byte
            guard lower == known.utf8Start[place] else { return false }
            place += 1
        }
        return true
    }
}
