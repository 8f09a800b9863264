/// What a conversation is about, as far as it changes what is worth keeping of it.
enum Task: Equatable {
    /// The last message asks for something that earlier messages may tell.
    case question
    /// A talk goes on; nothing tells what of it will matter.
    case talk
    /// Tools are called or code is worked on: names and paths matter.
    case work
}

extension Task {
    private static let leastQuestionTerms = 4

    /// Share of a budget that stays free when a history has to be cut, because estimates are wrong by a few percent:
    /// more for code and output, whose tokens vary most.
    var reserve: Double { self == .work ? 0.08 : 0.045 }

    init(of history: History) {
        let messages = history.messages
        if messages.contains(where: { !$0.calls.isEmpty }) || Self.holdsCode(messages) {
            self = .work
            return
        }
        guard let last = history.lastUser, last == messages.count - 1 else {
            self = .talk
            return
        }
        self = Self.asks(messages[last].text) ? .question : .talk
    }

    /// Ends in a question mark of any script, or says enough to look for.
    private static func asks(_ text: String) -> Bool {
        if let mark = text.last(where: { !$0.isWhitespace }), "?？؟;".contains(mark) { return true }
        var text = text
        var terms = 0
        text.withUTF8 { bytes in
            ByteClass.table.withUnsafeBufferPointer { classes in
                var reader = TermReader(bytes, classes: classes)
                reader.words(in: 0..<min(bytes.count, 2000)) { found in
                    if found.range.count > 3 { terms += 1 }
                }
            }
        }
        return terms >= leastQuestionTerms
    }

    /// Whether a good part of the lines look like code or output: fences, indentation, brackets and semicolons at
    /// line ends. Looks at the newest 60 messages.
    private static func holdsCode(_ messages: [Message]) -> Bool {
        var lines = 0
        var marked = 0
        for message in messages.suffix(60) where message.role != .system {
            var text = message.text
            text.withUTF8 { bytes in
                var lineStart = 0
                let end = min(bytes.count, 4000)
                for index in 0...end where index == end || bytes[index] == 0x0A {
                    if index > lineStart {
                        lines += 1
                        let last = bytes[index - 1]
                        let isIndented = index - lineStart > 4 && (bytes[lineStart] == 0x20 || bytes[lineStart] == 0x09)
                        let isFence = bytes[lineStart] == 0x60 && index - lineStart >= 3
                        if isIndented || isFence || last == 0x7B || last == 0x7D || last == 0x3B { marked += 1 }
                    }
                    lineStart = index + 1
                }
            }
        }
        return marked > 8 && marked * 8 > lines
    }
}
