import Testing

@testable import Relay

/// Every endpoint that docs/API.md lists, as one who has no key finds it.
struct OpenEndpointsTests {
    @Test func `nothing is open but what tells whether Relay runs`() async throws {
        let endpoints = try Self.documented()
        #expect(endpoints.count > 20)
        try await RelayUnderTest.run([.init("One")], settings: { $0.server.apiKey = "own" }) { relay in
            for (method, documented) in endpoints where !documented.hasPrefix("/api/") {
                let path = documented.replacing("{id}", with: "nobody")
                let isOpen = ["/health", "/ready"].contains(path)
                let body = method == "POST" ? "{}" : nil
                let without = try await relay.request(method, path, body: body)
                #expect((without.status == 401) != isOpen, "\(method) \(path)")
                // With its key it is there: what is refused then is an empty body, or an id that nobody has.
                let headers: RelayUnderTest.Fields = [("authorization", "Bearer own")]
                let with = try await relay.request(method, path, headers: headers, body: body)
                #expect(with.json["error"]?["code"]?.string != "unknown_url", "\(method) \(path)")
                #expect(with.status != 401 && with.status != 405, "\(method) \(path)")
            }
            for (method, path) in [("OPTIONS", "/v1/chat/completions"), ("HEAD", "/")] {
                #expect(try await relay.request(method, path).status < 300)
            }
            #expect(try await relay.request("GET", "/").status == 401)
            #expect(try await relay.request("GET", "/v1/none").status == 401)
        }
    }

    /// The rows of the first table: `POST /v1/a`, `/v1/b` and `GET`, `DELETE /v1/c/{id}`.
    static func documented() throws -> [(method: String, path: String)] {
        let text = try Repository.text("docs/API.md")
        var endpoints: [(String, String)] = []
        for line in text.split(separator: "\n").prefix(while: { !$0.hasPrefix("## ") }) where line.hasPrefix("| `") {
            let cell = line.split(separator: "|")[0]
            let words = cell.split { " `,;".contains($0) }.filter { $0.first?.isUppercase == true || $0.hasPrefix("/") }
            var methods: [String] = []
            var lastWasPath = false
            for word in words.map(String.init) {
                if word.hasPrefix("/") {
                    endpoints += methods.map { ($0, word) }
                    lastWasPath = true
                } else {
                    if lastWasPath { methods = [] }
                    lastWasPath = false
                    methods.append(word)
                }
            }
        }
        return endpoints
    }
}
