/// The routes that a client's key is good for.
struct RouteAccess: Sendable, Hashable {
    /// Names of providers, in any case; empty allows all.
    var providers: [String] = []
    /// Patterns of models, `llama-*` or `Groq/*`, in any case; empty allows all.
    var models: [String] = []

    var isOpen: Bool { providers.isEmpty && models.isEmpty }

    func allows(_ route: Route) -> Bool {
        let provider = route.provider.name.lowercased()
        guard providers.isEmpty || providers.contains(where: { $0.lowercased() == provider }) else { return false }
        guard !models.isEmpty else { return true }
        return models.map { ModelAlias(pattern: $0) }
            .contains { $0.matches(route.model.name) || $0.matches(route.name) }
    }
}
