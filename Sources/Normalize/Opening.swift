/// The start of an answer, where `think`, `preamble` and the bare tool call decide, byte by byte.
///
/// It looks at every byte on its own, so where a piece ends has no influence on what is decided. Once settled it is
/// out of the way for good.
struct Opening: Sendable {
    private enum Phase {
        case start
        case thinking(ThinkBlock)
        case bareCall
        case settled
    }

    private let think: Bool
    private let preamble: Bool
    private let bareCallTools: Set<String>
    private var phase: Phase = .start
    private var held: [UInt8] = []
    /// A think block ended just before: the blank lines after it go with it.
    private var dropsLeadingSpace = false
    private var capitalizesNext = false
    private var strippedOpeners = 0

    /// "Sure! I'd be happy to help. Here you go:" is the longest chain worth following.
    private static let maximumOpeners = 4

    init(think: Bool, preamble: Bool, bareCallTools: Set<String>) {
        self.think = think
        self.preamble = preamble
        self.bareCallTools = bareCallTools
        if !think, !preamble, bareCallTools.isEmpty { phase = .settled }
    }

    var isSettled: Bool {
        if case .settled = phase { true } else { false }
    }

    /// What was held and is to go on to the next stage.
    mutating func release() -> [UInt8] {
        defer { held = [] }
        var start = 0
        if dropsLeadingSpace {
            while start < held.count, held[start].isSpace { start += 1 }
        }
        if capitalizesNext, start < held.count, held[start].isLetter { held[start] &= 0xDF }
        return start == 0 ? held : Array(held[start...])
    }

    mutating func append(_ byte: UInt8, reasoning: inout [UInt8], counts: inout RuleCounts) {
        switch phase {
        case .thinking(var block):
            let isOver = block.append(byte, into: &reasoning)
            phase = isOver ? .start : .thinking(block)
        case .bareCall:
            held.append(byte)
        case .start:
            held.append(byte)
            while decide(&counts) {}
        case .settled:
            held.append(byte)
        }
    }

    /// The answer ended while the opening was still undecided.
    mutating func finish(reasoning: inout [UInt8], toolCalls: inout [RescuedToolCall], counts: inout RuleCounts) {
        switch phase {
        case .thinking(var block):
            block.finish(into: &reasoning)
        case .bareCall:
            if let calls = BareToolCall.calls(in: held, offered: bareCallTools) {
                counts.toolRescue += calls.count
                toolCalls += calls
                held = []
            }
        case .start, .settled:
            break
        }
        phase = .settled
    }

    /// Looks at what is held; true when something went and the rest is to be looked at again.
    private mutating func decide(_ counts: inout RuleCounts) -> Bool {
        guard let start = held.firstIndex(where: { !$0.isSpace }) else {
            if held.count >= TextNormalizer.maximumHeld, !dropsLeadingSpace { phase = .settled }
            if dropsLeadingSpace { held = [] }
            return false
        }
        let isFirst = strippedOpeners == 0
        if think, isFirst {
            switch ThinkTag.progress(in: held[start...]) {
            case .undecided: return false
            case .opens(let closing):
                counts.think += 1
                begin(.thinking(ThinkBlock(closing: closing)))
                return false
            case .closes:
                counts.think += 1
                begin(.start)
                return false
            case .none: break
            }
        }
        if !bareCallTools.isEmpty, isFirst {
            switch BareToolCall.progress(in: held[start...], offered: bareCallTools) {
            case .undecided where held.count < TextNormalizer.maximumHeld: return false
            case .matches:
                phase = .bareCall
                return false
            case .undecided, .none: break
            }
        }
        return decidePreamble(from: start, &counts)
    }

    private mutating func decidePreamble(from start: Int, _ counts: inout RuleCounts) -> Bool {
        guard preamble, strippedOpeners < Self.maximumOpeners else {
            phase = .settled
            return false
        }
        switch PreambleRule.verdict(on: held[start...]) {
        case .undecided where held.count < TextNormalizer.maximumHeld:
            return false
        case .strip(let length, let capitalizes):
            counts.preamble += 1
            strippedOpeners += 1
            held.removeFirst(start + length)
            capitalizesNext = capitalizes
            return !held.isEmpty
        case .undecided, .keep:
            phase = .settled
            return false
        }
    }

    private mutating func begin(_ next: Phase) {
        held = []
        dropsLeadingSpace = true
        phase = next
    }
}
