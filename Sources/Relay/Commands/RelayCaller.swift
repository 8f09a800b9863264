import Clients
import FoundationEssentials
import NIOCore
import NIOPosix

/// Calls a relay over its own socket, as any client would.
struct RelayCaller: Sendable {
    let target: UpstreamTarget
    let apiKey: String?
    private let client: SimpleClient
    private let names: NameResolver

    init(host: String, port: Int, apiKey: String?) throws {
        let host = host == "0.0.0.0" || host == "::" ? "127.0.0.1" : host
        target = try UpstreamTarget(url: "http://\(host.contains(":") ? "[\(host)]" : host):\(port)/v1", tls: nil)
        self.apiKey = apiKey
        names = NameResolver(threads: 2)
        client = SimpleClient(group: MultiThreadedEventLoopGroup.singleton, names: names)
    }

    func close() { names.shutdown() }

    func get(_ path: String) async throws -> SimpleClient.Answer {
        try await client.request("GET", path, at: target, headers: headers, timeout: .seconds(10))
    }

    func chat(
        _ body: String,
        headers more: [(String, String)] = [],
        timeout: Duration = .seconds(180)
    ) async throws -> SimpleClient.Answer {
        try await post("/chat/completions", body, headers: more, timeout: timeout)
    }

    func post(
        _ path: String,
        _ body: String,
        headers more: [(String, String)] = [],
        timeout: Duration = .seconds(10)
    ) async throws -> SimpleClient.Answer {
        try await client.request(
            "POST",
            path,
            at: target,
            headers: headers + [("content-type", "application/json")] + more,
            body: ByteBuffer(string: body),
            timeout: timeout
        )
    }

    private var headers: [(String, String)] {
        apiKey.map { [("authorization", "Bearer \($0)")] } ?? []
    }
}

extension SimpleClient.Answer {
    /// The body as JSON; `nil` when it is none.
    var json: JSONValue? { JSONReader.read(Array(body.readableBytesView), file: "answer").value }

    /// The text of the first choice of a chat completion.
    var answerText: String? {
        json?["choices"]?.array?.first?["message"]?["content"]?.string
    }

    /// All text deltas of a streamed chat completion.
    var streamedText: String {
        events.compactMap { $0["choices"]?.array?.first?["delta"]?["content"]?.string }.joined()
    }

    /// The events of a stream, `[DONE]` apart.
    var events: [JSONValue] {
        String(buffer: body).split(separator: "\n")
            .compactMap { line in
                guard line.hasPrefix("data: {") else { return nil }
                return JSONReader.read(Array(line.dropFirst(6).utf8), file: "event").value
            }
    }

    var errorMessage: String? { json?["error"]?["message"]?.string }
}
