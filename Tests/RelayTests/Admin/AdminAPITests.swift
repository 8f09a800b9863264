import Foundation
import Testing

@testable import Relay

/// What the admin API does, each part seen in what Relay then does.
struct AdminAPITests {
    private typealias Member = RelayUnderTest.Member
    private typealias Entry = RelayUnderTest.Entry

    private static func run(
        _ members: [Member] = [Member("One"), Member("Two")],
        _ body: (RelayUnderTest, AdminClient) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        try await RelayUnderTest.run(members, storage: folder.path) { relay in
            try await body(relay, try await AdminClient.setUp(relay))
        }
    }

    // MARK: Keys and clients

    @Test func `a key is stored, used, put away and forgotten, and never told`() async throws {
        try await Self.run([Member("One")]) { relay, owner in
            func labels() async throws -> [String?] { try await owner.list("/api/keys").map { $0["label"]?.string } }
            #expect(try await labels() == ["ONE_KEY"])
            let added = try await owner.request("POST", "/api/keys", #"{"provider":"one","key":"sk-very-secret"}"#)
            #expect(added.status == 201)
            #expect(added.json["provider"]?.string == "One" && added.json["label"]?.string == "stored-1")
            let routes: @Sendable () -> [Route] = { relay.gateway.chain.dispatch.table.routes }
            try await eventually { routes().count == 2 }
            #expect(try await labels() == ["ONE_KEY", "stored-1"])
            #expect(try await !owner.request("GET", "/api/keys").everything.contains("very-secret"))

            let twice = try await owner.request("POST", "/api/keys", #"{"provider":"One","key":"sk-very-secret"}"#)
            #expect(twice.status == 400 && !twice.everything.contains("very-secret"))
            let off = try await owner.request("PATCH", "/api/keys/one/stored-1", #"{"enabled":false}"#)
            #expect(off.status == 200)
            try await eventually { routes().count == 1 }
            #expect(try await owner.list("/api/keys")[1]["enabled"] == .bool(false))
            #expect(try await owner.request("DELETE", "/api/keys/One/stored-1").status == 200)
            #expect(try await owner.request("DELETE", "/api/keys/One/stored-1").status == 404)
            #expect(try await labels() == ["ONE_KEY"])
        }
    }

    @Test func `a client's key is shown once and bounds what it may`() async throws {
        try await Self.run { relay, owner in
            let body =
                #"{"name":"app","requests_per_day":1,"providers":["two"],"models":["two-*"],"expires_in_days":3}"#
            let made = try await owner.request("POST", "/api/clients", body)
            #expect(made.status == 201)
            let key = try #require(made.json["key"]?.string)
            try await eventually { relay.gateway.gatekeeper.clients.all.count == 1 }
            let headers: RelayUnderTest.Fields = [("authorization", "Bearer \(key)")]
            #expect(try await relay.ask(headers: headers).response.header("x-gateway-provider") == "Two")
            #expect(try await relay.ask(headers: headers).status == 429)

            let listed = try await owner.request("GET", "/api/clients")
            #expect(!listed.everything.contains(key))
            let entry = listed.json["data"]?[0]
            #expect(entry?["state"]?.string == "active" && entry?["limits"]?["requests_per_day"]?.integer == 1)
            #expect(entry?["providers"]?[0]?.string == "Two" && entry?["expires_at"]?.integer ?? 0 > 1_700_000_000)
            #expect(try await owner.request("POST", "/api/clients", #"{"name":"APP"}"#).status == 400)
            #expect(try await owner.request("DELETE", "/api/clients/app").status == 200)
            try await eventually { relay.gateway.gatekeeper.clients.isEmpty }
            #expect(try await owner.list("/api/clients")[0]["state"]?.string == "revoked")
        }
    }

    @Test(arguments: [
        ("POST", "/api/keys", #"{"provider":"Onee","key":"k"}"#, 400, "provider"),
        ("POST", "/api/keys", #"{"provider":"One"}"#, 400, "key"),
        ("POST", "/api/keys", #"{"provider":"One","key":7}"#, 400, "key"),
        ("POST", "/api/keys", #"{"provider":"One","kee":"k"}"#, 400, "kee"), ("POST", "/api/keys", "[1]", 400, ""),
        ("POST", "/api/keys", #"{"provider":"#, 400, ""),
        ("PATCH", "/api/keys/One/none", #"{"enabled":true}"#, 404, ""),
        ("POST", "/api/clients", #"{"name":""}"#, 400, "name"),
        ("POST", "/api/clients", #"{"name":"a","tokens_per_day":0}"#, 400, "tokens_per_day"),
        ("POST", "/api/clients", #"{"name":"a","expires_in_days":-1}"#, 400, "expires_in_days"),
        ("DELETE", "/api/clients/nobody", "", 404, ""), ("PATCH", "/api/models/One/none", #"{"rank":1}"#, 404, ""),
        ("PATCH", "/api/models/One/one-model", #"{"limits":{"requests_per_minut":1}}"#, 400, "limits"),
        ("PATCH", "/api/models/One/one-model", #"{"limits":{"requests_per_minute":0}}"#, 400, "limits"),
        ("PATCH", "/api/models/One/one-model", #"{"accepted":true}"#, 400, ""),
        ("PATCH", "/api/providers/Nobody", #"{"enabled":true}"#, 404, ""),
        ("POST", "/api/routes/clear", #"{"provider":"Nobody"}"#, 404, ""),
        ("GET", "/api/analytics?range=1y", "", 400, "range"), ("GET", "/api/requests?limit=0", "", 400, "limit"),
        ("PATCH", "/api/settings", #"{"settings":{"routing.strategi":"ranked"}}"#, 400, "settings"),
        ("PATCH", "/api/settings", #"{"settings":{"routing.strategy":"best"}}"#, 400, "settings"),
    ])
    func `what cannot be done is said, in OpenAI's envelope`(
        method: String,
        path: String,
        body: String,
        status: Int,
        param: String
    ) async throws {
        let folder = try TemporaryFolder()
        let settings: @Sendable (inout Settings) -> Void = { $0.server.apiKey = "own" }
        try await RelayUnderTest.run([Member("One")], storage: folder.path, settings: settings) { relay in
            let key: RelayUnderTest.Fields = [("authorization", "Bearer own")]
            let response = try await relay.request(method, path, headers: key, body: body.isEmpty ? nil : body)
            #expect(response.status == status)
            #expect(response.isErrorEnvelope)
            #expect(response.json["error"]?["param"]?.string ?? "" == param)
        }
    }

    // MARK: Providers, models, routes

    @Test func `models are ordered, bounded and put away, and go back to what the catalog says`() async throws {
        try await Self.run { relay, owner in
            func change(_ path: String, _ body: String) async throws {
                #expect(try await owner.request("PATCH", path, body).status == 200)
            }
            func answers(_ provider: String) async throws {
                try await eventually { try await relay.ask().response.header("x-gateway-provider") == provider }
            }
            try await answers("One")
            try await change("/api/models/Two/two-model", #"{"rank":1,"limits":{"requests_per_day":500}}"#)
            try await answers("Two")
            let two = try await owner.list("/api/models?provider=two")[0]
            #expect(two["rank"]?.integer == 1 && two["limits"]?["requests_per_day"]?.integer == 500)
            #expect(two["changed"]?["rank"]?.integer == 1 && two["from"]?.string == "catalog")
            let quotas = try await owner.list("/api/routes")[1]["routes"]?[0]?["quotas"]
            #expect(quotas?[0]?["limit"]?.integer == 500)
            try await change("/api/models/Two/two-model", #"{"rank":null,"limits":null}"#)
            try await answers("One")
            try await change("/api/models/One/one-model", #"{"enabled":false}"#)
            try await answers("Two")
            try await change("/api/models/One/one-model", #"{"enabled":null}"#)
            try await answers("One")
            try await change("/api/providers/One", #"{"enabled":false,"priority":9}"#)
            try await answers("Two")
            let one = try await owner.list("/api/providers")[0]
            #expect(one["used"] == .bool(false) && one["priority"]?.integer == 9)
            let reason = try #require(one["reason"]?.string)
            #expect(reason.hasPrefix("disabled by you"))
            try await change("/api/providers/One", #"{"enabled":null,"priority":null}"#)
            try await answers("One")
        }
    }

    @Test func `a suggested model is listed, taken and turned down`() async throws {
        let one = Member("One", models: [Entry("kept")], .init().with { $0.models = ["kept", "new/a", "new/b"] })
        try await Self.run([one]) { relay, owner in
            let refreshed = try await owner.request("POST", "/api/catalog/refresh")
            #expect(refreshed.json["suggested"]?.elements?.count == 2)
            func from() async throws -> [String?] { try await owner.list("/api/models").map { $0["from"]?.string } }
            #expect(try await from() == ["catalog", "suggested", "suggested"])
            #expect(try await owner.request("PATCH", "/api/models/One/new/a", #"{"accepted":true}"#).status == 200)
            #expect(try await owner.request("PATCH", "/api/models/One/new%2Fb", #"{"accepted":false}"#).status == 200)
            #expect(try await from() == ["catalog", "accepted", "suggested"])
            try await eventually { relay.gateway.chain.dispatch.table.routes.map(\.name) == ["One/kept", "One/new/a"] }
        }
    }

    @Test func `a cleared route serves at once`() async throws {
        try await Self.run([Member("One")]) { relay, owner in
            relay.providers[0].behavior.keys = ["another"]
            #expect(try await relay.ask().status == 503)
            func state() async throws -> String? {
                try await owner.list("/api/routes")[0]["routes"]?[0]?["state"]?.string
            }
            let before = try await state()
            #expect(before == "benched")
            relay.providers[0].behavior.keys = []
            let cleared = try await owner.request(
                "POST",
                "/api/routes/clear",
                #"{"provider":"one","model":"one-model"}"#
            )
            #expect(cleared.json["cleared"]?.integer == 1)
            #expect(try await state() == "available")
            #expect(try await relay.ask().status == 200)
        }
    }

    // MARK: Usage and events

    @Test func `requests are listed and summed up`() async throws {
        try await Self.run { relay, owner in
            for _ in 0..<3 { #expect(try await relay.ask().status == 200) }
            relay.providers[0].play(.status(500, body: ""))
            #expect(try await relay.ask(stream: true).status == 200)
            try await eventually { try await owner.list("/api/requests").count == 4 }
            let latest = try await owner.list("/api/requests?limit=1")[0]
            #expect(latest["trail"]?.string?.hasPrefix("One/one-model=") == true)
            #expect(latest["provider"]?.string == "Two" && latest["attempts"]?.integer == 2)
            #expect(latest["first_token_ms"]?.number ?? -1 >= 0)
            let before = try #require(latest["id"]?.integer)
            #expect(try await owner.list("/api/requests?before=\(before)").count == 3)

            let sums = try await owner.get("/api/analytics?range=7d")
            #expect(sums["total"]?["requests"]?.integer == 4 && sums["total"]?["failures"]?.integer == 0)
            #expect(sums["providers"]?.elements?.count == 2 && sums["series"]?.elements?.count == 1)
            #expect(sums["models"]?[0]?["p95_latency_ms"]?.number ?? -1 > 0)
            let usage = try await owner.get("/api/usage?by=model&since=24h")
            #expect(usage["total"]?["requests"]?.integer == 4)
        }
    }

    @Test func `who listens is told what happens`() async throws {
        try await Self.run { relay, owner in
            let client = try await relay.connect()
            try await client.sendRequest("GET", "/api/events", headers: [("cookie", owner.cookie ?? "")], body: nil)
            let head = try await client.readHead()
            #expect(head.status == 200 && head.header("content-type") == "text/event-stream")
            var text = ""
            func wait(for mark: String) async throws {
                while !text.contains(mark) {
                    guard let piece = try await client.readBodyPiece() else { break }
                    text += String(decoding: piece.bytes, as: UTF8.self)
                }
                #expect(text.contains(mark))
            }
            try await wait(for: ": listening")
            _ = try await relay.ask()
            try await wait(for: "event: request\ndata: {")
            #expect(text.contains(#""provider":"One""#) && !text.contains("Paris"))
            #expect(try await owner.request("POST", "/api/routes/clear").status == 200)
            try await wait(for: "event: routes")
            #expect(try await owner.request("POST", "/api/health/check").status == 200)
            try await wait(for: "event: health")
            await client.close()
        }
    }

    @Test func `who listens does not hold up the stop`() async throws {
        let folder = try TemporaryFolder()
        let relay = try await RelayUnderTest.start([Member("One")], storage: folder.path)
        let owner = try await AdminClient.setUp(relay)
        let client = try await relay.connect()
        try await client.sendRequest("GET", "/api/events", headers: [("cookie", owner.cookie ?? "")], body: nil)
        _ = try await client.readHead()
        async let stopped: Void = relay.running.stop(drain: .seconds(600))
        while try await client.readBodyPiece() != nil {}
        try await stopped
        try await relay.providers[0].shutdown()
    }

    // MARK: Settings

    @Test func `settings are told without secrets, and changed in their file`() async throws {
        let folder = try TemporaryFolder()
        let settings: @Sendable (inout Settings) -> Void = { $0.server.apiKey = "own-secret-key" }
        try await RelayUnderTest.run([Member("One")], storage: folder.path, settings: settings) { relay in
            let owner = try await AdminClient.setUp(relay)
            let told = try await owner.request("GET", "/api/settings")
            #expect(told.json["routing.strategy"]?["value"]?.string == "ranked")
            #expect(!told.everything.contains("own-secret-key"))

            let path = "\(folder.path)/settings.json"
            try #"{"__note": "ours", "routing": {"strategy": "ranked", "cycles": 3}}"#
                .write(toFile: path, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            let change = #"{"settings":{"routing.strategy":"priority","routing.cycles":null,"server.port":9000}}"#
            let changed = try await owner.request("PATCH", "/api/settings", change)
            #expect(changed.json["restart_required"] == .bool(true))
            #expect(changed.json["overridden"]?.elements?.map(\.string) == ["server.port"])
            let file = try SimulatedJSON.parse(Array(String(contentsOfFile: path, encoding: .utf8).utf8))
            #expect(file["__note"]?.string == "ours")
            #expect(file["routing"]?["strategy"]?.string == "priority" && file["routing"]?["cycles"] == nil)
            #expect(file["server"]?["port"]?.integer == 9000)

            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)

            let before = try String(contentsOfFile: path, encoding: .utf8)
            let bad = #"{"settings":{"routing.cycles":2,"server.port":"high"}}"#
            #expect(try await owner.request("PATCH", "/api/settings", bad).status == 400)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == before)
        }
    }
}
