import Clients
import Normalize

/// The arguments of one choice's streamed tool calls on their way: they pass as they come while they are valid, and what
/// is held or missing follows at the end.
struct StreamedToolCalls: Sendable {
    private struct Call: Sendable {
        let index: Int
        var normalizer = ToolArguments.streamed.normalizer()
        var isEmpty = true
    }

    private var calls: [Call] = []
    /// Calls whose arguments were repaired, known once they have ended.
    private(set) var repaired = 0

    /// Takes the arguments of one delta and notes the splices. With `last` it is the choice's last one: the calls in it end
    /// with it.
    mutating func take(
        _ pieces: [ToolCallIDs.Piece],
        of bytes: UnsafeRawBufferPointer,
        last: Bool,
        truncated: Bool,
        _ edits: inout ByteEdits
    ) {
        for (number, said) in pieces.enumerated() {
            let place = calls.firstIndex { $0.index == said.index } ?? calls.count
            if place == calls.count { calls.append(Call(index: said.index)) }
            guard let arguments = said.arguments else { continue }
            var text = JSONText.unescape(bytes, arguments)
            var isChanged = false
            if !text.isEmpty {
                calls[place].isEmpty = false
                let piece = calls[place].normalizer.append(text)
                isChanged = !piece.passesUnchanged
                if isChanged { text = piece.text }
            }
            if last, !pieces[(number + 1)...].contains(where: { $0.index == said.index && $0.arguments != nil }) {
                let rest = end(place, truncated: truncated)
                isChanged = isChanged || !rest.isEmpty
                text += rest
            }
            if isChanged { edits.replace(arguments.range, with: ChatStreamReply.escaped(text)) }
        }
        if last { calls.removeAll { call in pieces.contains { $0.index == call.index && $0.arguments != nil } } }
    }

    /// The choice has finished: what its calls still have to say, as the members of one more `delta`; `nil` where that is
    /// nothing.
    mutating func finish(truncated: Bool) -> String? {
        var ends: [String] = []
        for place in calls.indices {
            let rest = end(place, truncated: truncated)
            guard !rest.isEmpty else { continue }
            let text = ChatStreamReply.escaped(rest)
            ends.append("{\"index\":\(calls[place].index),\"function\":{\"arguments\":\"\(text)\"}}")
        }
        calls = []
        return ends.isEmpty ? nil : "\"tool_calls\":[\(ends.joined(separator: ","))]"
    }

    /// What follows on all that a call has said. One that said nothing has no arguments: an empty object.
    private mutating func end(_ place: Int, truncated: Bool) -> [UInt8] {
        let text = calls[place].isEmpty ? Array("{}".utf8) : calls[place].normalizer.finish(truncated: truncated).text
        if calls[place].isEmpty || calls[place].normalizer.changes[.json] != nil { repaired += 1 }
        return text
    }
}
