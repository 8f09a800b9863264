import NIOSSL

/// Where a provider listens, taken apart once.
package final class UpstreamTarget: Sendable {
    package let scheme: Scheme
    package let host: String
    package let port: Int
    /// What the base URL says after the host, without a trailing slash: `/v1`.
    package let basePath: String
    /// Made once; a context for each call would load the trust roots anew.
    let tls: UpstreamTLS?
    /// An HTTP proxy that is asked to `CONNECT` first.
    let proxy: ProxyAddress?

    package enum Scheme: String, Sendable { case http, https }

    package enum Fault: Error, Sendable, Equatable {
        case unreadable(String)
    }

    package init(
        url: String,
        tls: UpstreamTLS?,
        proxies: ProxySettings = ProxySettings(environment: [:])
    ) throws(Fault) {
        guard let parts = URLParts(url) else { throw .unreadable(url) }
        scheme = parts.scheme
        host = parts.host
        port = parts.port
        basePath = parts.path
        self.tls = parts.scheme == .https ? tls : nil
        proxy = parts.scheme == .https ? proxies.proxy(for: parts.host) : nil
    }

    /// A path of the API. One that begins with `/../` stands beside the base path's last step: `/v1/models` beside `/v2`.
    package func path(appending path: String) -> String {
        guard path.hasPrefix("/../"), let last = basePath.lastIndex(of: "/") else { return basePath + path }
        return String(basePath[..<last] + path.dropFirst(3))
    }

    /// As sent in `Host`: the port only where it is not the scheme's own; IPv6 literals in brackets.
    package var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == scheme.defaultPort ? name : "\(name):\(port)"
    }
}

/// TLS towards providers: HTTP/1.1 only, the system's trust roots or those of a file.
package struct UpstreamTLS: Sendable {
    let context: NIOSSLContext

    package init(trustRootsFile: String? = nil) throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.applicationProtocols = ["http/1.1"]
        if let trustRootsFile { configuration.trustRoots = .file(trustRootsFile) }
        context = try NIOSSLContext(configuration: configuration)
    }
}

extension UpstreamTarget.Scheme {
    var defaultPort: Int { self == .http ? 80 : 443 }
}

/// `scheme://host[:port][/path]`, all that a base URL may be.
package struct URLParts: Sendable, Equatable {
    package let scheme: UpstreamTarget.Scheme
    package let host: String
    package let port: Int
    package let path: String

    package init?(_ url: String) {
        guard let mark = url.range(of: "://"), let scheme = UpstreamTarget.Scheme(rawValue: url[..<mark.0].lowercased())
        else { return nil }
        let rest = url[mark.1...]
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let authority = rest[..<slash]
        guard !authority.isEmpty, !authority.contains("@"),
            !url.contains(where: { $0.isWhitespace || "\0?#".contains($0) })
        else {
            return nil
        }
        let (host, port): (Substring, Substring?)
        if authority.hasPrefix("["), let close = authority.firstIndex(of: "]") {
            host = authority[authority.index(after: authority.startIndex)..<close]
            let after = authority[authority.index(after: close)...]
            guard after.isEmpty || after.hasPrefix(":") else { return nil }
            port = after.isEmpty ? nil : after.dropFirst()
        } else {
            let parts = authority.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            host = parts[0]
            port = parts.count > 1 ? parts[1] : nil
        }
        guard !host.isEmpty else { return nil }
        if let port {
            guard port.first != "+", let number = Int(port), (1...65535).contains(number) else { return nil }
            self.port = number
        } else {
            self.port = scheme.defaultPort
        }
        self.scheme = scheme
        self.host = String(host)
        var path = String(rest[slash...])
        while path.hasSuffix("/") { path.removeLast() }
        self.path = path
    }
}

extension String {
    /// Start and end of the first occurrence.
    fileprivate func range(of needle: String) -> (String.Index, String.Index)? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(needle) { return (start, index(start, offsetBy: needle.count)) }
            start = index(after: start)
        }
        return nil
    }
}
