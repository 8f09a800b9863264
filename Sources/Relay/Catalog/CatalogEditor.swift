/// What the owner says of models and providers, by the names that everybody uses.
struct CatalogEditor: Sendable {
    /// As the file has it.
    let catalog: [Provider]
    private(set) var changes: CatalogChanges

    /// Why something cannot be said.
    enum Fault: Error, Equatable, CustomStringConvertible {
        case unknownProvider(UnknownProvider)
        case unknownModel(String, nearest: String?)
        case notSuggested(String)
        case malformed(String)

        var description: String {
            switch self {
            case .unknownProvider(let fault): fault.description
            case .unknownModel(let name, let nearest):
                "There is no model '\(name)'.\(NearestName.hint(nearest, otherwise: UnknownProvider.remedy))"
            case .notSuggested(let name): "'\(name)' is in the catalog already: there is nothing to accept."
            case .malformed(let name): "'\(name)' is no name of a model: write Provider/model."
            }
        }
    }

    init(catalog: [Provider], changes: CatalogChanges) {
        self.catalog = catalog
        self.changes = changes
    }

    mutating func accept(_ text: String) throws(Fault) {
        let name = try model(text)
        guard changes[name.provider, name.model].suggestion != nil else { throw .notSuggested(text) }
        changes[name.provider, name.model].isAccepted = true
        changes[name.provider, name.model].isEnabled = nil
    }

    /// - Parameters:
    ///   - isEnabled: `nil` is as the file says.
    ///   - text: a model, or a provider.
    mutating func setEnabled(_ isEnabled: Bool?, _ text: String) throws(Fault) {
        guard text.contains("/") else { return try setProvider(enabled: isEnabled, text) }
        let name = try model(text)
        changes[name.provider, name.model].isEnabled = isEnabled
        if isEnabled == true, changes[name.provider, name.model].suggestion != nil {
            changes[name.provider, name.model].isAccepted = true
        }
    }

    /// - Parameter rank: `nil` is as the file says.
    mutating func setRank(_ rank: Int?, _ text: String) throws(Fault) {
        let name = try model(text)
        changes[name.provider, name.model].rank = rank
    }

    /// - Parameter limits: in place of the file's; `nil` is as the file says.
    mutating func setLimits(_ limits: RateLimits?, _ text: String) throws(Fault) {
        let name = try model(text)
        changes[name.provider, name.model].limits = limits
    }

    /// - Parameter isEnabled: `nil` is as the file says.
    mutating func setProvider(enabled isEnabled: Bool?, _ name: String) throws(Fault) {
        changes[provider: try provider(name).name].isEnabled = isEnabled
    }

    /// - Parameter priority: lower goes first; `nil` is as the file says.
    mutating func setProvider(priority: Int?, _ name: String) throws(Fault) {
        changes[provider: try provider(name).name].priority = priority
    }

    /// Whether there is such a provider.
    func check(provider name: String) throws(Fault) { _ = try provider(name) }

    /// Whether there is such a model.
    func check(model text: String) throws(Fault) { _ = try model(text) }

    // MARK: Names

    private func provider(_ name: String) throws(Fault) -> Provider {
        do throws(UnknownProvider) { return try catalog.provider(named: name) } catch { throw .unknownProvider(error) }
    }

    /// One of the catalog, or one that was suggested.
    private func model(_ text: String) throws(Fault) -> CatalogChanges.ModelName {
        guard let slash = text.firstIndex(of: "/") else { throw .malformed(text) }
        let provider = try provider(String(text[..<slash]))
        let id = String(text[text.index(after: slash)...])
        let suggested = changes.models.filter { name, change in
            change.suggestion != nil && name.provider.lowercased() == provider.name.lowercased()
        }
        let known = provider.models.map(\.name) + suggested.keys.map(\.model).sorted()
        let found = known.first { $0 == id } ?? known.first { $0.lowercased() == id.lowercased() }
        if let found { return CatalogChanges.ModelName(provider: provider.name, model: found) }
        // One that is found out while Relay runs can be spoken of, too.
        if provider.discoversModels, !id.isEmpty { return CatalogChanges.ModelName(provider: provider.name, model: id) }
        throw .unknownModel(text, nearest: NearestName.nearest(to: id, among: known).map { "\(provider.name)/\($0)" })
    }
}
