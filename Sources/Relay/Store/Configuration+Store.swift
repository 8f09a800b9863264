extension Configuration {
    /// With what a store holds: its keys beside those of the environment, its changes over the catalog's file, and whether
    /// there are clients.
    func adding(_ store: Store) throws -> Configuration {
        var configuration = self
        let changes = try store.catalogChanges()
        configuration.catalogChanges = changes
        configuration.providers = catalog.map { $0.applying(changes) }
        configuration.keys = environmentKeys
        for (provider, key) in try KeyVault(store, environment: environment).open() {
            configuration.keys.add(key, for: provider)
        }
        configuration.hasClientKeys = try store.clients().contains { $0.revokedAt == nil }
        return configuration
    }

    /// The same, where there is a store at all.
    func addingStored() throws -> Configuration {
        guard settings.storage.enabled, Store.exists(in: settings.storage.directory) else { return self }
        let store = try Store(directory: settings.storage.directory)
        defer { try? store.finish() }
        return try adding(store)
    }
}
