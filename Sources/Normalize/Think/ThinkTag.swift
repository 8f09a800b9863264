/// The tags in which models think aloud before they answer.
enum ThinkTag {
    enum Progress {
        case none
        /// What is there may still become a tag.
        case undecided
        /// An opening tag of this length, with the tag that ends what it opens.
        case opens(Int, closing: [UInt8])
        /// A closing tag without an opening one (the template opened it and the model had nothing to think), or one that
        /// only announces the answer.
        case closes(Int)
    }

    private static let pairs: [(open: [UInt8], close: [UInt8])] = [
        ("<think>", "</think>"),
        ("<thinking>", "</thinking>"),
        ("<thought>", "</thought>"),
        ("◁think▷", "◁/think▷"),
        ("<|begin_of_thought|>", "<|end_of_thought|>"),
        ("<|channel|>analysis<|message|>", "<|end|>"),
        ("<|START_THINKING|>", "<|END_THINKING|>"),
        ("[THINK]", "[/THINK]"),
        ("<seed:think>", "</seed:think>"),
    ]
    .map { ($0.0.utf8.map(\.lowercased), $0.1.utf8.map(\.lowercased)) }

    /// What stands between the thoughts and the answer in formats that announce both.
    private static let announcements = [
        "<|start|>assistant<|channel|>final<|message|>", "<|channel|>final<|message|>", "<|START_RESPONSE|>",
    ]
    .map { Array($0.utf8) }

    static func mayBegin(with byte: UInt8) -> Bool { byte == .less || byte == .openBracket || byte == 0xE2 }

    /// What `text`, the answer's start without its leading whitespace, is or may become.
    static func progress(in text: ArraySlice<UInt8>) -> Progress {
        guard let first = text.first, mayBegin(with: first) else { return .none }
        var isUndecided = false
        for pair in pairs {
            if starts(text, with: pair.open) { return .opens(pair.open.count, closing: pair.close) }
            if starts(text, with: pair.close) { return .closes(pair.close.count) }
            isUndecided = isUndecided || starts(pair.open[...], with: text) || starts(pair.close[...], with: text)
        }
        for tag in announcements {
            if starts(text, with: tag) { return .closes(tag.count) }
            isUndecided = isUndecided || starts(tag[...], with: text)
        }
        return isUndecided ? .undecided : .none
    }

    private static func starts(_ text: ArraySlice<UInt8>, with tag: some Collection<UInt8>) -> Bool {
        text.count >= tag.count && zip(text, tag).allSatisfy { $0.lowercased == $1.lowercased }
    }
}
