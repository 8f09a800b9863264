import Context
import Normalize

/// Settings in the words of the parts they are for.
extension ContextSettings {
    init(_ settings: Settings) {
        self.init(
            mode: Mode(rawValue: settings.context.managementMode.rawValue) ?? .adaptive,
            pruneWhen: settings.context.pruneWhen == .always ? .always : .overBudget
        )
        staticRecentKeep = settings.context.staticRecentKeep
        dynamicUtilizationTarget = settings.context.dynamicUtilizationTarget
        dynamicMinUtilization = settings.context.dynamicMinUtilization
        dynamicMaxBoost = settings.context.dynamicMaxBoost
        reservoirRecentKeep = settings.context.reservoirRecentKeep
        reservoirSummaryBudget = settings.summaryTokenBudget
    }
}

extension NormalizeSettings {
    init(_ settings: Settings.Normalize) {
        self.init()
        preamble = settings.preamble
        think = settings.think
        markdown = settings.markdown
        json = settings.json
        toolRescue = settings.toolRescue
    }
}

extension BreakerPolicy {
    init(_ settings: Settings.CircuitBreaker) {
        self.init()
        failureThreshold = settings.failureThreshold
        cooldown = .seconds(settings.cooldownSeconds)
        maximumCooldown = .seconds(settings.maxCooldownSeconds)
    }
}

extension StrategyName {
    init(_ strategy: Settings.Routing.Strategy) {
        self =
            switch strategy {
            case .roundRobin: .roundRobin
            case .random: .random
            case .priority: .priority
            case .ranked: .ranked
            case .adaptive: .adaptive
            }
    }
}

extension ModelNaming {
    init(_ settings: Settings.Routing) {
        self.init(
            metaNames: settings.metaModels,
            aliases: settings.aliases.entries.map { alias in
                ModelAlias(
                    pattern: alias.pattern,
                    target: alias.model,
                    preferredScale: alias.scale,
                    filters: RouteFilters(type: alias.type?.rawValue, name: alias.name)
                )
            },
            unknownModel: settings.unknownModel == .meta ? .meta : .reject
        )
    }
}

extension UsableProvider {
    /// `routing.global_provider_lock`: one call at a time for each key.
    var oneAtATime: UsableProvider {
        var copy = self
        copy.provider.concurrency = 1
        return copy
    }
}

extension Provider {
    /// Whether an id that it listed is one of those that the catalog wants.
    func takes(discovered id: String) -> Bool {
        discoverOnly.isEmpty || discoverOnly.contains { ModelAlias(pattern: $0).matches(id) }
    }
}

/// What a model's name tells of it, where nobody wrote it down.
enum ModelGuess {
    static func type(of id: String) -> ModelType {
        let id = id.lowercased()
        if id.contains("embed") { return .embedding }
        if id.contains("whisper") { return .transcription }
        return id.contains("coder") || id.contains("code") ? .coding : .text
    }

    /// From the parameters in the name: `qwen2.5-coder:7b`.
    static func scale(of id: String) -> ModelScale {
        guard let size = parameters(of: id) else { return .small }
        return size >= 70 ? .large : size >= 20 ? .medium : .small
    }

    /// The most parameters that the name speaks of, in billions.
    static func parameters(of id: String) -> Double? {
        var sizes: [Double] = []
        var digits = ""
        for character in id.lowercased() {
            if character.isNumber || character == "." && !digits.isEmpty {
                digits.append(character)
            } else {
                if character == "b", let size = Double(digits) { sizes.append(size) }
                digits = ""
            }
        }
        return sizes.max()
    }
}

/// This build's version, as commands and headers show it.
enum RelayVersion {
    static let text = "0.1.0"
}
