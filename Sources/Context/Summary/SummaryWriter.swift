/// Writes picked passages down: in order and with who said it; what one speaker said in a row
/// stands on one line.
struct SummaryWriter {
    static let title = "[Earlier conversation summary]"

    let index: HistoryIndex
    let messages: [Message]
    /// Whether restorable words are left out.
    let isBrief: Bool
    /// For each message the passage with the date it was said on, if one is known.
    let headers: [Int32]
    /// How many times the tokens of a date line must follow it, for the line to be written.
    let headerRatio: Float
    /// What was written of passages before, in `written`: a text is made several times until it fits.
    private var briefs: [Int: Range<Int>] = [:]
    private var written: [UInt8] = []

    init(index: HistoryIndex, messages: [Message], isBrief: Bool, headers: [Int32], headerRatio: Float) {
        self.index = index
        self.messages = messages
        self.isBrief = isBrief
        self.headers = headers
        self.headerRatio = headerRatio
    }

    /// - Parameter picks: passages in any order.
    mutating func text(of picks: some Sequence<Int>) -> String {
        var out: [UInt8] = Array(Self.title.utf8)
        var message: Int32 = -1
        var header: Int32 = -1
        var speaker = ""
        let transcript = index.bytes
        transcript.withUnsafeBufferPointer { bytes in
            let sorted = picks.sorted()
            let dated = headersWorthwhile(sorted)
            for number in sorted {
                let passage = index.passages[number]
                let ownHeader = headers.isEmpty ? -1 : headers[Int(passage.message)]
                if ownHeader >= 0, ownHeader != header, dated.contains(ownHeader) {
                    header = ownHeader
                    speaker = ""
                    out.append(0x0A)
                    out.append(contentsOf: bytes[index.passages[Int(header)].range])
                }
                guard passage.kind != .header || ownHeader != Int32(number) else { continue }
                let label = label(of: messages[Int(passage.message)])
                if label != speaker || passage.message != message && passage.kind != .prose {
                    speaker = label
                    out.append(0x0A)
                    out.append(contentsOf: label.utf8)
                } else {
                    out.append(passage.kind == .line && passage.beginsLine ? 0x0A : 0x20)
                }
                message = passage.message
                append(number, bytes, to: &out)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// The date lines that cost little beside what was picked from their sessions.
    private func headersWorthwhile(_ picks: [Int]) -> Set<Int32> {
        guard !headers.isEmpty else { return [] }
        var costs: [Int32: Float] = [:]
        for number in picks {
            let passage = index.passages[number]
            costs[headers[Int(passage.message)], default: 0] += isBrief ? passage.briefCost : passage.cost
        }
        return Set(
            costs.keys.filter { header in
                header >= 0 && (costs[header] ?? 0) >= headerRatio * index.passages[Int(header)].cost
            }
        )
    }

    /// Whether blanks or marks of a sentence part a word from its neighbours; not so within names and paths.
    private static func standsAlone(
        _ word: Range<Int>,
        in passage: Range<Int>,
        _ bytes: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        let opens = word.lowerBound == passage.lowerBound || bytes[word.lowerBound - 1] == 0x20
        let end = word.upperBound
        guard opens, end < passage.upperBound, bytes[end] != 0x20 else { return opens }
        return closes(bytes[end]) && (end + 1 == passage.upperBound || bytes[end + 1] == 0x20)
    }

    private static func closes(_ byte: UInt8) -> Bool {
        byte == 0x2E || byte == 0x2C || byte == 0x21 || byte == 0x3F || byte == 0x3B || byte == 0x3A
    }

    private func label(of message: Message) -> String {
        switch message.role {
        case .system: "system: "
        case .user: message.resultOf.isEmpty ? "user: " : "tool: "
        case .assistant: "assistant: "
        case .tool: "tool: "
        }
    }

    private mutating func append(_ number: Int, _ bytes: UnsafeBufferPointer<UInt8>, to out: inout [UInt8]) {
        let passage = index.passages[number]
        var start = Int(passage.start)
        let end = Int(passage.end)
        if passage.kind != .prose {
            while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
        }
        guard isBrief, passage.kind == .prose else {
            out.append(contentsOf: bytes[start..<end])
            return
        }
        if let brief = briefs[number] {
            out.append(contentsOf: written[brief])
            return
        }
        let from = written.count
        Self.writeBrief(start..<end, bytes, without: index.functionWords, to: &written)
        briefs[number] = from..<written.count
        out.append(contentsOf: written[from...])
    }

    /// Writes a sentence without its restorable words, or as it is when nothing else is in it.
    private static func writeBrief(
        _ passage: Range<Int>,
        _ bytes: UnsafeBufferPointer<UInt8>,
        without functionWords: FunctionWords,
        to out: inout [UInt8]
    ) {
        ByteClass.table.withUnsafeBufferPointer { classes in
            var reader = TermReader(bytes, classes: classes)
            var from = passage.lowerBound
            var kept = 0
            let mark = out.count
            reader.words(in: passage) { found in
                guard found.word != 0, functionWords.traits(of: found.word).contains(.restorable),
                    standsAlone(found.range, in: passage, bytes)
                else {
                    if found.word != 0 { kept += 1 }
                    return
                }
                out.append(contentsOf: bytes[from..<found.range.lowerBound])
                from = found.range.upperBound
                // One blank stays of the two around the word, none at the begin of the passage or before a mark.
                if from < passage.upperBound, bytes[from] == 0x20, out.count == mark || out.last == 0x20 {
                    from += 1
                } else if from < passage.upperBound, closes(bytes[from]), out.count > mark, out.last == 0x20 {
                    out.removeLast()
                }
            }
            out.append(contentsOf: bytes[from..<passage.upperBound])
            if kept == 0 {
                out.removeSubrange(mark...)
                out.append(contentsOf: bytes[passage])
            }
        }
    }
}
