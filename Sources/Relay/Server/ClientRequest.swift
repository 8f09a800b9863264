import NIOCore
import NIOHTTP1

/// A request whose head has arrived: what the listener needs to know of it.
struct ClientRequest: Sendable {
    let method: HTTPMethod
    /// Without the query, and without `/v1` where the client sent it: both forms work.
    let path: String
    let query: Substring
    let headers: HTTPHeaders
    let framing: ReplyHead.Framing
    let received: Now

    init(_ head: HTTPRequestHead, at now: Now) {
        method = head.method
        let mark = head.uri.utf8.firstIndex(of: UInt8(ascii: "?")) ?? head.uri.endIndex
        query = head.uri[mark...].dropFirst()
        path = Self.normalized(head.uri[..<mark])
        headers = head.headers
        framing = ReplyHead.Framing(
            isVersion10: head.version == .http1_0,
            keepsAlive: head.isKeepAlive,
            hasBody: head.method != .HEAD
        )
        received = now
    }

    private static func normalized(_ path: Substring) -> String {
        var path = path
        if path.utf8.starts(with: "/v1/".utf8) || path == "/v1" { path = path.dropFirst(3) }
        if path.count > 1, path.hasSuffix("/") { path = path.dropLast() }
        return path.isEmpty ? "/" : String(path)
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

    /// What `Content-Length` announces; `nil` for chunked bodies and for none.
    var contentLength: Int? { header("content-length").flatMap { Int($0) } }

    /// A body that may as well be read and thrown away: cheaper than a new connection.
    var hasSmallBody: Bool {
        if headers.contains(name: "transfer-encoding") { return false }
        return (contentLength ?? 0) <= 64 * 1024
    }

    /// The first value of a header; `nil` when it is missing or empty.
    func header(_ name: String) -> String? {
        guard let value = headers.first(name: name), !value.isEmpty else { return nil }
        return value
    }
}

extension ClientRequest {
    /// The same request on a connection that is to be closed after its answer.
    var closingAfterwards: ClientRequest {
        var framing = framing
        framing.keepsAlive = false
        return ClientRequest(copying: self, framing: framing)
    }

    private init(copying other: ClientRequest, framing: ReplyHead.Framing) {
        method = other.method
        path = other.path
        query = other.query
        headers = other.headers
        received = other.received
        self.framing = framing
    }
}
