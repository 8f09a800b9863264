import Testing

@testable import Relay

/// The catalog held against what providers list, in a relay that serves.
struct CatalogMaintenanceTests {
    private typealias Member = RelayUnderTest.Member
    private typealias Entry = RelayUnderTest.Entry

    private static func apply(_ relay: RelayUnderTest) async throws -> [String: [String?]] {
        let response = try await relay.request("POST", "/v1/gateway/endpoint-diagnosis/apply", body: "")
        #expect(response.status == 200)
        let applied = response.json["applied"]
        let kinds = ["disabled", "returned", "suggested"]
        let names = kinds.map { ($0, applied?[$0]?.elements?.map(\.string) ?? ["?"]) }
        return Dictionary(uniqueKeysWithValues: names)
    }

    private static func models(_ relay: RelayUnderTest) -> [String] {
        relay.gateway.chain.dispatch.table.routes.map(\.name)
    }

    @Test func `a model that is missing twice is disabled, over a restart too, and serves again once it is listed`()
        async throws
    {
        let folder = try TemporaryFolder()
        let one = Member("One", models: [Entry("kept"), Entry("gone")], .init().with { $0.models = ["kept"] })
        try await RelayUnderTest.run([one], storage: folder.path) { relay in
            #expect(try await Self.apply(relay) == ["disabled": [], "returned": [], "suggested": []])
            #expect(Self.models(relay) == ["One/kept", "One/gone"])
            #expect(try await Self.apply(relay)["disabled"] == ["One/gone"])
            try await eventually { Self.models(relay) == ["One/kept"] }
            #expect(try await relay.ask(model: "One/gone").status == 404)

            let again = try await relay.restarted()
            #expect(Self.models(again) == ["One/kept"])
            again.providers[0].behavior.models = ["kept", "gone"]
            #expect(try await Self.apply(again)["returned"] == ["One/gone"])
            try await eventually { Self.models(again) == ["One/kept", "One/gone"] }
            #expect(try await again.ask(model: "One/gone").status == 200)
            try await again.running.stop(drain: .zero)
        }
    }

    @Test func `a new model is suggested, and serves once it is accepted`() async throws {
        let folder = try TemporaryFolder()
        let one = Member("One", models: [Entry("kept")], .init().with { $0.models = ["kept", "new-coder-32b"] })
        try await RelayUnderTest.run([one], storage: folder.path) { relay in
            #expect(try await Self.apply(relay)["suggested"] == ["One/new-coder-32b"])
            #expect(try await Self.apply(relay)["suggested"] == [])
            #expect(Self.models(relay) == ["One/kept"])
            #expect(try await relay.ask(model: "One/new-coder-32b").status == 404)

            let store = try #require(relay.gateway.office.store)
            let catalog = try #require(relay.gateway.office.maintenance).catalog
            try store.changeCatalog { changes in
                var editor = CatalogEditor(catalog: catalog, changes: changes)
                try editor.accept("one/new-coder-32b")
                changes = editor.changes
            }
            try await eventually { Self.models(relay) == ["One/kept", "One/new-coder-32b"] }
            let answer = try await relay.ask(model: "One/new-coder-32b")
            #expect(answer.status == 200)
            let model = relay.gateway.chain.dispatch.table.routes[1].model
            #expect(model.type == .coding && model.scale == .medium)

            // It is held against the lists as any other.
            relay.providers[0].behavior.models = ["kept"]
            #expect(try await Self.apply(relay)["disabled"] == [])
        }
    }

    @Test func `what is unlisted and serves goes on serving, and what is not there at all is believed`() async throws {
        let folder = try TemporaryFolder()
        let models = ["serves", "refused", "kept"].map { Entry($0) }
        let one = Member("One", models: models, .init().with { $0.models = ["kept"] })
        try await RelayUnderTest.run([one], storage: folder.path) { relay in
            relay.providers[0].behavior.models = ["kept", "serves"]
            #expect(try await relay.ask(model: "One/serves").status == 200)
            #expect(try await relay.ask(model: "One/refused").status == 404)
            relay.providers[0].behavior.models = ["kept"]
            _ = try await Self.apply(relay)
            #expect(try await Self.apply(relay)["disabled"] == ["One/refused"])
        }
    }

    @Test func `owner's word, rank and priority are taken up while Relay runs`() async throws {
        let folder = try TemporaryFolder()
        try await RelayUnderTest.run([Member("One"), Member("Two")], storage: folder.path) { relay in
            let store = try #require(relay.gateway.office.store)
            func change(_ body: (inout CatalogChanges) -> Void, _ answersFrom: String) async throws {
                try store.changeCatalog(body)
                try await eventually {
                    try await relay.ask().response.header("x-gateway-provider") == answersFrom
                }
            }
            #expect(try await relay.ask().response.header("x-gateway-provider") == "One")
            try await change({ $0["Two", "two-model"].rank = 1 }, "Two")
            try await change({ $0["Two", "two-model"].rank = nil }, "One")
            try await change({ $0["One", "one-model"].isEnabled = false }, "Two")
            try await change({ $0["One", "one-model"].isEnabled = nil }, "One")
            try await change({ $0[provider: "one"].isEnabled = false }, "Two")
            let health = try await relay.request("GET", "/health").json
            #expect(health["providers"]?.elements?.map(\.string) == ["Two"])
            try await change({ $0[provider: "ONE"].isEnabled = nil }, "One")
        }
    }

    @Test func `without a store there is nothing to keep up to date`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            let response = try await relay.request("POST", "/v1/gateway/endpoint-diagnosis/apply", body: "")
            #expect(response.status == 501 && response.isErrorEnvelope)
        }
    }
}
