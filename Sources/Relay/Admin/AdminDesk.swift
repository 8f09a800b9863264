/// What the admin API works on: the configuration as it was read, the store, who may come in, and what happens.
struct AdminDesk: Sendable {
    let configuration: Configuration
    let store: Store
    let access: AdminAccess

    func vault() -> KeyVault { KeyVault(store, environment: configuration.environment) }

    /// The catalog with what the store changes in it.
    func providers() throws -> [Provider] {
        let changes = try store.catalogChanges()
        return configuration.catalog.map { $0.applying(changes) }
    }
}
