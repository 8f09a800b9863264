/// The inside of `<think>…</think>`: all of it is reasoning, less the whitespace at both ends.
///
/// Held back are only whitespace and the beginning of what may be the closing tag.
struct ThinkBlock: Sendable {
    private let closing: [UInt8]
    private var held: [UInt8] = []
    /// How much of the closing tag stands at the end of `held`.
    private var matched = 0
    private var isEmpty = true

    init(closing: [UInt8]) {
        self.closing = closing
    }

    /// Takes bytes from `index` on and moves that behind them; true when the block is closed by the last.
    mutating func take(_ piece: UnsafeRawBufferPointer, from index: inout Int, into reasoning: inout [UInt8]) -> Bool {
        while index < piece.count {
            if held.isEmpty, !isEmpty {
                let run = piece[index...].prefix { $0 != closing[0] && !$0.isSpace }
                reasoning += run
                index += run.count
                if index == piece.count { return false }
            }
            index += 1
            if append(piece[index - 1], into: &reasoning) { return true }
        }
        return false
    }

    /// Takes one byte; true when the block is closed by it.
    private mutating func append(_ byte: UInt8, into reasoning: inout [UInt8]) -> Bool {
        held.append(byte)
        if byte.lowercased == closing[matched] {
            matched += 1
            return matched == closing.count
        }
        // Closing tags begin with a character that they do not hold again: only the byte itself can begin one anew.
        let wasMatching = matched > 0
        matched = byte == closing[0] ? 1 : 0
        if matched == 0, !byte.isSpace {
            flush(held.count, into: &reasoning)
        } else if wasMatching {
            flush(held.count - 1, into: &reasoning)
        }
        return false
    }

    /// The answer ended inside the block.
    mutating func finish(into reasoning: inout [UInt8]) {
        let solid = held.lastIndex { !$0.isSpace }.map { $0 + 1 } ?? 0
        flush(solid, into: &reasoning)
    }

    private mutating func flush(_ count: Int, into reasoning: inout [UInt8]) {
        var ready = held[..<count]
        if isEmpty { ready = ready.drop { $0.isSpace } }
        if !ready.isEmpty { isEmpty = false }
        reasoning += ready
        held.removeFirst(count)
    }
}
