import NIOCore
import Testing

@testable import Clients

/// Images by URL: what is fetched, and what is not.
@Suite(.timeLimit(.minutes(2))) struct ImageFetcherTests {
    /// `pic.test` and `other.test` are this machine, which the test's rule allows; `evil.test` is not allowed.
    private static func fetcher(_ change: (inout ImageFetcher.Limits) -> Void = { _ in }) throws -> ImageFetcher {
        var limits = ImageFetcher.Limits()
        change(&limits)
        return ImageFetcher(
            tls: try UpstreamTLS(),
            rule: AddressRule { $0.ipAddress == "127.0.0.1" },
            limits: limits,
            userAgent: "test",
            lookup: { host, family in
                guard family == .ipv4 else { return [] }
                return [try SocketAddress(ipAddress: host == "evil.test" ? "127.0.0.2" : "127.0.0.1", port: 0)]
            }
        )
    }

    /// ASCII alone can be played as text; GIF's first bytes are.
    private static let gif = LoopbackServer.answer("GIF89a;")

    private static func fetch(
        _ path: String,
        from server: LoopbackServer,
        host: String = "pic.test",
        by fetcher: ImageFetcher
    )
        async -> Result<String, ImageFetcher.Fault>
    {
        let url = "http://\(host):\(server.port)\(path)"
        return await fetcher.images(at: [url]).map { String(decoding: $0[url]?.dataURL ?? [], as: UTF8.self) }
    }

    @Test func `an image becomes a data URL, whatever its host calls it`() async throws {
        let server = try await LoopbackServer.start { _ in [Self.gif] }
        defer { server.stop() }
        let fetcher = try Self.fetcher()
        defer { fetcher.shutdown() }
        let image = try await Self.fetch("/a?b=c", from: server, by: fetcher).get()
        #expect(image == "data:image/gif;base64,R0lGODlhOw==")
        let head = try #require(server.requests.first?.head)
        #expect(head.hasPrefix("GET /a?b=c HTTP/1.1\r\nhost: pic.test:\(server.port)\r\n"))
        #expect(head.contains("user-agent: test"))
    }

    @Test func `several images come at once, each once`() async throws {
        let server = try await LoopbackServer.start { _ in [Self.gif] }
        defer { server.stop() }
        let fetcher = try Self.fetcher { $0.images = 3 }
        defer { fetcher.shutdown() }
        let urls = (0..<3).map { "http://pic.test:\(server.port)/\($0)" }
        #expect(try await fetcher.images(at: urls).get().count == 3)
        let more = await fetcher.images(at: urls + ["http://pic.test/4"])
        guard case .failure(let fault) = more else { return _ = Issue.record("not refused") }
        #expect(fault.url == "http://pic.test/4")
    }

    @Test func `redirects are followed three times and checked each time`() async throws {
        let server = try await LoopbackServer.start { request in
            let path = request.head.split(separator: " ")[1]
            let next: [Substring: String] = [
                "/1": "/2", "/2": "//other.test:PORT/3", "/3": "http://pic.test:PORT/gif", "/0": "/1",
                "/evil": "http://evil.test:PORT/",
                "/file": "file:///etc/passwd",
            ]
            guard let location = next[path] else { return [Self.gif] }
            let port = request.head.split(separator: "\r\n")[1].split(separator: ":").last.map(String.init) ?? ""
            return [
                LoopbackServer.answer(
                    "",
                    status: 302,
                    fields: "location: \(location.replacing("PORT", with: port))\r\n"
                )
            ]
        }
        defer { server.stop() }
        let fetcher = try Self.fetcher()
        defer { fetcher.shutdown() }
        #expect(try await Self.fetch("/1", from: server, by: fetcher).get().hasPrefix("data:image/gif"))
        for (path, reason) in [
            ("/0", "redirects too often"), ("/evil", "not public"), ("/file", "redirects to no URL"),
        ] {
            guard case .failure(let fault) = await Self.fetch(path, from: server, by: fetcher) else {
                Issue.record("\(path) was fetched")
                continue
            }
            #expect(fault.reason.contains(reason), "\(path): \(fault.reason)")
        }
    }

    @Test func `what is not allowed is never connected to`() async throws {
        let server = try await LoopbackServer.start { _ in [Self.gif] }
        defer { server.stop() }
        let open = ImageFetcher(tls: try UpstreamTLS(), userAgent: "test")
        defer { open.shutdown() }
        let hosts = [
            "127.0.0.1", "localhost", "0x7f.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "0", "127.1", "0x7f000001",
            "0177.0.0.1", "017700000001", "[::]", "[0:0:0:0:0:0:0:1]", "[0:0:0:0:0:ffff:7f00:1]", "[::127.0.0.1]",
            "[64:ff9b::7f00:1]", "[::1%25lo]", "[::1%lo]", "a@127.0.0.1", "1.1.1.1:80@127.0.0.1",
            "1.1.1.1%2F@127.0.0.1",
        ]
        for host in hosts {
            guard case .failure = await Self.fetch("/", from: server, host: host, by: open) else {
                Issue.record("\(host) was fetched")
                continue
            }
        }
        #expect(server.requests.isEmpty)
    }

    @Test func `what is no image, too large, missing or too slow is not taken`() async throws {
        let server = try await LoopbackServer.start { request in
            switch request.head.split(separator: " ")[1] {
            case "/page": [LoopbackServer.answer("<html>", fields: "content-type: image/png\r\n")]
            case "/large": [LoopbackServer.answer("GIF89a" + String(repeating: "x", count: 5000))]
            case "/missing": [LoopbackServer.answer("GIF89a", status: 404)]
            default: []
            }
        }
        defer { server.stop() }
        let fetcher = try Self.fetcher { $0.bytes = 4000 }
        defer { fetcher.shutdown() }
        let hasty = try Self.fetcher { $0.time = .milliseconds(400) }
        defer { hasty.shutdown() }
        for (path, reason) in [
            ("/page", "no PNG"), ("/large", "larger than 4000"), ("/missing", "answered 404"), ("/slow", "in time"),
        ] {
            let result = await Self.fetch(path, from: server, by: path == "/slow" ? hasty : fetcher)
            guard case .failure(let fault) = result else {
                Issue.record("\(path) was fetched")
                continue
            }
            #expect(fault.reason.contains(reason), "\(path): \(fault.reason)")
        }
    }

    @Test func `the images of one request have a common limit`() async throws {
        let server = try await LoopbackServer.start { _ in
            [LoopbackServer.answer("GIF89a" + String(repeating: "x", count: 3000))]
        }
        defer { server.stop() }
        let fetcher = try Self.fetcher { $0.totalBytes = 5000 }
        defer { fetcher.shutdown() }
        let urls = (0..<2).map { "http://pic.test:\(server.port)/\($0)" }
        guard case .failure(let fault) = await fetcher.images(at: urls) else { return _ = Issue.record("fetched") }
        #expect(fault.reason.contains("larger than 5000"))
    }

    @Test func `nothing is fetched that there is no room for`() async throws {
        let server = try await LoopbackServer.start { _ in [Self.gif] }
        defer { server.stop() }
        let fetcher = try Self.fetcher()
        defer { fetcher.shutdown() }
        let url = "http://pic.test:\(server.port)/"
        let result = await fetcher.images(at: [url]) { count in
            // As base64.
            count > 12
        }
        guard case .failure(let fault) = result else { return _ = Issue.record("fetched") }
        #expect(fault.isForWantOfRoom && fault.url == url)
        #expect(try await fetcher.images(at: [url]) { $0 == 12 }.get().count == 1)
    }

    @Test func `whoever does not wait any more calls off what is on its way`() async throws {
        let server = try await LoopbackServer.start { _ in [] }
        defer { server.stop() }
        let fetcher = try Self.fetcher { $0.time = .seconds(100) }
        defer { fetcher.shutdown() }
        let url = "http://pic.test:\(server.port)/"
        let task = Task { await fetcher.images(at: [url]) }
        while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        let time = await ContinuousClock()
            .measure {
                task.cancel()
                guard case .failure = await task.value else { return _ = Issue.record("fetched") }
            }
        #expect(time < .seconds(10))
    }

    @Test(
        arguments: [
            ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0], ImageType.png), ([0xFF, 0xD8, 0xFF, 0xE0], .jpeg),
            (Array("RIFF\0\0\0\0WEBPVP8 ".utf8), .webp), (Array("GIF87a".utf8), .gif),
            ([0, 0, 0, 24] + Array("ftypheic".utf8), .heic), ([0, 0, 0, 24] + Array("ftypmif1".utf8), .heif),
            (Array("<svg xmlns".utf8), nil), ([], nil), (Array("RIFF\0\0\0\0WAVE".utf8), nil),
        ] as [([UInt8], ImageType?)]
    )
    func `an image is known by its first bytes`(_ bytes: [UInt8], _ type: ImageType?) {
        #expect(ImageType(ByteBuffer(bytes: bytes)) == type)
    }
}
