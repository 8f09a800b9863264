import Logging
import Testing

@testable import Relay

struct ListeningTests {
    @Test func `a port that is taken is said to be, with what helps`() async throws {
        try await RelayUnderTest.run([.init("One")]) { relay in
            let port = relay.port
            let urls = relay.providers.map(\.baseURL)
            let configuration = try RelayUnderTest.configuration([.init("One")], baseURLs: urls) {
                $0.server.port = port
            }
            let error = await #expect(throws: ConfigurationError.self) {
                let logger = Logger(label: "relay") { _ in SwiftLogNoOpLogHandler() }
                let second = try await RunningRelay.start(configuration, logger: logger)
                try await second.stop(drain: .zero)
            }
            let text = error?.description ?? ""
            #expect(text.contains("127.0.0.1:\(port): cannot be listened on: Address already in use."))
            #expect(text.contains("--port"))
        }
    }
}
