import Clients
import NIOHTTP1

/// What was used, by whom, how fast and how well.
extension AdminAPI {
    static let usage: [AdminOperation] = [
        AdminOperation(
            .GET,
            "/api/usage",
            "Sums of usage, as `GET /v1/usage?since=&by=`",
            query: [
                .init(
                    "since",
                    .string,
                    "A time back from now (`24h`, `7d`) or seconds since 1970; by default everything"
                ),
                .init("by", .string, "`provider`, `model`, `key`, `client`, `hour` or `day`"),
            ],
            sumUsage
        ),
        AdminOperation(
            .GET,
            "/api/analytics",
            "Volume, success, tokens, latency and time to the first token: in all, over time, and per provider, model, key "
                + "and client",
            query: [.init("range", .string, "`24h` (the default), `7d` or `30d`")],
            analyze
        ),
        AdminOperation(
            .GET,
            "/api/requests",
            "The latest requests, newest first: what they cost and why they went the way they went",
            query: [
                .init("limit", .integer, "At most so many, up to 500; by default 50"),
                .init("before", .integer, "Those before this `id`"),
            ],
            listRequests
        ),
        AdminOperation(
            events: "/api/events",
            "What happens, as server-sent events: `request`, `routes`, `health`, `catalog`"
        ),
    ]

    private static func sumUsage(_ call: AdminCall) async throws(ClientError) -> AdminReply {
        AdminReply(text: try await StoredUsage.report(to: call.request, from: call.desk.store).get())
    }

    private static func analyze(_ call: AdminCall) async throws(ClientError) -> AdminReply {
        let ranges: [String: (days: Double, series: Store.UsageKey)] = [
            "24h": (1, .hour), "7d": (7, .day), "30d": (30, .day),
        ]
        let name = call.request.parameter("range") ?? "24h"
        guard let range = ranges[name] else {
            throw .invalidRequest("Invalid 'range': '\(name)' is none of 24h, 7d, 30d.", param: "range")
        }
        let since = max(0, call.request.received.wall - range.days * 86_400)
        let parts: [(name: String, key: Store.UsageKey)] = [
            ("series", range.series), ("providers", .provider), ("models", .model), ("keys", .key),
            ("clients", .client),
        ]
        var text = "{\"object\":\"analytics\",\"range\":\"\(name)\",\"since\":\(Int(since))"
        var total: Store.UsageLine?
        for part in parts {
            let usage: Store.Usage
            do { usage = try await call.desk.store.usage(since: since, by: part.key) } catch {
                throw .storeFailed(error)
            }
            total = usage.total
            let lines = usage.lines.map { "{\"name\":\(JSONText.quoted($0.name)),\(StoredUsage.members($0))}" }
            text += ",\"\(part.name)\":[\(lines.joined(separator: ","))]"
        }
        return AdminReply(text: text + ",\"total\":{\(total.map(StoredUsage.members) ?? "")}}")
    }

    private static func listRequests(_ call: AdminCall) throws(ClientError) -> AdminReply {
        func number(_ name: String, _ range: ClosedRange<Int>) throws(ClientError) -> Int? {
            guard let text = call.request.parameter(name) else { return nil }
            guard let number = Int(text), range.contains(number) else {
                throw .invalidRequest("Invalid '\(name)': '\(text)' is no number that can be.", param: name)
            }
            return number
        }
        let limit = try number("limit", 1...500) ?? 50
        let before = try number("before", 0...Int.max)
        return .list(try call.store { try $0.requests(before: before, limit: limit) }.map(\.json))
    }
}

extension Store.StoredRequest {
    var json: JSONValue {
        let record = record
        return .object([("id", .number(id))] + record.jsonMembers)
    }
}

extension RequestRecord {
    /// As the admin API tells of it.
    var jsonMembers: [(String, JSONValue)] {
        [
            ("at", .number((at * 1000).rounded() / 1000)), ("request_id", .string(id)),
            ("wire", .string(wire.rawValue)), ("status", .number(status)), ("provider", .text(provider)),
            ("model", .text(model)), ("key", .text(key)), ("client", .string(client)),
            ("prompt_tokens", .number(promptTokens)), ("completion_tokens", .number(completionTokens)),
            ("latency_ms", .number((latency.milliseconds * 10).rounded() / 10)),
            ("first_token_ms", firstToken.map { .number(($0.milliseconds * 10).rounded() / 10) } ?? .null),
            ("attempts", .number(attempts)), ("trail", .text(trail)), ("context", .text(context)),
            ("changes", .text(changes)),
        ]
    }
}
