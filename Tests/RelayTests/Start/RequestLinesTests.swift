import Logging
import Testing

@testable import Relay

/// What the log says of requests.
struct RequestLinesTests {
    private static func record(_ status: Int, trail: String? = nil) -> RequestRecord {
        RequestRecord(
            at: 0,
            id: "req_\(status)",
            wire: .chat,
            status: status,
            provider: "Groq",
            model: "m",
            client: "",
            promptTokens: 3,
            latency: .milliseconds(12.4),
            attempts: 1,
            trail: trail
        )
    }

    private static func lines(_ level: Logger.Level, _ records: [RequestRecord]) -> [String] {
        let lines = LogRecorder.Lines()
        var logger = Logger(label: "test") { _ in LogRecorder(lines: lines) }
        logger.logLevel = level
        RequestLines(logger: logger).log(records)
        return lines.all
    }

    @Test func `what went as it should is for those who look for it`() {
        let records = [
            Self.record(200), Self.record(200, trail: "A/b=429"), Self.record(400), Self.record(429), Self.record(499),
            Self.record(503),
        ]
        #expect(Self.lines(.debug, records).count == 6)
        #expect(
            Self.lines(.warning, records).map { $0.prefix(26) } == [
                "warning A request failed [", "warning A request failed [",
            ]
        )
        let info = Self.lines(.info, records)
        #expect(info.count == 4)
        #expect(info[0].hasPrefix("info A request was answered after others had failed"))
        for part in [
            "request_id=req_200", "gen_ai.provider.name=Groq", "gen_ai.request.model=m", "gen_ai.usage.input_tokens=3",
            "duration_ms=12", "trail=A/b=429", "http.response.status_code=200",
        ] { #expect(info[0].contains(part), "\(part)") }
    }

    @Test func `a storm of failures is no storm of lines`() {
        let lines = Self.lines(.info, [RequestRecord](repeating: Self.record(503), count: 400))
        #expect(lines.count == 51)
        #expect(lines.last?.contains("requests=350") == true)
    }
}
