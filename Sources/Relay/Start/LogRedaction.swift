import Logging
import Synchronization

/// What must not be read in a log: every key that Relay has had since its start.
final class LogSecrets: Sendable {
    private let secrets = Mutex<Set<String>>([])

    /// Shorter ones would blot out ordinary words.
    private static let shortest = 8

    /// Adds the keys of providers and the relay's own; those that were known stay secret.
    func add(_ configuration: Configuration) {
        let own = configuration.settings.server.apiKey.map { [$0] } ?? []
        let all = (configuration.keys.all.map(\.secret) + own).filter { $0.utf8.count >= Self.shortest }
        secrets.withLock { $0.formUnion(all) }
    }

    /// The text with `[redacted]` wherever a secret stood.
    func redacted(_ text: String) -> String {
        // The longest first: one may be the beginning of another.
        let found = secrets.withLock { $0.filter(text.contains) }.sorted { $0.count > $1.count }
        return found.reduce(text) { $0.replacing($1, with: "[redacted]") }
    }
}

/// Takes secrets out of everything that is logged, whoever put them there: an error's text is not Relay's own.
struct RedactingLogHandler: LogHandler {
    private var handler: any LogHandler
    private let secrets: LogSecrets

    init(_ handler: any LogHandler, hiding secrets: LogSecrets) {
        self.handler = handler
        self.secrets = secrets
    }

    func log(event: LogEvent) {
        var event = event
        event.message = "\(secrets.redacted(event.message.description))"
        event.metadata = event.metadata.map(redacted)
        handler.log(event: event)
    }

    private func redacted(_ metadata: Logger.Metadata) -> Logger.Metadata { metadata.mapValues(redacted) }

    private func redacted(_ value: Logger.MetadataValue) -> Logger.MetadataValue {
        switch value {
        case .string(let text): .string(secrets.redacted(text))
        case .stringConvertible(let object): .string(secrets.redacted(object.description))
        case .dictionary(let metadata): .dictionary(redacted(metadata))
        case .array(let values): .array(values.map(redacted))
        }
    }

    var logLevel: Logger.Level {
        get { handler.logLevel }
        set { handler.logLevel = newValue }
    }

    var metadata: Logger.Metadata {
        get { handler.metadata }
        set { handler.metadata = redacted(newValue) }
    }

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { handler[metadataKey: key] }
        set { handler[metadataKey: key] = newValue.map(redacted) }
    }
}
