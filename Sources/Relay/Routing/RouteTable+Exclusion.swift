/// Why a route is no candidate for a question: the first reason that `candidates` has, in words.
extension RouteTable {
    /// `nil` for what could serve.
    func exclusion(of route: Route, from ask: Ask) -> String? {
        let rules = ask.rules
        if let reason = exclusionByName(route, ask) { return reason }
        if !rules.allowPaid, route.provider.paid, !isNamed(route, by: ask) { return "paid (routing.allow_paid)" }
        if !permits(route.index, rules) { return "not allowed for this key" }
        if rules.searchesWeb, !route.model.has(tag: Model.webSearchTag) { return "does not search the web" }
        let isAskedFor = !isMeta(ask) || !(ask.filters.type ?? "").isEmpty || !(ask.filters.name ?? "").isEmpty
        if !serves(route.index, rules, asked: isAskedFor) { return "of type \(route.model.type.rawValue)" }
        if isMeta(ask), !filters(of: ask).matches(route.model) { return "not what the filters ask for" }
        for need in ask.requirements.needs where !RouteRequirements.does(route.model, meet: need) {
            return need.lack
        }
        return nil
    }

    private func isMeta(_ ask: Ask) -> Bool {
        if case .meta? = try? reference(for: ask.model, rules: ask.rules) { true } else { false }
    }

    private func isNamed(_ route: Route, by ask: Ask) -> Bool {
        if case .direct? = try? reference(for: ask.model, rules: ask.rules) { true } else { false }
    }

    private func filters(of ask: Ask) -> RouteFilters {
        guard case .meta(_, let own)? = try? reference(for: ask.model, rules: ask.rules) else { return ask.filters }
        return ask.filters.completed(by: own)
    }

    private func exclusionByName(_ route: Route, _ ask: Ask) -> String? {
        let isMeant: Bool? =
            switch try? reference(for: ask.model, rules: ask.rules) {
            case .direct(let provider, let model)?: route.provider.name == provider && route.model.name == model
            case .model(let model)?: route.model.name.lowercased() == model.lowercased()
            default: nil
            }
        return isMeant == false ? "another model was asked for" : nil
    }
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
