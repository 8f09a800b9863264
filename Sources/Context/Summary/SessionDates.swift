/// The date lines of a history, each with the messages that were said under it.
struct SessionDates {
    private let index: HistoryIndex
    /// Passages, ascending.
    private let lines: [Int]

    init(in index: HistoryIndex) {
        self.index = index
        lines = index.passagesOfMessage.compactMap { passages in
            passages.first.flatMap { index.passages[$0].kind == .header ? $0 : nil }
        }
    }

    /// For each message the date line over it, -1 without one.
    func lineOfMessage(messages: Int) -> [Int32] {
        var result = [Int32](repeating: -1, count: messages)
        for (line, range) in zip(lines, ranges(messages)) {
            for message in range { result[message] = Int32(line) }
        }
        return result
    }

    /// For each message how well the date over it meets a question that names one. Day, month and year weigh by how
    /// few dates share them, and count more the more of them meet.
    func matching(_ asked: Set<Int32>, messages: Int) -> [Float] {
        var result = [Float](repeating: 0, count: messages)
        let met = lines.map { line in
            Set(index.passages[line].terms.map { index.terms[$0] }).intersection(asked).sorted()
        }
        var counts: [Int32: Int] = [:]
        for term in met.joined() { counts[term, default: 0] += 1 }
        let weights = counts.mapValues { Logarithm.natural((Float(lines.count) + 1) / (Float($0) + 0.5)) }
        let total = weights.sorted { $0.key < $1.key }.reduce(0) { $0 + $1.value }
        guard total > 0 else { return result }
        for (terms, range) in zip(met, ranges(messages)) where !terms.isEmpty {
            let sum = terms.reduce(0) { $0 + (weights[$1] ?? 0) }
            for message in range { result[message] = sum * sum / total }
        }
        return result
    }

    private func ranges(_ messages: Int) -> [Range<Int>] {
        let starts = lines.map { Int(index.passages[$0].message) }
        return zip(starts, starts.dropFirst() + [messages]).map { $0..<$1 }
    }
}
