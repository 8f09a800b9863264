/// What a conversation is about, as far as it changes what is worth keeping of it.
enum Purpose: Equatable {
    /// The last message asks for something that earlier messages may tell.
    case question
    /// A talk goes on; nothing tells what of it will matter.
    case talk
    /// Tools are called or code is worked on: names and paths matter.
    case work
}

extension Purpose {
    private static let leastQuestionTerms = 4

    /// Share of a budget that stays free when a history has to be cut, because estimates are wrong by a few percent:
    /// more for code and output, whose tokens vary most.
    var reserve: Double { self == .work ? 0.1 : 0.015 }

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

    /// Whether the signs of code and output are frequent: one in forty bytes of the newest 60 messages. Talk stays
    /// far below that in any language.
    private static func holdsCode(_ messages: [Message]) -> Bool {
        var total = 0
        var signs = 0
        for message in messages.suffix(60) where message.role != .system {
            var text = message.text
            text.withUTF8 { bytes in
                let end = min(bytes.count, 4000)
                total += end
                for index in 0..<end where isSign(bytes[index]) { signs += 1 }
            }
        }
        return signs * 40 > total && total > 400
    }

    /// One of `_ / \ = { } < > ; | # * ` and the back quote.
    @inline(__always)
    private static func isSign(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x5F, 0x2F, 0x5C, 0x3D, 0x7B, 0x7D, 0x3C, 0x3E, 0x3B, 0x7C, 0x23, 0x2A, 0x60: true
        default: false
        }
    }
}
