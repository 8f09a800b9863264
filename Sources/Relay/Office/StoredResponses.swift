import Clients
import NIOCore

/// `/v1/responses/{id}` and what is below it: responses that were kept, to the client that made them.
struct StoredResponses {
    private let store: ResponseStore
    private let client: String
    private let request: ClientRequest

    init(_ gateway: Gateway, _ request: ClientRequest) {
        store = gateway.responses
        client = request.caller.holder
        self.request = request
    }

    private func find(_ id: String) throws(ClientError) -> ResponseStore.Kept {
        guard let kept = store.response(id, of: client, at: .now) else { throw .responseNotFound(id) }
        return kept
    }

    func response(_ id: String) throws(ClientError) -> String {
        if request.parameter("stream") == "true" {
            throw .invalidRequest("A kept response is not streamed again; leave 'stream' out.", param: "stream")
        }
        return String(buffer: try find(id).response)
    }

    func delete(_ id: String) throws(ClientError) -> String {
        guard store.remove(id, of: client) else { throw .responseNotFound(id) }
        return "{\"id\":\(JSONText.quoted(id)),\"object\":\"response\",\"deleted\":true}"
    }

    /// None runs on its own, so none can be cancelled.
    func cannotCancel(_ id: String) -> ClientError {
        guard store.response(id, of: client, at: .now) != nil else { return .responseNotFound(id) }
        return .invalidRequest("Cannot cancel a synchronous response.")
    }

    /// The items of this request alone, the newest first unless `order=asc`; `limit` and `after` page through them.
    func inputItems(of id: String) throws(ClientError) -> String {
        let kept = try find(id)
        let base = String(id.dropFirst("resp_".count))
        var items = kept.inputItems.enumerated()
            .map { place, item in Self.named(item, ResponseID.input(base, place)) }
        if request.parameter("order") != "asc" { items.reverse() }
        if let after = request.parameter("after") {
            guard let place = items.firstIndex(where: { $0.id == after }) else { throw .itemNotFound(after) }
            items.removeFirst(place + 1)
        }
        let limit = request.parameter("limit").flatMap(Int.init) ?? 20
        guard (1...100).contains(limit) else {
            throw .invalidRequest("Invalid 'limit': expected a number from 1 to 100.", param: "limit")
        }
        let page = items.prefix(limit)
        let data = page.map(\.json).joined(separator: ",")
        return "{\"object\":\"list\",\"data\":[\(data)],\"first_id\":\(page.first?.quotedID ?? "null"),"
            + "\"last_id\":\(page.last?.quotedID ?? "null"),\"has_more\":\(items.count > limit)}"
    }

    private struct Item {
        let id: String
        let json: String

        var quotedID: String { JSONText.quoted(id) }
    }

    /// An item with the type and the id that clients may leave out.
    private static func named(_ item: ByteBuffer, _ id: String) -> Item {
        item.withUnsafeReadableBytes { bytes in
            guard let view = try? JSONView(document: bytes) else { return Item(id: id, json: "{}") }
            let known = view["id"]?.string
            let isTyped = view["type"] != nil
            var json = JSONBuilder()
            json.object { json in
                if known == nil { json.member("id", id) }
                if !isTyped { json.member("type", "message") }
                for (key, value) in view.members {
                    if known == nil && view.isNamed(key, "id") || !isTyped && view.isNamed(key, "type") { continue }
                    if view.isNamed(key, "content"), value.isString {
                        json.member("content") { json in
                            json.array { json in
                                json.object { json in
                                    json.member(
                                        "type",
                                        view["role"]?.equals("assistant") == true ? "output_text" : "input_text"
                                    )
                                    json.member("text", copying: value)
                                }
                            }
                        }
                    } else {
                        json.member(key, copying: value)
                    }
                }
            }
            return Item(id: known ?? id, json: String(buffer: json.buffer))
        }
    }
}
