/// Puts chat models in order by what they can be expected to do, for the strategy `ranked`.
///
/// Models of one family are the same model at several providers and get the same position. The catalog's own `rank` of any of
/// them counts most, then size; among equals those with a published score come first, by it, then those with most parameters.
struct CapabilityRanking: Sendable {
    struct Entry: Sendable, Equatable {
        var name: CatalogChanges.ModelName
        /// From 1, the most capable.
        var position: Int
        /// What it rests on, in a few words.
        var basis: String
    }

    /// Best first.
    let entries: [Entry]

    init(_ providers: [Provider]) {
        var families: [String: Family] = [:]
        for provider in providers {
            for model in provider.models where model.type.isChat {
                let name = CatalogChanges.ModelName(provider: provider.name, model: model.name)
                let key = Self.family(of: model.name)
                families[key, default: Family(key)].add(model, name)
            }
        }
        var entries: [Entry] = []
        var position = 0
        var former: Family?
        for family in families.values.sorted(by: Family.isBetter) {
            if former.map({ Family.isBetter($0, family, breakingTies: false) }) ?? true { position += 1 }
            former = family
            entries += family.members.sorted().map { Entry(name: $0, position: position, basis: family.basis) }
        }
        self.entries = entries
    }

    // MARK: Families

    private struct Family {
        let name: String
        var members: [CatalogChanges.ModelName] = []
        private var rank: Int?
        private var score: PublishedScore?
        private var scale = ModelScale.small
        private var parameters = 0.0

        init(_ name: String) { self.name = name }

        mutating func add(_ model: Model, _ name: CatalogChanges.ModelName) {
            members.append(name)
            rank.lower(to: model.rank)
            if let published = model.score, published.date > score?.date ?? "" { score = published }
            scale = max(scale, model.scale)
            parameters = max(parameters, ModelGuess.parameters(of: model.name) ?? 0)
        }

        private var tier: Int {
            if let rank { return rank }
            if parameters >= 300 { return 2 }
            return scale == .small ? 4 : 3
        }

        var basis: String {
            var parts = [rank.map { "catalog's rank \($0)" } ?? "size"]
            if let score {
                parts.append("\(JSONWriter.compact(.number(score.value))) in \(score.source), \(score.date)")
            }
            if parameters > 0 { parts.append("\(JSONWriter.compact(.number(parameters)))B parameters") }
            return parts.joined(separator: "; ")
        }

        static func isBetter(_ left: Family, _ right: Family) -> Bool {
            isBetter(left, right, breakingTies: true)
        }

        static func isBetter(_ left: Family, _ right: Family, breakingTies: Bool) -> Bool {
            if left.tier != right.tier { return left.tier < right.tier }
            let scores = (left.score?.value ?? -.infinity, right.score?.value ?? -.infinity)
            if scores.0 != scores.1 { return scores.0 > scores.1 }
            if left.parameters != right.parameters { return left.parameters > right.parameters }
            return breakingTies && left.name < right.name
        }
    }

    /// The model's name without its publisher and what providers add to it: `meta-llama/Llama-3.3-70B-Instruct:free` and
    /// `llama-3.3-70b-versatile` are both `llama-3-3-70b`.
    static func family(of id: String) -> String {
        let name = id.lowercased().split(separator: "/").last.map(String.init) ?? id
        var words = name.split(whereSeparator: { "-_.:@".contains($0) }).map(String.init)
        while words.count > 1, let first = words.first, publishers.contains(first) { words.removeFirst() }
        while words.count > 1, let last = words.last, manners.contains(last) { words.removeLast() }
        return words.joined(separator: "-")
    }

    private static let publishers: Set = ["meta", "zai", "openai", "nvidia", "google", "mistralai"]
    private static let manners: Set = [
        "free", "latest", "instruct", "it", "fp8", "fast", "turbo", "preview", "versatile", "instant", "maas", "chat",
    ]
}
