import NIOHTTP1
import Testing

@testable import Relay

/// Who gets into the admin API, and how.
struct AdminAccessTests {
    private typealias Member = RelayUnderTest.Member

    private static func run(
        _ settings: @Sendable @escaping (inout Settings) -> Void = { _ in },
        _ body: (RelayUnderTest) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        try await RelayUnderTest.run([Member("One")], storage: folder.path, settings: settings, body)
    }

    @Test func `the first password is set once, and opens the door`() async throws {
        try await Self.run { relay in
            let stranger = AdminClient(relay: relay)
            #expect(try await stranger.get("/api/session")["is_set_up"] == .bool(false))
            #expect(try await stranger.request("POST", "/api/session", #"{"password":"guess-guess"}"#).status == 409)
            let short = try await stranger.request("POST", "/api/setup", #"{"password":"short"}"#)
            #expect(short.status == 400 && short.isErrorEnvelope)

            let made = try await stranger.request("POST", "/api/setup", #"{"password":"\#(AdminClient.password)"}"#)
            #expect(made.status == 201)
            let cookie = made.header("set-cookie") ?? ""
            for attribute in ["relay_session=", "HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=604800"] {
                #expect(cookie.contains(attribute))
            }
            #expect(made.header("cache-control") == "no-store")
            let again = try await stranger.request("POST", "/api/setup", #"{"password":"another password"}"#)
            #expect(again.status == 409)

            let owner = try await AdminClient.signIn(relay)
            #expect(try await owner.get("/api/session")["signed_in"] == .bool(true))
            #expect(try await owner.request("GET", "/api/keys").status == 200)
            #expect(
                try await owner.request("DELETE", "/api/session").header("set-cookie")?.contains("Max-Age=0") == true
            )
            #expect(try await owner.get("/api/session")["signed_in"] == .bool(false))
            #expect(try await owner.request("GET", "/api/keys").status == 401)
        }
    }

    @Test func `from elsewhere, or through a proxy, the first password needs the code of the log`() async throws {
        try await Self.run { relay in
            let stranger = AdminClient(relay: relay)
            let proxied: RelayUnderTest.Fields = [("x-forwarded-for", "203.0.113.7")]
            func setUp(_ code: String) async throws -> Int {
                let body = #"{"password":"\#(AdminClient.password)"\#(code)}"#
                return try await stranger.request("POST", "/api/setup", body, headers: proxied).status
            }
            #expect(try await setUp("") == 403)
            #expect(try await setUp(#","code":"wrong""#) == 403)
            let code = try #require(relay.gateway.admin?.access.setupCode)
            #expect(code.count == 12)
            #expect(try await setUp(#","code":"\#(code)""#) == 201)
        }
    }

    @Test func `wrong passwords lock their address out, for the right one too`() async throws {
        try await Self.run { relay in
            _ = try await AdminClient.setUp(relay)
            let stranger = AdminClient(relay: relay)
            for _ in 0..<5 {
                let refused = try await stranger.request("POST", "/api/session", #"{"password":"wrong password"}"#)
                #expect(refused.status == 401)
            }
            let locked = try await stranger.request("POST", "/api/session", #"{"password":"\#(AdminClient.password)"}"#)
            #expect(locked.status == 429 && locked.isErrorEnvelope)
            #expect(Int(locked.header("retry-after") ?? "") ?? 0 > 20)
        }
    }

    @Test func `a session outlives a restart, and ends when the password is changed`() async throws {
        let folder = try TemporaryFolder()
        try await RelayUnderTest.run([Member("One")], storage: folder.path) { relay in
            let owner = try await AdminClient.setUp(relay)
            let again = try await relay.restarted()
            let same = AdminClient(relay: again, cookie: owner.cookie, csrfToken: owner.csrfToken)
            #expect(try await same.request("GET", "/api/keys").status == 200)

            let wrong = #"{"old_password":"no such thing","password":"new password"}"#
            #expect(try await same.request("POST", "/api/password", wrong).status == 401)
            let right = #"{"old_password":"\#(AdminClient.password)","password":"new password"}"#
            #expect(try await same.request("POST", "/api/password", right).status == 200)
            #expect(try await same.request("GET", "/api/keys").status == 401)
            let newcomer = try await AdminClient.signIn(again, "new password")
            #expect(try await newcomer.request("GET", "/api/keys").status == 200)

            // As `relay admin set-password` does it.
            let store = try Store(directory: folder.path)
            try store.setAdminPassword(PasswordHash(of: "from outside").description)
            try store.finish()
            try await eventually { try await newcomer.request("GET", "/api/keys").status == 401 }
            let last = try await AdminClient.signIn(again, "from outside")
            #expect(try await last.request("GET", "/api/keys").status == 200)
            try await again.running.stop(drain: .zero)
        }
    }

    @Test func `nothing but signing in is open`() async throws {
        for key in [nil, "own"] {
            try await Self.run({ $0.server.apiKey = key }) { relay in
                let owner = try await AdminClient.setUp(relay)
                let stranger = AdminClient(relay: relay)
                for operation in AdminAPI.operations {
                    let (method, path) = (operation.method.rawValue, operation.path)
                    let response = try await stranger.request(method, path)
                    switch operation.access {
                    case .anyone: #expect(response.status != 401, "\(method) \(path)")
                    case .ownerOrLoopback: #expect((response.status == 401) == (key != nil), "\(method) \(path)")
                    case .owner: #expect(response.status == 401 && response.isErrorEnvelope, "\(method) \(path)")
                    }
                }
                #expect(try await stranger.request("GET", "/api/nothing").status == 401)
                #expect(try await owner.request("GET", "/api/nothing").status == 404)
                let wrongMethod = try await owner.request("PUT", "/api/keys")
                #expect(wrongMethod.status == 405 && wrongMethod.header("allow") == "GET, HEAD, POST, OPTIONS")
                if let key {
                    let script: RelayUnderTest.Fields = [("authorization", "Bearer \(key)")]
                    #expect(try await relay.request("GET", "/api/keys", headers: script).status == 200)
                }
            }
        }
    }

    @Test func `a page of another origin cannot use a session`() async throws {
        try await Self.run { relay in
            var owner = try await AdminClient.setUp(relay)
            let body = #"{"provider":"One","key":"sk-new"}"#
            for origin in ["https://evil.example", "http://127.0.0.1:1", "null"] {
                let response = try await owner.request("POST", "/api/keys", body, headers: [("origin", origin)])
                #expect(response.status == 403, "\(origin)")
            }
            let form: RelayUnderTest.Fields = [("content-type", "text/plain")]
            let token = owner.csrfToken
            owner.csrfToken = nil
            #expect(
                try await owner.request("POST", "/api/keys", body).json["error"]?["code"]?.string == "wrong_csrf_token"
            )
            owner.csrfToken = "wrong"
            #expect(try await owner.request("POST", "/api/keys", body).status == 403)
            owner.csrfToken = token
            var fields = form + [("cookie", owner.cookie ?? ""), ("x-csrf-token", token ?? "")]
            #expect(try await relay.request("POST", "/api/keys", headers: fields, body: body).status == 415)
            fields.removeFirst()
            #expect(try await relay.request("POST", "/api/keys", headers: fields, body: body).status == 201)
        }
    }

    @Test func `a client's key is no owner's`() async throws {
        try await Self.run { relay in
            let owner = try await AdminClient.setUp(relay)
            let made = try await owner.request("POST", "/api/clients", #"{"name":"app"}"#)
            let key = try #require(made.json["key"]?.string)
            try await eventually { relay.gateway.gatekeeper.clients.all.count == 1 }
            let client: RelayUnderTest.Fields = [("authorization", "Bearer \(key)")]
            #expect(try await relay.request("GET", "/api/keys", headers: client).status == 401)
            #expect(try await relay.request("GET", "/v1/models", headers: client).status == 200)
        }
    }

    @Test func `without a store there is no admin API`() async throws {
        try await RelayUnderTest.run([Member("One")], settings: { $0.server.apiKey = "own" }) {
            (relay) async throws in
            let key: RelayUnderTest.Fields = [("authorization", "Bearer own")]
            for path in ["/api/keys", "/api/events"] {
                #expect(try await relay.request("GET", path, headers: key).status == 501)
            }
        }
    }

    @Test func `a password is kept as scrypt makes it`() throws {
        let hash = try PasswordHash(of: "päßword")
        #expect(hash.description.hasPrefix("scrypt$15$8$3$"))
        let read = try #require(PasswordHash(hash.description))
        #expect(read.matches("päßword"))
        #expect(!hash.matches("pässword"))
        let other = try PasswordHash(of: "päßword")
        #expect(other != hash)
        for text in ["", "scrypt$15$8$3$$", "md5$15$8$3$c2FsdA==$a2V5", "scrypt$99$8$3$c2FsdA==$a2V5"] {
            #expect(PasswordHash(text) == nil)
        }
    }
}
