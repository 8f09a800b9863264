/// The start of an answer, where `think`, `preamble` and the bare tool call decide.
///
/// What they decide for a start they decide for every longer one, so where a piece ends has no influence. Once settled
/// it is out of the way for good.
struct Opening: Sendable {
    private enum Phase {
        case start
        case thinking(ThinkBlock)
        case bareCall
        case settled
    }

    /// What a look at the answer's start came to.
    private enum Decision {
        case undecided, settles
        /// That many bytes go, and what is behind them is looked at anew.
        case strips(Int)
        case thinks(Int, closing: [UInt8])
        case endsThinking(Int)
        case beginsCall
    }

    private let think: Bool
    private let preamble: Bool
    private let bareCallTools: Set<String>
    private var phase: Phase = .start
    /// Undecided, or released by `take`.
    private(set) var held: [UInt8] = []
    /// A think block ended just before: the blank lines after it go with it.
    private var dropsLeadingSpace = false
    private var capitalizesNext = false
    private var strippedOpeners = 0

    /// "Sure! I'd be happy to help. Here you go:" is the longest chain worth following.
    private static let maximumOpeners = 4

    init(_ rules: NormalizeRules) {
        think = rules.think
        preamble = rules.preamble
        bareCallTools = rules.bareCallTools
        if !think, !preamble, bareCallTools.isEmpty { phase = .settled }
    }

    var isSettled: Bool {
        if case .settled = phase { true } else { false }
    }

    /// Takes what it needs of a piece and returns how many bytes that were. Once it is settled, `release` and the rest
    /// of the piece go on to the next stage.
    mutating func take(_ piece: UnsafeRawBufferPointer, reasoning: inout [UInt8], counts: inout RuleCounts) -> Int {
        var index = 0
        while index < piece.count {
            switch phase {
            case .settled:
                return index
            case .bareCall:
                held += piece[index...]
                return piece.count
            case .thinking(var block):
                phase = .start
                let isOver = block.take(piece, from: &index, into: &reasoning)
                if !isOver { phase = .thinking(block) }
            case .start:
                takeStart(piece, from: &index, &counts)
            }
        }
        return index
    }

    /// What was held and is to go on to the next stage.
    mutating func release() -> [UInt8] {
        defer { held = [] }
        if capitalizesNext, let first = held.first, first.isLetter { held[0] &= 0xDF }
        return held
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

    private mutating func takeStart(_ piece: UnsafeRawBufferPointer, from index: inout Int, _ counts: inout RuleCounts)
    {
        if dropsLeadingSpace, held.isEmpty {
            while index < piece.count, piece[index].isSpace { index += 1 }
            if index == piece.count { return }
        }
        // Most answers show with their first word that no opener begins like them: nothing has to be copied.
        if held.isEmpty, !capitalizesNext, settles(UnsafeRawBufferPointer(rebasing: piece[index...])) {
            phase = .settled
            return
        }
        let room = min(piece.count - index, TextNormalizer.maximumHeld - held.count)
        held += piece[index..<(index + room)]
        index += room
        while !held.isEmpty, case .start = phase {
            switch decide() {
            case .undecided where held.count < TextNormalizer.maximumHeld:
                return
            case .undecided, .settles:
                phase = .settled
            case .beginsCall:
                phase = .bareCall
            case .strips(let length):
                counts.preamble += 1
                strippedOpeners += 1
                held.removeFirst(length)
            case .thinks(let length, let closing):
                counts.think += 1
                begin(.thinking(ThinkBlock(closing: closing)), after: length, &index)
                return
            case .endsThinking(let length):
                counts.think += 1
                begin(.start, after: length, &index)
                return
            }
        }
    }

    /// Goes back to right behind a tag: what follows it is read in its new light.
    private mutating func begin(_ next: Phase, after length: Int, _ index: inout Int) {
        index -= held.count - length
        held = []
        dropsLeadingSpace = true
        phase = next
    }

    /// The quick look: whether nothing that acts here begins like this.
    func settles(_ text: UnsafeRawBufferPointer) -> Bool {
        guard let first = text.first, !first.isSpace else { return false }
        if strippedOpeners == 0 {
            if think, ThinkTag.mayBegin(with: first) { return false }
            if !bareCallTools.isEmpty, first == .openBrace || first == .openBracket { return false }
        }
        guard preamble, strippedOpeners < Self.maximumOpeners else { return true }
        if case .none = OpenerTrie.all.progress(in: text) { return true }
        return false
    }

    /// Whether an answer with this start is left alone here; the start is all of it or as much as may be held.
    func keeps(_ start: [UInt8]) -> Bool {
        var copy = self
        copy.held = start
        switch copy.decide() {
        case .settles: return true
        case .undecided: return start.count >= TextNormalizer.maximumHeld
        case .strips, .thinks, .endsThinking, .beginsCall: return false
        }
    }

    /// Looks at what is held.
    private mutating func decide() -> Decision {
        guard let start = held.firstIndex(where: { !$0.isSpace }) else { return .undecided }
        if strippedOpeners == 0 {
            if think {
                switch ThinkTag.progress(in: held[start...]) {
                case .undecided: return .undecided
                case .opens(let length, let closing): return .thinks(start + length, closing: closing)
                case .closes(let length): return .endsThinking(start + length)
                case .none: break
                }
            }
            if !bareCallTools.isEmpty {
                switch BareToolCall.progress(in: held[start...], offered: bareCallTools) {
                case .undecided where held.count < TextNormalizer.maximumHeld: return .undecided
                case .matches: return .beginsCall
                case .undecided, .none: break
                }
            }
        }
        guard preamble, strippedOpeners < Self.maximumOpeners else { return .settles }
        let begins = held.withUnsafeBytes {
            OpenerTrie.all.progress(in: UnsafeRawBufferPointer(rebasing: $0[start...]))
        }
        switch begins {
        case .none: return .settles
        case .undecided: return .undecided
        case .asksRule: break
        }
        switch PreambleRule.verdict(on: held[start...]) {
        case .undecided: return .undecided
        case .keep: return .settles
        case .strip(let length, let capitalizes):
            capitalizesNext = capitalizes
            return .strips(start + length)
        }
    }
}
