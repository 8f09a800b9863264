import Clients
import Logging

/// A line of the log for each request that is over, under OpenTelemetry's names where it has them. Never what was asked or
/// answered.
struct RequestLines: Sendable {
    let logger: Logger

    /// Of one writing of the store, which is a second's: more tell no more.
    private static let most = 50

    func log(_ records: [RequestRecord]) {
        let worthy = records.filter { logger.logLevel <= $0.level }
        for record in worthy.prefix(Self.most) {
            logger.log(level: record.level, "\(record.headline)", metadata: record.metadata)
        }
        guard worthy.count > Self.most else { return }
        logger.info("More requests than lines", metadata: ["requests": "\(worthy.count - Self.most)"])
    }
}

extension RequestRecord {
    /// What went as it should is for those who look for it.
    fileprivate var level: Logger.Level {
        switch status {
        case 499: .debug
        case 429, 500...: .warning
        case 400...: .info
        default: trail == nil ? .debug : .info
        }
    }

    fileprivate var headline: String {
        switch status {
        case 499: "A client left"
        case 400...: "A request failed"
        default: trail == nil ? "A request was answered" : "A request was answered after others had failed"
        }
    }

    fileprivate var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = [
            "request_id": "\(id)", "wire": "\(wire.rawValue)", "http.response.status_code": "\(status)",
            "attempts": "\(attempts)", "duration_ms": "\(Int(latency.milliseconds.rounded()))",
            "gen_ai.usage.input_tokens": "\(promptTokens)", "gen_ai.usage.output_tokens": "\(completionTokens)",
        ]
        metadata["gen_ai.provider.name"] = provider.map { "\($0)" }
        metadata["gen_ai.request.model"] = model.map { "\($0)" }
        metadata["first_token_ms"] = firstToken.map { "\(Int($0.milliseconds.rounded()))" }
        metadata["trail"] = trail.map { "\($0)" }
        metadata["context"] = context.map { "\($0)" }
        metadata["changes"] = changes.map { "\($0)" }
        metadata["key"] = key.map { "\($0)" }
        if !client.isEmpty { metadata["client"] = "\(client)" }
        return metadata
    }
}
