import Clients
import FoundationEssentials
import Logging
import Synchronization

@testable import Relay

/// The whole relay in this process, on a free port, in front of simulated providers.
///
/// Candidates are tried in the catalog's order and no style directive is sent, unless a test says otherwise: what
/// arrives and what goes up can then be compared byte by byte.
final class RelayUnderTest: Sendable {
    /// A provider as the catalog has it, and how it behaves.
    struct Member: Sendable {
        var name: String
        var models: [Entry]
        var behavior: SimulatedProvider.Behavior
        /// Further members of its entry in the catalog, as JSON text.
        var more: String
        var keys: [String]

        init(
            _ name: String,
            models: [Entry]? = nil,
            more: String = "",
            keys: [String]? = nil,
            _ behavior: SimulatedProvider.Behavior = .init()
        ) {
            self.name = name
            self.models = models ?? [Entry("\(name.lowercased())-model")]
            self.behavior = behavior
            self.more = more
            self.keys = keys ?? ["sk-secret-of-\(name)"]
        }
    }

    /// A model in the catalog.
    struct Entry: Sendable {
        var name: String
        var type = "text"
        var scale = "large"
        var window = 32_768
        var tools = true
        /// Further members, as JSON text.
        var more = ""

        init(
            _ name: String,
            type: String = "text",
            scale: String = "large",
            window: Int = 32_768,
            tools: Bool = true,
            more: String = ""
        ) {
            (self.name, self.type, self.scale, self.window, self.tools, self.more) = (
                name, type, scale, window, tools, more
            )
        }

        var json: String {
            #"{"name":"\#(name)","type":"\#(type)","scale":"\#(scale)","tools":\#(tools),"#
                + #""max_context_length":\#(window)\#(more.isEmpty ? "" : ",")\#(more)}"#
        }
    }

    /// In the order they were given.
    let providers: [SimulatedProvider]
    let running: RunningRelay
    private let configuration: Configuration
    /// Where its store stands; without one it has none.
    private let storage: String?
    private let lost = Mutex<Set<Int>>([])

    private static let places = Places(6)

    private init(
        providers: [SimulatedProvider],
        configuration: Configuration,
        storage: String?,
        images rule: AddressRule = .publicInternet
    ) async throws {
        self.providers = providers
        self.configuration = configuration
        self.storage = storage
        let store = try storage.map { try Store(directory: $0) }
        running = try await RunningRelay.start(
            try store.map { try configuration.adding($0) } ?? configuration,
            store: store,
            logger: Logger(label: "relay") { _ in SwiftLogNoOpLogHandler() },
            imageRule: rule
        )
    }

    /// The same relay after a clean stop and a new start, on another port; the providers notice nothing. It is to be
    /// stopped by `running.stop`.
    func restarted() async throws -> RelayUnderTest {
        try await running.stop(drain: .seconds(5))
        return try await RelayUnderTest(providers: providers, configuration: configuration, storage: storage)
    }

    var port: Int { running.port }
    var gateway: Gateway { running.server.gateway }

    /// Starts providers and relay, and stops them when `body` is through, however it ends. `moving` may have the catalog
    /// say other addresses than the providers' own.
    static func run<Result>(
        _ members: [Member] = [Member("One"), Member("Two")],
        images rule: AddressRule = .publicInternet,
        storage: String? = nil,
        settings change: @Sendable (inout Settings) -> Void = { _ in },
        moving address: @Sendable (String) -> String = { $0 },
        _ body: (RelayUnderTest) async throws -> Result
    ) async throws -> Result {
        await places.enter()
        defer { places.leave() }
        let relay = try await start(members, images: rule, storage: storage, settings: change, moving: address)
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(relay))
        } catch {
            result = .failure(error)
        }
        try await relay.stop()
        return try result.get()
    }

    static func start(
        _ members: [Member],
        images rule: AddressRule = .publicInternet,
        storage: String? = nil,
        settings change: @Sendable (inout Settings) -> Void = { _ in },
        moving address: (String) -> String = { $0 }
    ) async throws -> RelayUnderTest {
        var providers: [SimulatedProvider] = []
        for (place, member) in members.enumerated() {
            // Each on a thread of its own: one that makes up megabytes holds up no other. And with dice of its own: with
            // the same ones, providers that are called in turn fail together.
            let seed = UInt64(place + 1)
            providers.append(try await SimulatedProvider.start(behavior: member.behavior, seed: seed))
        }
        let urls = providers.map(\.baseURL).map(address)
        var configuration = try Self.configuration(members, baseURLs: urls, settings: change)
        if let storage { configuration.settingsPath = "\(storage)/settings.json" }
        return try await RelayUnderTest(
            providers: providers,
            configuration: configuration,
            storage: storage,
            images: rule
        )
    }

    func stop() async throws {
        try await running.stop(drain: .zero)
        let lost = lost.withLock { $0 }
        for (place, provider) in providers.enumerated() where !lost.contains(place) { try await provider.shutdown() }
    }

    /// Waits until nothing runs and nothing is held any more: a client has its answer a moment before.
    func becomesIdle() async throws {
        try await eventually(within: .seconds(30)) {
            self.gateway.memory.bytes == 0 && self.gateway.admission.running == 0
        }
    }

    /// A provider goes away for good.
    func lose(_ place: Int) async throws {
        _ = lost.withLock { $0.insert(place) }
        try await providers[place].shutdown()
    }

    /// What `Configuration.load` makes of a catalog of these members.
    static func configuration(
        _ members: [Member],
        baseURLs: [String],
        settings change: (inout Settings) -> Void = { _ in }
    ) throws -> Configuration {
        let entries = zip(members, baseURLs)
            .map { member, url in
                #"{"name":"\#(member.name)","base_url":"\#(url)","api_key_env":["\#(variable(member.name))"],"#
                    + #""dialect":"\#(member.behavior.dialect.name.rawValue)","local":false,"models":[\#(member.models.map(\.json).joined(separator: ","))]"#
                    + (member.more.isEmpty ? "" : ",") + member.more + "}"
            }
        let fixture = try ConfigurationFixture(
            settings: #"{"routing":{"strategy":"ranked"},"style":{"inject":"never"},"server":{"event_loops":1}}"#,
            catalog: #"{"providers":[\#(entries.joined(separator: ","))]}"#
        )
        var environment: [String: String] = [:]
        for member in members {
            for (place, key) in member.keys.enumerated() {
                environment[variable(member.name) + (place == 0 ? "" : "_\(place + 1)")] = key
            }
        }
        var configuration = try fixture.load(environment: environment, flags: ["server.port": "0"])
        change(&configuration.settings)
        return configuration
    }

    private static func variable(_ name: String) -> String { "\(name.uppercased())_KEY" }
}

/// Tests that may run a relay at once. With hundreds of them at the same time on a few cores, times would run out that
/// are ample for one.
private final class Places: Sendable {
    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(_ count: Int) { state = Mutex(State(free: count)) }

    func enter() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                if state.free > 0 {
                    state.free -= 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if state.waiting.isEmpty {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}

// MARK: Asking

extension RelayUnderTest {
    typealias Fields = [(name: String, value: String)]

    func ask(
        _ question: String = "Where is Paris?",
        model: String = "meta-model",
        stream: Bool = false,
        members: String? = nil,
        headers: Fields = []
    ) async throws -> ChatAnswer {
        try await chat(
            port: port,
            model: model,
            question,
            stream: stream,
            members: members,
            headers: headers,
            within: .seconds(30)
        )
    }

    func ask(body: String, headers: Fields = []) async throws -> ChatAnswer {
        try await chat(port: port, body: body, headers: headers, within: .seconds(30))
    }

    func connect() async throws -> RawHTTPClient { try await RawHTTPClient.connect(port: port) }

    /// One request on a connection of its own.
    func request(
        _ method: String,
        _ path: String,
        headers: Fields = [],
        body: String? = nil
    ) async throws -> RawResponse {
        let client = try await connect()
        do {
            try await client.sendRequest(method, path, headers: headers, body: body.map { Array($0.utf8) })
            let response = try await client.readResponse(to: method, within: .seconds(30))
            await client.close()
            return response
        } catch {
            await client.close()
            throw error
        }
    }

    /// Sends these bytes and reads one response.
    func exchange(_ bytes: String) async throws -> RawResponse {
        let client = try await connect()
        do {
            try await client.send(bytes)
            let response = try await client.readResponse(within: .seconds(30))
            await client.close()
            return response
        } catch {
            await client.close()
            throw error
        }
    }
}

extension RawHTTPClient {
    /// As `readResponse`; the answer to HEAD announces a body that does not follow.
    func readResponse(to method: String, within limit: Duration = .seconds(30)) async throws -> RawResponse {
        guard method == "HEAD" else { return try await readResponse(within: limit) }
        return RawResponse(head: try await readHead(within: limit), pieces: [], end: .complete)
    }
}

extension RawResponse {
    /// Head and body as text, to be searched.
    var everything: String {
        head.headers.map { "\($0.name): \($0.value)" }.joined(separator: "\n") + "\n" + text
    }

    var isErrorEnvelope: Bool {
        guard let error = json["error"] else { return false }
        let code = error["code"]
        return error["message"]?.string?.isEmpty == false && error["type"]?.string?.isEmpty == false
            && error["param"] != nil && code != nil
    }
}
