import Synchronization

/// A provider that can be called, with its keys; none where it needs none.
struct UsableProvider: Sendable {
    var provider: Provider
    var keys: [APIKey]

    init(_ provider: Provider, keys: [APIKey] = []) {
        self.provider = provider
        self.keys = keys
    }
}

/// All routes there are, and the answer to which of them may serve a request. Never changes: a new catalog is a new
/// table.
final class RouteTable: Sendable {
    /// Providers as they were given, of each its models, of each its keys.
    let routes: [Route]
    let accounts: [ProviderAccount]
    let naming: ModelNaming
    /// What strategies need to know of each route, by its index.
    let traits: [RouteTraits]
    /// Catalog names of providers and their models, by lower-case name.
    private let providers: [String: ProviderNames]
    /// Routes of each model, by its lower-case id.
    private let routesByModel: [String: [Int]]
    /// Routes of the embedding models of one family, by its lower-case name.
    private let routesByFamily: [String: [Int]]
    /// Why providers of the catalog are not in use, by lower-case name.
    let leftOut: [String: String]
    /// How many tables there were before it.
    let version: Int
    private let lists = Mutex<[Question: CandidateList]>([:])
    private let answers = Mutex(Answers())

    fileprivate static let maximumCachedQuestions = 512
    private static let maximumCachedText = 512

    /// `leftOut` names the providers that are in the catalog but not in use, and why: `no key in GROQ_API_KEY`. Accounts
    /// of `former` whose provider is the same still go on as they are: a new table forgets no cooldown.
    init(
        _ usable: [UsableProvider],
        policy: BreakerPolicy = BreakerPolicy(),
        naming: ModelNaming = ModelNaming(),
        leftOut: [String: String] = [:],
        usage: UsageLedger = UsageLedger(),
        former: RouteTable? = nil
    ) {
        var builder = RouteTableBuilder(policy: policy, usage: usage, former: former?.routes ?? [])
        for (ordinal, entry) in usable.enumerated() { builder.add(entry, ordinal: ordinal) }
        self.routes = builder.routes
        self.accounts = builder.accounts
        self.traits = builder.traits
        self.providers = builder.providers
        self.routesByModel = builder.routesByModel
        self.routesByFamily = builder.routesByFamily
        self.naming = naming
        version = former.map { $0.version + 1 } ?? 0
        self.leftOut = .init(leftOut.map { ($0.lowercased(), $1) }) { first, _ in first }
    }

    /// Of each provider its routes, in the table's order.
    var routesByProvider: [(provider: Provider, routes: [Route])] {
        var groups: [(provider: Provider, routes: [Route])] = []
        for route in routes {
            if groups.last?.provider.name == route.provider.name {
                groups[groups.count - 1].routes.append(route)
            } else {
                groups.append((route.provider, [route]))
            }
        }
        return groups
    }

    /// The routes that may serve, in the table's order; never empty.
    func candidates(
        for reference: ModelReference,
        filters: RouteFilters = .none,
        requirements: RouteRequirements = .none,
        rules: RouteRules = .chat
    ) throws(RoutingError) -> [Route] {
        try candidateList(for: reference, filters: filters, requirements: requirements, rules: rules).routes
    }

    /// The same with the turn that round robin counts for this question.
    func candidateList(
        for reference: ModelReference,
        filters: RouteFilters = .none,
        requirements: RouteRequirements = .none,
        rules: RouteRules = .chat
    ) throws(RoutingError) -> CandidateList {
        let question = Question(reference: reference, filters: filters, needs: requirements.needs, rules: rules)
        if let list = lists.withLock({ $0[question] }) { return list }
        let indices = try select(question)
        let list = CandidateList(indices.map { routes[$0] })
        return lists.withLock { lists in
            if let existing = lists[question] { return existing }
            // Filters come from clients, so their number has no bound of its own.
            if lists.count >= Self.maximumCachedQuestions { lists.removeAll(keepingCapacity: true) }
            lists[question] = list
            return list
        }
    }

    /// Who may serve what a request asks for, in its own words. Most requests ask what the last one asked.
    func candidates(for ask: Ask) throws(RoutingError) -> Candidates {
        if let known = answers.withLock({ $0.find(ask) }) { return known }
        var scale: ModelScale?
        var isMeta = false
        var filters = RouteFilters.none
        let reference = try reference(for: ask.model, rules: ask.rules)
        if case .meta(let preferred, let own) = reference {
            isMeta = true
            scale = preferred
            filters = ask.filters.completed(by: own)
        }
        let list = try candidateList(
            for: reference,
            filters: filters,
            requirements: ask.requirements,
            rules: ask.rules
        )
        let answer = Candidates(list: list, isMeta: isMeta, preferredScale: scale)
        // What a client writes is kept only while it is of a name's length.
        guard ask.textBytes <= Self.maximumCachedText else { return answer }
        answers.withLock { $0.keep(answer, to: ask) }
        return answer
    }

    private func select(_ question: Question) throws(RoutingError) -> [Int] {
        switch question.reference {
        case .meta:
            try selectForMeta(question)
        case .direct(let provider, let model):
            try checkEndpoint(providers[provider.lowercased()]?.models[model.lowercased()] ?? [], model, question)
        case .model(let model):
            try checkEndpoint(
                unpaid(routes(named: model.lowercased(), question.rules), question.rules),
                model,
                question
            )
        }
    }

    private func selectForMeta(_ question: Question) throws(RoutingError) -> [Int] {
        let (filters, rules) = (question.filters, question.rules)
        let asksForModels = !(filters.type ?? "").isEmpty || !(filters.name ?? "").isEmpty
        let everybodys = unpaid(Array(routes.indices), rules).filter { serves($0, rules, asked: true) }
        let reachable = everybodys.filter { permits($0, rules) }
        guard !reachable.isEmpty || everybodys.isEmpty else { throw .notAllowed(model: nil) }
        let pool = asksForModels ? reachable : reachable.filter { serves($0, rules, asked: false) }
        guard !pool.isEmpty || !rules.searchesWeb else { throw .noWebSearch(model: nil) }
        guard !pool.isEmpty else { throw .noModels(type: rules.endpointType?.rawValue ?? "text") }
        let matching = pool.filter { filters.matches(routes[$0].model) }
        guard !matching.isEmpty else {
            throw .filterMatchesNothing(
                filters,
                types: Set(reachable.map { routes[$0].model.type.rawValue }).sorted(),
                scales: ModelScale.allCases.filter { scale in reachable.contains { routes[$0].model.scale == scale } }
                    .map(\.rawValue)
            )
        }
        let able = matching.filter { index in meets(index, question.needs) }
        guard !able.isEmpty else {
            let unmet = question.needs.filter { need in !matching.contains { meets($0, [need]) } }
            throw .requirementUnmet(unmet.isEmpty ? question.needs : unmet)
        }
        return rules.endpointType == .embedding ? firstFamily(of: able) : able
    }

    /// Vectors of different families cannot be compared, so that whoever asks for any model gets the same family each time:
    /// that of the first by priority, then in the table's order.
    private func firstFamily(of indices: [Int]) -> [Int] {
        guard let first = indices.min(by: { (traits[$0].priority, $0) < (traits[$1].priority, $1) }) else { return [] }
        let family = routes[first].model.embeddingFamilyName
        return indices.filter { routes[$0].model.embeddingFamilyName == family }
    }

    /// A model's routes. Of an embedding model's family all, by the name of any of them or of the family itself.
    private func routes(named model: String, _ rules: RouteRules) -> [Int] {
        let own = routesByModel[model] ?? []
        guard rules.endpointType == .embedding else { return own }
        let family = own.first.map { routes[$0].model.embeddingFamilyName } ?? model
        return own + (routesByFamily[family] ?? []).filter { !own.contains($0) }
    }

    /// A model that was named serves if it fits the endpoint at all. Of several routes those that have what the request
    /// needs are taken; if none has, the provider may say so itself.
    private func checkEndpoint(_ named: [Int], _ model: String, _ question: Question) throws(RoutingError) -> [Int] {
        guard let first = named.first else { throw unknown(model) }
        let permitted = named.filter { permits($0, question.rules) }
        guard !permitted.isEmpty else { throw .notAllowed(model: model) }
        let serving = permitted.filter { serves($0, question.rules, asked: true) }
        guard !serving.isEmpty else {
            if question.rules.searchesWeb { throw .noWebSearch(model: model) }
            throw .wrongEndpoint(model: model, type: routes[first].model.type.rawValue)
        }
        let able = serving.filter { meets($0, question.needs) }
        // A chat would be no answer to it.
        if able.isEmpty, question.needs.contains(.fillIn) { throw .requirementUnmet([.fillIn]) }
        return able.isEmpty ? serving : able
    }

    func serves(_ index: Int, _ rules: RouteRules, asked: Bool) -> Bool {
        let (type, dialect) = (routes[index].model.type, routes[index].provider.dialect)
        if rules.searchesWeb, !routes[index].model.has(tag: Model.webSearchTag) { return false }
        guard let endpoint = rules.endpointType else { return asked ? type.answersChatWhenAsked : type.isChat }
        return type == endpoint && dialect.speaks(of: endpoint)
    }

    private func unpaid(_ indices: [Int], _ rules: RouteRules) -> [Int] {
        rules.allowPaid ? indices : indices.filter { !routes[$0].provider.paid }
    }

    func permits(_ index: Int, _ rules: RouteRules) -> Bool {
        rules.access?.allows(routes[index]) ?? true
    }

    private func meets(_ index: Int, _ needs: [RouteRequirements.Need]) -> Bool {
        needs.allSatisfy { RouteRequirements.does(routes[index].model, meet: $0) }
    }
}

extension RouteTable {
    /// What a `model` string means here.
    func reference(for name: String, rules: RouteRules = .chat) throws(RoutingError) -> ModelReference {
        try reference(for: name, rules: rules, depth: 0)
    }

    private func reference(for name: String, rules: RouteRules, depth: Int) throws(RoutingError) -> ModelReference {
        let lowered = name.lowercased()
        if naming.metaNames.contains(where: { $0.lowercased() == lowered }) { return .meta(preferredScale: nil) }
        var leftOutProvider: (name: String, why: String)?
        if let slash = lowered.firstIndex(of: "/") {
            let prefix = String(lowered[..<slash])
            let rest = String(lowered[lowered.index(after: slash)...])
            if let provider = providers[prefix] {
                for id in [rest, lowered] {
                    if let first = provider.models[id]?.first {
                        return .direct(provider: provider.name, model: routes[first].model.name)
                    }
                }
            } else if let why = leftOut[prefix] {
                leftOutProvider = (String(name[..<slash]), why)
            }
        }
        if let first = unpaid(routesByModel[lowered] ?? [], rules).first { return .model(routes[first].model.name) }
        if rules.endpointType == .embedding, !unpaid(routesByFamily[lowered] ?? [], rules).isEmpty {
            return .model(lowered)
        }
        if let leftOutProvider { throw .providerLeftOut(leftOutProvider.name, why: leftOutProvider.why) }
        if depth < 4, let alias = naming.aliases.first(where: { $0.matches(lowered) }) {
            let meta = ModelReference.meta(preferredScale: alias.preferredScale, filters: alias.filters)
            guard let target = alias.target else { return meta }
            let reference = try reference(for: target, rules: rules, depth: depth + 1)
            if case .meta(nil, .none) = reference { return meta }
            return reference
        }
        guard naming.unknownModel == .reject else { return .meta(preferredScale: nil) }
        throw unknown(name)
    }

    private func unknown(_ name: String) -> RoutingError {
        // A paid provider's model is there, but only by its full name.
        if let paid = routesByModel[name.lowercased()]?.first {
            return .unknownModel(name, nearest: [routes[paid].name])
        }
        let full = NearestNames.of(name, in: routes.lazy.map(\.name))
        return .unknownModel(
            name,
            nearest: full.isEmpty ? NearestNames.of(name, in: routes.lazy.map(\.model.name)) : full
        )
    }
}

/// What a request asks for, as it stands in it, and what its endpoint allows.
struct Ask: Sendable, Hashable {
    var model: String
    var filters: RouteFilters
    var requirements: RouteRequirements
    var rules: RouteRules

    fileprivate var textBytes: Int {
        [filters.type, filters.scale, filters.name].reduce(model.utf8.count) { $0 + ($1?.utf8.count ?? 0) }
    }
}

/// Who may serve a request, and what of it only the name told. A class, since all that ask the same share one.
final class Candidates: Sendable {
    let list: CandidateList
    /// The meta-model was asked for, by one of its names or by an alias.
    let isMeta: Bool
    let preferredScale: ModelScale?

    init(list: CandidateList, isMeta: Bool, preferredScale: ModelScale?) {
        self.list = list
        self.isMeta = isMeta
        self.preferredScale = preferredScale
    }
}

/// Who may serve what was asked before. What was asked last is compared, not hashed: it is asked again and again.
private struct Answers {
    private var known: [Ask: Candidates] = [:]
    private var last: Last?

    private final class Last: Sendable {
        let ask: Ask
        let answer: Candidates

        init(_ ask: Ask, _ answer: Candidates) {
            self.ask = ask
            self.answer = answer
        }
    }

    mutating func find(_ ask: Ask) -> Candidates? {
        if let last, last.ask == ask { return last.answer }
        guard let answer = known[ask] else { return nil }
        last = Last(ask, answer)
        return answer
    }

    mutating func keep(_ answer: Candidates, to ask: Ask) {
        if known.count >= RouteTable.maximumCachedQuestions { known.removeAll(keepingCapacity: true) }
        known[ask] = answer
    }
}

/// What decides who may serve, without what only decides the order.
private struct Question: Hashable {
    var reference: ModelReference
    var filters: RouteFilters
    var needs: [RouteRequirements.Need]
    var rules: RouteRules

    init(
        reference: ModelReference,
        filters: RouteFilters,
        needs: [RouteRequirements.Need],
        rules: RouteRules
    ) {
        // An alias' preferred size orders; it does not exclude.
        if case .meta = reference { self.reference = .meta(preferredScale: nil) } else { self.reference = reference }
        self.filters = filters
        self.needs = needs
        self.rules = rules
    }
}

/// The routes that may serve one question, and whose turn it is.
final class CandidateList: Sendable {
    let routes: [Route]
    private let turn = Atomic<Int>(0)

    init(_ routes: [Route]) {
        self.routes = routes
    }

    /// Where the route of that index stands, among routes in the order of their indexes: only an embedding model's family has
    /// another, and that is nobody's pin.
    func position(of index: Int) -> Int? {
        var (low, high) = (0, routes.count)
        while low < high {
            let middle = (low + high) / 2
            if routes[middle].index < index { low = middle + 1 } else { high = middle }
        }
        return low < routes.count && routes[low].index == index ? low : nil
    }

    /// Counts the requests that asked this question, for round robin.
    func nextTurn() -> Int {
        turn.wrappingAdd(1, ordering: .relaxed).oldValue & .max
    }

    /// The turn that the next request will have.
    var comingTurn: Int { turn.load(ordering: .relaxed) & .max }
}
