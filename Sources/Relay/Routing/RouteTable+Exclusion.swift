/// Why a route is no candidate for a question: the first reason that `candidates` has, in words.
extension RouteTable {
    /// `nil` for what could serve.
    func exclusion(of route: Route, from ask: Ask) -> String? {
        let rules = ask.rules
        var (isMeta, isPaidFor) = (false, rules.allowPaid)
        var filters = ask.filters
        switch try? reference(for: ask.model, rules: rules) {
        case .direct(let provider, let model)?:
            guard route.provider.name == provider, route.model.name == model else { return Self.unasked }
            isPaidFor = true
        case .model(let model)?:
            guard route.model.name.lowercased() == model.lowercased() else { return Self.unasked }
        case .meta(_, let own)?:
            isMeta = true
            filters = filters.completed(by: own)
        case nil: break
        }
        if !isPaidFor, route.provider.paid { return "paid (routing.allow_paid)" }
        if !permits(route.index, rules) { return "not allowed for this key" }
        if rules.searchesWeb, !route.model.has(tag: Model.webSearchTag) { return "does not search the web" }
        let isAskedFor = !isMeta || !(filters.type ?? "").isEmpty || !(filters.name ?? "").isEmpty
        if !serves(route.index, rules, asked: isAskedFor) { return "of type \(route.model.type.rawValue)" }
        if isMeta, !filters.matches(route.model) { return "not what the filters ask for" }
        return ask.requirements.needs.first { !RouteRequirements.does(route.model, meet: $0) }?.lack
    }

    private static let unasked = "another model was asked for"
}

extension RouteRequirements.Need {
    /// What a model that does not meet it lacks.
    fileprivate var lack: String {
        switch self {
        case .images: "takes no images"
        case .audio: "takes no audio"
        case .tools: "calls no tools"
        case .dimensions(let count): "makes no vectors of \(count) dimensions"
        case .fillIn: "does not fill in the middle"
        }
    }
}
