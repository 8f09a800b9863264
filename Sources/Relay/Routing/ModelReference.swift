/// What the `model` member of a request asks for.
enum ModelReference: Sendable, Hashable {
    /// Any model; an alias may prefer a size, and narrow the choice as the client's own filters do.
    case meta(preferredScale: ModelScale?, filters: RouteFilters = .none)
    /// Exactly this model of this provider, by the names of the catalog.
    case direct(provider: String, model: String)
    /// This model from any provider that has it.
    case model(String)
}

/// A name that applications use for something else here: `claude-*haiku*` → the meta-model, small first.
struct ModelAlias: Sendable, Hashable {
    /// With `*` and `?`, in any case.
    var pattern: String
    /// Another name; the meta-model where it is `nil`.
    var target: String?
    var preferredScale: ModelScale?
    /// Only models that match; for the meta-model.
    var filters = RouteFilters.none

    static let shipped = [
        ModelAlias(pattern: "claude-*haiku*", preferredScale: .small),
        ModelAlias(pattern: "claude-*", preferredScale: .large),
        ModelAlias(pattern: "gpt-*", preferredScale: .large),
    ]

    func matches(_ name: String) -> Bool {
        Self.matches(Array(pattern.lowercased().utf8)[...], Array(name.lowercased().utf8)[...])
    }

    /// Glob matching that returns to the last star; linear in most cases, never exponential.
    private static func matches(_ pattern: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> Bool {
        var patternIndex = pattern.startIndex
        var nameIndex = name.startIndex
        var star: (pattern: Int, name: Int)?
        while nameIndex < name.endIndex {
            if patternIndex < pattern.endIndex, pattern[patternIndex] == 0x2A {
                star = (patternIndex + 1, nameIndex)
                patternIndex += 1
            } else if patternIndex < pattern.endIndex,
                pattern[patternIndex] == 0x3F || pattern[patternIndex] == name[nameIndex]
            {
                patternIndex += 1
                nameIndex += 1
            } else if let last = star {
                patternIndex = last.pattern
                nameIndex = last.name + 1
                star = (last.pattern, last.name + 1)
            } else {
                return false
            }
        }
        return pattern[patternIndex...].allSatisfy { $0 == 0x2A }
    }
}

/// How `model` strings are understood.
struct ModelNaming: Sendable {
    enum Unknown: String, Sendable, CaseIterable {
        case reject, meta
    }

    /// Names of the meta-model, in any case.
    var metaNames = ["meta-model", "auto", "aifree"]
    /// Tried in order, after the catalog's own names.
    var aliases = ModelAlias.shipped
    var unknownModel = Unknown.reject
}
