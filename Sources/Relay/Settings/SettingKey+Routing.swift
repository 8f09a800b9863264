/// The settings of routing, of the calls it makes and of what it remembers.
extension SettingKey {
    static let routing: [SettingKey] = [
        SettingKey("routing.strategy", \.routing.strategy, "The order in which candidates are tried."),
        SettingKey(
            "routing.cycles",
            \.routing.cycles,
            "How often `priority` goes through the whole list.",
            unit: "rounds",
            check: .between(1, 10)
        ),
        SettingKey(
            "routing.max_attempts",
            \.routing.maxAttempts,
            "Calls made for one request at most.",
            unit: "calls",
            check: .between(1, 100)
        ),
        SettingKey(
            "routing.max_quota_wait_seconds",
            \.routing.maxQuotaWaitSeconds,
            "How long a request may wait for quota; `X-Max-Wait` shortens it.",
            unit: "seconds",
            check: .between(0, 3600)
        ),
        SettingKey(
            "routing.max_concurrent_requests",
            \.routing.maxConcurrentRequests,
            "Requests served at once.",
            unit: "requests",
            check: .atLeast(1)
        ),
        SettingKey(
            "routing.max_queued_requests",
            \.routing.maxQueuedRequests,
            "Requests that may wait for their turn; more get 429.",
            unit: "requests",
            check: .atLeast(0)
        ),
        SettingKey(
            "routing.queue_timeout_seconds",
            \.routing.queueTimeoutSeconds,
            "How long a request may wait for its turn.",
            unit: "seconds",
            check: .atLeast(0)
        ),
        SettingKey(
            "routing.resume_streams",
            \.routing.resumeStreams,
            "Lets the next candidate continue a stream that broke."
        ),
        SettingKey(
            "routing.allow_paid",
            \.routing.allowPaid,
            "Lets the meta-model use providers that cost money; a direct call may always."
        ),
        SettingKey(
            "routing.unknown_model",
            \.routing.unknownModel,
            "What a model name that nobody knows gets: 404, or the meta-model."
        ),
        SettingKey("routing.meta_models", \.routing.metaModels, "Names of the meta-model."),
        SettingKey(
            "routing.aliases",
            \.routing.aliases,
            "What other model names stand for: pattern → name, or `scale` (tried first), `type` and `name` (filters)."
        ),
        SettingKey(
            "routing.global_provider_lock",
            \.routing.globalProviderLock,
            "One request per provider at a time.",
            variables: ["GLOBAL_PROVIDER_LOCK"]
        ),
        SettingKey(
            "routing.use_server_side_system_prompt",
            \.routing.useServerSideSystemPrompt,
            "Where it is set, true stands for `style.inject` `always`, false for `never`."
        ),
    ]

    static let circuitBreaker: [SettingKey] = [
        SettingKey(
            "circuit_breaker.failure_threshold",
            \.circuitBreaker.failureThreshold,
            "Failures in a row that open a route's breaker.",
            unit: "failures",
            check: .between(1, 1000)
        ),
        SettingKey(
            "circuit_breaker.cooldown_seconds",
            \.circuitBreaker.cooldownSeconds,
            "How long it stays open at first; doubled each time.",
            unit: "seconds",
            check: .above(0)
        ),
        SettingKey(
            "circuit_breaker.max_cooldown_seconds",
            \.circuitBreaker.maxCooldownSeconds,
            "How long at most.",
            unit: "seconds",
            check: .above(0)
        ),
    ]

    static let http: [SettingKey] = [
        SettingKey(
            "http.timeout_seconds",
            \.http.timeoutSeconds,
            "How long a provider may be silent, where the next two say nothing.",
            unit: "seconds",
            check: .above(0)
        ),
        SettingKey(
            "http.connect_timeout_seconds",
            \.http.connectTimeoutSeconds,
            "Time to connect, TLS included.",
            unit: "seconds",
            check: .above(0)
        ),
        SettingKey(
            "http.first_byte_timeout_seconds",
            \.http.firstByteTimeoutSeconds,
            "Time to the first meaningful delta; by default `http.timeout_seconds`.",
            unit: "seconds",
            check: .ifSet(.above(0))
        ),
        SettingKey(
            "http.stream_idle_timeout_seconds",
            \.http.streamIdleTimeoutSeconds,
            "Silence allowed within a stream; by default `http.timeout_seconds`.",
            unit: "seconds",
            check: .ifSet(.above(0))
        ),
        SettingKey(
            "http.total_timeout_seconds",
            \.http.totalTimeoutSeconds,
            "Time for one call as a whole; by default there is no limit.",
            unit: "seconds",
            check: .ifSet(.above(0))
        ),
    ]

    static let health: [SettingKey] = [
        SettingKey(
            "health.probe_minutes",
            \.health.probeMinutes,
            "How often each key is checked by a request for the provider's models, which costs nothing, and the longest between two trials of a route that has failed; 0 is never.",
            unit: "minutes",
            check: .atLeast(0)
        )
    ]

    static let catalog: [SettingKey] = [
        SettingKey(
            "catalog.refresh_hours",
            \.catalog.refreshHours,
            "How often the catalog is held against the providers' lists of models, which costs nothing; 0 is never.",
            unit: "hours",
            check: .atLeast(0)
        )
    ]

    static let storage: [SettingKey] = [
        SettingKey(
            "storage.enabled",
            \.storage.enabled,
            "Whether anything is kept. Without it counts and sessions end with the process, keys come from the environment alone, "
                + "and there is no admin API."
        ),
        SettingKey(
            "storage.directory",
            \.storage.directory,
            "Where state is kept, relative to the working directory.",
            check: .notEmpty
        ),
        SettingKey(
            "storage.retention_days",
            \.storage.retentionDays,
            "How long single requests stay in the ledger; its sums stay for good, by hour for 90 days, then by day.",
            unit: "days",
            check: .above(0)
        ),
        SettingKey(
            "storage.max_requests",
            \.storage.maxRequests,
            "The most single requests that the ledger keeps.",
            unit: "requests",
            check: .atLeast(0)
        ),
    ]
}
