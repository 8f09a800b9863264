import Testing

@testable import Relay

/// The same conversation stays where it was, for as long as its route can serve.
struct AffinityTests {
    typealias Member = RelayUnderTest.Member

    private static let four = ["A", "B", "C", "D"].map { Member($0) }
    private static let taking: @Sendable (inout Settings) -> Void = { $0.routing.strategy = .roundRobin }

    private static func provider(_ answer: ChatAnswer) -> String { answer.response.header("x-gateway-provider") ?? "" }

    @Test(arguments: ["X-Session-ID", "x-session-id", "x-claude-code-session-id", "x-codex-session-id", "session_id"])
    func `a named session stays where it was`(_ header: String) async throws {
        try await RelayUnderTest.run(Self.four, settings: Self.taking) { relay in
            var served: Set<String> = []
            for _ in 0..<6 { served.insert(Self.provider(try await relay.ask(headers: [(header, "s-1")]))) }
            #expect(served.count == 1)
            var others: Set<String> = []
            for number in 0..<8 {
                others.insert(Self.provider(try await relay.ask(headers: [(header, "t-\(number)")])))
            }
            #expect(others.count == 4)
        }
    }

    @Test func `the header's name can be set`() async throws {
        let settings: @Sendable (inout Settings) -> Void = { settings in
            Self.taking(&settings)
            settings.session.idHeader = "X-Conversation"
        }
        try await RelayUnderTest.run(Self.four, settings: settings) { relay in
            var served: Set<String> = []
            for _ in 0..<6 { served.insert(Self.provider(try await relay.ask(headers: [("x-conversation", "s")]))) }
            #expect(served.count == 1)
        }
    }

    @Test func `without a header the history names the conversation, once it has an answer`() async throws {
        func body(_ first: String, _ answer: String?, _ last: String) -> String {
            let past = answer.map {
                #"{"role":"user","content":"\#(first)"},{"role":"assistant","content":"\#($0)"},"#
            }
            return
                #"{"model":"meta-model","messages":[{"role":"system","content":"S"},\#(past ?? ""){"role":"user","content":"\#(last)"}]}"#
        }
        try await RelayUnderTest.run(Self.four, settings: Self.taking) { relay in
            var served: Set<String> = []
            for turn in 0..<6 {
                served.insert(Self.provider(try await relay.ask(body: body("hi", "hello", "turn \(turn)"))))
            }
            #expect(served.count == 1)
            // Two chats that open with the same words are two.
            var openings: Set<String> = []
            for _ in 0..<8 { openings.insert(Self.provider(try await relay.ask(body: body("hi", nil, "hi")))) }
            #expect(openings.count == 4)
        }
    }

    @Test func `a pin holds for what was asked for`() async throws {
        let members = ["A", "B", "C"]
            .map { name in
                Member(name, models: [.init("\(name)-large", scale: "large"), .init("\(name)-small", scale: "small")])
            }
        try await RelayUnderTest.run(members, settings: Self.taking) { relay in
            let session: RelayUnderTest.Fields = [("X-Session-ID", "s")]
            let small = #""model_scale":"small""#
            var served: Set<String> = []
            for _ in 0..<4 {
                served.insert(try await relay.ask(headers: session).response.header("x-routed-via") ?? "")
                served.insert(
                    try await relay.ask(members: small, headers: session).response.header("x-routed-via") ?? ""
                )
            }
            #expect(served.count == 2 && served.filter { $0.hasSuffix("small") }.count >= 1)
            let direct = try await relay.ask(model: "C/C-large", headers: session)
            #expect(direct.response.header("x-routed-via") == "C/C-large")
        }
    }

    @Test func `a session whose route cools down migrates and is pinned again`() async throws {
        try await RelayUnderTest.run { relay in
            let session: RelayUnderTest.Fields = [("X-Session-ID", "s")]
            #expect(Self.provider(try await relay.ask(headers: session)) == "One")
            relay.providers[0].play(.rateLimited(.groq, retryAfter: "1"))
            let migrated = try await relay.ask(headers: session)
            #expect(Self.provider(migrated) == "Two")
            #expect(migrated.response.header("x-fallback-trail") == "One/one-model=429")
            // It stays there, though the first one is free again and comes first.
            try await Task.sleep(for: .milliseconds(1100))
            #expect(Self.provider(try await relay.ask()) == "One")
            #expect(Self.provider(try await relay.ask(headers: session)) == "Two")
        }
    }

    @Test func `a failed answer pins nothing`() async throws {
        try await RelayUnderTest.run { relay async throws in
            let session: RelayUnderTest.Fields = [("X-Session-ID", "s")]
            relay.providers[0].play(.cut(afterChunks: 4))
            #expect(try await relay.ask(stream: true, headers: session).error != nil)
            #expect(relay.gateway.chain.sessionAffinity.pins.count == 0)
        }
    }

    @Test func `sessions of different clients are different`() async throws {
        let chain = try await ExchangeRun.chain(Self.four, settings: Self.taking)
        var served: [String: String] = [:]
        for client in ["ann", "bob", "cem", "dan"] {
            var run = try ExchangeRun(
                ExchangeRun.whole,
                chain: chain,
                session: "same",
                client: client,
                at: QuotaClock.at(0)
            )
            try run.answer(200, ExchangeTests.answer)
            served[client] = run.calls.last
        }
        #expect(Set(served.values).count == 4)
        for client in ["dan", "ann", "cem", "bob"] {
            let run = try ExchangeRun(
                ExchangeRun.whole,
                chain: chain,
                session: "same",
                client: client,
                at: QuotaClock.at(1)
            )
            #expect(run.calls.last == served[client])
        }
    }

    @Test func `pins end after their time`() async throws {
        let chain = try await ExchangeRun.chain(Self.four) { settings in
            Self.taking(&settings)
            settings.session.ttlHours = 1
        }
        func serve(at seconds: Double) throws -> String? {
            var run = try ExchangeRun(ExchangeRun.whole, chain: chain, session: "s", at: QuotaClock.at(seconds))
            try run.answer(200, ExchangeTests.answer)
            return run.calls.last
        }
        let first = try serve(at: 0)
        #expect(try serve(at: 3000) == first)
        #expect(try serve(at: 6000) == first)
        #expect(try serve(at: 6000 + 3700) != first)
    }

    @Test func `affinity can be switched off`() async throws {
        let settings: @Sendable (inout Settings) -> Void = { settings in
            Self.taking(&settings)
            settings.session.affinityEnabled = false
        }
        try await RelayUnderTest.run(Self.four, settings: settings) { relay in
            var served: Set<String> = []
            for _ in 0..<8 { served.insert(Self.provider(try await relay.ask(headers: [("X-Session-ID", "s")]))) }
            #expect(served.count == 4)
        }
    }

    private static let goingOn =
        #"{"model":"meta-model","messages":[{"role":"system","content":"Be kind."},"#
        + #"{"role":"user","content":"hi"},{"role":"assistant","content":"hello"},{"role":"user","content":"and?"}]}"#

    private static func system(_ relay: RelayUnderTest, _ place: Int) -> String {
        relay.providers[place].calls.last?.json["messages"]?[0]?["content"]?.string ?? ""
    }

    @Test func `a model that takes a conversation over is told so, in that turn alone`() async throws {
        let settings: @Sendable (inout Settings) -> Void = { $0.context.handoff = .onModelSwitch }
        try await RelayUnderTest.run([Member("A"), Member("B")], settings: settings) { relay in
            let session = [(name: "x-session-id", value: "s")]
            #expect(try await relay.ask(body: Self.goingOn, headers: session).status == 200)
            #expect(Self.system(relay, 0) == "Be kind.")
            relay.providers[0].play(.status(500, body: ""))
            let switched = try await relay.ask(body: Self.goingOn, headers: session)
            #expect(switched.response.header("x-routed-via") == "B/b-model")
            #expect(switched.response.header("x-relay-handoff") == "from A/a-model")
            // The one it was pinned to is asked as ever, the one that takes over is told.
            #expect(Self.system(relay, 0) == "Be kind.")
            #expect(Self.system(relay, 1).hasPrefix("Be kind.\n\nThe assistant's earlier turns"))
            let settled = try await relay.ask(body: Self.goingOn, headers: session)
            #expect(settled.response.header("x-routed-via") == "B/b-model")
            #expect(settled.response.header("x-relay-handoff") == nil)
            #expect(Self.system(relay, 1) == "Be kind.")
        }
    }

    @Test func `nobody is told where the model stays, nothing was said, or the setting is off`() async throws {
        let same = [Member("A", models: [.init("lab/m")]), Member("B", models: [.init("M:free")])]
        let first = Self.goingOn.replacing(#"{"role":"assistant","content":"hello"},"#, with: "")
        let cases: [([Member], String, Settings.Context.Handoff)] = [
            (same, Self.goingOn, .onModelSwitch), ([Member("A"), Member("B")], first, .onModelSwitch),
            ([Member("A"), Member("B")], Self.goingOn, .off),
        ]
        for (members, body, when) in cases {
            try await RelayUnderTest.run(members, settings: { $0.context.handoff = when }) { relay in
                let session = [(name: "x-session-id", value: "s")]
                #expect(try await relay.ask(body: body, headers: session).status == 200)
                relay.providers[0].play(.status(500, body: ""))
                let switched = try await relay.ask(body: body, headers: session)
                #expect(switched.response.header("x-gateway-provider") == "B")
                #expect(switched.response.header("x-relay-handoff") == nil)
                #expect(Self.system(relay, 1) == "Be kind.")
            }
        }
    }
}
