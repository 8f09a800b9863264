/// A short phrase with alternatives, matched word by word against the start of an answer.
///
/// Written `"i'd|i_would be? happy|glad to"`: words are separated by one space, `|` separates alternatives, `_` is a
/// space inside one, a word that ends in `?` may be missing. ASCII letters match in either case, `'` also matches the
/// typographic apostrophe.
struct Phrase: Sendable {
    private struct Word {
        var alternatives: [[UInt8]]
        var isOptional: Bool
    }

    /// How far a phrase agrees with a text that may go on.
    struct Progress {
        /// Where the phrase may end, one offset per way to read it.
        var ends: [Int] = []
        /// The text ended while the phrase agreed with it.
        var isPartial = false
    }

    private let words: [Word]

    init(_ pattern: String) {
        words = pattern.split(separator: " ")
            .map { word in
                let isOptional = word.hasSuffix("?")
                let names = (isOptional ? word.dropLast() : word).split(separator: "|")
                return Word(
                    alternatives: names.map { $0.utf8.map { $0 == 0x5F ? .space : $0 } },
                    isOptional: isOptional
                )
            }
    }

    /// The bytes that a text with this phrase can begin with.
    var firstBytes: Set<UInt8> {
        var bytes: Set<UInt8> = []
        for case let first? in starts(upTo: 1).map(\.first) {
            bytes.insert(first)
            if first.isLetter { bytes.insert(first & 0xDF) }
        }
        return bytes
    }

    /// What texts with this phrase begin with: all ways to read it, each cut off at `limit` bytes.
    func starts(upTo limit: Int) -> [[UInt8]] {
        var starts: [[UInt8]] = []
        collect(0, [], upTo: limit, into: &starts)
        return starts
    }

    private func collect(_ index: Int, _ start: [UInt8], upTo limit: Int, into starts: inout [[UInt8]]) {
        guard index < words.count, start.count < limit else {
            starts.append(Array(start.prefix(limit)))
            return
        }
        let word = words[index]
        if word.isOptional { collect(index + 1, start, upTo: limit, into: &starts) }
        for alternative in word.alternatives {
            let plain = (start.isEmpty ? start : start + [.space]) + alternative
            collect(index + 1, plain, upTo: limit, into: &starts)
            guard alternative.contains(.singleQuote) else { continue }
            let curly = alternative.flatMap { $0 == .singleQuote ? Self.apostrophe : [$0] }
            collect(index + 1, (start.isEmpty ? start : start + [.space]) + curly, upTo: limit, into: &starts)
        }
    }

    private static let apostrophe: [UInt8] = [0xE2, 0x80, 0x99]

    /// Matches at `start`; the phrase's last word need not be complete in the text, that is for what follows to say.
    func progress(in text: ArraySlice<UInt8>, from start: Int) -> Progress {
        var progress = Progress()
        match(0, in: text, from: start, isFirst: true, &progress)
        return progress
    }

    private func match(
        _ index: Int,
        in text: ArraySlice<UInt8>,
        from start: Int,
        isFirst: Bool,
        _ progress: inout Progress
    ) {
        guard index < words.count else {
            progress.ends.append(start)
            return
        }
        let word = words[index]
        if word.isOptional { match(index + 1, in: text, from: start, isFirst: isFirst, &progress) }
        var position = start
        if !isFirst {
            guard position < text.endIndex else {
                progress.isPartial = true
                return
            }
            guard text[position] == .space else { return }
            position += 1
        }
        for alternative in word.alternatives {
            switch Self.match(alternative, in: text, at: position) {
            case .mismatch: continue
            case .partial: progress.isPartial = true
            case .end(let end): match(index + 1, in: text, from: end, isFirst: false, &progress)
            }
        }
    }

    private enum Match {
        case mismatch, partial
        case end(Int)
    }

    private static func match(_ word: [UInt8], in text: ArraySlice<UInt8>, at start: Int) -> Match {
        var position = start
        for byte in word {
            guard position < text.endIndex else { return .partial }
            let found = text[position]
            if found.lowercased == byte || (byte < 0x80 && found == byte) {
                position += 1
            } else if byte == .singleQuote, found == 0xE2 {
                for part in Self.apostrophe {
                    guard position < text.endIndex else { return .partial }
                    guard text[position] == part else { return .mismatch }
                    position += 1
                }
            } else {
                return .mismatch
            }
        }
        return .end(position)
    }
}
