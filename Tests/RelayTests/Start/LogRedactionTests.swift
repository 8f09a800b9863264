import Logging
import Testing

@testable import Relay

struct LogRedactionTests {
    @Test func `no key is read in a log, wherever it stands, also after it was exchanged`() throws {
        let lines = LogRecorder.Lines()
        let secrets = LogSecrets()
        var logger = Logger(label: "test") { _ in RedactingLogHandler(LogRecorder(lines: lines), hiding: secrets) }
        func configuration(_ keys: [String]) throws -> Configuration {
            try RelayUnderTest.configuration([.init("One", keys: keys)], baseURLs: ["http://127.0.0.1:9"]) {
                $0.server.apiKey = "relays-own-key"
            }
        }
        secrets.add(try configuration(["sk-first-key", "sk-first-key-longer", "short"]))
        secrets.add(try configuration(["sk-second-key"]))
        logger[metadataKey: "always"] = "sk-second-key"
        struct Fault: CustomStringConvertible { var description: String { "GET /?key=sk-first-key-longer" } }
        logger.warning(
            "refused: sk-first-key, in short",
            metadata: [
                "error": .stringConvertible(Fault()), "list": ["relays-own-key"],
                "map": ["key": "Bearer sk-second-key"],
            ]
        )
        let line = lines.all.joined()
        for key in ["sk-first-key", "longer", "sk-second-key", "relays-own-key"] { #expect(!line.contains(key)) }
        #expect(line.hasPrefix("warning refused: [redacted], in short "))
        #expect(line.contains("GET /?key=[redacted]"))
        #expect(line.split(separator: "[redacted]").count == 6)
    }
}
