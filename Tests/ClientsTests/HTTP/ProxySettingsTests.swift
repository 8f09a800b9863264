import Testing

@testable import Clients

@Suite struct ProxySettingsTests {
    struct Proxy: Sendable, CustomTestStringConvertible {
        let url: String
        let host: String
        let port: Int
        var credentials: String?

        var testDescription: String { url }
    }

    static let proxies: [Proxy] = [
        Proxy(url: "http://proxy:3128", host: "proxy", port: 3128),
        Proxy(url: "http://proxy:3128/", host: "proxy", port: 3128),
        Proxy(url: "proxy:3128", host: "proxy", port: 3128),
        Proxy(url: "http://proxy", host: "proxy", port: 80),
        Proxy(url: "http://[::1]:3128", host: "::1", port: 3128),
        Proxy(url: "http://user:pass@proxy:3128", host: "proxy", port: 3128, credentials: "dXNlcjpwYXNz"),
        Proxy(url: "user:pass@proxy:3128", host: "proxy", port: 3128, credentials: "dXNlcjpwYXNz"),
        Proxy(url: "http://user@proxy:3128", host: "proxy", port: 3128, credentials: "dXNlcg=="),
        // `user:p@ss:/%`, as it must be written in a URL.
        Proxy(url: "http://user:p%40ss%3a%2F%25@proxy:1", host: "proxy", port: 1, credentials: "dXNlcjpwQHNzOi8l"),
        Proxy(url: "http://user:p@ss@proxy:1", host: "proxy", port: 1, credentials: "dXNlcjpwQHNz"),
        Proxy(url: "http://user:100%@proxy:1", host: "proxy", port: 1, credentials: "dXNlcjoxMDAl"),
        Proxy(url: "http://user:%zz@proxy:1", host: "proxy", port: 1, credentials: "dXNlcjoleno="),
    ]

    @Test(arguments: proxies) func `a proxy's URL is read`(_ proxy: Proxy) {
        let address = ProxyAddress(proxy.url)
        #expect(address?.host == proxy.host)
        #expect(address?.port == proxy.port)
        #expect(address?.authorization == proxy.credentials.map { "Basic " + $0 })
    }

    @Test(arguments: [
        "", "socks5://proxy:1080", "https://proxy", "http://", "proxy:x", "a:@b://", "a:@://", "@", ":@", "http://@",
    ])
    func `what is no HTTP proxy is none`(_ url: String) {
        #expect(ProxyAddress(url) == nil)
    }

    static let environments: [(environment: [String: String], isAsked: Bool)] = [
        ([:], false), (["HTTPS_PROXY": ""], false), (["HTTPS_PROXY": "http://p:1"], true),
        (["https_proxy": "http://p:1"], true),
        (["HTTP_PROXY": "http://p:1"], false), (["HTTPS_PROXY": "http://p:1", "NO_PROXY": "x.com"], false),
        (["HTTPS_PROXY": "http://p:1", "no_proxy": "x.com"], false),
        (["HTTPS_PROXY": "http://p:1", "NO_PROXY": ""], true),
    ]

    @Test(arguments: environments) func `the environment is read in either case`(
        _ environment: [String: String],
        _ isAsked: Bool
    ) {
        #expect((ProxySettings(environment: environment).proxy(for: "api.x.com") != nil) == isAsked)
    }

    static let exceptions: [(list: String, host: String, isAsked: Bool)] = [
        ("x.com", "x.com", false), ("x.com", "API.X.com", false), ("x.com", "xx.com", true),
        ("x.com", "x.com.org", true),
        (".x.com", "api.x.com", false), (".x.com", "a.b.x.com", false), ("X.COM", "api.x.com", false),
        ("*", "x.com", false),
        ("a.com,x.com", "x.com", false), ("a.com, x.com", "x.com", false), ("a.com x.com", "x.com", false),
        (",,", "x.com", true),
        ("api.x.com", "x.com", true), ("10.0.0.1", "10.0.0.1", false), ("10.0.0.1", "10.0.0.10", true),
        ("", "localhost", false), ("", "LOCALHOST", false), ("", "127.0.0.1", false), ("", "127.1.2.3", false),
        ("", "::1", false),
        ("", "localhost.x.com", true), ("", "128.0.0.1", true),
    ]

    @Test(arguments: exceptions) func `exceptions are asked directly`(_ list: String, _ host: String, _ isAsked: Bool) {
        let settings = ProxySettings(environment: ["HTTPS_PROXY": "http://p:1", "NO_PROXY": list])
        #expect((settings.proxy(for: host) != nil) == isAsked)
    }

    @Test func `plain HTTP needs no tunnel`() throws {
        let settings = ProxySettings(environment: ["HTTPS_PROXY": "http://p:1"])
        #expect(try UpstreamTarget(url: "http://x.com", tls: nil, proxies: settings).proxy == nil)
        #expect(try UpstreamTarget(url: "https://x.com", tls: nil, proxies: settings).proxy?.host == "p")
    }

    static let encoded: [(text: String, base64: String)] = [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"), ("\u{0}\u{10}\u{83}", "ABDCgw=="), (">>>???", "Pj4+Pz8/"), ("é😀", "w6nwn5iA"),
    ]

    @Test(arguments: encoded) func `Base64 is RFC 4648's`(_ text: String, _ base64: String) {
        #expect(Base64.encode(Array(text.utf8)) == base64)
    }
}
