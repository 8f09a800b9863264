/// Says whether an answer begins with an opener that carries nothing ("Certainly!", "As an AI language model, …").
///
/// Where it is unsure it keeps the text. What it once decided for the start of a text it would decide for any longer
/// one: a later opener has to wait until the earlier ones have decided.
enum PreambleRule {
    enum Verdict: Equatable {
        /// What is there may still become an opener.
        case undecided
        case keep
        /// That many bytes go; the next letter then begins a sentence.
        case strip(Int, capitalizesNext: Bool)
    }

    /// The openers by the first byte that they can have.
    private static let openers: [[Opener]] = {
        var table = [[Opener]](repeating: [], count: 256)
        for opener in Opener.english + Opener.otherLanguages {
            for byte in opener.phrase.firstBytes { table[Int(byte)].append(opener) }
        }
        return table
    }()

    /// `text` is the answer's start without its leading whitespace.
    static func verdict(on text: ArraySlice<UInt8>) -> Verdict {
        guard let first = text.first else { return .undecided }
        for opener in openers[Int(first)] {
            let verdict = verdict(of: opener, on: text)
            if verdict != .keep { return verdict }
        }
        return .keep
    }

    private static func verdict(of opener: Opener, on text: ArraySlice<UInt8>) -> Verdict {
        let progress = opener.phrase.progress(in: text, from: text.startIndex)
        if progress.isPartial { return .undecided }
        for end in progress.ends {
            switch sentenceEnd(of: opener, in: text, from: end) {
            case .mismatch: continue
            case .partial: return .undecided
            case .end(let position):
                let verdict = follow(of: opener, in: text, from: position)
                if verdict != .keep { return verdict }
            }
        }
        return .keep
    }

    private enum Ending {
        case mismatch, partial
        case end(Int)
    }

    /// The end of the opener's sentence: its punctuation, after the tail that it may have.
    private static func sentenceEnd(of opener: Opener, in text: ArraySlice<UInt8>, from start: Int) -> Ending {
        let allowed: Set<String>?
        switch opener.tail {
        case .none: return punctuation(of: opener, in: text, at: start)
        case .sentence: allowed = nil
        case .sentenceEnding(let words): allowed = words
        }
        guard start < text.endIndex else { return .partial }
        guard text[start] == .space || opener.ends.contains([text[start]]) else { return .mismatch }
        var position = start
        while position < text.endIndex {
            let byte = text[position]
            if opener.ends.contains([byte]) {
                guard position + 1 < text.endIndex else { return .partial }
                if text[position + 1].isSpace {
                    let isEnd = endsSentence(text[start..<position], with: byte, allowed: allowed)
                    return isEnd ? .end(position + 1) : .mismatch
                }
            }
            // Lists, questions, asides and quotations are content.
            if byte == .newline || byte == .comma || byte == .doubleQuote || byte == 0x28 || byte == 0x3F
                || byte == 0x3B
            {
                return .mismatch
            }
            position += 1
        }
        return .partial
    }

    private static func endsSentence(_ tail: ArraySlice<UInt8>, with end: UInt8, allowed: Set<String>?) -> Bool {
        let words = tail.split(separator: .space).map { word(in: $0) }
        guard !words.contains(where: OpenerWords.vetoes.contains) else { return false }
        guard let last = words.last else { return true }
        if let allowed { return allowed.contains(last) }
        guard end == .dot else { return true }
        return OpenerWords.shortEndings.contains(last)
            || (last.utf8.count > 3 && !OpenerWords.abbreviations.contains(last))
    }

    private static func punctuation(of opener: Opener, in text: ArraySlice<UInt8>, at start: Int) -> Ending {
        guard start < text.endIndex else { return .partial }
        var isPartial = false
        for end in opener.ends {
            let rest = text[start...]
            if rest.starts(with: end) { return .end(start + end.count) }
            if rest.count < end.count, end.starts(with: rest) { isPartial = true }
        }
        return isPartial ? .partial : .mismatch
    }

    /// Looks behind the opener's end at `start`: blanks, and then what makes it safe to strip.
    private static func follow(of opener: Opener, in text: ArraySlice<UInt8>, from start: Int) -> Verdict {
        var position = start
        var sawNewline = false
        while position < text.endIndex, text[position].isSpace {
            sawNewline = sawNewline || text[position] == .newline
            position += 1
        }
        if position > start || !opener.needsSpace {
            return content(after: opener, in: text, at: position, sawNewline: sawNewline)
        }
        return position < text.endIndex ? .keep : .undecided
    }

    private static func content(
        after opener: Opener,
        in text: ArraySlice<UInt8>,
        at position: Int,
        sawNewline: Bool
    ) -> Verdict {
        guard position < text.endIndex else { return .undecided }
        let strip = Verdict.strip(position - text.startIndex, capitalizesNext: false)
        switch opener.follow {
        case .newLine:
            return sawNewline ? strip : .keep
        case .content:
            return isContent(text[position]) ? strip : .keep
        case .sameLine(let exceptions):
            guard !sawNewline, isContent(text[position]) else { return .keep }
            switch begins(text, at: position, with: exceptions) {
            case nil: return .undecided
            case true?: return .keep
            case false?: break
            }
        case .words(let words):
            switch begins(text, at: position, with: words) {
            case nil: return .undecided
            case false?: return .keep
            case true?: break
            }
        }
        guard text[position] < 0x80 else { return strip }
        guard let end = text[position...].firstIndex(where: { !isWordPart($0) }) else { return .undecided }
        let next = word(in: text[position..<end])
        return .strip(position - text.startIndex, capitalizesNext: OpenerWords.capitalizable.contains(next))
    }

    /// Whether the phrase stands at `position` as whole words; `nil` while that is open.
    private static func begins(_ text: ArraySlice<UInt8>, at position: Int, with phrase: Phrase?) -> Bool? {
        guard let phrase else { return false }
        let progress = phrase.progress(in: text, from: position)
        var isOpen = progress.isPartial
        for end in progress.ends {
            if end == text.endIndex {
                isOpen = true
            } else if !isWordPart(text[end]) || text[end - 1] >= 0x80 {
                return true
            }
        }
        return isOpen ? nil : false
    }

    /// Letters, digits, Markdown; not an emoji, a bracket or more punctuation.
    private static func isContent(_ byte: UInt8) -> Bool {
        switch byte {
        case 0xF0...: false
        case 0xE2: false
        case 0x80...: true
        case .backtick, .doubleQuote, .openBracket, .tilde, .less, .openBrace: true
        default:
            byte.isLetter || byte.isDigit || byte == 0x23 || byte == 0x2A || byte == 0x2D || byte == 0x7C
                || byte == 0x24
        }
    }

    private static func isWordPart(_ byte: UInt8) -> Bool {
        byte.isWord || byte == .singleQuote
    }

    /// A word in lower case with a plain apostrophe.
    private static func word(in bytes: ArraySlice<UInt8>) -> String {
        var plain: [UInt8] = []
        var position = bytes.startIndex
        while position < bytes.endIndex {
            if bytes.matches([0xE2, 0x80, 0x99], at: position) {
                plain.append(.singleQuote)
                position += 3
            } else {
                plain.append(bytes[position].lowercased)
                position += 1
            }
        }
        return String(decoding: plain, as: UTF8.self)
    }
}
