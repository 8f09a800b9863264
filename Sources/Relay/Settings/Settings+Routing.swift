extension Settings {
    /// Who serves a request, in which order, and how long it may wait.
    struct Routing: Sendable, Equatable {
        var strategy = Strategy.adaptive
        var cycles = 1
        var maxAttempts = 12
        var maxQuotaWaitSeconds = 10.0
        var maxConcurrentRequests = 256
        var maxQueuedRequests = 1000
        var queueTimeoutSeconds = 30.0
        var resumeStreams = false
        var allowPaid = false
        var unknownModel = UnknownModel.reject
        var metaModels = ["meta-model", "auto", "aifree"]
        var aliases = ModelAliases.shipped
        /// One request per provider at a time.
        var globalProviderLock = false
        /// RelayFreeLLM's switch for the style directive: `true` is `style.inject` `always`, `false` is `never`.
        var useServerSideSystemPrompt: Bool?

        /// The order in which candidates are tried.
        enum Strategy: String, SettingChoice {
            case roundRobin = "round_robin"
            case random
            case priority
            case ranked
            case adaptive

            static let otherNames = ["roundrobin": Strategy.roundRobin]
        }

        /// What happens to a model name that nobody knows.
        enum UnknownModel: String, SettingChoice {
            case reject
            case meta
        }
    }
}
