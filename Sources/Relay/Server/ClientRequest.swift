import NIOCore
import NIOHTTP1

/// A request whose head has arrived: what the listener needs to know of it.
struct ClientRequest: Sendable {
    let head: ClientHead
    /// What `Content-Length` announces; `nil` for chunked bodies and for none.
    let contentLength: Int?
    var framing: ReplyHead.Framing
    let received: Now
    /// The address that it came from, where somebody asks.
    var remote: String?
    /// Who sent it, once that is known.
    var caller = Caller.owner(holder: "")

    init(_ head: HTTPRequestHead, sessionHeader: String, at now: Now) {
        let known = ClientHead(head, sessionHeader: sessionHeader)
        self.init(known, contentLength: known.headers.contentLength, at: now)
    }

    /// A head that was seen before, with a length of its own.
    init(_ head: ClientHead, contentLength: Int?, at now: Now) {
        self.head = head
        self.contentLength = contentLength
        framing = head.framing
        received = now
    }

    var method: HTTPMethod { head.target.method }
    var path: String { head.target.path }
    var headers: ClientHeaders { head.headers }

    /// The API whose envelope an error comes in, and whose words an answer.
    var wire: Wire { head.wire }

    func parameter(_ name: String) -> String? { head.target.parameter(name) }

    /// A body that may as well be read and thrown away: cheaper than a new connection.
    var hasSmallBody: Bool { !headers.isChunked && (contentLength ?? 0) <= 64 * 1024 }

    /// The same request on a connection that is to be closed after its answer.
    var closingAfterwards: ClientRequest {
        var copy = self
        copy.framing.keepsAlive = false
        return copy
    }
}

/// The head of a request as NIOHTTP1 has parsed it, with what Relay knows of it picked out. Clients send the same one
/// again and again on a connection, so it is made once and shared (`KnownHead`).
final class ClientHead: Sendable {
    let target: RequestTarget
    /// Who answers it.
    let endpoint: Endpoints.Match
    let wire: Wire
    let headers: ClientHeaders
    let framing: ReplyHead.Framing

    init(_ head: HTTPRequestHead, sessionHeader: String) {
        target = RequestTarget(head)
        endpoint = Endpoints.find(target)
        headers = ClientHeaders(head.headers, sessionHeader: sessionHeader)
        framing = ReplyHead.Framing(
            isVersion10: head.version == .http1_0,
            keepsAlive: head.isKeepAlive,
            hasBody: head.method != .HEAD
        )
        let wire = Endpoints.wire(of: target.path)
        // Anthropic's clients ask for more than messages, and say who they are.
        let isAnthropics = wire == .chat && headers.anthropicVersion != nil
        self.wire = isAnthropics && !target.path.hasPrefix("/chat/completions") ? .messages : wire
    }
}

/// The first line of a request, taken apart.
struct RequestTarget: Sendable {
    let method: HTTPMethod
    /// Without the query, and without `/v1` where the client sent it: both forms work.
    let path: String
    let query: String

    init(_ head: HTTPRequestHead) {
        method = head.method
        (path, query) = Self.split(head.uri)
    }

    private static func split(_ uri: String) -> (path: String, query: String) {
        let mark = uri.utf8.firstIndex(of: UInt8(ascii: "?")) ?? uri.utf8.endIndex
        var path = uri[..<mark]
        if path.utf8.starts(with: "/v1/".utf8) || path == "/v1" { path = path.dropFirst(3) }
        if path.utf8.count > 1, path.utf8.last == UInt8(ascii: "/") { path = path.dropLast() }
        return (path.isEmpty ? "/" : String(path), String(uri[mark...].dropFirst()))
    }

    /// A query parameter's value, percent-decoded.
    func parameter(_ name: String) -> String? {
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.first == name[...] else { continue }
            return parts.count > 1 ? Self.decoded(parts[1]) : ""
        }
        return nil
    }

    /// What is percent-encoded in `text`, as it was meant.
    static func decoded(_ text: some StringProtocol) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
