import Clients

/// `GET /v1/usage?since=&by=`: what was used over a time, from the store, as sums of whole hours.
struct StoredUsage: Sendable {
    private let since: Double
    private let key: Store.UsageKey

    /// Without either parameter usage is what it always was.
    static func isAsked(by request: RequestTarget) -> Bool {
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

    static func report(to request: ClientRequest, from store: Store?) async -> Result<String, ClientError> {
        do throws(ClientError) {
            return .success(try await StoredUsage(request, at: .read()).json(from: store))
        } catch {
            return .failure(error)
        }
    }

    private func json(from store: Store?) async throws(ClientError) -> String {
        guard let store else { throw .notStored }
        let usage: Store.Usage
        do {
            usage = try await store.usage(since: since, by: key)
        } catch {
            throw .storeFailed(error)
        }
        let data = usage.lines.map { line in "{\"name\":\(JSONText.quoted(line.name)),\(Self.members(line))}" }
        return "{\"object\":\"usage\",\"since\":\(Int(since)),\"by\":\"\(key.rawValue)\""
            + ",\"data\":[\(data.joined(separator: ","))],\"total\":{\(Self.members(usage.total))}}"
    }

    static func members(_ line: Store.UsageLine) -> String {
        "\"requests\":\(line.requests),\"failures\":\(line.failures)"
            + ",\"prompt_tokens\":\(line.promptTokens),\"completion_tokens\":\(line.completionTokens)"
            + ",\"mean_latency_ms\":\(number(line.meanLatency))"
            + ",\"p50_latency_ms\":\(number(line.latency?.median)),\"p95_latency_ms\":\(number(line.latency?.p95))"
            + ",\"p50_first_token_ms\":\(number(line.firstToken?.median))"
            + ",\"p95_first_token_ms\":\(number(line.firstToken?.p95))"
    }

    /// To a tenth.
    private static func number(_ value: Double?) -> String { value.map { "\(($0 * 10).rounded() / 10)" } ?? "null" }
}
