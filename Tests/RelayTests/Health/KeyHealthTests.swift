import Testing

@testable import Relay

/// `POST /api/health/check`: every key, checked by its provider's list of models.
struct KeyHealthTests {
    private typealias Member = RelayUnderTest.Member

    private static func check(_ relay: RelayUnderTest, _ query: String = "") async throws -> [SimulatedJSON] {
        let response = try await relay.request("POST", "/api/health/check\(query)", body: "")
        #expect(response.status == 200)
        for provider in relay.providers {
            for request in provider.received {
                guard let key = request.header("authorization")?.split(separator: " ").last else { continue }
                #expect(!response.everything.contains(key))
            }
        }
        return response.json["data"]?.elements ?? []
    }

    @Test func `each key is told apart: good, refused, limited, failing, gone`() async throws {
        let members = [
            Member("Good", keys: ["first", "second"], .init(keys: ["first"])),
            Member("Limited", .init().with { $0.listRefusal = (429, #"{"error":{"message":"Rate limit reached"}}"#) }),
            Member("Failing", .init().with { $0.listRefusal = (503, "<html>busy</html>") }),
            Member("Listless", .init().with { $0.listRefusal = (404, "404 page not found") }),
            Member("Talking", .init().with { $0.listRefusal = (200, "<html>welcome</html>") }),
            Member("Gone"),
        ]
        try await RelayUnderTest.run(members) { relay in
            try await relay.lose(5)
            let found = try await Self.check(relay)
            let names = found.map { "\($0["key"]?.string ?? "") \($0["state"]?.string ?? "")" }
            #expect(
                names == [
                    "GOOD_KEY healthy", "GOOD_KEY_2 invalid", "LIMITED_KEY rate_limited", "FAILING_KEY error",
                    "LISTLESS_KEY healthy", "TALKING_KEY error", "GONE_KEY error",
                ]
            )
            #expect(found.map { $0["key_proven"] == .bool(true) } == [true, true, false, false, false, false, false])
            #expect(found.allSatisfy { ($0["checked_at"]?.integer ?? 0) > 1_700_000_000 })
            #expect(relay.providers.allSatisfy { $0.calls.isEmpty })
            let status = try await relay.request("GET", "/v1/providers/status").json
            #expect(status["data"]?[0]?["routes"]?[1]?["health"]?["state"]?.string == "invalid")
        }
    }

    @Test func `a refused key is benched before a request meets it, and serves as soon as it is taken`() async throws {
        let one = Member("One", keys: ["bad"], .init(keys: ["good"]))
        try await RelayUnderTest.run([one, Member("Two")]) { relay in
            let before = try await relay.request("GET", "/v1/providers/status").json
            #expect(before["data"]?[0]?["routes"]?[0]?["health"] == .null)
            #expect(try await Self.check(relay)[0]["state"]?.string == "invalid")
            #expect(try await relay.ask().response.header("x-routed-via") == "Two/two-model")
            #expect(relay.providers[0].calls.isEmpty)
            relay.providers[0].behavior.keys = ["bad"]
            #expect(try await Self.check(relay, "?provider=one").map { $0["state"]?.string } == ["healthy"])
            #expect(try await relay.ask().response.header("x-routed-via") == "One/one-model")
        }
    }

    @Test func `a list that anybody gets proves nothing of a key`() async throws {
        let one = Member("One", keys: ["bad"], .init(keys: ["good"]).with { $0.listsToAnybody = true })
        try await RelayUnderTest.run([one, Member("Two")]) { relay in
            #expect(try await relay.ask().response.header("x-routed-via") == "Two/two-model")
            #expect(relay.providers[0].calls.count == 1)
            let found = try await Self.check(relay)
            #expect(found[0]["state"]?.string == "healthy")
            #expect(found[0]["key_proven"] == .bool(false))
            #expect(try await relay.ask().response.header("x-routed-via") == "Two/two-model")
            #expect(relay.providers[0].calls.count == 1)
            // That it is open is not asked anew each time.
            let lists = relay.providers[0].received.count
            _ = try await Self.check(relay)
            #expect(relay.providers[0].received.count == lists + 1)
        }
    }

    @Test func `a key that has served calls is not benched by a check, nor one that lacks a right`() async throws {
        let narrow = #"{"error":{"message":"Invalid API key: missing scopes model.read","code":"invalid_api_key"}}"#
        let refusal = #"{"error":{"message":"Incorrect API key provided","code":"invalid_api_key"}}"#
        let members = [
            Member("Served", .init().with { $0.listRefusal = (401, refusal) }),
            Member("Narrow", .init().with { $0.listRefusal = (401, narrow) }),
        ]
        try await RelayUnderTest.run(members) { relay in
            #expect(try await relay.ask().response.header("x-gateway-provider") == "Served")
            let found = try await Self.check(relay)
            #expect(found.map { $0["state"]?.string } == ["invalid", "error"])
            #expect(found[1]["detail"]?.string == "the key may not list models")
            for model in ["Served/served-model", "Narrow/narrow-model"] {
                #expect(try await relay.ask(model: model).status == 200)
            }
        }
    }

    @Test(arguments: Tongue.all)
    func `the list of every dialect is understood`(tongue: Tongue) async throws {
        let member = tongue.member { $0.models = [tongue.model] }
        try await RelayUnderTest.run([member]) { relay in
            let found = try await Self.check(relay)
            #expect(found.map { $0["state"]?.string } == ["healthy"])
        }
    }

    @Test func `where the catalog and the provider's list differ is told, and nothing is changed by it`() async throws {
        let catalog = RelayUnderTest.Entry("kept"), off = RelayUnderTest.Entry("off", more: #""enabled":false"#)
        let one = Member(
            "One",
            models: [catalog, .init("gone"), off],
            keys: ["a", "b"],
            .init().with { $0.models = ["off", "new-2", "kept", "new-1"] }
        )
        try await RelayUnderTest.run([one, Member("Two", .init().with { $0.listRefusal = (404, "") })]) { relay in
            func diagnosis(_ method: String, _ path: String = "") async throws -> SimulatedJSON? {
                let response = try await relay.request(
                    method,
                    "/v1/gateway/endpoint-diagnosis\(path)",
                    body: method == "POST" ? "" : nil
                )
                #expect(response.status == 200)
                return response.json["data"]
            }
            let before = try await diagnosis("GET")
            #expect(before?[0]?["listed"] == .null && before?[0]?["checked_at"] == .null)
            #expect(relay.providers[0].received.isEmpty)
            let fresh = try await diagnosis("POST", "/refresh")
            #expect(fresh == (try await diagnosis("GET")))
            #expect(fresh?[0]?["provider"]?.string == "One")
            #expect(fresh?[0]?["listed"] == .number(4))
            #expect(fresh?[0]?["unlisted"]?.elements?.map(\.string) == ["gone"])
            #expect(fresh?[0]?["new"]?.elements?.map(\.string) == ["new-1", "new-2"])
            #expect(fresh?[1]?["state"]?.string == "healthy")
            #expect(fresh?[1]?["listed"] == .null)
            #expect(relay.gateway.chain.dispatch.table.routes.contains { $0.model.name == "gone" })
        }
    }

    @Test func `what cannot be checked is said`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            let unknown = try await relay.request("POST", "/api/health/check?provider=Nobody", body: "")
            #expect(unknown.status == 404 && unknown.isErrorEnvelope)
            #expect(unknown.json["error"]?["code"]?.string == "provider_not_found")
            #expect(try await relay.request("GET", "/api/health/check").status == 405)
        }
    }
}
