/// JSON mode: lets a valid document through as it comes, and repairs what is not one.
///
/// A strict reader follows the text. What it has understood is passed on, up to the last place from which a repair can
/// still go on in every way: after a complete value, or inside a long string. At the first byte that JSON does not
/// allow, the rest is collected and repaired at the end, from that place on. So a stream and a whole answer agree.
struct JSONStream: Sendable {
    private enum Phase {
        /// Before the document: whitespace, or the line of a code fence.
        case before
        case document
        /// Something needs repair: the rest is collected.
        case collecting
        /// The document is complete and out; what follows is talk.
        case after
    }

    private enum Before {
        case start
        /// In a line that begins with a backtick, from there on.
        case fence(Int)
        case behindFence
    }

    /// A document is begun only when so many bytes of it are there: a bracket in talk, or the first of several
    /// documents, is not taken for the answer.
    private static let begins = TextNormalizer.maximumHeld
    /// A string is begun when it is closed or that long, so that a short one without its closing quote can be mended.
    private static let longString = 64

    /// Of a tool call: an object with something in it is the answer as soon as it is complete.
    private let isArguments: Bool
    private var phase: Phase = .before
    private var before: Before = .start
    private var machine = JSONMachine()
    /// What has not been passed on.
    private var held: [UInt8] = []
    /// How much of `held` may be passed on.
    private var ready = 0
    private var seen = 0
    private var passedOn = 0
    private var stringStart = 0
    private var resume = JSONRepairer.Resume()
    /// The least depth since `resume.stack` was noted: below it the two stacks agree.
    private var sharedDepth = 0
    /// What stands before the document and goes once that is begun.
    private var fenceLength = 0
    /// Something was left out: talk or a fence.
    private var changed = false

    init(isArguments: Bool = false) { self.isArguments = isArguments }

    mutating func append(_ bytes: some Sequence<UInt8>, into text: inout [UInt8]) {
        for byte in bytes { take(byte, into: &text) }
    }

    private mutating func take(_ byte: UInt8, into text: inout [UInt8]) {
        switch phase {
        case .before:
            held.append(byte)
            begin(with: byte)
        case .document:
            held.append(byte)
            seen += 1
            guard follow(byte) else {
                phase = .collecting
                return
            }
            if seen >= Self.begins || isArguments && machine.isDone && isFilled { pass(into: &text) }
        case .collecting:
            held.append(byte)
        case .after:
            if !byte.isSpace { changed = true }
        }
    }

    /// An empty object may be a placeholder for the one that follows.
    private var isFilled: Bool { held.contains { !$0.isSpace && $0 != .openBrace && $0 != .closeBrace } }

    /// The end of the answer; says whether all text together is a JSON document.
    mutating func finish(truncated: Bool, into text: inout [UInt8], counts: inout RuleCounts) -> Bool {
        defer { held = [] }
        if case .after = phase {
            if changed { counts.json += 1 }
            return true
        }
        let rest: [UInt8]?
        if passedOn == 0 {
            rest = JSONDocument.unwrap(held) ?? JSONDocument.extract(from: held, truncated: truncated)
        } else {
            var repairer = JSONRepairer(held[...], resume: resume, truncated: truncated)
            repairer.run()
            rest = isDocument(repairer.output) ? repairer.output : nil
        }
        text += rest ?? held
        if rest != nil, rest?[...] != held.trimmingSpace() { counts.json += 1 }
        return rest != nil
    }

    /// Whether what was passed on and this rest are a document.
    private func isDocument(_ rest: [UInt8]) -> Bool {
        var machine = JSONMachine(state: resume.inString ? .string : .afterValue, stack: resume.stack)
        for byte in rest where !machine.take(byte) { return false }
        return machine.isComplete
    }

    /// Looks for the document's first byte behind whitespace and a fence line.
    private mutating func begin(with byte: UInt8) {
        switch before {
        case .fence(let start):
            guard byte == .newline else {
                if held.count - start > TextNormalizer.maximumHeld { phase = .collecting }
                return
            }
            let line = held[start...].trimmingSpace()
            let info = line.drop { $0 == .backtick }
            guard line.count - info.count >= 3, info.allSatisfy(\.isWord) else { return phase = .collecting }
            before = .behindFence
            changed = true
        case .start, .behindFence:
            if byte.isSpace { return }
            if case .start = before, byte == .backtick { return before = .fence(held.count - 1) }
            guard byte == .openBrace || byte == .openBracket else { return phase = .collecting }
            fenceLength = held.count - 1
            phase = .document
            seen = 1
            _ = follow(byte)
        }
    }

    /// Takes the last byte of `held`; moves `ready` to where a repair could go on. False when it is no JSON.
    private mutating func follow(_ byte: UInt8) -> Bool {
        let wasInString = machine.isInString
        let before = machine.state
        guard machine.take(byte) else { return false }
        sharedDepth = min(sharedDepth, machine.stack.count)
        if machine.isInString {
            if !wasInString {
                stringStart = held.count
            } else if machine.escape == 0, held.count - stringStart >= Self.longString, !Self.mayEndString(byte) {
                note(held.count, inString: true)
            }
        } else if !wasInString, before != .nameString {
            noteValueEnd(byte)
        }
        return true
    }

    /// A value is complete when a comma or a closing bracket says so; the comma itself may still be one too many.
    private mutating func noteValueEnd(_ byte: UInt8) {
        switch byte {
        case .closeBrace, .closeBracket:
            note(held.count, inString: false)
        case .comma:
            let solid = held.dropLast().lastIndex { !$0.isSpace }
            note(solid.map { $0 + 1 } ?? 0, inString: false)
        default:
            break
        }
    }

    private mutating func note(_ count: Int, inString: Bool) {
        ready = count
        // Only what changed since the last time is copied.
        resume.stack.removeLast(max(0, resume.stack.count - sharedDepth))
        resume.stack += machine.stack[resume.stack.count...]
        sharedDepth = machine.stack.count
        resume.inString = inString
    }

    /// Bytes that may turn out to stand behind a string whose closing quote is missing.
    private static func mayEndString(_ byte: UInt8) -> Bool {
        byte.isSpace || byte == .comma || byte == .closeBrace || byte == .closeBracket
    }

    private mutating func pass(into text: inout [UInt8]) {
        guard ready > 0 else { return }
        text += held[fenceLength..<ready]
        passedOn += ready
        stringStart -= ready
        held.removeFirst(ready)
        fenceLength = 0
        ready = 0
        if machine.isDone { phase = .after }
    }
}
