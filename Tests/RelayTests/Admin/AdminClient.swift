@testable import Relay

/// Who uses the admin API of a relay: a browser with its cookie, its CSRF token and its origin.
struct AdminClient: Sendable {
    static let password = "correct horse battery"

    let relay: RelayUnderTest
    var cookie: String?
    var csrfToken: String?

    /// Sets the relay up and is signed in.
    static func setUp(_ relay: RelayUnderTest) async throws -> AdminClient {
        var client = AdminClient(relay: relay)
        try await client.open("/api/setup", #"{"password":"\#(password)"}"#)
        return client
    }

    static func signIn(_ relay: RelayUnderTest, _ password: String = Self.password) async throws -> AdminClient {
        var client = AdminClient(relay: relay)
        try await client.open("/api/session", #"{"password":"\#(password)"}"#)
        return client
    }

    private mutating func open(_ path: String, _ body: String) async throws {
        let response = try await request("POST", path, body)
        csrfToken = response.json["csrf_token"]?.string
        cookie = response.header("set-cookie")?.split(separator: ";").first.map(String.init)
    }

    func request(
        _ method: String,
        _ path: String,
        _ body: String? = nil,
        headers: RelayUnderTest.Fields = []
    ) async throws -> RawResponse {
        var fields: RelayUnderTest.Fields = [("host", "127.0.0.1:\(relay.port)")]
        if !headers.contains(where: { $0.name == "origin" }) {
            fields.append(("origin", "http://127.0.0.1:\(relay.port)"))
        }
        if let cookie { fields.append(("cookie", "other=1; \(cookie)")) }
        if let csrfToken { fields.append(("x-csrf-token", csrfToken)) }
        if body != nil { fields.append(("content-type", "application/json")) }
        return try await relay.request(
            method,
            path,
            headers: fields + headers,
            body: body ?? (method == "GET" ? nil : "")
        )
    }

    func get(_ path: String) async throws -> SimulatedJSON { try await request("GET", path).json }

    /// The entries of a list.
    func list(_ path: String) async throws -> [SimulatedJSON] { try await get(path)["data"]?.elements ?? [] }
}
