/// Every setting there is. A key is declared here and nowhere else; its default is the property's in `Settings`.
extension SettingKey {
    /// In the order of the documentation.
    static let all =
        server + session + context + summarization + style + normalize + routing + circuitBreaker + http + health
        + catalog
        + storage

    static let byPath = Dictionary(all.map { ($0.path, $0) }) { first, _ in first }

    /// The names of the sections, in order.
    static let sections = all.map(\.section).reduce(into: [String]()) { if $0.last != $1 { $0.append($1) } }

    private static let server: [SettingKey] = [
        SettingKey(
            "server.host",
            \.server.host,
            "Address to listen on. Any other than loopback needs `server.api_key` or a client key (`relay clients`).",
            check: .notEmpty,
            variables: ["HOST"]
        ),
        SettingKey(
            "server.port",
            \.server.port,
            "Port to listen on; 0 takes a free one.",
            check: .between(0, 65535),
            variables: ["PORT"]
        ),
        SettingKey(
            "server.api_key",
            \.server.apiKey,
            "What clients must send as `Authorization: Bearer` or `x-api-key`, where they have no key of their own (`relay clients`); with neither only loopback may connect.",
            check: .ifSet(.credential),
            isSecret: true,
            variables: ["RELAY_API_KEY"]
        ),
        SettingKey(
            "server.max_body_bytes",
            \.server.maxBodyBytes,
            "The largest request body; larger ones get 413.",
            unit: "bytes",
            check: .atLeast(1024)
        ),
        SettingKey(
            "server.max_buffered_bytes",
            \.server.maxBufferedBytes,
            "All request bodies held at once, and what is made of them; beyond it reading stops, then 503.",
            unit: "bytes",
            check: .atLeast(1_048_576)
        ),
        SettingKey(
            "server.show_provider",
            \.server.showProvider,
            "Adds `provider_name` and `meta` to the bodies of answers."
        ),
        SettingKey(
            "server.drain_seconds",
            \.server.drainSeconds,
            "How long calls under way may finish after SIGTERM.",
            unit: "seconds",
            check: .atLeast(0)
        ),
        SettingKey(
            "server.event_loops",
            \.server.eventLoops,
            "Threads that serve connections; by default the smaller of 2 and the number of cores.",
            check: .ifSet(.between(1, 256))
        ),
        SettingKey(
            "server.cors_origins",
            \.server.corsOrigins,
            "Web origins whose pages may call Relay, such as `http://localhost:3000`; `*` is any."
        ),
        SettingKey(
            "server.log_level",
            \.server.logLevel,
            "What the log has lines of: `debug` every request, `info` those that met a failure, and more seldom things."
        ),
    ]

    private static let session: [SettingKey] = [
        SettingKey(
            "session.affinity_enabled",
            \.session.affinityEnabled,
            "Keeps a conversation on the route that served it.",
            variables: ["SESSION_AFFINITY_ENABLED"]
        ),
        SettingKey(
            "session.id_header",
            \.session.idHeader,
            "The request header that names the session.",
            check: .headerName
        ),
        SettingKey(
            "session.ttl_hours",
            \.session.ttlHours,
            "How long a conversation stays pinned after its last answer.",
            unit: "hours",
            check: .above(0),
            variables: ["SESSION_TTL_HOURS"]
        ),
        SettingKey(
            "session.max_sessions",
            \.session.maxSessions,
            "Pins kept; the oldest go first.",
            unit: "sessions",
            check: .atLeast(1)
        ),
    ]

    private static let context: [SettingKey] = [
        SettingKey(
            "context.management_mode",
            \.context.managementMode,
            "How a history is made to fit the model's window.",
            variables: ["CONTEXT_MANAGEMENT_MODE"]
        ),
        SettingKey(
            "context.prune_when",
            \.context.pruneWhen,
            """
            `over_budget` leaves a history that fits as it is (with tool calls: with 6 % to spare); `always` applies the \
            mode's counts to every call.
            """
        ),
        SettingKey(
            "context.static_recent_keep",
            \.context.staticRecentKeep,
            "Messages that `static` keeps.",
            unit: "messages",
            check: .atLeast(1)
        ),
        SettingKey(
            "context.dynamic_utilization_target",
            \.context.dynamicUtilizationTarget,
            "Part of the window that `dynamic` aims at.",
            unit: "fraction",
            check: .between(0.05, 1)
        ),
        SettingKey(
            "context.dynamic_min_utilization",
            \.context.dynamicMinUtilization,
            "Part of the window that `dynamic` never goes under.",
            unit: "fraction",
            check: .between(0, 1)
        ),
        SettingKey(
            "context.dynamic_max_boost",
            \.context.dynamicMaxBoost,
            "The most by which `dynamic` raises its budget, never past the window.",
            unit: "factor",
            check: .between(1, 10)
        ),
        SettingKey(
            "context.reservoir_recent_keep",
            \.context.reservoirRecentKeep,
            "Messages that `reservoir` keeps verbatim.",
            unit: "messages",
            check: .atLeast(1)
        ),
        SettingKey(
            "context.reservoir_summary_budget",
            \.context.reservoirSummaryBudget,
            "Room for the summary of the older messages; 0 leaves it out.",
            unit: "tokens",
            check: .atLeast(0)
        ),
        SettingKey(
            "context.handoff",
            \.context.handoff,
            "Whether a model is told, in the turn in which it takes a pinned conversation over, that another began it."
        ),
    ]

    private static let summarization: [SettingKey] = [
        SettingKey("summarization.enabled", \.summarization.enabled, "Whether left-out messages are summarised."),
        SettingKey(
            "summarization.mode",
            \.summarization.mode,
            "Who writes the summary. Relay's own is extractive; `llm` falls back to it."
        ),
        SettingKey(
            "summarization.max_tokens",
            \.summarization.maxTokens,
            "Bounds the summary further than `context.reservoir_summary_budget`.",
            unit: "tokens",
            check: .ifSet(.atLeast(0))
        ),
        SettingKey(
            "summarization.timeout_ms",
            \.summarization.timeoutMilliseconds,
            "Time that a summary may take.",
            unit: "milliseconds",
            check: .atLeast(1)
        ),
        SettingKey(
            "summarization.fallback_to_extractive",
            \.summarization.fallbackToExtractive,
            "Whether mode `llm` gives an extractive summary; without it there is none."
        ),
    ]

    private static let style: [SettingKey] = [
        SettingKey(
            "style.inject",
            \.style.inject,
            "Which requests get the style directive; `auto` is text on the meta-model without tools."
        ),
        SettingKey(
            "style.text",
            \.style.text,
            "The style directive, appended to the client's own system message.",
            check: .notEmpty
        ),
    ]

    private static let normalize: [SettingKey] = [
        SettingKey("normalize.preamble", \.normalize.preamble, "Strips openers that carry nothing."),
        SettingKey("normalize.think", \.normalize.think, "Moves `<think>` passages to `reasoning_content`."),
        SettingKey(
            "normalize.markdown",
            \.normalize.markdown,
            "Closes fences, drops empty blocks and trailing blanks."
        ),
        SettingKey("normalize.json", \.normalize.json, "Takes JSON out of fences and talk, repairs and checks it."),
        SettingKey("normalize.tool_rescue", \.normalize.toolRescue, "Makes a tool call written as text a real one."),
    ]
}
