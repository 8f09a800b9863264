import NIOHTTP1
import Testing

@testable import Relay

/// `/openapi.json` against what is served.
struct OpenAPITests {
    @Test func `it describes every operation there is, and none that is not`() async throws {
        let folder = try TemporaryFolder()
        try await RelayUnderTest.run([.init("One")], storage: folder.path, settings: { $0.server.apiKey = "own" }) {
            relay in
            let key: RelayUnderTest.Fields = [("authorization", "Bearer own")]
            let document = try await relay.request("GET", "/openapi.json", headers: key).json
            #expect(document["openapi"]?.string == "3.1.0")
            var described: Set<String> = []
            for path in document["paths"]?.members ?? [] {
                for operation in path.value.members ?? [] {
                    described.insert("\(operation.name.uppercased()) \(path.name)")
                    #expect(operation.value["summary"]?.string?.isEmpty == false)
                    let names = (operation.value["parameters"]?.elements ?? [])
                        .filter { $0["in"]?.string == "path" }
                        .compactMap { $0["name"]?.string }
                    #expect(
                        names
                            == path.name.split(separator: "/").filter { $0.hasPrefix("{") }
                            .map { String($0.dropFirst().dropLast()) }
                    )
                }
            }
            let documented = try OpenEndpointsTests.documented().map { "\($0.method) \($0.path)" }
            #expect(described.symmetricDifference(documented) == ["GET /"])

            for operation in described {
                let parts = operation.split(separator: " ").map(String.init)
                // What would not end, and what would sign out nobody, is asked elsewhere.
                guard parts[1] != "/api/events" else { continue }
                let path = parts[1].replacing("{id}", with: "nobody")
                let response = try await relay.request(parts[0], path, headers: key, body: parts[0] == "GET" ? nil : "")
                let code = response.json["error"]?["code"]?.string
                #expect(code != "unknown_url" && code != "method_not_allowed", "\(operation)")
                #expect(response.status < 500 || parts[1].hasPrefix("/v1/"), "\(operation): \(response.status)")
            }
            #expect(try await relay.request("GET", "/openapi.json").status == 401)
        }
    }

    @Test func `bodies are described as they are read`() {
        for operation in AdminAPI.operations {
            #expect(Set(operation.body.map(\.name)).count == operation.body.count)
            #expect(operation.body.isEmpty || ["POST", "PATCH"].contains(operation.method.rawValue))
            #expect(operation.query.isEmpty || ["GET", "POST"].contains(operation.method.rawValue))
        }
    }
}
