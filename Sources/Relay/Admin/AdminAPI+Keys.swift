import NIOHTTP1

/// Providers' keys, and those of clients. No key is ever told, but a client's when it is made.
extension AdminAPI {
    static let keys: [AdminOperation] = [
        AdminOperation(.GET, "/api/keys", "List the providers' keys, never their values", listKeys),
        AdminOperation(
            .POST,
            "/api/keys",
            "Store a provider's key",
            body: [
                .init("provider", .string, required: true, "As the catalog names it"),
                .init("key", .string, required: true, "The key; it is never told again"),
                .init("label", .string, "What it is called; by default stored-1, stored-2, …"),
            ],
            status: 201,
            addKey
        ),
        AdminOperation(
            .PATCH,
            "/api/keys/{provider}/{label}",
            "Use a stored key, or keep it unused",
            body: [.init("enabled", .boolean, required: true, "Whether it is used")],
            changeKey
        ),
        AdminOperation(.DELETE, "/api/keys/{provider}/{label}", "Forget a stored key", removeKey),
    ]

    static let clients: [AdminOperation] = [
        AdminOperation(.GET, "/api/clients", "List the clients, never their keys", listClients),
        AdminOperation(
            .POST,
            "/api/clients",
            "Make a client's key, which this answer alone shows",
            body: [
                .init("name", .string, required: true, "Whose key it is"),
                .init("requests_per_minute", .integer, "At most so many"),
                .init("requests_per_day", .integer, "At most so many (UTC)"),
                .init("tokens_per_minute", .integer, "At most so many"),
                .init("tokens_per_day", .integer, "At most so many (UTC)"),
                .init("models", .strings, "Only such models: `llama-*`, `Groq/*`"),
                .init("providers", .strings, "Only these providers"),
                .init("expires_in_days", .number, "Good for so many days"),
            ],
            status: 201,
            addClient
        ),
        AdminOperation(.DELETE, "/api/clients/{name}", "Make a client's key worthless", revokeClient),
    ]

    // MARK: Providers' keys

    private static func listKeys(_ call: AdminCall) throws(ClientError) -> AdminReply {
        let table = call.gateway.chain.dispatch.table
        func entry(_ provider: String, _ label: String, _ source: String, isEnabled: Bool, madeAt: Double?) -> JSONValue
        {
            let route = table.routes.first { $0.provider.name == provider && $0.key?.label == label }
            let health = route.flatMap { call.gateway.health.health(of: $0.account) }
            return .object([
                ("provider", .string(provider)), ("label", .string(label)), ("from", .string(source)),
                ("enabled", .bool(isEnabled)), ("created_at", .count(madeAt.map { Int($0) })),
                ("health", health?.json ?? .null),
            ])
        }
        var entries: [JSONValue] = []
        let configuration = try call.desk.configuration
        for provider in configuration.catalog {
            for key in configuration.environmentKeys[provider.name] {
                entries.append(entry(provider.name, key.label, "environment", isEnabled: true, madeAt: nil))
            }
        }
        for key in try call.store({ _ in try call.desk.vault().entries() }) {
            let name = (try? configuration.knownProvider(key.provider)) ?? key.provider
            entries.append(entry(name, key.label, "store", isEnabled: key.isEnabled, madeAt: key.createdAt))
        }
        return .list(entries)
    }

    private static func addKey(_ call: AdminCall) throws(ClientError) -> AdminReply {
        let provider = try call.desk.configuration.knownProvider(call.required(String.self, "provider"))
        let (secret, label) = (try call.required(String.self, "key"), try call.read(String.self, "label"))
        let entry = try call.store { _ in
            try call.desk.vault().add(secret, for: provider, label: label, at: call.request.received.wall)
        }
        return AdminReply(
            .object([
                ("provider", .string(entry.provider)), ("label", .string(entry.label)), ("from", .string("store")),
                ("enabled", .bool(true)), ("created_at", .number(Int(entry.createdAt))),
            ]),
            status: 201
        )
    }

    private static func changeKey(_ call: AdminCall) throws(ClientError) -> AdminReply {
        let isEnabled = try call.required(Bool.self, "enabled")
        try call.store { _ in
            try call.desk.vault()
                .setEnabled(
                    isEnabled,
                    provider: call.parameter("provider"),
                    label: call.parameter("label")
                )
        }
        return .done
    }

    private static func removeKey(_ call: AdminCall) throws(ClientError) -> AdminReply {
        try call.store { _ in
            try call.desk.vault().remove(provider: call.parameter("provider"), label: call.parameter("label"))
        }
        return .done
    }

    // MARK: Clients

    private static func listClients(_ call: AdminCall) throws(ClientError) -> AdminReply {
        .list(
            try call.store { try $0.clients() }
                .map { client in
                    .object([
                        ("name", .string(client.name)),
                        ("state", .string(client.state(at: call.request.received.wall).rawValue)),
                        ("created_at", .number(Int(client.createdAt))),
                        ("expires_at", .count(client.expiresAt.map { Int($0) })), ("limits", client.limits.json),
                        ("models", .array(client.access.models.map(JSONValue.string))),
                        ("providers", .array(client.access.providers.map(JSONValue.string))),
                    ])
                }
        )
    }

    private static func addClient(_ call: AdminCall) throws(ClientError) -> AdminReply {
        let name = try call.required(String.self, "name")
        guard ClientRecord.isName(name) else { throw .invalidRequest(ClientRecord.nameRule, param: "name") }
        let now = call.request.received.wall
        var (key, client) = ClientRecord.make(name, at: now)
        client.limits.requestsPerMinute = try call.count("requests_per_minute")
        client.limits.requestsPerDay = try call.count("requests_per_day")
        client.limits.tokensPerMinute = try call.count("tokens_per_minute")
        client.limits.tokensPerDay = try call.count("tokens_per_day")
        client.access.models = try call.read([String].self, "models") ?? []
        for provider in try call.read([String].self, "providers") ?? [] {
            client.access.providers.append(try call.desk.configuration.knownProvider(provider))
        }
        if let days = try call.read(Double.self, "expires_in_days") {
            guard ClientRecord.lifetimeDays.contains(days), days > 0 else {
                throw .invalidRequest("'expires_in_days' is a number of days above 0.", param: "expires_in_days")
            }
            client.expiresAt = now + days * 86_400
        }
        try call.store { try $0.add(client) }
        return AdminReply(.object([("name", .string(name)), ("key", .string(key))]), status: 201)
    }

    private static func revokeClient(_ call: AdminCall) throws(ClientError) -> AdminReply {
        try call.store { try $0.revokeClient(call.parameter("name"), at: call.request.received.wall) }
        return .done
    }
}

extension Configuration {
    /// The provider's name as the catalog writes it.
    fileprivate func knownProvider(_ name: String) throws(ClientError) -> String {
        do throws(UnknownProvider) { return try catalog.provider(named: name).name } catch {
            throw .invalidRequest("\(error)", param: "provider")
        }
    }
}
