import Foundation
import Testing

@testable import Relay

/// Keys that Relay gives to clients, as a relay that serves takes them up from its store.
struct ClientKeyTests {
    private typealias Member = RelayUnderTest.Member

    /// As `relay clients` does it, beside the relay that serves from the folder.
    private struct Command {
        let store: Store

        init(_ folder: TemporaryFolder) throws { store = try Store(directory: folder.path) }

        /// Makes a key, and waits until the relay knows it.
        func add(
            _ name: String,
            to relay: RelayUnderTest? = nil,
            _ change: (inout ClientRecord) -> Void = { _ in }
        ) async throws -> String {
            let (key, made) = ClientRecord.make(name, at: Date().timeIntervalSince1970)
            var client = made
            change(&client)
            try store.add(client)
            if let relay { try await eventually { relay.gateway.gatekeeper.clients.find(key) != nil } }
            return key
        }

        func revoke(_ name: String, key: String, of relay: RelayUnderTest) async throws {
            try store.revokeClient(name, at: Date().timeIntervalSince1970)
            try await eventually { relay.gateway.gatekeeper.clients.find(key) == nil }
        }
    }

    private static func bearer(_ key: String) -> RelayUnderTest.Fields { [("authorization", "Bearer \(key)")] }

    @Test func `a key is taken up while Relay serves, and from then on everybody needs one`() async throws {
        let folder = try TemporaryFolder()
        try await RelayUnderTest.run([Member("One")], storage: folder.path) { relay in
            #expect(try await relay.ask().status == 200)
            let key = try await Command(folder).add("app", to: relay)
            #expect(key.hasPrefix("sk-relay-") && key.count == 52)
            #expect(try await relay.ask(headers: Self.bearer(key)).status == 200)
            #expect(try await relay.ask(headers: [("x-api-key", key)]).status == 200)
            for headers in [[], Self.bearer("sk-relay-other")] {
                let refused = try await relay.ask(headers: headers)
                #expect(refused.status == 401)
                #expect(refused.response.isErrorEnvelope)
            }
            #expect(try await relay.request("GET", "/health").status == 200)
            // Whoever runs Relay here sees what it does; who was given a key does not.
            #expect(try await relay.request("GET", "/v1/usage").status == 200)
            #expect(try await relay.request("GET", "/v1/usage", headers: Self.bearer(key)).status == 403)
            for path in ["/v1/providers/status", "/metrics"] {
                #expect(try await relay.request("GET", path, headers: Self.bearer(key)).status == 403)
            }
            let body = #"{"model":"meta-model","messages":[{"role":"user","content":"hi"}]}"#
            let explain = { (headers: RelayUnderTest.Fields) in
                try await relay.request("POST", "/v1/route/explain", headers: headers, body: body).status
            }
            #expect(try await explain([]) == 200)
            #expect(try await explain(Self.bearer(key)) == 403)
            #expect(try await relay.request("GET", "/v1/models").status == 401)
            #expect(try await relay.request("GET", "/v1/models", headers: Self.bearer(key)).status == 200)
        }
    }

    @Test func `a revoked key is refused at once on a connection that goes on`() async throws {
        let folder = try TemporaryFolder()
        try await RelayUnderTest.run([Member("One")], storage: folder.path) { relay in
            let command = try Command(folder)
            let key = try await command.add("app", to: relay)
            let other = try await command.add("other", to: relay)
            let client = try await relay.connect()
            func ask() async throws -> RawResponse {
                let body = #"{"model":"meta-model","messages":[{"role":"user","content":"hi"}]}"#
                try await client.sendRequest(
                    "POST",
                    "/v1/chat/completions",
                    headers: Self.bearer(key) + [("content-type", "application/json")],
                    body: Array(body.utf8)
                )
                return try await client.readResponse(within: .seconds(30))
            }
            for _ in 0..<3 { #expect(try await ask().status == 200) }
            try await command.revoke("app", key: key, of: relay)
            #expect(try await ask().status == 401)
            await client.close()
            #expect(try await relay.ask(headers: Self.bearer(other)).status == 200)
            #expect(throws: ClientNameError.unknown("app")) { try command.store.revokeClient("app", at: 0) }
            #expect(throws: ClientNameError.taken("OTHER")) {
                try command.store.add(ClientRecord.make("OTHER", at: 0).record)
            }
            // The name of a revoked key may be given again.
            let again = try await command.add("app", to: relay)
            #expect(try await relay.ask(headers: Self.bearer(again)).status == 200)
        }
    }

    @Test func `a key that has expired says so`() async throws {
        let folder = try TemporaryFolder()
        let key = try await Command(folder).add("app") { $0.expiresAt = 1 }
        try await RelayUnderTest.run([Member("One")], storage: folder.path) { relay in
            let refused = try await relay.ask(headers: Self.bearer(key))
            #expect(refused.status == 401)
            #expect(refused.response.json["error"]?["code"]?.string == "expired_api_key")
            #expect(try await relay.request("GET", "/health", headers: Self.bearer(key)).status == 200)
        }
    }

    @Test func `beside the relay's own key, both are good`() async throws {
        let folder = try TemporaryFolder()
        let key = try await Command(folder).add("app")
        try await RelayUnderTest.run([Member("One")], storage: folder.path, settings: { $0.server.apiKey = "own" }) {
            (relay) async throws in
            #expect(try await relay.ask(headers: Self.bearer("own")).status == 200)
            #expect(try await relay.ask(headers: Self.bearer(key)).status == 200)
            #expect(try await relay.ask(headers: Self.bearer("neither")).status == 401)
            #expect(try await relay.request("GET", "/v1/usage", headers: Self.bearer("own")).status == 200)
            #expect(try await relay.request("GET", "/v1/usage").status == 401)
        }
    }

    @Test func `requests are limited per key, and what was used is not forgotten at a restart`() async throws {
        let folder = try TemporaryFolder()
        let command = try Command(folder)
        let key = try await command.add("app") { $0.limits.requestsPerDay = 2 }
        let other = try await command.add("other") { $0.limits.requestsPerMinute = 9 }
        try await RelayUnderTest.run([Member("One")], storage: folder.path) { relay in
            for _ in 0..<2 { #expect(try await relay.ask(headers: Self.bearer(key)).status == 200) }
            let again = try await relay.restarted()
            for relay in [again] {
                let refused = try await relay.ask(headers: Self.bearer(key))
                #expect(refused.status == 429)
                #expect(refused.response.json["error"]?["code"]?.string == "client_limit_reached")
                let wait = Int(refused.response.header("retry-after") ?? "") ?? 0
                #expect((1...86_400).contains(wait))
            }
            #expect(try await again.ask(headers: Self.bearer(other)).status == 200)
            #expect(relay.providers[0].calls.count == 3)
            let usage = try await command.store.usage(since: 0, by: .client).lines
            #expect(usage.contains { $0.name == "app" && $0.requests == 2 })
            try await again.running.stop(drain: .zero)
        }
    }

    @Test func `a request that reached no provider costs the key nothing`() async throws {
        let folder = try TemporaryFolder()
        let key = try await Command(folder).add("app") { $0.limits.requestsPerMinute = 1 }
        try await RelayUnderTest.run([Member("One")], storage: folder.path) { (relay) async throws in
            #expect(try await relay.ask(model: "nobody/has-this", headers: Self.bearer(key)).status == 404)
            #expect(try await relay.ask(headers: Self.bearer(key)).status == 200)
            #expect(try await relay.ask(headers: Self.bearer(key)).status == 429)
        }
    }

    @Test func `tokens are counted as the provider reports them`() async throws {
        let folder = try TemporaryFolder()
        let key = try await Command(folder).add("app") { $0.limits.tokensPerDay = 1000 }
        try await RelayUnderTest.run([Member("One")], storage: folder.path) { relay in
            let answer = try await relay.ask(headers: Self.bearer(key))
            #expect(answer.status == 200)
            let used = answer.response.json["usage"]?["total_tokens"]?.number.map { Int($0) } ?? 0
            #expect(used > 0)
            var count = 1
            while try await relay.ask(headers: Self.bearer(key)).status == 200 { count += 1 }
            // The last one began with a token left at least.
            #expect(count <= 1000 / used + 1)
            #expect(count >= 1000 / used - 1)
        }
    }

    @Test func `a key is good for its models and providers alone`() async throws {
        let folder = try TemporaryFolder()
        let command = try Command(folder)
        let members = [Member("One"), Member("Two", models: [.init("small-a"), .init("big-b")])]
        let provider = try await command.add("p") { $0.access.providers = ["two"] }
        let pattern = try await command.add("m") { $0.access.models = ["small-*"] }
        let nothing = try await command.add("n") { $0.access.models = ["none-*"] }
        try await RelayUnderTest.run(members, storage: folder.path) { relay in
            let ranked = try await relay.ask(headers: Self.bearer(provider))
            #expect(ranked.response.header("x-gateway-provider") == "Two")
            let small = try await relay.ask(headers: Self.bearer(pattern))
            #expect(small.response.header("x-routed-via") == "Two/small-a")
            for (key, model) in [(provider, "One/one-model"), (pattern, "Two/big-b"), (pattern, "big-b")] {
                let refused = try await relay.ask(model: model, headers: Self.bearer(key))
                #expect(refused.status == 403)
                #expect(refused.response.json["error"]?["code"]?.string == "model_not_allowed")
            }
            #expect(try await relay.ask(headers: Self.bearer(nothing)).status == 403)
            let list = try await relay.request("GET", "/v1/models", headers: Self.bearer(pattern))
            let ids = list.json["data"]?.elements?.compactMap { $0["id"]?.string }
            #expect(ids == ["meta-model", "Two/small-a"])
        }
    }

    @Test func `failover never leaves what a key is good for`() async throws {
        let folder = try TemporaryFolder()
        let key = try await Command(folder).add("app") { $0.access.providers = ["One"] }
        let members = [
            Member("One", .init().with { $0.always = .status(500, body: "") }), Member("Two"),
        ]
        try await RelayUnderTest.run(members, storage: folder.path) { (relay) async throws in
            #expect(try await relay.ask(headers: Self.bearer(key)).status == 503)
            #expect(relay.providers[1].calls.isEmpty)
        }
    }

    @Test func `clients do not see each other's kept responses`() async throws {
        let folder = try TemporaryFolder()
        let command = try Command(folder)
        let (one, other) = (try await command.add("one"), try await command.add("other"))
        try await RelayUnderTest.run([Member("One")], storage: folder.path) { relay in
            let made = try await relay.request(
                "POST",
                "/v1/responses",
                headers: Self.bearer(one) + [("content-type", "application/json")],
                body: #"{"model":"meta-model","input":"Where is Paris?"}"#
            )
            let id = made.json["id"]?.string ?? ""
            #expect(try await relay.request("GET", "/v1/responses/\(id)", headers: Self.bearer(one)).status == 200)
            #expect(try await relay.request("GET", "/v1/responses/\(id)", headers: Self.bearer(other)).status == 404)
        }
    }

    @Test func `the key itself stands in no file`() async throws {
        let folder = try TemporaryFolder()
        let command = try Command(folder)
        try await RelayUnderTest.run([Member("One")], storage: folder.path) { relay in
            let key = try await command.add("app", to: relay)
            #expect(try await relay.ask(headers: Self.bearer(key)).status == 200)
            for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
                let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/" + name))
                #expect(bytes.range(of: Data(key.utf8)) == nil, "\(name)")
            }
        }
    }
}
