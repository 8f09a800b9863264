@testable import Relay

/// A stream of Anthropic's Messages API as its SDKs read it, strict about what may follow what.
struct MessagesStream {
    struct Fault: Error, CustomStringConvertible {
        var description: String
    }

    /// Names and payloads, in order.
    let events: [(name: String, data: SimulatedJSON)]

    init(_ bytes: [UInt8]) throws {
        var events: [(String, SimulatedJSON)] = []
        for item in SSEEvents.items(in: bytes) {
            guard case .event(let name, let data) = item else { continue }
            guard let name else { throw Fault(description: "an event without a name: \(data)") }
            events.append((name, try SimulatedJSON.parse(data)))
        }
        self.events = events
        for (name, data) in self.events where data["type"]?.string != name {
            throw Fault(description: "\(name) is called \(data["type"]?.text ?? "nothing") inside")
        }
    }

    var names: [String] { events.map(\.name) }
    var error: SimulatedJSON? { events.last { $0.name == "error" }?.data["error"] }

    /// The text deltas, one by one.
    var texts: [String] {
        events.compactMap { event in event.data["delta"].flatMap { $0["text"]?.string } }
    }

    /// The message that the events make; throws where they break a rule.
    func message() throws -> SimulatedJSON {
        var reader = Reader()
        for (name, data) in events where name != "ping" { try reader.take(name, data) }
        guard reader.hasStopped else { throw Fault(description: "no message_stop") }
        return .object(reader.message)
    }

    private struct Reader {
        var message: [SimulatedJSON.Member] = []
        var hasStopped = false
        private var blocks: [SimulatedJSON] = []
        private var open: (block: [SimulatedJSON.Member], json: String)?
        private var hasDelta = false

        mutating func take(_ name: String, _ data: SimulatedJSON) throws {
            guard !hasStopped else { throw Fault(description: "\(name) after message_stop") }
            guard name == "message_start" || !message.isEmpty else { throw Fault(description: "\(name) at first") }
            switch name {
            case "message_start": try start(data)
            case "content_block_start": try begin(data)
            case "content_block_delta": try append(data)
            case "content_block_stop": try close(data)
            case "message_delta":
                guard open == nil, !hasDelta else { throw Fault(description: "message_delta too early") }
                hasDelta = true
                set("content", .array(blocks))
                for member in data["delta"]?.members ?? [] { set(member.name, member.value) }
                if let usage = data["usage"] { set("usage", usage) }
            case "message_stop":
                guard hasDelta else { throw Fault(description: "no message_delta") }
                hasStopped = true
            default: throw Fault(description: "unknown event \(name)")
            }
        }

        private mutating func start(_ data: SimulatedJSON) throws {
            guard message.isEmpty, let members = data["message"]?.members else {
                throw Fault(description: "a second message_start")
            }
            message = members
            let json = SimulatedJSON.object(members)
            guard json["content"]?.elements?.isEmpty == true, json["stop_reason"]?.isNull == true,
                json["role"]?.string == "assistant", json["type"]?.string == "message",
                json["usage"]?["input_tokens"]?.integer ?? 0 > 0, json["usage"]?["output_tokens"]?.integer != nil
            else { throw Fault(description: "message_start: \(json.text)") }
        }

        private mutating func begin(_ data: SimulatedJSON) throws {
            guard open == nil, !hasDelta, data["index"]?.integer == blocks.count,
                let block = data["content_block"]?.members
            else { throw Fault(description: "content_block_start out of place: \(data.text)") }
            open = (block, "")
        }

        private mutating func append(_ data: SimulatedJSON) throws {
            guard var block = open, data["index"]?.integer == blocks.count, let delta = data["delta"] else {
                throw Fault(description: "a delta without its block: \(data.text)")
            }
            let members: [String: (String, String)] = [
                "text_delta": ("text", "text"), "thinking_delta": ("thinking", "thinking"),
                "signature_delta": ("thinking", "signature"),
            ]
            let type = SimulatedJSON.object(block.block)["type"]?.string
            if delta["type"]?.string == "input_json_delta", type == "tool_use" {
                block.json += delta["partial_json"]?.string ?? ""
            } else if let (kind, name) = members[delta["type"]?.string ?? ""], kind == type {
                guard let place = block.block.firstIndex(where: { $0.name == name }) else {
                    throw Fault(description: "a block without \(name)")
                }
                let text = (block.block[place].value.string ?? "") + (delta[name]?.string ?? "")
                block.block[place].value = .string(text)
            } else {
                throw Fault(description: "a delta of another kind: \(data.text)")
            }
            open = block
        }

        private mutating func close(_ data: SimulatedJSON) throws {
            guard var block = open, data["index"]?.integer == blocks.count else {
                throw Fault(description: "content_block_stop out of place")
            }
            if !block.json.isEmpty, let place = block.block.firstIndex(where: { $0.name == "input" }) {
                block.block[place].value = try SimulatedJSON.parse(block.json)
            }
            blocks.append(.object(block.block))
            open = nil
        }

        private mutating func set(_ name: String, _ value: SimulatedJSON) {
            message.removeAll { $0.name == name }
            message.append(.init(name: name, value: value))
        }
    }
}
