import FoundationEssentials

/// Where a base URL leads: scheme, host and port.
struct Endpoint: Sendable, Equatable {
    var isSecure: Bool
    /// Lower case, an IPv6 address without brackets.
    var host: String
    var port: Int

    /// `nil` unless the text is an absolute `http` or `https` URL with a host and without a query.
    init?(_ url: String) {
        guard let parts = URLComponents(string: url), let scheme = parts.scheme?.lowercased(),
            scheme == "http" || scheme == "https", let host = parts.host, !host.isEmpty,
            parts.query == nil, parts.fragment == nil, parts.user == nil
        else { return nil }
        isSecure = scheme == "https"
        self.host = Self.bare(host.lowercased())
        port = parts.port ?? (isSecure ? 443 : 80)
    }

    var isLoopback: Bool { Self.isLoopback(host: host) }

    /// `localhost`, 127.0.0.0/8 and `::1`.
    static func isLoopback(host: String) -> Bool {
        let host = bare(host.lowercased())
        if host == "localhost" || host.hasSuffix(".localhost") || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.first == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Whether this is the listener of `server` itself.
    func leads(to server: Settings.Server) -> Bool {
        guard server.port != 0, port == server.port else { return false }
        let listener = Self.bare(server.host.lowercased())
        let listensEverywhere = ["0.0.0.0", "::", "*"].contains(listener)
        // Calls to 0.0.0.0 arrive at this machine too.
        let isHere = isLoopback || host == "0.0.0.0"
        return host == listener || (isHere && (listensEverywhere || server.isLoopback))
    }

    private static func bare(_ host: String) -> String {
        host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    }
}
