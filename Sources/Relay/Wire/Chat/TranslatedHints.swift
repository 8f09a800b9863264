import Clients

/// What a translated request asks for that its client did not say in these words: a parameter that the model may refuse is
/// left out, since nobody asked this model for it.
struct TranslatedHints {
    private let takesEffort: Bool

    init(for route: Route) {
        takesEffort = Self.takesEffort(route.model)
    }

    func leavesOut(_ key: JSONString, _ bytes: UnsafeRawBufferPointer) -> Bool {
        switch key.range.count {
        case 5: JSONKey.equals(bytes, key, "top_k")
        case 16: !takesEffort && JSONKey.equals(bytes, key, "reasoning_effort")
        default: false
        }
    }

    /// Families that know `low`, `medium` and `high`; for others the catalog's tag says so.
    private static let families = ["gpt-oss", "gpt-5", "o1", "o3", "o4-mini", "gemini-2.5", "gemini-3", "grok-3-mini"]

    private static func takesEffort(_ model: Model) -> Bool {
        if model.has(tag: "reasoning_effort") || model.has(tag: "reasoning") { return true }
        let name = model.name.split(separator: "/").last ?? ""
        return families.contains { name.hasPrefix($0) }
    }
}
