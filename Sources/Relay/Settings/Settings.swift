/// How Relay behaves. Every value has its default here and its name, unit and range in `SettingKey.all`.
struct Settings: Sendable, Equatable {
    var server = Server()
    var session = Session()
    var context = Context()
    var summarization = Summarization()
    var style = Style()
    var normalize = Normalize()
    var routing = Routing()
    var circuitBreaker = CircuitBreaker()
    var http = HTTP()
    var health = Health()
    var catalog = Catalog()
    var storage = Storage()

    /// The listener.
    struct Server: Sendable, Equatable {
        var host = "127.0.0.1"
        var port = 8000
        /// What clients must present; without it only loopback may connect.
        var apiKey: String?
        var maxBodyBytes = 32 * 1024 * 1024
        var maxBufferedBytes = 256 * 1024 * 1024
        var showProvider = false
        var drainSeconds = 30.0
        /// Threads that serve connections; `nil` is the smaller of two and the number of cores.
        var eventLoops: Int?
        var corsOrigins: [String] = []
        var logLevel = LogLevel.info

        /// Debug has a line for each request, info one for each that met a failure.
        enum LogLevel: String, SettingChoice {
            case debug, info, notice, warning, error
        }

        /// Only this machine can reach the listener.
        var isLoopback: Bool { Endpoint.isLoopback(host: host) }
    }

    /// Keeping a conversation on one route.
    struct Session: Sendable, Equatable {
        var affinityEnabled = true
        var idHeader = "X-Session-ID"
        var ttlHours = 24.0
        var maxSessions = 1000
    }

    /// One switch per rule that makes outputs read the same.
    struct Normalize: Sendable, Equatable {
        var preamble = true
        var think = true
        var markdown = true
        var json = true
        var toolRescue = true
    }

    /// When a failing route is left alone, and for how long.
    struct CircuitBreaker: Sendable, Equatable {
        var failureThreshold = 3
        var cooldownSeconds = 5.0
        var maxCooldownSeconds = 300.0
    }

    /// Times allowed to a provider; the catalog may raise them for one provider.
    struct HTTP: Sendable, Equatable {
        var timeoutSeconds = 60.0
        var connectTimeoutSeconds = 5.0
        /// `nil` is `timeoutSeconds`.
        var firstByteTimeoutSeconds: Double?
        /// `nil` is `timeoutSeconds`.
        var streamIdleTimeoutSeconds: Double?
        var totalTimeoutSeconds: Double?

        /// Time to the first meaningful delta.
        var effectiveFirstByteSeconds: Double { firstByteTimeoutSeconds ?? timeoutSeconds }
        /// Time between two pieces of a stream.
        var effectiveStreamIdleSeconds: Double { streamIdleTimeoutSeconds ?? timeoutSeconds }
    }

    /// How often it is looked whether keys are good.
    struct Health: Sendable, Equatable {
        /// 0 is never.
        var probeMinutes = 15.0
    }

    /// How the catalog is kept up to date.
    struct Catalog: Sendable, Equatable {
        /// How often providers' lists of models are held against it; 0 is never.
        var refreshHours = 24.0
    }

    /// Where state is kept.
    struct Storage: Sendable, Equatable {
        /// Without it everything is forgotten at the stop, and there is no admin API.
        var enabled = true
        var directory = "data"
        /// How long the ledger keeps single requests; sums stay.
        var retentionDays = 30.0
        var maxRequests = 500_000
    }
}
