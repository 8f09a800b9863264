import Clients
import Context
import FoundationEssentials
import NIOCore
import Normalize
import Synchronization

/// Makes, out of settings and catalog, everything that serves: routes, how they are called, and the chain.
struct Boot: Sendable {
    private(set) var configuration: Configuration
    private(set) var report: BootReport
    let client: SimpleClient
    let tls: UpstreamTLS
    private let proxies: ProxySettings
    /// Shared by every chain that is made, so that nothing is forgotten when the table changes.
    private let shared: Shared

    private struct Shared: Sendable {
        let pins: SessionPins
        let recentUsages = RecentUsages()
        let histories = HistoryIndexCache()
        let quotaQueue = QuotaQueue()
        let usage = UsageLedger()
        let requests: RequestLog?
        let metrics = CallMetrics()
        let hopMark: String
    }

    static let spokenDialects = Set(DialectName.allCases.filter { $0 == .openai || $0.dialect != nil })

    /// `requests` takes the finished ones, where they are stored.
    init(_ configuration: Configuration, client: SimpleClient, requests: RequestLog? = nil) throws {
        self.configuration = configuration
        self.client = client
        report = BootReport(configuration: configuration, spokenDialects: Self.spokenDialects)
        tls = try UpstreamTLS(trustRootsFile: configuration.environment["SSL_CERT_FILE"])
        var environment: [String: String] = [:]
        for name in ["HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"] {
            environment[name] = configuration.environment[name]
        }
        proxies = ProxySettings(environment: environment)
        let session = configuration.settings.session
        shared = Shared(
            pins: SessionPins(timeToLive: .seconds(session.ttlHours * 3600), maximum: session.maxSessions),
            requests: requests,
            hopMark: String(UInt64.random(in: .min ... .max), radix: 36)
        )
    }

    /// The same with other keys: what is shared stays shared.
    func with(_ configuration: Configuration) -> Boot {
        var boot = self
        boot.configuration = configuration
        boot.report = BootReport(configuration: configuration, spokenDialects: Self.spokenDialects)
        return boot
    }

    var hopMark: String { shared.hopMark }

    /// The usable providers as they stand now, those that discover their models asked for them.
    func providers() async -> (usable: [UsableProvider], discovered: [String: Int]) {
        await withTaskGroup(of: (Int, UsableProvider).self) { group in
            for (place, entry) in report.usable.enumerated() {
                group.addTask {
                    var provider = entry.provider
                    if provider.discoversModels {
                        provider.models += await discover(provider, key: entry.keys.first)
                    }
                    return (place, UsableProvider(provider, keys: entry.keys))
                }
            }
            var found: [(Int, UsableProvider)] = []
            for await entry in group { found.append(entry) }
            let usable = found.sorted { $0.0 < $1.0 }.map(\.1)
            let counts = usable.filter(\.provider.discoversModels).map { ($0.provider.name, $0.provider.models.count) }
            return (usable, Dictionary(counts, uniquingKeysWith: { first, _ in first }))
        }
    }

    /// A chain for these providers. Accounts that a former table knew go on as they are.
    func chain(for usable: [UsableProvider], after former: RouteTable? = nil) throws -> Chain {
        let settings = configuration.settings
        let leftOut = report.leftOut.map { ($0.provider.name, $0.reason.description) }
        let table = RouteTable(
            settings.routing.globalProviderLock ? usable.map(\.oneAtATime) : usable,
            policy: BreakerPolicy(settings.circuitBreaker),
            naming: ModelNaming(settings.routing),
            leftOut: Dictionary(leftOut, uniquingKeysWith: { first, _ in first }),
            usage: shared.usage,
            former: former
        )
        let routing = settings.routing
        return Chain(
            sessionAffinity: SessionAffinity(isEnabled: settings.session.affinityEnabled, pins: shared.pins),
            contextWindow: ContextWindow(
                settings: ContextSettings(settings),
                recentUsages: shared.recentUsages,
                histories: shared.histories
            ),
            contextHandoff: ContextHandoff(when: settings.context.handoff),
            styleDirective: StyleDirective(inject: settings.style.inject, text: settings.style.text),
            dispatch: Dispatch(
                table: table,
                strategy: StrategyName(routing.strategy).strategy(cycles: routing.cycles),
                rules: RouteRules(allowPaid: routing.allowPaid)
            ),
            normalization: Normalization(settings: NormalizeSettings(settings.normalize)),
            quotaQueue: shared.quotaQueue,
            times: ChainTimes(maxAttempts: routing.maxAttempts, silence: .seconds(10)),
            dialing: try table.routes.map {
                try dialing(for: $0, at: address(of: $0.provider, key: $0.key), in: $0.provider.dialect.dialect)
            },
            fillIn: try fillIn(table.routes),
            usage: shared.usage,
            requests: shared.requests,
            metrics: shared.metrics,
            showsProvider: settings.server.showProvider
        )
    }

    // MARK: Calling

    /// Targets are shared by the routes of a provider, since connections are kept by target.
    private func target(at url: String) throws -> UpstreamTarget {
        try targets.target(for: url) { try UpstreamTarget(url: url, tls: tls, proxies: proxies) }
    }

    private func address(of provider: Provider, key: APIKey?) -> String {
        provider.dialect.dialect?.baseURL(provider.baseURL, key: key?.secret) ?? provider.baseURL
    }

    /// How models are called that fill in the middle, by route.
    private func fillIn(_ routes: [Route]) throws -> [Int: Dialing] {
        var calls: [Int: Dialing] = [:]
        for route in routes {
            guard let path = route.model.fillInPath else { continue }
            let isWhole = !path.hasPrefix("/")
            let url = isWhole ? path : address(of: route.provider, key: route.key)
            calls[route.index] = try dialing(for: route, at: url, in: FillInDialect(path: isWhole ? "" : path))
        }
        return calls
    }

    private func dialing(for route: Route, at url: String, in dialect: (any Dialect)?) throws -> Dialing {
        let target = try self.target(at: url)
        let calls = headers(route.provider, key: route.key)
        func head(_ path: String, accept: String, _ calls: [(String, String)]) -> ByteBuffer {
            var head = ByteBuffer(string: "POST \(target.basePath)\(path) HTTP/1.1\r\nhost: \(target.authority)\r\n")
            head.writeString("accept: \(accept)\r\n")
            for (name, value) in calls { head.writeString("\(name): \(value)\r\n") }
            return head
        }
        func chatHead(isStream: Bool, isNative: Bool = false) -> ByteBuffer {
            let path = dialect?.path(model: route.model.name, isStream: isStream) ?? "/chat/completions"
            let left = isNative ? calls.filter { $0.0 != "anthropic-version" } : calls
            var head = head(path, accept: Self.acceptedByChat, left)
            head.writeString("content-type: application/json\r\n")
            return head
        }
        var mediaHeads: [MediaEndpoint: ByteBuffer] = [:]
        for endpoint in MediaEndpoint.allCases where endpoint.modelType == route.model.type {
            let path = dialect.map { $0.embeddings?.path(model: route.model.name) } ?? endpoint.path
            if let path { mediaHeads[endpoint] = head(path, accept: "*/*", calls) }
        }
        var fields = ReplyFields()
        fields.add("x-routed-via", route.name)
        fields.add("x-gateway-provider", route.provider.name)
        fields.add("x-gateway-route", route.name)
        fields.add("x-gateway-model", route.model.name)
        return Dialing(
            target: target,
            heads: Dialing.Heads(
                whole: chatHead(isStream: false),
                stream: chatHead(isStream: true),
                media: mediaHeads
            ),
            dialect: dialect,
            native: route.provider.dialect == .anthropic
                ? Dialing.Native(wire: .messages, start: chatHead(isStream: false, isNative: true)) : nil,
            fields: fields,
            times: CallTimes(configuration.settings.http, route.provider.timeouts)
        )
    }

    private let targets = TargetList()

    private static let acceptedByChat = "application/json, text/event-stream"

    /// All that goes up beside what is accepted: nothing of what the client sent.
    private func headers(_ provider: Provider, key: APIKey?) -> [(String, String)] {
        var headers = [(Gatekeeper.hopHeader, shared.hopMark)]
        if let dialect = provider.dialect.dialect {
            headers += dialect.fields(key: key?.secret).map { ($0.name, $0.value) }
        } else if let key {
            headers.append(("authorization", "Bearer \(key.secret)"))
        }
        let own = provider.extraHeaders.sorted { $0.key < $1.key }
        if !own.contains(where: { $0.key.lowercased() == "user-agent" }) {
            headers.append(("user-agent", "relay/\(RelayVersion.text)"))
        }
        return headers + own.map { ($0.key.lowercased(), $0.value) }
    }

    // MARK: Discovery

    /// Asks a provider for its models (`GET /models`).
    func list(_ provider: Provider, key: APIKey?, timeout: Duration) async throws -> SimpleClient.Answer {
        try await client.request(
            "GET",
            provider.dialect.dialect?.modelsPath ?? "/models",
            at: try target(at: address(of: provider, key: key)),
            headers: [("accept", Self.acceptedByChat)] + headers(provider, key: key),
            timeout: timeout
        )
    }

    /// One that does not answer has no models: its absence is no fault.
    private func discover(_ provider: Provider, key: APIKey?) async -> [Model] {
        do {
            let answer = try await list(provider, key: key, timeout: .seconds(provider.local ? 1 : 5))
            guard answer.status == 200 else { return [] }
            let json = JSONReader.read(Array(answer.body.readableBytesView), file: provider.name).value
            let changes = configuration.catalogChanges
            return DiscoveredModels(json).models(of: provider).map { $0.applying(changes[provider.name, $0.name]) }
        } catch {
            return []
        }
    }
}

/// One target for each base URL.
private final class TargetList: Sendable {
    private let targets = Mutex<[String: UpstreamTarget]>([:])

    func target(for url: String, make: () throws -> UpstreamTarget) throws -> UpstreamTarget {
        if let known = targets.withLock({ $0[url] }) { return known }
        let made = try make()
        return targets.withLock { targets in
            targets[url] = targets[url] ?? made
            return targets[url] ?? made
        }
    }
}
