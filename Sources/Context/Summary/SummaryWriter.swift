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

    /// - Parameter picks: passages in any order.
    func text(of picks: some Sequence<Int>) -> String {
        var out: [UInt8] = Array(Self.title.utf8)
        var message: Int32 = -1
        var header: Int32 = -1
        var speaker = ""
        index.bytes.withUnsafeBufferPointer { bytes in
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
                append(passage, bytes, to: &out)
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

    private func append(_ passage: Passage, _ bytes: UnsafeBufferPointer<UInt8>, to out: inout [UInt8]) {
        var start = Int(passage.start)
        let end = Int(passage.end)
        if passage.kind != .prose {
            while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
        }
        guard isBrief, passage.kind == .prose else {
            out.append(contentsOf: bytes[start..<end])
            return
        }
        ByteClass.table.withUnsafeBufferPointer { classes in
            var reader = TermReader(bytes, classes: classes)
            var from = start
            var kept = 0
            let mark = out.count
            reader.words(in: start..<end) { found in
                guard found.word != 0, index.functionWords.traits(of: found.word).contains(.restorable),
                    Self.standsAlone(found.range, in: start..<end, bytes)
                else {
                    if found.word != 0 { kept += 1 }
                    return
                }
                out.append(contentsOf: bytes[from..<found.range.lowerBound])
                from = found.range.upperBound
                // One blank stays of the two around the word, none at the begin of the passage or before a mark.
                if from < end, bytes[from] == 0x20, out.count == mark || out.last == 0x20 {
                    from += 1
                } else if from < end, Self.closes(bytes[from]), out.count > mark, out.last == 0x20 {
                    out.removeLast()
                }
            }
            out.append(contentsOf: bytes[from..<end])
            if kept == 0 {
                out.removeSubrange(mark...)
                out.append(contentsOf: bytes[start..<end])
            }
        }
    }
}
