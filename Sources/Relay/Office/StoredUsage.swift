import Clients

/// `GET /v1/usage?since=&by=`: what was used over a time, from the store, as sums of whole hours.
struct StoredUsage: Sendable {
    private let since: Double
    private let key: Store.UsageKey

    /// Without either parameter usage is what it always was.
    static func isAsked(by request: ClientRequest) -> Bool {
        request.parameter("since") != nil || request.parameter("by") != nil
    }

    /// `since` is a time in seconds since 1970 or a time back from now (`24h`, `7d`); by default it is everything.
    init(_ request: ClientRequest, at now: Now) throws(ClientError) {
        let by = request.parameter("by") ?? Store.UsageKey.provider.rawValue
        guard let key = Store.UsageKey(rawValue: by) else {
            let names = Store.UsageKey.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalidRequest("Invalid 'by': '\(by)' is none of \(names).", param: "by")
        }
        self.key = key
        guard let since = Self.time(request.parameter("since") ?? "0", at: now) else {
            throw .invalidRequest(
                "Invalid 'since': expected seconds since 1970, or a time back from now such as 24h or 7d.",
                param: "since"
            )
        }
        self.since = since
    }

    private static func time(_ text: String, at now: Now) -> Double? {
        let units: [Character: Double] = ["h": 3600, "d": 86_400]
        if let unit = text.last.flatMap({ units[$0] }) {
            return Int(text.dropLast()).flatMap { $0 >= 0 ? max(0, now.wall - Double($0) * unit) : nil }
        }
        return Double(text).flatMap { (0...1e11).contains($0) ? $0 : nil }
    }

    func json(from store: Store?) throws(ClientError) -> String {
        guard let store else {
            throw ClientError(
                status: 501,
                message: "This relay stores nothing; /v1/usage without parameters tells what was used since its start.",
                type: "invalid_request_error",
                code: "not_stored"
            )
        }
        let lines: [Store.UsageLine]
        do {
            lines = try store.usage(since: since, by: key)
        } catch {
            throw ClientError(status: 500, message: "The store cannot be read: \(error)", type: "server_error")
        }
        let data = lines.map { line in
            "{\"name\":\(JSONText.quoted(line.name)),\(Self.members(line))"
                + ",\"mean_latency_ms\":\((line.latencyMilliseconds * 10).rounded() / 10)}"
        }
        let total = lines.reduce(into: Store.UsageLine.none) { $0.add($1) }
        return "{\"object\":\"usage\",\"since\":\(Int(since)),\"by\":\"\(key.rawValue)\""
            + ",\"data\":[\(data.joined(separator: ","))],\"total\":{\(Self.members(total))}}"
    }

    private static func members(_ line: Store.UsageLine) -> String {
        "\"requests\":\(line.requests),\"failures\":\(line.failures)"
            + ",\"prompt_tokens\":\(line.promptTokens),\"completion_tokens\":\(line.completionTokens)"
    }
}

extension Store.UsageLine {
    fileprivate static let none = Self(
        name: "",
        requests: 0,
        failures: 0,
        promptTokens: 0,
        completionTokens: 0,
        latencyMilliseconds: 0
    )

    fileprivate mutating func add(_ other: Self) {
        requests += other.requests
        failures += other.failures
        promptTokens += other.promptTokens
        completionTokens += other.completionTokens
    }
}
