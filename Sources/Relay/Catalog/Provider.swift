/// One provider as the catalog describes it.
struct Provider: Sendable, Equatable {
    /// How it is addressed (`Provider/model`, case-insensitive) and shown.
    var name: String
    /// What the dialect's own paths are appended to; no trailing slash.
    var baseURL: String
    var dialect: DialectName = .openai
    /// Environment variables that may hold a key; the first that is set counts, `_2` … `_9` add more.
    var apiKeyEnv: [String] = []
    /// Variables beside a key without which it cannot be called, such as an account's id in `baseURL`.
    var requiresEnv: [String] = []
    /// The key that a keyless provider wants to see from callers who have none.
    var anonymousKey: String?
    /// Serves without a key.
    var keyless: Bool = false
    /// Runs on the user's own machine or network: unmetered, its absence is no fault.
    var local: Bool = false
    /// Costs money: serves direct calls only, unless `routing.allow_paid`.
    var paid: Bool = false
    /// Remote keyless providers serve only when this is set.
    var enabled: Bool = true
    /// Whether it says that it trains on prompts, in the catalog's words.
    var dataUse: String?
    /// Group for `priority`; lower goes first.
    var priority: Int = 1
    var docsURL: String?
    /// Limits shared by all models of one key.
    var accountLimits: RateLimits = .none
    /// Calls under way at once that the provider allows one key.
    var concurrency: Int?
    var dayReset: DayReset = .rolling
    /// Counts `max_tokens` in full against the token windows when the call is made.
    var reservesMaxTokens: Bool = false
    var quirks = Quirks()
    /// What models do otherwise beside that; for those that are discovered, too.
    var modelQuirks: [ModelQuirks] = []
    var timeouts = ProviderTimeouts()
    /// Sent with every call, for providers that want to know who calls.
    var extraHeaders: [String: String] = [:]
    /// `"models": "discover"`: asked at boot and every minute.
    var discoversModels: Bool = false
    /// Patterns (`*:free`) that discovered ids must match, one of them at least; empty takes all.
    var discoverOnly: [String] = []
    /// Limits of each discovered model.
    var discoveredLimits: RateLimits = .none
    var models: [Model] = []
}

/// The API that is spoken to a provider.
enum DialectName: String, Sendable, CaseIterable {
    case openai, anthropic, gemini, cohere, cloudflare, ollama
}

/// What an OpenAI-compatible provider does otherwise; each is applied while the request is rendered.
struct Quirks: Sendable, Equatable {
    /// Top-level members that the provider refuses and that are left out.
    var dropParameters: [String] = []
    /// Top-level members that it knows by another name: ours → theirs.
    var renameParameters: [String: String] = [:]
    /// Members that every request has, whatever the client says, as JSON text: `temperature` → `0`.
    var setParameters: [String: String] = [:]
    /// Members added where tools are offered, as JSON text: `parallel_tool_calls` → `false`.
    var setWithTools: [String: String] = [:]
    /// Message members beyond `role`, `content`, `name`, `tool_calls`, `tool_call_id` are refused.
    var strictMessages: Bool = false
    /// Array content must be joined into one string.
    var flatContent: Bool = false
    /// `content: null` must be an empty string.
    var nullContentAsEmpty: Bool = false
    /// Members of tool schemas that are refused.
    var dropSchemaKeys: [String] = []
    /// `max_tokens` that is sent when the client named none.
    var defaultMaxTokens: Int?
    /// Smaller `max_tokens` are refused and raised to this.
    var minMaxTokens: Int?
    /// `response_format` `json_object` is refused and sent as a `json_schema` that takes any object.
    var jsonObjectAsSchema: Bool = false
    /// Has no streaming; a stream is made of the whole answer.
    var noStreaming: Bool = false
    /// The values that `reasoning_effort` may have; others are sent as the nearest, `none` not at all.
    var reasoningEfforts: [String] = []
    /// Texts in a 400 body that mean "down for now": the next candidate is tried, the route fails.
    var transientBodies: [String] = []
    /// Texts that are no answer when they are all of a whole answer (Kilo's `safe`); a stream is not held for them.
    var deadAnswers: [String] = []
    /// How its models are told to search the web; those that do so unasked need nothing.
    var webSearch = WebSearch()

    struct WebSearch: Sendable, Equatable {
        /// Members of the request, as JSON text; they take the place of the client's own.
        var set: [String: String] = [:]
        /// Tools that are offered beside the client's, as JSON text.
        var tools: [String] = []
    }
}

/// Quirks of the models whose id a pattern matches.
struct ModelQuirks: Sendable, Equatable {
    /// `*` stands for any characters, `?` for one; case does not matter.
    var pattern: String
    var quirks: Quirks
}

extension Provider {
    /// All that hold for one of its models.
    func quirks(of model: Model) -> Quirks {
        let matching = modelQuirks.filter { ModelAlias(pattern: $0.pattern).matches(model.name) }
        return (matching.map(\.quirks) + [model.quirks]).reduce(quirks) { $0.adding($1) }
    }
}

extension Quirks {
    /// Both; where only one can count, `other`.
    func adding(_ other: Quirks) -> Quirks {
        guard other != Quirks() else { return self }
        var both = self
        both.dropParameters += other.dropParameters
        both.renameParameters.merge(other.renameParameters) { $1 }
        both.setParameters.merge(other.setParameters) { $1 }
        both.setWithTools.merge(other.setWithTools) { $1 }
        both.strictMessages = strictMessages || other.strictMessages
        both.flatContent = flatContent || other.flatContent
        both.nullContentAsEmpty = nullContentAsEmpty || other.nullContentAsEmpty
        both.dropSchemaKeys += other.dropSchemaKeys
        both.defaultMaxTokens = other.defaultMaxTokens ?? defaultMaxTokens
        both.minMaxTokens = other.minMaxTokens ?? minMaxTokens
        both.jsonObjectAsSchema = jsonObjectAsSchema || other.jsonObjectAsSchema
        both.noStreaming = noStreaming || other.noStreaming
        both.reasoningEfforts = other.reasoningEfforts.isEmpty ? reasoningEfforts : other.reasoningEfforts
        both.transientBodies += other.transientBodies
        both.deadAnswers += other.deadAnswers
        return both
    }

    private static let efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"]

    /// The effort to send for one that was asked for; `nil` where it is better not to speak of it.
    func effort(for asked: String) -> String? {
        guard !reasoningEfforts.isEmpty, !reasoningEfforts.contains(asked) else { return asked }
        guard asked != "none", let place = Self.efforts.firstIndex(of: asked) else { return nil }
        func distance(_ effort: String) -> Int { Self.efforts.firstIndex(of: effort).map { abs($0 - place) } ?? .max }
        return reasoningEfforts.filter { $0 != "none" }.min { distance($0) < distance($1) }
    }
}

/// Times a provider needs beyond the settings', in seconds.
struct ProviderTimeouts: Sendable, Equatable {
    var connect: Double?
    var firstByte: Double?
    var streamIdle: Double?
    var total: Double?
}

/// A name that no provider of the catalog has.
struct UnknownProvider: Error, Equatable, CustomStringConvertible {
    let name: String
    let nearest: String?

    static let remedy = "`relay models --all` lists them."

    var description: String {
        "The catalog has no provider '\(name)'.\(NearestName.hint(nearest, otherwise: Self.remedy))"
    }
}

extension [Provider] {
    /// In any case.
    func provider(named name: String) throws(UnknownProvider) -> Provider {
        if let provider = first(where: { $0.name.lowercased() == name.lowercased() }) { return provider }
        throw UnknownProvider(name: name, nearest: NearestName.nearest(to: name, among: map(\.name)))
    }
}
