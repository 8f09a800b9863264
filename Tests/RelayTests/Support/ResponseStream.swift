@testable import Relay

/// The events of a streamed response, held against the protocol as OpenAI's SDKs rely on it: numbers without a gap, every
/// item and part added before it grows and done after, deltas that add up to what is done, and an end that repeats it all.
struct ResponseStream: Sendable {
    struct Event: Sendable {
        var type: String
        var json: SimulatedJSON
    }

    private(set) var events: [Event] = []
    /// What is wrong with the sequence, in words; empty is good.
    private(set) var faults: [String] = []
    /// The response in the last event.
    private(set) var response = SimulatedJSON.null
    private var items: [Int: SimulatedJSON] = [:]
    private var done: [Int: SimulatedJSON] = [:]
    /// Texts by place and part, as deltas made them.
    private var texts: [String: String] = [:]
    private var openParts: Set<String> = []

    var types: [String] { events.map(\.type) }
    var output: [SimulatedJSON] { response["output"]?.elements ?? [] }
    var status: String? { response["status"]?.string }
    var text: String {
        output.flatMap { $0["content"]?.elements ?? [] }.compactMap { $0["text"]?.string }.joined()
    }
    func item(_ type: String) -> SimulatedJSON? { output.first { $0["type"]?.string == type } }
    func deltas(_ type: String) -> [String] {
        events.filter { $0.type == type }.compactMap { $0.json["delta"]?.string }
    }

    init(_ bytes: [UInt8]) {
        for case .event(let name, let data) in SSEEvents.items(in: bytes) { take(name, data) }
        guard let last = events.last else {
            note("no events")
            return
        }
        response = last.json["response"] ?? .null
        if !["response.completed", "response.incomplete", "response.failed"].contains(last.type) {
            note("it ends in \(last.type)")
        }
        if last.type != "response.failed" {
            if Set(items.keys) != Set(done.keys) { note("items were not done: \(items.keys) \(done.keys)") }
            let inOrder = done.sorted { $0.key < $1.key }.map(\.value)
            if inOrder != output { note("the output is not what was done") }
            if !openParts.isEmpty { note("parts stay open: \(openParts)") }
        }
    }

    private mutating func note(_ fault: String) { faults.append(fault) }

    private mutating func take(_ name: String?, _ data: String) {
        guard let json = try? SimulatedJSON.parse(data), let type = json["type"]?.string else {
            return note("no JSON: \(data)")
        }
        if name != type { note("\(name ?? "no name") carries \(type)") }
        if json["sequence_number"]?.integer != events.count { note("\(type) is not number \(events.count)") }
        if events.count == 0, type != "response.created" { note("it begins with \(type)") }
        if events.count == 1, type != "response.in_progress" { note("\(type) where in_progress belongs") }
        events.append(Event(type: type, json: json))
        check(type, json)
    }

    private mutating func check(_ type: String, _ json: SimulatedJSON) {
        let place = json["output_index"]?.integer ?? -1
        switch type {
        case "response.created", "response.in_progress":
            if json["response"]?["status"]?.string != "in_progress" { note("\(type): status") }
            if json["response"]?["output"]?.elements?.isEmpty != true { note("\(type): output") }
        case "response.output_item.added":
            if place != items.count { note("an item is added at \(place)") }
            items[place] = json["item"] ?? .null
        case "response.output_item.done":
            if items[place]?["id"] != json["item"]?["id"] || items[place]?["type"] != json["item"]?["type"] {
                note("the item at \(place) changed its identity")
            }
            if done.updateValue(json["item"] ?? .null, forKey: place) != nil { note("item \(place) is done twice") }
            checkTexts(of: json["item"] ?? .null, at: place)
        case "response.completed", "response.incomplete", "response.failed", "error":
            break
        default:
            if items[place] == nil || done[place] != nil { note("\(type) outside its item") }
            if items[place]?["id"] != json["item_id"] { note("\(type) has another item_id") }
            checkPart(type, json, place)
        }
    }

    private mutating func checkPart(_ type: String, _ json: SimulatedJSON, _ place: Int) {
        let part = "\(place)/\(json["content_index"]?.integer ?? json["summary_index"]?.integer ?? -1)"
        if type.hasSuffix("part.added") {
            if !openParts.insert(part).inserted { note("part \(part) is added twice") }
        } else if type.hasSuffix("part.done") {
            if openParts.remove(part) == nil { note("part \(part) is done before it was added") }
            let text = json["part"]?["text"]?.string ?? json["part"]?["refusal"]?.string
            if text != texts[part] { note("part \(part) is not what its deltas say") }
        } else if type.hasSuffix(".delta") {
            texts[part, default: ""] += json["delta"]?.string ?? ""
            if !part.hasSuffix("/-1"), !openParts.contains(part) { note("\(type) before its part") }
        } else if type.hasSuffix(".done") {
            let text =
                json["text"]?.string ?? json["arguments"]?.string ?? json["input"]?.string ?? json["refusal"]?.string
            if text != texts[part, default: ""] { note("\(type) is not what its deltas say") }
        }
    }

    private mutating func checkTexts(of item: SimulatedJSON, at place: Int) {
        if let arguments = (item["arguments"] ?? item["input"])?.string, arguments != texts["\(place)/-1", default: ""]
        {
            note("the item at \(place) is not what its deltas say")
        }
        for (index, part) in (item["content"]?.elements ?? item["summary"]?.elements ?? []).enumerated() {
            let text = part["text"]?.string ?? part["refusal"]?.string
            if text != texts["\(place)/\(index)"] { note("item \(place), part \(index) is not what its deltas say") }
        }
    }
}

extension RelayUnderTest {
    /// A response, whole.
    func respond(_ body: String, headers: Fields = []) async throws -> RawResponse {
        try await request("POST", "/v1/responses", headers: headers, body: body)
    }

    /// A response, streamed.
    func respondStreamed(_ body: String, headers: Fields = []) async throws -> ResponseStream {
        let response = try await respond(body, headers: headers)
        guard response.isStream else { throw RawHTTPClient.Failure.malformed(response.text) }
        return ResponseStream(response.body)
    }
}
