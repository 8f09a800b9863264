import NIOCore

/// The cast of `relay demo`: five providers, each with one habit that Relay has an answer to.
enum DemoProviders {
    struct Member: Sendable {
        var name: String
        /// What is wrong with it, in a few words.
        var habit: String
        /// Group for the `priority` strategy.
        var priority: Int
        var models: [DemoModel]
        var behavior: SimulatedProvider.Behavior
    }

    struct DemoModel: Sendable {
        var name: String
        var scale: String
        var window: Int
        var type = "text"
        var tags: [String] = []
    }

    /// `sprint-8b` and `steady-8b` are the small models, `wobble-70b` and `steady-70b` the large, `chatty-32b` the
    /// medium one: `model_scale` picks the pair that a request is to show. Priorities put the troubled one first.
    static let cast: [Member] = [
        Member(
            name: "Sprint",
            habit: "3 requests in 20 s, then 429; the catalog does not know it",
            priority: 1,
            models: [DemoModel(name: "sprint-8b", scale: "small", window: 32_768)],
            behavior: limited
        ),
        Member(
            name: "Wobble",
            habit: "its streams break off before the first word",
            priority: 1,
            models: [DemoModel(name: "wobble-70b", scale: "large", window: 131_072)],
            behavior: lively.with { $0.alwaysOnStreams = .reset(afterChunks: 1) }
        ),
        Member(
            name: "Chatty",
            habit: "says \"Certainly!\" first and puts JSON into fences",
            priority: 1,
            models: [DemoModel(name: "chatty-32b", scale: "medium", window: 65_536)],
            behavior: talkative
        ),
        Member(
            name: "Thimble",
            habit: "a window of 2,048 tokens",
            priority: 2,
            models: [DemoModel(name: "thimble-1b", scale: "small", window: 2048)],
            behavior: lively.with { $0.window = 2048 }
        ),
        Member(
            name: "Steady",
            habit: "none",
            priority: 2,
            models: [
                DemoModel(name: "steady-8b", scale: "small", window: 131_072),
                DemoModel(name: "steady-70b", scale: "large", window: 131_072, tags: [Model.webSearchTag]),
                DemoModel(name: "steady-vectors", scale: "small", window: 8192, type: "embedding"),
                DemoModel(name: "steady-painter", scale: "small", window: 8192, type: "image"),
                DemoModel(name: "steady-voice", scale: "small", window: 8192, type: "speech"),
                DemoModel(name: "steady-ear", scale: "small", window: 8192, type: "transcription"),
                DemoModel(name: "steady-judge", scale: "small", window: 8192, type: "moderation"),
            ],
            behavior: lively
        ),
    ]

    /// The cast wants a key as real providers do; any will do.
    static let keyVariable = "RELAY_DEMO_KEY"

    /// Settings that the script counts on; the rest are the defaults.
    static let settings = #"{"routing":{"strategy":"priority"},"session":{"affinity_enabled":true}}"#

    /// Starts the cast on free ports, in its order.
    static func start(on group: any EventLoopGroup) async throws -> [(member: Member, provider: SimulatedProvider)] {
        var running: [(member: Member, provider: SimulatedProvider)] = []
        for member in cast {
            let behavior = member.behavior.with { $0.models = member.models.map(\.name) }
            running.append((member, try await SimulatedProvider.start(on: group, behavior: behavior)))
        }
        return running
    }

    /// The catalog for providers that run: `baseURLs` by name. Members without one are left out.
    /// None is `local`, though on loopback: all are to be treated as remote ones are.
    static func catalog(baseURLs: [String: String]) -> String {
        let providers = cast.compactMap { member in
            baseURLs[member.name].map { entry(for: member, baseURL: $0) }
        }
        return "{\"providers\": [\n" + providers.joined(separator: ",\n") + "\n]}\n"
    }

    static func catalog(of running: [(member: Member, provider: SimulatedProvider)]) -> String {
        let pairs = running.map { ($0.member.name, $0.provider.baseURL) }
        return catalog(baseURLs: Dictionary(pairs, uniquingKeysWith: { _, last in last }))
    }

    private static func entry(for member: Member, baseURL: String) -> String {
        let models = member.models.map { model in
            #"    {"name": "\#(model.name)", "type": "\#(model.type)", "scale": "\#(model.scale)", "modality": "text", "#
                + #""tags": [\#(model.tags.map { "\"\($0)\"" }.joined(separator: ", "))], "#
                + #""tools": true, "max_context_length": \#(model.window), "limits": {}}"#
        }
        return
            #"  {"name": "\#(member.name)", "base_url": "\#(baseURL)", "dialect": "openai", "#
            + #""api_key_env": ["\#(keyVariable)"], "local": false, "#
            + #""enabled": true, "priority": \#(member.priority), "models": ["# + "\n"
            + models.joined(separator: ",\n") + "]}"
    }
}
