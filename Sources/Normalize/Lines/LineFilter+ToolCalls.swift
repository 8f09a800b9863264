/// Tool calls that begin at the start of a line.
extension LineFilter {
    mutating func takeInMarker(_ byte: UInt8, _ text: inout [UInt8], _ counts: inout RuleCounts) {
        let start = held.firstIndex { !$0.isBlank } ?? 0
        held.append(byte)
        switch ToolSyntax.progress(in: held[start...]) {
        case .undecided:
            break
        case .opens(let syntax):
            state = .toolCall(syntax)
        case .none:
            held.removeLast()
            keepsBlanks = Self.isIndentation(held[..<start])
            dropsBlankLines = false
            release(&text)
            state = .line
            takeInLine(byte, &text, &counts)
        }
    }

    mutating func endToolCall(
        _ syntax: ToolSyntax,
        _ text: inout [UInt8],
        _ toolCalls: inout [RescuedToolCall],
        _ counts: inout RuleCounts
    ) {
        if let calls = syntax.calls(in: held.trimmingSpace(), offered: tools) {
            counts.toolRescue += calls.count
            toolCalls += calls
            dropsBlankLines = true
            state = .lineStart
        } else {
            release(&text)
            state = .line
        }
        held.removeAll(keepingCapacity: true)
    }
}
