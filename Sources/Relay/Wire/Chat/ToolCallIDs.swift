import Clients
import Normalize

/// Gives streamed tool calls the `index` and `id` that clients rely on, where the provider left them out.
struct ToolCallIDs: Sendable {
    /// Calls begun so far, by choice.
    private var begun: [Int: Int] = [:]

    /// What one delta says of one call.
    struct Piece: Sendable {
        /// The call's, whether it was written or not.
        var index: Int
        var arguments: JSONString?
    }

    /// Completes the calls of one delta, and says whose they are. A call begins where a function's name is given; what has
    /// none continues the last one.
    mutating func complete(
        _ toolCalls: JSONValueSpan,
        of bytes: UnsafeRawBufferPointer,
        choice: Int,
        tag: String,
        _ edits: inout ByteEdits
    ) -> [Piece] {
        var pieces: [Piece] = []
        guard toolCalls.kind == .array else { return pieces }
        var scanner = JSONScanner(bytes)
        scanner.position = toolCalls.range.lowerBound
        do throws(JSONFault) {
            try scanner.enterArray()
            var isFirst = true
            while try scanner.nextElement(&isFirst) {
                guard scanner.peek() == UInt8(ascii: "{") else {
                    _ = try scanner.value()
                    continue
                }
                pieces.append(try completeCall(&scanner, bytes, choice, tag, &edits))
            }
        } catch {
            // It was scanned with the event it stands in.
            assertionFailure("\(error)")
        }
        return pieces
    }

    private mutating func completeCall(
        _ scanner: inout JSONScanner,
        _ bytes: UnsafeRawBufferPointer,
        _ choice: Int,
        _ tag: String,
        _ edits: inout ByteEdits
    ) throws(JSONFault) -> Piece {
        let start = scanner.position
        var index: Int?
        var id: JSONValueSpan?
        var type: JSONValueSpan?
        var hasName = false
        var arguments: JSONString?
        try scanner.enterObject()
        var isFirst = true
        while let key = try scanner.nextKey(&isFirst) {
            if JSONKey.equals(bytes, key, "function"), scanner.peek() == UInt8(ascii: "{") {
                try scanner.enterObject()
                var isFirstInner = true
                while let inner = try scanner.nextKey(&isFirstInner) {
                    let value = try scanner.value()
                    if JSONKey.equals(bytes, inner, "name"), value.isString, value.range.count > 2 { hasName = true }
                    if JSONKey.equals(bytes, inner, "arguments") { arguments = value.text }
                }
                continue
            }
            let value = try scanner.value()
            if JSONKey.equals(bytes, key, "index") { index = JSONKey.integer(bytes, value) }
            if JSONKey.equals(bytes, key, "id") { id = value }
            if JSONKey.equals(bytes, key, "type") { type = value }
        }
        let known = begun[choice, default: 0]
        let place = index ?? (hasName ? known : max(0, known - 1))
        begun[choice] = max(known, place + 1)
        var missing: [String] = []
        if index == nil { missing.append("\"index\":\(place)") }
        if hasName {
            let hasID = id.map { $0.isString && $0.range.count > 2 } ?? false
            if !hasID {
                let text = JSONText.quoted(Self.id(tag, choice, place))
                if let id { edits.replace(id.range, with: text) } else { missing.append("\"id\":\(text)") }
            }
            if type == nil { missing.append("\"type\":\"function\"") }
        }
        if !missing.isEmpty { edits.insert(missing.joined(separator: ",") + ",", at: start + 1) }
        return Piece(index: place, arguments: arguments)
    }

    /// A call that was rescued from text, as it stands in a delta.
    mutating func text(of call: RescuedToolCall, choice: Int, tag: String) -> String {
        let place = begun[choice, default: 0]
        begun[choice] = place + 1
        return Self.text(of: call, index: place, id: Self.id(tag, choice, place))
    }

    /// With `index` for streams, without for whole answers.
    static func text(of call: RescuedToolCall, index: Int?, id: String) -> String {
        let place = index.map { "\"index\":\($0)," } ?? ""
        return "{\(place)\"id\":\(JSONText.quoted(id)),\"type\":\"function\",\"function\":{\"name\":"
            + "\(JSONText.quoted(call.name)),\"arguments\":\(JSONText.quoted(call.arguments))}}"
    }

    static func id(_ tag: String, _ choice: Int, _ place: Int) -> String {
        "call_\(tag)_\(choice)_\(place)"
    }
}
