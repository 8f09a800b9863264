import Clients

/// `GET /v1/models` as Anthropic's API has it, for clients that send `anthropic-version`:
/// `{"data":[{"type":"model","id",…}],"has_more":false,"first_id","last_id"}`.
extension ModelList {
    func messagesPage(_ query: MessagesPageQuery) throws(ClientError) -> String {
        let all = messagesEntries(type: query.type, scale: query.scale)
        var (start, end) = (0, all.count)
        if let after = query.after { start = try Self.place(of: after, in: all, "after_id") + 1 }
        if let before = query.before { end = try Self.place(of: before, in: all, "before_id") }
        var page = all[min(start, end)..<end]
        let hasMore = page.count > query.limit
        page = query.before == nil ? page.prefix(query.limit) : page.suffix(query.limit)
        let (first, last) = (page.first.map { JSONText.quoted($0.id) }, page.last.map { JSONText.quoted($0.id) })
        return "{\"data\":[\(page.map(\.json).joined(separator: ","))],\"has_more\":\(hasMore),"
            + "\"first_id\":\(first ?? "null"),\"last_id\":\(last ?? "null")}"
    }

    /// By any name that a request may use; `nil` when nobody has it.
    func messagesEntry(_ id: String) -> String? {
        named(id).map { Self.messagesEntry(id: $0?.name ?? id, $0?.model, window: $0 == nil ? metaWindow : nil).json }
    }

    private func messagesEntries(type: String?, scale: String?) -> [MessagesEntry] {
        let filters = RouteFilters(type: type, scale: scale)
        var entries =
            filters.isEmpty
            ? [Self.messagesEntry(id: metaModels.first ?? "meta-model", nil, window: metaWindow)] : []
        for routes in models where filters.matches(routes[0].model) {
            entries.append(Self.messagesEntry(id: routes[0].name, routes[0].model, window: nil))
        }
        return entries
    }

    private struct MessagesEntry {
        let id: String
        let json: String
    }

    /// When a model was made nobody tells: the API's own word for that is the epoch.
    private static func messagesEntry(id: String, _ model: Model?, window: Int?) -> MessagesEntry {
        let quoted = JSONText.quoted(id)
        var text = "{\"type\":\"model\",\"id\":\(quoted),\"display_name\":\(quoted)"
        text += ",\"created_at\":\"1970-01-01T00:00:00Z\",\"lifecycle\":\"active\""
        if let window = model?.maxContextLength ?? window { text += ",\"max_input_tokens\":\(window)" }
        if let most = model?.maxOutputTokens { text += ",\"max_tokens\":\(most)" }
        return MessagesEntry(id: id, json: text + "}")
    }

    private static func place(
        of id: String,
        in entries: [MessagesEntry],
        _ parameter: String
    ) throws(ClientError) -> Int {
        guard let place = entries.firstIndex(where: { $0.id == id }) else {
            throw .invalidRequest("\(parameter): no model has the id '\(id)'.")
        }
        return place
    }
}

/// Which part of a list is asked for.
struct MessagesPageQuery {
    let limit: Int
    let after: String?
    let before: String?
    let type: String?
    let scale: String?

    init(_ request: ClientRequest) throws(ClientError) {
        func given(_ name: String) -> String? { request.parameter(name).flatMap { $0.isEmpty ? nil : $0 } }
        after = given("after_id")
        before = given("before_id")
        type = request.parameter("type")
        scale = request.parameter("scale")
        guard let text = given("limit") else {
            limit = 20
            return
        }
        guard let number = Int(text), 1...1000 ~= number else {
            throw .invalidRequest("limit: Input should be an integer from 1 to 1000")
        }
        limit = number
    }
}
