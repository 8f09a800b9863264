/// What differs from the catalog's file: what the owner has said of its models and providers, and what the providers' own
/// lists have shown. The file is never touched.
struct CatalogChanges: Sendable, Equatable {
    /// By the provider's name in lower case.
    var providers: [String: ProviderChange] = [:]
    var models: [ModelName: ModelChange] = [:]

    /// One model of one provider.
    struct ModelName: Sendable, Hashable, Comparable, CustomStringConvertible {
        /// As the catalog writes it; case does not tell providers apart.
        let provider: String
        let model: String

        var description: String { "\(provider)/\(model)" }

        static func == (left: ModelName, right: ModelName) -> Bool {
            left.model == right.model && left.provider.lowercased() == right.provider.lowercased()
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(provider.lowercased())
            hasher.combine(model)
        }

        static func < (left: ModelName, right: ModelName) -> Bool {
            (left.provider.lowercased(), left.model) < (right.provider.lowercased(), right.model)
        }
    }
}

/// What the owner has said of a provider; `nil` is as the catalog's file says.
struct ProviderChange: Codable, Sendable, Equatable {
    var isEnabled: Bool?
    var priority: Int?
}

/// What has been said and found of a model.
struct ModelChange: Codable, Sendable, Equatable {
    /// The owner's word; `nil` is as the catalog's file says.
    var isEnabled: Bool?
    /// The owner's position for `ranked`.
    var rank: Int?
    /// The position that its capability suggests, in place of the file's (`relay models auto-rank`).
    var estimatedRank: Int?
    /// The owner's limits, in place of the file's.
    var limits: RateLimits?
    /// The catalog's entry, as JSON, of a model that the provider lists and the file does not have.
    var suggestion: String?
    /// The owner wants the suggested model.
    var isAccepted: Bool?
    /// In how many lists in a row it was not to be had.
    var missed: Int?
    /// Why it was not.
    var absence: Absence?

    enum Absence: String, Codable, Sendable {
        /// The provider's list does not have it.
        case unlisted
        /// The list gives a price for what the catalog has as free.
        case priced
    }

    /// So often in a row a list must lack a model before it is believed.
    static let confirmations = 2

    var isGone: Bool { (missed ?? 0) >= Self.confirmations }

    /// Suggested, and neither taken nor turned down.
    var isOpenSuggestion: Bool { suggestion != nil && isAccepted == nil && isEnabled == nil }
}

extension CatalogChanges {
    subscript(provider: String, model: String) -> ModelChange {
        get { models[ModelName(provider: provider, model: model)] ?? ModelChange() }
        set {
            let name = ModelName(provider: provider, model: model)
            models[name] = newValue == ModelChange() ? nil : newValue
        }
    }

    subscript(provider provider: String) -> ProviderChange {
        get { providers[provider.lowercased()] ?? ProviderChange() }
        set { providers[provider.lowercased()] = newValue == ProviderChange() ? nil : newValue }
    }
}

extension Provider {
    /// With what has been changed: the owner's word before what was found, and that before the file.
    func applying(_ changes: CatalogChanges) -> Provider {
        var provider = self
        let change = changes[provider: name]
        provider.enabled = change.isEnabled ?? enabled
        provider.priority = change.priority ?? priority
        provider.models = models.map { $0.applying(changes[name, $0.name]) }
        provider.models += changes.models.sorted { $0.key < $1.key }
            .compactMap { key, change in
                guard key.provider.lowercased() == name.lowercased(), change.isAccepted == true,
                    !models.contains(where: { $0.name == key.model }),
                    let model = change.suggestion.flatMap(ModelReader.read(text:))
                else { return nil }
                return model.applying(change)
            }
        return provider
    }
}

extension Model {
    func applying(_ change: ModelChange) -> Model {
        var model = self
        model.enabled = change.isEnabled ?? (enabled && !change.isGone)
        model.rank = change.rank ?? change.estimatedRank ?? rank
        model.limits = change.limits ?? limits
        return model
    }
}
