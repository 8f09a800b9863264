import NIOHTTP1

/// Providers and models: which are used, in which order, within which limits.
extension AdminAPI {
    static let catalog: [AdminOperation] = [
        AdminOperation(.GET, "/api/providers", "List the providers and why one is not used", listProviders),
        AdminOperation(
            .PATCH,
            "/api/providers/{provider}",
            "Change a provider; `null` is as the catalog says",
            body: [
                .init("enabled", .boolean, "Whether it is used"),
                .init("priority", .integer, "For the strategy `priority`, lower goes first"),
            ],
            changeProvider
        ),
        AdminOperation(
            .GET,
            "/api/models",
            "List the models of the catalog, those that are discovered and those that are suggested",
            query: [.init("provider", .string, "Only this provider's")],
            listModels
        ),
        AdminOperation(
            .PATCH,
            "/api/models/{provider}/{model}",
            "Change a model; `null` is as the catalog says",
            body: [
                .init("enabled", .boolean, "Whether it is used"),
                .init("accepted", .boolean, "`true` takes a suggested model"),
                .init("rank", .integer, "For the strategy `ranked`, lower goes first"),
                .init("limits", .object, "In place of the catalog's: `{\"requests_per_minute\": 30}`"),
            ],
            changeModel
        ),
        AdminOperation(
            .POST,
            "/api/catalog/refresh",
            "Hold the catalog against the providers' lists now",
            refreshCatalog
        ),
    ]

    private static func listProviders(_ call: AdminCall) throws(ClientError) -> AdminReply {
        let changes = try call.store { try $0.catalogChanges() }
        let used = Set(call.gateway.chain.dispatch.table.routes.map(\.provider.name))
        let leftOut = call.gateway.chain.dispatch.table.leftOut
        return .list(
            try call.desk.configuration.catalog.map { entry in
                let (provider, change) = (entry.applying(changes), changes[provider: entry.name])
                return .object([
                    ("name", .string(provider.name)), ("base_url", .string(provider.baseURL)),
                    ("dialect", .string(provider.dialect.rawValue)), ("enabled", .bool(provider.enabled)),
                    ("priority", .number(provider.priority)), ("used", .bool(used.contains(provider.name))),
                    ("reason", .text(used.contains(provider.name) ? nil : leftOut[provider.name.lowercased()])),
                    ("paid", .bool(provider.paid)), ("keyless", .bool(provider.keyless)),
                    ("local", .bool(provider.local)),
                    ("data_use", .text(provider.dataUse)), ("models", .number(provider.models.count(where: \.enabled))),
                    (
                        "changed",
                        .object([("enabled", .flag(change.isEnabled)), ("priority", .count(change.priority))])
                    ),
                ])
            }
        )
    }

    private static func changeProvider(_ call: AdminCall) throws(ClientError) -> AdminReply {
        let (isEnabled, priority) = (try call.read(Bool.self, "enabled"), try call.read(Int.self, "priority"))
        try edit(call) { editor throws(CatalogEditor.Fault) in
            let name = call.parameter("provider")
            try editor.check(provider: name)
            if call.has("enabled") { try editor.setProvider(enabled: isEnabled, name) }
            if call.has("priority") { try editor.setProvider(priority: priority, name) }
        }
        return .done
    }

    private static func listModels(_ call: AdminCall) throws(ClientError) -> AdminReply {
        let changes = try call.store { try $0.catalogChanges() }
        let wanted = call.request.parameter("provider")?.lowercased()
        var entries: [JSONValue] = []
        for entry in try call.desk.configuration.catalog where wanted == nil || wanted == entry.name.lowercased() {
            let provider = entry.applying(changes)
            let inFile = Set(entry.models.map(\.name))
            let discovered = call.gateway.chain.dispatch.table.routes
                .filter { $0.provider.name == provider.name }.map(\.model)
                .filter { model in !provider.models.contains { $0.name == model.name } }
            for model in provider.models + discovered {
                let change = changes[provider.name, model.name]
                let source =
                    inFile.contains(model.name) ? "catalog" : change.suggestion == nil ? "discovered" : "accepted"
                entries.append(json(model, of: provider, change, from: source))
            }
            for (name, change) in changes.models.sorted(by: { $0.key < $1.key })
            where name.provider.lowercased() == provider.name.lowercased() && change.isAccepted != true {
                guard var model = change.suggestion.flatMap(ModelReader.read(text:)) else { continue }
                model.enabled = false
                entries.append(json(model, of: provider, change, from: "suggested"))
            }
        }
        return .list(entries)
    }

    private static func json(
        _ model: Model,
        of provider: Provider,
        _ change: ModelChange,
        from source: String
    ) -> JSONValue {
        .object([
            ("provider", .string(provider.name)), ("model", .string(model.name)), ("from", .string(source)),
            ("type", .string(model.type.rawValue)), ("scale", .string(model.scale.rawValue)),
            ("enabled", .bool(model.enabled)), ("rank", .count(model.rank)), ("limits", model.limits.json),
            ("max_context_length", .count(model.maxContextLength)), ("tools", .flag(model.tools)),
            ("gone", .text(change.isGone ? change.absence?.rawValue : nil)),
            (
                "changed",
                .object([
                    ("enabled", .flag(change.isEnabled)), ("rank", .count(change.rank)),
                    ("limits", change.limits?.json ?? .null),
                ])
            ),
        ])
    }

    private static func changeModel(_ call: AdminCall) throws(ClientError) -> AdminReply {
        let isEnabled = try call.read(Bool.self, "enabled")
        let isAccepted = try call.read(Bool.self, "accepted")
        let rank = try call.read(Int.self, "rank")
        let limits = try call.limits("limits")
        let name = "\(call.parameter("provider"))/\(call.parameter("model"))"
        try edit(call) { editor throws(CatalogEditor.Fault) in
            try editor.check(model: name)
            if isAccepted == true { try editor.accept(name) }
            if isAccepted == false { try editor.setEnabled(false, name) }
            if call.has("enabled") { try editor.setEnabled(isEnabled, name) }
            if call.has("rank") { try editor.setRank(rank, name) }
            if call.has("limits") { try editor.setLimits(limits, name) }
        }
        return .done
    }

    private static func edit(
        _ call: AdminCall,
        _ body: (inout CatalogEditor) throws(CatalogEditor.Fault) -> Void
    ) throws(ClientError) {
        let catalog = try call.desk.configuration.catalog
        try call.store { try $0.edit(catalog, body) }
    }

    private static func refreshCatalog(_ call: AdminCall) async throws(ClientError) -> AdminReply {
        AdminReply(text: try await CatalogMaintenance.refresh(call.gateway).json)
    }
}
