import Clients
import NIOCore
import Synchronization

/// Everything that is not a model call: what models there are, what was used, how Relay is.
///
/// It reads what the byte path publishes and is never in its way.
struct Office: Sendable {
    /// What was used before today; `nil` where nothing is stored.
    var store: Store?
    /// What keeps the catalog up to date; `nil` where nothing is stored.
    var maintenance: CatalogMaintenance?

    enum Page: Sendable {
        case models
        case model(String)
        case usage
        case providersStatus
        case endpointDiagnosis
        case metrics
        case openAPI
        case health
        case ready
        case welcome
        case preflight
        case response(String)
        case deletedResponse(String)
        case inputItems(String)
        case cancelledResponse(String)

        /// Tells of the whole relay, and not of what the caller may use of it.
        var isOwners: Bool {
            switch self {
            case .usage, .providersStatus, .endpointDiagnosis, .metrics, .openAPI: true
            default: false
            }
        }
    }

    /// What is asked about a request that comes with it; nobody is called.
    enum Question: Sendable {
        /// Of a request in Anthropic's words.
        case tokenCount
        case explanation
    }

    /// What takes asking others, or reading the store, and is waited for.
    enum Errand: Sendable {
        case storedUsage
        case endpointDiagnosis
        case catalogRefresh
    }

    /// A whole reply, framed for the request.
    func answer(_ page: Page, request: ClientRequest, gateway: Gateway) -> ByteBuffer {
        reply(to: request, gateway) { () throws(ClientError) in
            try content(of: page, request: request, gateway: gateway)
        }
    }

    func answer(_ question: Question, _ body: ByteBuffer, request: ClientRequest, gateway: Gateway) -> ByteBuffer {
        reply(to: request, gateway) { () throws(ClientError) in
            switch question {
            case .tokenCount: Content(text: try MessagesTokenCount.answer(body, to: request, gateway: gateway))
            case .explanation: Content(text: try RouteExplanation.answer(body, to: request, gateway: gateway))
            }
        }
    }

    func answer(_ errand: Errand, request: ClientRequest, gateway: Gateway) async -> ByteBuffer {
        let report: Result<String, ClientError> =
            switch errand {
            case .endpointDiagnosis: .success(await EndpointDiagnosis.refreshed(gateway))
            case .catalogRefresh: await EndpointDiagnosis.applied(gateway)
            case .storedUsage: await StoredUsage.report(to: request, from: store)
            }
        return reply(to: request, gateway) { () throws(ClientError) in Content(text: try report.get()) }
    }

    /// What the admin API says; the body is read here, too.
    func answer(
        _ found: AdminAPI.Found,
        by perform: AdminOperation.Perform,
        _ body: ByteBuffer,
        request: ClientRequest,
        gateway: Gateway
    ) async -> ByteBuffer {
        let result: Result<AdminReply, ClientError>
        do throws(ClientError) {
            let call = try AdminCall(
                request,
                found.parameters,
                body: body,
                fields: found.operation.body,
                gateway: gateway
            )
            result = .success(try await perform(call))
        } catch {
            result = .failure(error)
        }
        return reply(to: request, gateway) { () throws(ClientError) in
            let reply = try result.get()
            return Content(status: reply.status, text: reply.text, cookie: reply.cookie, isPrivate: true)
        }
    }

    private func reply(
        to request: ClientRequest,
        _ gateway: Gateway,
        _ make: () throws(ClientError) -> Content
    ) -> ByteBuffer {
        var fields = gateway.fields(for: request)
        let content: Content
        do throws(ClientError) {
            content = try make()
        } catch {
            return Reply.error(error, on: request.wire, framing: request.framing, fields: fields)
        }
        if let cookie = content.cookie { fields.add("set-cookie", cookie) }
        if content.isPrivate { fields.add("cache-control", "no-store") }
        var buffer = ByteBuffer()
        ReplyHead.write(
            status: content.status,
            contentType: content.type,
            length: .fixed(content.text.utf8.count),
            framing: request.framing,
            fields: fields,
            into: &buffer
        )
        if request.framing.hasBody { buffer.writeString(content.text) }
        return buffer
    }

    private struct Content {
        var status = 200
        var type: String = "application/json"
        var text: String
        var cookie: String?
        /// Not for caches.
        var isPrivate = false
    }

    private func content(
        of page: Page,
        request: ClientRequest,
        gateway: Gateway
    ) throws(ClientError) -> Content {
        let chain = gateway.chain
        let now = Now.read()
        switch page {
        case .models:
            let list = ModelList(for: request, gateway, at: now)
            if request.wire == .messages { return Content(text: try list.messagesPage(MessagesPageQuery(request))) }
            return Content(text: list.json(type: request.parameter("type"), scale: request.parameter("scale")))
        case .model(let id):
            let list = ModelList(for: request, gateway, at: now)
            guard let entry = request.wire == .messages ? list.messagesEntry(id) : list.entry(id) else {
                throw ClientError(
                    status: 404,
                    message: "The model '\(id)' does not exist here. GET /v1/models lists all.",
                    type: "invalid_request_error",
                    param: "model",
                    code: "model_not_found"
                )
            }
            return Content(text: entry)
        case .usage: return Content(text: UsageReport.json(chain.usage.snapshot()))
        case .providersStatus:
            return Content(text: ProvidersStatus(chain: chain, health: gateway.health, now: now).json)
        case .endpointDiagnosis:
            return Content(text: EndpointDiagnosis(chain: chain, health: gateway.health).json)
        case .metrics: return Content(type: Exposition.contentType, text: MetricsPage(gateway, now).text)
        case .openAPI: return Content(text: OpenAPIDocument.text)
        case .health: return Content(text: health(chain, gateway))
        case .ready:
            let isReady = !gateway.isDraining.load(ordering: .relaxed) && canServe(chain, at: now)
            return Content(status: isReady ? 200 : 503, text: "{\"status\":\"\(isReady ? "ready" : "unavailable")\"}")
        case .welcome:
            return Content(type: "text/plain; charset=utf-8", text: welcome)
        case .preflight: return Content(status: 204, text: "")
        case .response(let id):
            return Content(text: try StoredResponses(gateway, request).response(id))
        case .deletedResponse(let id):
            return Content(text: try StoredResponses(gateway, request).delete(id))
        case .inputItems(let id):
            return Content(text: try StoredResponses(gateway, request).inputItems(of: id))
        case .cancelledResponse(let id):
            throw StoredResponses(gateway, request).cannotCancel(id)
        }
    }

    private func canServe(_ chain: Chain, at now: Now) -> Bool {
        chain.dispatch.table.routes.contains { route in
            route.account.availability(slot: route.slot, tokens: 0, at: now).isFree
        }
    }

    /// Public, and so without anything that could not be guessed.
    private func health(_ chain: Chain, _ gateway: Gateway) -> String {
        let names = chain.dispatch.table.routesByProvider.map { JSONText.quoted($0.provider.name) }
        let meta = JSONText.quoted(gateway.settings.routing.metaModels.first ?? "meta-model")
        let status = gateway.isDraining.load(ordering: .relaxed) ? "draining" : "ok"
        return "{\"status\":\"\(status)\",\"meta_model\":\(meta),\"providers\":[\(names.joined(separator: ","))]}"
    }

    private let welcome = """
        Relay \(RelayVersion.text) is running.

        Base URL   /v1           point any OpenAI client here, with "model": "meta-model"
        Models     /v1/models
        Usage      /v1/usage
        Health     /health, /ready

        """
}

/// `GET /v1/usage`: tokens as the providers reported them.
enum UsageReport {
    static func json(_ entries: [RouteUsage.Entry]) -> String {
        var providers: [String] = []
        for (name, models) in Dictionary(grouping: entries, by: \.provider).sorted(by: { $0.key < $1.key }) {
            let list = models.map { "\(JSONText.quoted($0.model)):\(members([$0], closed: true))" }
            providers.append(
                "\(JSONText.quoted(name)):\(members(models, closed: false)),\"models\":{\(list.joined(separator: ","))}}"
            )
        }
        return "{\"providers\":{\(providers.joined(separator: ","))},\"total\":\(members(entries, closed: true))}"
    }

    private static func members(_ entries: [RouteUsage.Entry], closed: Bool) -> String {
        let prompt = entries.reduce(0) { $0 + $1.promptTokens }
        let completion = entries.reduce(0) { $0 + $1.completionTokens }
        let requests = entries.reduce(0) { $0 + $1.requests }
        return "{\"prompt_tokens\":\(prompt),\"completion_tokens\":\(completion),\"requests\":\(requests)"
            + (closed ? "}" : "")
    }
}
