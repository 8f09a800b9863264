/// What a strategy knows of a route for good.
struct RouteTraits: Sendable {
    /// Position of the provider in the catalog.
    var provider = 0
    /// Group for `priority`; lower goes first.
    var priority = 1
    /// Position for `ranked`; models without one come last.
    var rank = Int.max
    /// How much is expected of the model, 0…1.
    var capability = 1.0
    var scale = ModelScale.medium
    var enforcesSchemas = false

    init() {}

    init(provider: Provider, ordinal: Int, model: Model) {
        self.provider = ordinal
        self.priority = provider.priority
        self.rank = model.rank ?? .max
        self.scale = model.scale
        self.enforcesSchemas = model.jsonSchema
        self.capability =
            switch model.scale {
            case .large: 1.0
            case .medium: 0.85
            case .small: 0.7
            }
    }

    /// How far the route is from what would be best for the request; 0 is best, 7 the most.
    func distance(from scale: ModelScale?, wantsSchema: Bool) -> Int {
        var distance = wantsSchema && !enforcesSchemas ? 4 : 0
        if let scale, let wanted = Self.order(scale), let own = Self.order(self.scale) { distance += abs(wanted - own) }
        return distance
    }

    private static func order(_ scale: ModelScale) -> Int? {
        ModelScale.allCases.firstIndex(of: scale)
    }
}

/// A candidate as it stands when a request is to be routed.
struct CandidateState: Sendable {
    var traits: RouteTraits
    var availability: Availability
    var score: RouteScore
    /// Whether it takes the history without leaving anything out.
    var fitsWhole: Bool
    /// Whether the session is pinned to it.
    var isPinned: Bool
    /// From `RouteTraits.distance`; nearer ones go first whatever the strategy.
    var distance: Int

    init(
        traits: RouteTraits,
        availability: Availability,
        score: RouteScore = RouteScore(),
        fitsWhole: Bool = true,
        isPinned: Bool = false,
        distance: Int = 0
    ) {
        self.traits = traits
        self.availability = availability
        self.score = score
        self.fitsWhole = fitsWhole
        self.isPinned = isPinned
        self.distance = distance
    }

    /// The tier of a pin that is free and takes the history whole: nobody else's.
    static let firstTier = 0

    /// Lower tiers go first: free before blocked, the whole history before a cut one, the pin before others, then the
    /// distance. 0..<36, so that a word has a bit for each.
    var tier: Int {
        let blocked = availability.isFree ? 0 : 2
        return (blocked + (fitsWhole ? 0 : 1)) * 9 + (isPinned ? 0 : 1 + min(max(distance, 0), 7))
    }
}
