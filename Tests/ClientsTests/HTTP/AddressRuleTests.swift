import NIOCore
import Testing

@testable import Clients

/// Which addresses a client's URL may lead to.
struct AddressRuleTests {
    @Test(arguments: [
        "8.8.8.8", "1.1.1.1", "100.63.255.255", "172.15.0.1", "172.32.0.1", "192.0.3.1", "2606:4700::1111",
        "2001:4860:4860::8888", "2a00:1450::1", "223.255.255.255",
    ])
    func `public addresses are allowed`(_ address: String) throws {
        #expect(AddressRule.publicInternet.allows(try SocketAddress(ipAddress: address, port: 80)))
    }

    @Test(arguments: [
        // Loopback, this network, private, link-local with the metadata service, CGNAT.
        "127.0.0.1", "127.255.1.2", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "100.127.255.255", "100.100.100.200", "192.0.0.192", "168.63.129.16",
        // Documentation, benchmarks, 6to4 relays, multicast, reserved, broadcast.
        "192.0.2.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.9", "192.88.99.1", "224.0.0.1",
        "239.1.1.1", "240.0.0.1", "255.255.255.255",
        // The same in IPv6.
        "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1",
        "2001::1", "2001:10::1", "2001:db8::1", "2002:7f00:1::1", "3fff::1", "fc00::1", "fd00:ec2::254", "fe80::1",
        "fec0::1", "ff02::1", "5f00::1",
    ])
    func `everything else is not`(_ address: String) throws {
        #expect(!AddressRule.publicInternet.allows(try SocketAddress(ipAddress: address, port: 80)))
    }

    @Test func `a name with one closed address has none`() throws {
        let lookup = AddressRule.publicInternet.checking { _, _ in
            [try SocketAddress(ipAddress: "8.8.8.8", port: 0), try SocketAddress(ipAddress: "10.0.0.1", port: 0)]
        }
        #expect(throws: NameResolver.Fault.self) { try lookup("example.com", .ipv4) }
        let open = AddressRule.publicInternet.checking { _, _ in [try SocketAddress(ipAddress: "8.8.8.8", port: 0)] }
        #expect(try open("example.com", .ipv4).count == 1)
    }

    @Test(arguments: [
        ("https://a.b/c?d=e#f", "https://a.b", "/c?d=e"), ("HTTP://A.b:8080", "http://A.b:8080", "/"),
        ("http://a?x", "http://a", "/?x"), ("https://a/é\"", "https://a", "/%C3%A9%22"),
        ("http://[::1]:80/x", "http://[::1]:80", "/x"),
    ])
    func `a URL is taken apart`(_ url: String, _ base: String, _ path: String) throws {
        let location = try #require(WebLocation(url))
        #expect(location.base == base && location.path == path)
    }

    @Test(arguments: [
        "", "ftp://a", "file:///etc/passwd", "http://", "https:///x", "http://a b", "http://a\r\nx: y", "//a",
    ])
    func `other URLs are none`(_ url: String) { #expect(WebLocation(url) == nil) }

    @Test(arguments: [
        ("https://b/x", "https://b/x"), ("//b/x", "https://b/x"), ("/x", "https://a:1/x"), ("x", "https://a:1/p/x"),
        ("?y", "https://a:1/p/?y"), ("javascript:x", nil), ("", nil),
    ])
    func `a redirect leads on`(_ location: String, _ expected: String?) throws {
        #expect(try #require(WebLocation("https://a:1/p/q?r")).resolving(location) == expected)
    }

    @Test func `base64 is that of RFC 4648`() {
        let pairs = [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy"),
        ]
        for (text, encoded) in pairs { #expect(Base64.encode(Array(text.utf8)) == encoded) }
        #expect(Base64.encode([0xFB, 0xFF, 0xFE]) == "+//+")
    }
}
