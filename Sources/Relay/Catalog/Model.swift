/// One model as one provider serves it.
struct Model: Sendable, Equatable {
    /// The provider's own id, as sent in `model`.
    var name: String
    var type: ModelType = .text
    var scale: ModelScale = .medium
    /// What it takes beside text.
    var inputs: Set<InputKind> = []
    /// Window in tokens, prompt and answer together; `nil` where it is unknown.
    var maxContextLength: Int?
    /// The most the model gives in one answer, in tokens.
    var maxOutputTokens: Int?
    /// The most the provider takes in one prompt, in tokens, where that is less than the window.
    var maxInputTokens: Int?
    var limits: RateLimits = .none
    /// Whether it calls tools; `nil` is unknown, and unknown is not offered requests with tools.
    var tools: Bool?
    /// Whether the route enforces `json_schema` itself; unknown counts as no.
    var jsonSchema: Bool = false
    var enabled: Bool = true
    var tags: [String] = []
    /// Position for `ranked`; lower is better. Models without one come after, in the catalog's order.
    var rank: Int?
    /// What a published comparison gives it, for `relay models auto-rank`.
    var score: PublishedScore?
    /// Where the numbers come from, with a date.
    var source: String?
    /// What it does otherwise than its provider's other models.
    var quirks = Quirks()
    /// Length of an embedding model's vectors.
    var dimensions: Int?
    /// Members of requests that are not chat completions, as JSON text, sent where the client gives none.
    var defaults: [String: String] = [:]
    /// Whether its vectors may be cut to their first numbers and made unit length again; `nil` is unknown.
    var isMatryoshka: Bool?
    /// Embedding models of one family give the same vectors; fallback never leaves the family.
    var embeddingFamily: String?
    /// Where the provider fills in the middle with it: a path behind its base URL, or a whole URL. `nil` where it cannot.
    var fillInPath: String?

    func has(tag: String) -> Bool { tags.contains(tag) }

    /// Models that its provider lets search the web.
    static let webSearchTag = "web-search"

    /// Models whose vectors may take each other's place have the same; one of no family is alone.
    var embeddingFamilyName: String { (embeddingFamily ?? name).lowercased() }

    /// Whether it can make vectors of that many numbers; `true` where that is unknown.
    func gives(dimensions: Int) -> Bool {
        guard let most = self.dimensions else { return true }
        return dimensions == most || dimensions < most && isMatryoshka != false
    }
}

extension Model {
    /// The catalog's entry of a model as a provider's list tells of it.
    var discoveredJSON: JSONValue {
        var members: [(String, JSONValue)] = [
            ("name", .string(name)), ("type", .string(type.rawValue)), ("scale", .string(scale.rawValue)),
        ]
        if !inputs.isEmpty { members.append(("inputs", .array(inputs.map(\.rawValue).sorted().map(JSONValue.string)))) }
        if let maxContextLength { members.append(("max_context_length", .number(maxContextLength))) }
        if !limits.isUnlimited { members.append(("limits", limits.json)) }
        if let tools { members.append(("tools", .bool(tools))) }
        if let source { members.append(("source", .string(source))) }
        return .object(members)
    }
}

/// What a model is for; an open set, since providers invent new ones.
struct ModelType: RawRepresentable, Sendable, Hashable {
    let rawValue: String
    init(rawValue: String) { self.rawValue = rawValue.lowercased() }

    static let text = ModelType(rawValue: "text")
    static let coding = ModelType(rawValue: "coding")
    static let ocr = ModelType(rawValue: "ocr")
    static let embedding = ModelType(rawValue: "embedding")
    static let image = ModelType(rawValue: "image")
    static let speech = ModelType(rawValue: "speech")
    static let transcription = ModelType(rawValue: "transcription")
    static let moderation = ModelType(rawValue: "moderation")
    static let translation = ModelType(rawValue: "translation")

    /// Served by chat completions; the rest only by their own endpoints.
    var isChat: Bool { self == .text || self == .coding }
    /// Served by chat completions when the request names the type or the model.
    var answersChatWhenAsked: Bool { isChat || self == .ocr || self == .translation }
}

/// Total parameters: large from 70 B, medium from 20 B, small below.
enum ModelScale: String, Sendable, CaseIterable, Comparable {
    case small, medium, large

    static func < (left: ModelScale, right: ModelScale) -> Bool {
        allCases.firstIndex(of: left) ?? 0 < allCases.firstIndex(of: right) ?? 0
    }
}

/// A model's result in somebody's comparison of models.
struct PublishedScore: Sendable, Equatable {
    /// Higher is better; only results of one source can be compared.
    var value: Double
    var source: String
    /// `2025-08-05`.
    var date: String
}

/// What a prompt may hold beside text.
enum InputKind: String, Sendable, CaseIterable {
    case image, audio
}
