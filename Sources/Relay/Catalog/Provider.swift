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

/// Times a provider needs beyond the settings', in seconds.
struct ProviderTimeouts: Sendable, Equatable {
    var connect: Double?
    var firstByte: Double?
    var streamIdle: Double?
    var total: Double?
}
