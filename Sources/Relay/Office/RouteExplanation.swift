import Clients
import NIOCore

/// `POST /v1/route/explain`: what would become of a chat completion if it came now. Nobody is called and nothing counted: no
/// quota, no turn, no pin.
///
/// The order is the very one that such a request would be given. Strategies that roll dice roll them anew for each, so it is
/// one of those it might get.
struct RouteExplanation {
    private let chain: Chain
    private let request: ChatRequest
    private let facts: CallFacts
    private let prompt: PromptFacts
    private let ask: Ask
    private let session: PinKey?
    private let now: Now

    static func answer(_ body: ByteBuffer, to request: ClientRequest, gateway: Gateway) throws(ClientError) -> String {
        let facts = gateway.facts(of: request)
        let chat: ChatRequest
        do throws(RequestFault) {
            chat = try ChatRequestReader.read(body)
        } catch {
            throw ClientError(error)
        }
        return try RouteExplanation(gateway.chain, chat, facts, request.received).json()
    }

    private init(_ chain: Chain, _ request: ChatRequest, _ facts: CallFacts, _ now: Now) {
        self.chain = chain
        self.request = request
        self.facts = facts
        self.now = now
        prompt = PromptFacts(request)
        let rules = chain.dispatch.rules(for: .chat(request), searchesWeb: false, access: facts.key?.access)
        ask = Ask(.chat(request), rules: rules)
        session = chain.sessionAffinity.session(of: request, named: facts.sessionID, client: facts.client)
    }

    private func json() throws(ClientError) -> String {
        var selection = Selection()
        try selection.start(ask, chain: chain, takesTurn: false)
        let pinned = session.flatMap { chain.sessionAffinity.pins.peek($0, at: now) }
        let question = Selection.Question(chain: chain, request: .chat(request), prompt: prompt, pinned: pinned)
        let opening = selection.order(question, wantsAll: true, at: now)
        let candidates = selection.candidates
        let table = chain.dispatch.table
        var text = "{\"object\":\"route.explanation\",\"model\":\(JSONText.quoted(request.model))"
        text += ",\"is_meta\":\(selection.isMeta),\"prompt_tokens\":\(prompt.tokens)"
        text += ",\"session\":\(sessionJSON(pinned))"
        text += ",\"candidates\":[\(candidates.enumerated().map(candidate).joined(separator: ","))]"
        text += ",\"excluded\":[\(excluded(candidates, table).joined(separator: ","))]"
        text += ",\"left_out\":[\(leftOut(table).joined(separator: ","))]"
        text += ",\"next_free_in_seconds\":\(nextFree(candidates))"
        // Some are free, but would cut the history; it waits for one that takes it whole.
        text += ",\"waits_for_window_seconds\":\(opening.map { seconds(until: $0) } ?? "null")"
        return text + "}"
    }

    private func sessionJSON(_ pinned: Int?) -> String {
        guard session != nil else { return "null" }
        let routes = chain.dispatch.table.routes
        let route = pinned.flatMap { routes.indices.contains($0) ? routes[$0] : nil }
        return "{\"known_by\":\"\(facts.sessionID == nil ? "beginning" : "header")\""
            + ",\"pinned\":\(route.map { JSONText.quoted($0.name) } ?? "null")"
            + ",\"key\":\(route.map(\.keyLabelJSON) ?? "null")}"
    }

    private func candidate(_ place: Int, _ route: Route) -> String {
        let status = route.account.snapshot(slot: route.slot, tokens: prompt.tokens(for: route), at: now)
        return "{\"position\":\(place + 1),\(Self.names(route)),\"key\":\(route.keyLabelJSON)\(status.jsonMembers)"
            + ",\"context\":\(context(of: route))}"
    }

    private static func names(_ route: Route) -> String {
        "\"route\":\(JSONText.quoted(route.name)),\"provider\":\(JSONText.quoted(route.provider.name))"
            + ",\"model\":\(JSONText.quoted(route.model.name))"
    }

    private func context(of route: Route) -> String {
        switch chain.contextWindow.fit(request, facts: prompt, to: route, shrunkTo: nil, session: session) {
        case .whole(let tokens):
            "{\"plan\":\"whole\",\"tokens\":\(tokens)}"
        case .pruned(_, let report):
            "{\"plan\":\"pruned\",\"mode\":\(JSONText.quoted(report.mode)),\"tokens\":\(report.tokens)"
                + ",\"budget\":\(report.budget),\"kept\":\(report.kept),\"of\":\(report.total)}"
        case .overflow(let needed, let budget, let window):
            "{\"plan\":\"overflow\",\"tokens\":\(needed),\"budget\":\(budget),\"window\":\(window)}"
        }
    }

    /// A line for each model, whatever its keys.
    private func excluded(_ candidates: [Route], _ table: RouteTable) -> [String] {
        let taken = Set(candidates.map(\.index))
        var names: Set<String> = []
        return table.routes.filter { !taken.contains($0.index) && names.insert($0.name).inserted }
            .map { route in
                let reason = table.exclusion(of: route, from: ask) ?? "others have what is needed"
                return "{\(Self.names(route)),\"reason\":\(JSONText.quoted(reason))}"
            }
    }

    private func leftOut(_ table: RouteTable) -> [String] {
        table.leftOut.sorted { $0.key < $1.key }
            .map { "{\"provider\":\(JSONText.quoted($0.key)),\"reason\":\(JSONText.quoted($0.value))}" }
    }

    /// 0 when one is free; `null` where it cannot be told.
    private func nextFree(_ candidates: [Route]) -> String {
        var soonest: Instant?
        for route in candidates {
            switch route.account.availability(slot: route.slot, tokens: prompt.tokens(for: route), at: now) {
            case .free: return "0"
            case .blocked(let until, _): soonest.lower(to: until)
            }
        }
        return soonest.map { seconds(until: $0) } ?? "null"
    }

    private func seconds(until time: Instant) -> String {
        String(max(0, Int(now.instant.duration(to: time).seconds.rounded(.up))))
    }
}
