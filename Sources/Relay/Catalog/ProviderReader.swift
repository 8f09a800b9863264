/// Reads one provider of the catalog.
enum ProviderReader {
    /// `nil`, with faults, when it has no usable name or base URL.
    static func read(_ object: ObjectReader, environment: EnvironmentVariables) -> Provider? {
        var object = object
        guard let name = object.read(String.self, "name") else {
            if object.json["name"] == nil {
                object.fault(object.json.position, ["name"], "is missing", "Name the provider: \"name\": \"Groq\".")
            }
            return nil
        }
        guard isName(name) else {
            let message = "\(JSONWriter.compact(.string(name))) is no name"
            object.fault(object.json.position, ["name"], message, "Use letters, digits, '.', '-' and '_'.")
            return nil
        }
        let known = KnownProvider.named(name)
        guard let baseURL = baseURL(of: name, known: known, in: &object, environment: environment) else { return nil }

        var provider = Provider(name: name, baseURL: baseURL)
        provider.dialect = object.read(DialectName.self, "dialect") ?? known?.dialect ?? .openai
        readAccess(of: &provider, known: known, from: &object)
        provider.priority = object.read(Int.self, "priority") ?? provider.priority
        provider.docsURL = object.read(String.self, "docs_url")
        _ = object.value("url", "key_url")
        provider.accountLimits = RateLimits(object.object("account_limits"))
        provider.concurrency = object.count("concurrency")
        provider.dayReset = object.read(DayReset.self, "day_reset") ?? .rolling
        provider.reservesMaxTokens = object.read(Bool.self, "reserves_max_tokens") ?? false
        provider.quirks = Quirks(object.object("quirks"))
        provider.modelQuirks = modelQuirks(&object)
        provider.timeouts = ProviderTimeouts(object.object("timeouts"))
        provider.extraHeaders = headers(&object)
        readModels(of: &provider, from: &object)
        object.finish()
        return provider
    }

    /// Who may call it, with what, and whether it serves at all.
    private static func readAccess(of provider: inout Provider, known: KnownProvider?, from object: inout ObjectReader)
    {
        let local = Endpoint(provider.baseURL)?.isLoopback ?? false
        provider.local = object.read(Bool.self, "local") ?? local
        provider.keyless = object.read(Bool.self, "keyless") ?? known?.keyless ?? false
        provider.paid = object.read(Bool.self, "paid") ?? false
        // What answers anyone elsewhere may read along: it serves only where the catalog says so in words.
        provider.enabled = object.read(Bool.self, "enabled") ?? (provider.local || !provider.keyless)
        provider.dataUse = object.read(String.self, "data_use")
        provider.anonymousKey = object.read(String.self, "anonymous_key")
        provider.requiresEnv = object.read([String].self, "requires_env") ?? []
        let name = ClientVariables.variableName(provider.name)
        let usual = provider.keyless ? [] : ["\(name)_API_KEY", "\(name)_APIKEY"].map(ClientVariables.safe)
        provider.apiKeyEnv = (object.read([String].self, "api_key_env") ?? usual)
            .filter { variable in
                guard ClientVariables.reserved.contains(variable) else { return true }
                let place = ConfigurationFault.path(object.path + ["api_key_env"])
                let message = "\(variable) is what clients use to reach Relay and is not read; use RELAY_\(variable)"
                object.findings.warn(object.file, object.json.position, place, message)
                return false
            }
    }

    private static func baseURL(
        of name: String,
        known: KnownProvider?,
        in object: inout ObjectReader,
        environment: EnvironmentVariables
    ) -> String? {
        let written = object.read(String.self, "base_url")
        let usual = ClientVariables.safe("\(ClientVariables.variableName(name))_BASE_URL")
        let variableName = object.read(String.self, "base_url_env") ?? usual
        let override = environment.variable(variableName)
        guard var url = override?.value ?? written ?? known?.baseURL else {
            let remedy = "Give what the dialect's paths are appended to, such as https://api.example.com/v1."
            object.fault(object.json.position, ["base_url"], "is missing", remedy)
            return nil
        }
        while url.hasSuffix("/") { url.removeLast() }
        // A variable that is not set leaves a hole; the boot report speaks of it.
        guard let endpoint = Endpoint(url) else {
            let remedy = "Use an http or https URL without a query, such as https://api.example.com/v1."
            let message = "\(JSONWriter.compact(.string(url))) is no base URL"
            if let override {
                let place = override.origin.place
                object.findings.fault(place.file, place.position, variableName, message, remedy)
            } else {
                object.fault(object.json["base_url"]?.position ?? object.json.position, ["base_url"], message, remedy)
            }
            return nil
        }
        if !endpoint.isSecure, !endpoint.isLoopback, object.json["keyless"] != .bool(true) {
            let place = ConfigurationFault.path(object.path + ["base_url"])
            object.findings.warn(object.file, object.json.position, place, "keys go to \(endpoint.host) unencrypted")
        }
        return url
    }

    private static func headers(_ object: inout ObjectReader) -> [String: String] {
        var headers: [String: String] = [:]
        for (name, text, position) in object.texts("extra_headers") {
            guard SettingCheck.headerName.allows(name), text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
                let remedy = "Use a header's name and visible ASCII characters."
                object.fault(position, ["extra_headers", name], "cannot be sent", remedy)
                continue
            }
            headers[name] = text
        }
        return headers
    }

    /// Patterns of ids, in the file's order.
    private static func modelQuirks(_ object: inout ObjectReader) -> [ModelQuirks] {
        var reader = object.object("model_quirks")
        return reader.members.map { ModelQuirks(pattern: $0.key, quirks: Quirks(reader.object($0.key))) }
    }

    /// `"models"` is a list, or `"discover"`; a list may be joined by `"discover": true`.
    private static func readModels(of provider: inout Provider, from object: inout ObjectReader) {
        provider.discoversModels = object.read(Bool.self, "discover") ?? false
        provider.discoverOnly = object.read([String].self, "discover_only") ?? []
        provider.discoveredLimits = RateLimits(object.object("discovered_limits"))
        let models = object.value("models")
        switch models?.content {
        case .string("discover"): provider.discoversModels = true
        case .array(let entries): provider.models = ModelReader.read(entries, of: object)
        case nil: break
        default:
            let position = models?.position ?? .none
            object.fault(position, ["models"], "is no list of models", "Write a list, or \"discover\".")
        }
    }

    /// Goes before a `/` in addresses and into the names of variables.
    private static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
    }
}
