/// What a provider's list says against the catalog: which models are gone, which are there again, and which are new.
///
/// A list proves little by itself: some providers list chat models alone, some a page, some under other names, and some
/// serve what they do not list. So a model counts as missing only where the list has most of its kind and the model does not
/// serve, or where the provider has refused it by name.
struct CatalogComparison: Sendable {
    /// As the catalog's file has it.
    var provider: Provider
    /// What it listed to its keys, one list for each.
    var lists: [DiscoveredModels]
    /// Models that it serves: calls have succeeded.
    var serving: Set<String> = []
    /// Models that it says it does not have.
    var denied: Set<String> = []

    /// What has become different.
    struct Outcome: Sendable, Equatable {
        var disabled: [CatalogChanges.ModelName] = []
        var returned: [CatalogChanges.ModelName] = []
        var suggested: [CatalogChanges.ModelName] = []

        /// `{"disabled":["Groq/a"],"returned":[],"suggested":[]}`
        var json: String {
            let parts = [("disabled", disabled), ("returned", returned), ("suggested", suggested)]
            return JSONWriter.minified(
                .object(parts.map { ($0, .array($1.map { .string($0.description) })) })
            )
        }
    }

    func note(in changes: inout CatalogChanges, _ outcome: inout Outcome) {
        let listed = lists.compactMap(\.names).reduce(into: Set<String>()) { $0.formUnion($1.map { $0.lowercased() }) }
        guard !listed.isEmpty else { return }
        let priced = provider.paid ? [] : lists.reduce(into: Set<String>()) { $0.formUnion($1.priced) }
        let known = provider.applying(accepted(changes)).models
        let kinds = shownKinds(of: known, listed)
        var found = known.map { model -> (model: Model, change: ModelChange) in
            var change = changes[provider.name, model.name]
            if priced.contains(model.name) {
                change.isMissed(.priced)
            } else if listed.contains(model.name.lowercased()) {
                change.isThere()
            } else if denied.contains(model.name) || kinds.contains(Kind(model)) && !serving.contains(model.name) {
                change.isMissed(.unlisted)
            }
            return (model, change)
        }
        // A provider that seems to have lost everything has changed its list: what it refuses is benched by its own answers.
        if !found.contains(where: { $0.model.applying($0.change).enabled }) {
            for place in found.indices where found[place].change.absence == .unlisted {
                found[place].change.missed = ModelChange.confirmations - 1
            }
        }
        for (model, change) in found {
            let wasGone = changes[provider.name, model.name].isGone
            changes[provider.name, model.name] = change
            guard change.isGone != wasGone, change.isEnabled == nil, model.enabled else { continue }
            let name = CatalogChanges.ModelName(provider: provider.name, model: model.name)
            if wasGone { outcome.returned.append(name) } else { outcome.disabled.append(name) }
        }
        if !provider.discoversModels { suggest(priced, in: &changes, &outcome) }
    }

    /// What was taken of the suggestions, and nothing else: otherwise as the file says.
    private func accepted(_ changes: CatalogChanges) -> CatalogChanges {
        var accepted = CatalogChanges()
        accepted.models = changes.models.compactMapValues { change in
            change.isAccepted == true
                ? ModelChange(suggestion: change.suggestion, isAccepted: true) : nil
        }
        return accepted
    }

    private func suggest(_ priced: Set<String>, in changes: inout CatalogChanges, _ outcome: inout Outcome) {
        let new = lists.flatMap { $0.models(of: provider) }.filter { !priced.contains($0.name) }
        for (name, change) in changes.models
        where name.provider.lowercased() == provider.name.lowercased() && change.isOpenSuggestion {
            if !new.contains(where: { $0.name == name.model }) { changes[provider.name, name.model].suggestion = nil }
        }
        for model in new {
            let change = changes[provider.name, model.name]
            guard change.suggestion == nil || change.isOpenSuggestion else { continue }
            changes[provider.name, model.name].suggestion = JSONWriter.compact(model.discoveredJSON)
            guard change.suggestion == nil else { continue }
            outcome.suggested.append(CatalogChanges.ModelName(provider: provider.name, model: model.name))
        }
    }

    // MARK: Kinds

    /// Models that a provider lists together, or does not.
    private enum Kind: Hashable {
        case chat
        case other(ModelType)

        init(_ model: Model) { self = model.type.answersChatWhenAsked ? .chat : .other(model.type) }
    }

    /// The kinds of which the lists have most.
    private func shownKinds(of models: [Model], _ listed: Set<String>) -> Set<Kind> {
        guard lists.allSatisfy(\.isWhole) else { return [] }
        let kinds = Dictionary(grouping: models.filter(\.enabled), by: Kind.init)
        return Set(
            kinds.filter { _, models in
                let found = models.count { listed.contains($0.name.lowercased()) }
                return found > 0 && found * 2 >= models.count
            }
            .keys
        )
    }
}

extension ModelChange {
    fileprivate mutating func isMissed(_ absence: Absence) {
        missed = min((missed ?? 0) + 1, Self.confirmations)
        self.absence = absence
    }

    fileprivate mutating func isThere() {
        missed = nil
        absence = nil
    }
}
