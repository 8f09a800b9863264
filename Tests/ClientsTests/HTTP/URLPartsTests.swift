import Testing

@testable import Clients

@Suite struct URLPartsTests {
    struct Parts: Sendable, CustomTestStringConvertible {
        let url: String
        let scheme: UpstreamTarget.Scheme
        let host: String
        let port: Int
        let path: String
        let authority: String

        var testDescription: String { url }
    }

    static let readable: [Parts] = [
        Parts(url: "http://a", scheme: .http, host: "a", port: 80, path: "", authority: "a"),
        Parts(
            url: "https://api.x.com/v1",
            scheme: .https,
            host: "api.x.com",
            port: 443,
            path: "/v1",
            authority: "api.x.com"
        ),
        Parts(url: "HTTPS://a/", scheme: .https, host: "a", port: 443, path: "", authority: "a"),
        Parts(url: "http://a:80/", scheme: .http, host: "a", port: 80, path: "", authority: "a"),
        Parts(url: "https://a:80", scheme: .https, host: "a", port: 80, path: "", authority: "a:80"),
        Parts(url: "http://a:443/x//", scheme: .http, host: "a", port: 443, path: "/x", authority: "a:443"),
        Parts(
            url: "http://127.0.0.1:11434/v1/",
            scheme: .http,
            host: "127.0.0.1",
            port: 11434,
            path: "/v1",
            authority: "127.0.0.1:11434"
        ),
        Parts(
            url: "http://[::1]:8080/v1",
            scheme: .http,
            host: "::1",
            port: 8080,
            path: "/v1",
            authority: "[::1]:8080"
        ),
        Parts(
            url: "https://[2001:db8::1]",
            scheme: .https,
            host: "2001:db8::1",
            port: 443,
            path: "",
            authority: "[2001:db8::1]"
        ),
        Parts(url: "https://a/b:c/d", scheme: .https, host: "a", port: 443, path: "/b:c/d", authority: "a"),
        Parts(url: "https://a/b@c", scheme: .https, host: "a", port: 443, path: "/b@c", authority: "a"),
        Parts(url: "http://a:65535", scheme: .http, host: "a", port: 65535, path: "", authority: "a:65535"),
    ]

    @Test(arguments: readable) func `a base URL is taken apart`(_ parts: Parts) throws {
        let read = try #require(URLParts(parts.url))
        #expect(read.scheme == parts.scheme)
        #expect(read.host == parts.host)
        #expect(read.port == parts.port)
        #expect(read.path == parts.path)
        let target = try UpstreamTarget(url: parts.url, tls: nil)
        #expect(target.authority == parts.authority)
        #expect(target.basePath == parts.path)
        #expect((target.scheme, target.host, target.port) == (parts.scheme, parts.host, parts.port))
    }

    static let unreadable = [
        "", "a", "/v1", "a:80", "http:/a", "http//a", "://a", "ftp://a", "httpss://a", "http://", "http:///v1",
        "http://:80",
        "http://a:", "http://a:0", "http://a:65536", "http://a:-1", "http://a:+80", "http://a:x", "http://a:8 0",
        "http://a:80:80",
        "http://::1", "http://[::1", "http://[::1]x", "http://[]", "http://[::1]:", "http://u:p@a", "http://a@b",
        "http://a b",
        "http://a/ b", " http://a", "http://a\n", "http://a/\r\nx", "http://a\t", "http://a\0", "http://a?x=1",
        "http://a/v1?x=1",
        "http://a/#x", "http://a#x",
    ]

    @Test(arguments: unreadable) func `what is no base URL is refused`(_ url: String) {
        #expect(URLParts(url) == nil)
        #expect(throws: UpstreamTarget.Fault.unreadable(url)) { try UpstreamTarget(url: url, tls: nil) }
    }
}
