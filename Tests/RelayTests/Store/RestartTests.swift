import Clients
import Foundation
import GRDB
import Testing

@testable import Relay

/// A relay that is stopped and started again over the same store, with providers that notice nothing.
struct RestartTests {
    private typealias Member = RelayUnderTest.Member

    @Test func `what was used up before a restart is used up after it`() async throws {
        let folder = try TemporaryFolder()
        let members = [Member("One", models: [.init("m", more: #""limits":{"requests_per_day":2}"#)])]
        try await RelayUnderTest.run(members, storage: folder.path, settings: { $0.routing.maxQuotaWaitSeconds = 0 }) {
            relay in
            for _ in 0..<2 { #expect(try await relay.ask().status == 200) }
            let again = try await relay.restarted()
            let refused = try await again.ask()
            #expect(refused.status == 429)
            #expect(Int(refused.response.header("retry-after") ?? "") ?? 0 > 80_000)
            try await again.running.stop(drain: .zero)
            #expect(relay.providers[0].calls.count == 2)
        }
    }

    @Test func `a session comes back to its route`() async throws {
        let folder = try TemporaryFolder()
        try await RelayUnderTest.run([Member("One"), Member("Two")], storage: folder.path) { relay in
            let session = [(name: "x-session-id", value: "the same")]
            // Ranked gives everybody the first; only a pin leads to the second.
            relay.providers[0].play(.status(500, body: ""))
            let first = try await relay.ask(headers: session)
            #expect(first.response.header("x-routed-via") == "Two/two-model")
            let again = try await relay.restarted()
            let pins = again.gateway.chain.sessionAffinity.pins
            #expect(pins.count == 1)
            let second = try await again.ask(headers: session)
            #expect(second.response.header("x-routed-via") == first.response.header("x-routed-via"))
            try await again.running.stop(drain: .zero)
        }
    }

    @Test func `usage goes on from what it was, and can be asked for by time`() async throws {
        let folder = try TemporaryFolder()
        try await RelayUnderTest.run([Member("One")], storage: folder.path) { relay in
            for _ in 0..<3 { #expect(try await relay.ask().status == 200) }
            let before = try await relay.request("GET", "/v1/usage")
            let again = try await relay.restarted()
            #expect(try await again.request("GET", "/v1/usage").text == before.text)
            let day = try await again.request("GET", "/v1/usage?since=24h&by=model")
            let line = day.json["data"]?[0]
            #expect(line?["name"]?.string == "One/one-model")
            #expect(line?["requests"] == .number(3))
            #expect(line?["failures"] == .number(0))
            #expect(day.json["total"]?["prompt_tokens"] == before.json["total"]?["prompt_tokens"])
            #expect(try await again.request("GET", "/v1/usage?by=nobody").status == 400)
            #expect(try await again.request("GET", "/v1/usage?since=yesterday").status == 400)
            try await again.running.stop(drain: .zero)
        }
    }

    @Test func `a kept response can be continued, and one that was deleted cannot`() async throws {
        let folder = try TemporaryFolder()
        try await RelayUnderTest.run([Member("One")], storage: folder.path) { relay in
            func respond(_ relay: RelayUnderTest, _ more: String = "") async throws -> RawResponse {
                let body = #"{"model":"meta-model","input":"Where is Paris?"\#(more)}"#
                return try await relay.request(
                    "POST",
                    "/v1/responses",
                    headers: [(name: "content-type", value: "application/json")],
                    body: body
                )
            }
            let kept = try #require(try await respond(relay).json["id"]?.string)
            let deleted = try #require(try await respond(relay).json["id"]?.string)
            #expect(try await relay.request("DELETE", "/v1/responses/\(deleted)").status == 200)
            let before = try await relay.request("GET", "/v1/responses/\(kept)")
            let again = try await relay.restarted()
            let after = try await again.request("GET", "/v1/responses/\(kept)")
            #expect(after.status == 200)
            #expect(after.text == before.text)
            #expect(try await again.request("GET", "/v1/responses/\(deleted)").status == 404)
            #expect(try await respond(again, #","previous_response_id":"\#(kept)""#).status == 200)
            try await again.running.stop(drain: .zero)
        }
    }

    @Test func `what a model refuses and how it counts is not learned twice`() async throws {
        let folder = try TemporaryFolder()
        let members = #""top_k":5"#
        let strict = SimulatedProvider.Behavior().with { $0.isStrict = true }
        try await RelayUnderTest.run([Member("One", strict)], storage: folder.path) { relay in
            func experience(_ relay: RelayUnderTest) -> RouteExperience {
                relay.gateway.chain.dispatch.table.routes[0].experience
            }
            let question = String(repeating: "Where is Paris, and how far is it? ", count: 20)
            #expect(try await relay.ask(question, members: members).status == 200)
            #expect(relay.providers[0].calls.count == 2)
            let learned = experience(relay).memory
            #expect(learned?.tokenRatios.isEmpty == false)
            let again = try await relay.restarted()
            #expect(experience(again).memory == learned)
            #expect(experience(again).tokenFactor == experience(relay).tokenFactor)
            #expect(try await again.ask(question, members: members).status == 200)
            #expect(relay.providers[0].calls.count == 3)
            try await again.running.stop(drain: .zero)
        }
    }

    @Test func `the ledger says why each attempt failed, and nothing of what was said`() async throws {
        let folder = try TemporaryFolder()
        let members = [
            Member("One", .init().with { $0.always = .status(500, body: "") }), Member("Two"),
        ]
        try await RelayUnderTest.run(members, storage: folder.path) { relay in
            #expect(try await relay.ask("the secret of the sphinx").status == 200)
            try await relay.running.stop(drain: .seconds(5))
            let store = try Store(directory: folder.path)
            let rows = try store.database.read { database in try Row.fetchAll(database, sql: "SELECT * FROM requests") }
            let row = try #require(rows.first)
            #expect(row["status"] == 200)
            #expect(row["provider"] == "Two")
            #expect(row["attempts"] == 2)
            #expect(row["trail"] == "One/one-model=500")
            #expect(row["prompt_tokens"] ?? 0 > 0)
            try store.finish()
            let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/" + Store.fileName))
            #expect(bytes.range(of: Data("sphinx".utf8)) == nil)
        }
    }
}

/// Provider keys that are stored, switched and removed while Relay serves.
struct StoredKeysTests {
    private typealias Member = RelayUnderTest.Member

    @Test func `a stored key is taken up while Relay serves, and let go of when it is disabled`() async throws {
        let folder = try TemporaryFolder()
        let members = [Member("One"), Member("Two", keys: [])]
        try await RelayUnderTest.run(members, storage: folder.path) { relay in
            #expect(try await relay.ask(model: "Two/two-model").status == 404)
            let store = try Store(directory: folder.path)
            let vault = KeyVault(store, environment: EnvironmentVariables(process: [:]))
            _ = try vault.add("sk-stored", for: "Two", label: "stored", at: 1)
            try await eventually { Self.keys(of: "Two", in: relay) == ["stored"] }
            #expect(try await relay.ask(model: "Two/two-model").status == 200)
            #expect(relay.providers[1].calls.last?.header("authorization") == "Bearer sk-stored")
            // The others go on as they are.
            #expect(try await relay.ask().response.header("x-gateway-provider") == "One")

            try vault.setEnabled(false, provider: "Two", label: "stored")
            try await eventually { Self.keys(of: "Two", in: relay).isEmpty }
            #expect(try await relay.ask(model: "Two/two-model").status == 404)
            try store.finish()
        }
    }

    @Test func `what a key had used counts when it comes back, and sessions stay where they are`() async throws {
        let folder = try TemporaryFolder()
        let members = [
            Member("One"), Member("Two", models: [.init("m", more: #""limits":{"requests_per_day":1}"#)], keys: []),
        ]
        let session: RelayUnderTest.Fields = [("x-session-id", "the same")]
        try await RelayUnderTest.run(members, storage: folder.path, settings: { $0.routing.maxQuotaWaitSeconds = 0 }) {
            relay in
            let store = try Store(directory: folder.path)
            let vault = KeyVault(store, environment: EnvironmentVariables(process: [:]))
            _ = try vault.add("sk-stored", for: "Two", label: "stored", at: 1)
            try await eventually { Self.keys(of: "Two", in: relay) == ["stored"] }
            #expect(try await relay.ask(headers: session).response.header("x-gateway-provider") == "One")
            #expect(try await relay.ask(model: "Two/m").status == 200)
            #expect(try await relay.ask(model: "Two/m").status == 429)
            try vault.setEnabled(false, provider: "Two", label: "stored")
            try await eventually { Self.keys(of: "Two", in: relay).isEmpty }
            try vault.setEnabled(true, provider: "Two", label: "stored")
            try await eventually { Self.keys(of: "Two", in: relay) == ["stored"] }
            #expect(try await relay.ask(model: "Two/m").status == 429)
            #expect(relay.gateway.chain.sessionAffinity.pins.count == 1)
            try store.finish()
        }
    }

    private static func keys(of provider: String, in relay: RelayUnderTest) -> [String] {
        relay.gateway.chain.dispatch.table.routes.filter { $0.provider.name == provider }.compactMap(\.key?.label)
    }
}
