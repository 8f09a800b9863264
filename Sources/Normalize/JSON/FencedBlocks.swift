/// The code blocks of an answer whose content begins like a JSON document.
struct FencedBlocks {
    /// Blocks that say they are JSON, and others.
    private(set) var json: [Range<Int>] = []
    private(set) var other: [Range<Int>] = []

    init(_ text: [UInt8]) {
        let fence: [UInt8] = [.backtick, .backtick, .backtick]
        var position = 0
        while let open = text.firstIndex(of: fence, from: position) {
            var info = open
            while info < text.count, text[info] == .backtick { info += 1 }
            var content = info
            while content < text.count, text[content].isWord { content += 1 }
            let language = text[info..<content]
            while content < text.count, text[content].isSpace { content += 1 }
            let close = text.firstIndex(of: fence, from: content) ?? text.count
            if content < close, text[content] == .openBrace || text[content] == .openBracket {
                let isJSON = language.map(\.lowercased).starts(with: "json".utf8)
                if isJSON { json.append(content..<close) } else { other.append(content..<close) }
            }
            position = close
            while position < text.count, text[position] == .backtick { position += 1 }
        }
    }
}
