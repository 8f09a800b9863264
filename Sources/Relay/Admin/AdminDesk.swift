/// What the admin API works on: the configuration as it was read, the store, and who may come in.
struct AdminDesk: Sendable {
    let configuration: Configuration
    let store: Store
    let access: AdminAccess

    func vault() -> KeyVault { KeyVault(store, environment: configuration.environment) }
}
