/// Looks for documents among fences and talk.
struct JSONFinder {
    let text: [UInt8]
    let truncated: Bool
    private let lastQuotes: JSONRepairer.LastQuotes

    /// So many places where a document may begin are tried: the time stays linear.
    private static let maximumAttempts = 32

    init(text: [UInt8], truncated: Bool) {
        self.text = text
        self.truncated = truncated
        lastQuotes = JSONRepairer.LastQuotes(text[...])
    }

    /// The documents from `start` on. A text that begins as one is read as one, else its code blocks are, else
    /// everything in its talk that looks like a document.
    func documents(from start: Int) -> [[UInt8]] {
        let blocks = FencedBlocks(text)
        if startsDocument(at: start) {
            let isSure = text[start] == .openBrace || !startsWord(at: start + 1)
            if isSure || (blocks.json.isEmpty && strictCandidates(from: start + 1).isEmpty) {
                return consecutive(from: start)
            }
        }
        for ranges in [blocks.json, blocks.other] where !ranges.isEmpty {
            let found = ranges.compactMap { consecutive(from: $0.lowerBound, to: $0.upperBound).first }
            if !found.isEmpty { return found }
        }
        return candidates(from: start)
    }

    /// Documents after one another with no more than commas and whitespace between.
    private func consecutive(from start: Int, to end: Int? = nil) -> [[UInt8]] {
        let end = end ?? text.count
        var documents: [[UInt8]] = []
        var position: Int? = start
        while let first = position, documents.count < 10_000 {
            let (document, after) = read(from: first, to: end)
            documents.append(document)
            position = nextDocument(from: max(after, first + 1), to: end)
        }
        return documents
    }

    private func nextDocument(from index: Int, to end: Int) -> Int? {
        var index = index
        while index < end {
            let byte = text[index]
            if byte == .openBrace || byte == .openBracket { return startsDocument(at: index) ? index : nil }
            if text.matches([.slash, 0x2A], at: index) {
                guard let close = text.firstIndex(of: [0x2A, .slash], from: index + 2) else { return nil }
                index = close + 2
            } else if byte.isSpace || byte == .comma || byte == 0x3B {
                index += 1
            } else {
                return nil
            }
        }
        return nil
    }

    /// One document and the place behind it: as it stands when it is valid, else repaired.
    private func read(from start: Int, to end: Int) -> ([UInt8], Int) {
        if let after = validEnd(from: start, to: end) { return (Array(text[start..<after]), after) }
        var repairer = JSONRepairer(text[start..<end], truncated: truncated, lastQuotes: lastQuotes)
        repairer.run()
        return (repairer.output, repairer.position)
    }

    /// The end of the valid document that begins at `start`.
    private func validEnd(from start: Int, to end: Int) -> Int? {
        var machine = JSONMachine()
        var index = start
        while index < end {
            guard machine.take(text[index]) else { return nil }
            index += 1
            if machine.isDone { return index }
        }
        return nil
    }

    /// What in the talk looks like a document, the largest of all.
    private func candidates(from start: Int) -> [[UInt8]] {
        var best: [UInt8] = []
        var bestWeight = 0
        var attempts = 0
        var index = start
        while index < text.count, attempts < Self.maximumAttempts {
            guard startsLikelyDocument(at: index) else {
                index += 1
                continue
            }
            attempts += 1
            let isValid = validEnd(from: index, to: text.count) != nil
            let (document, after) = read(from: index, to: text.count)
            let weight = document.count * (isValid ? 2 : 1)
            if weight > bestWeight {
                best = document
                bestWeight = weight
            }
            index = max(after, index + 1)
        }
        return best.isEmpty ? [] : [best]
    }

    /// Valid objects and arrays in the talk.
    private func strictCandidates(from start: Int) -> [Int] {
        var found: [Int] = []
        var attempts = 0
        var index = start
        while index < text.count, attempts < Self.maximumAttempts {
            if startsLikelyDocument(at: index) {
                attempts += 1
                if let end = validEnd(from: index, to: text.count) {
                    found.append(index)
                    index = end
                    continue
                }
            }
            index += 1
        }
        return found
    }

    private func startsDocument(at index: Int) -> Bool {
        guard index < text.count, text[index] == .openBrace || text[index] == .openBracket else { return false }
        // A fence inside the bracket: the document is in the fence.
        return !text.matches([.backtick, .backtick, .backtick], at: index + 1)
    }

    private func startsWord(at index: Int) -> Bool {
        guard index < text.count else { return false }
        return text[index].isLetter || text[index] >= 0x80
    }

    /// In talk a bracket begins a document only when a name, a value or its own end follows.
    private func startsLikelyDocument(at index: Int) -> Bool {
        guard startsDocument(at: index) else { return false }
        var ahead = index + 1
        while ahead < text.count, text[ahead].isSpace { ahead += 1 }
        guard ahead < text.count else { return false }
        let byte = text[ahead]
        if byte == .doubleQuote { return true }
        if text[index] == .openBracket {
            return byte == .openBrace || byte == .openBracket || byte.isDigit || byte == .singleQuote || byte == 0x2D
        }
        if byte == .singleQuote || byte == .slash || byte == .closeBrace { return true }
        guard byte.isLetter || byte == 0x5F else { return Quote(at: ahead, in: text[...]) != nil }
        while ahead < text.count, text[ahead].isWord { ahead += 1 }
        return ahead < text.count && text[ahead] == .colon
    }

    /// An answer without a bracket: a tuple, or numbers with commas or line breaks between them.
    func list(_ whole: ArraySlice<UInt8>) -> [UInt8]? {
        if whole.first == 0x28, whole.last == 0x29 {
            var repairer = JSONRepairer(whole, truncated: truncated)
            repairer.run()
            return repairer.output
        }
        let parts = whole.split { $0 == .comma || $0 == .newline }.map { $0.trimmingSpace() }
        guard parts.count > 1, parts.allSatisfy({ JSONNumber.repair($0) != nil }) else { return nil }
        let numbers = parts.compactMap { JSONNumber.repair($0) }
        return [.openBracket] + numbers.joined(separator: [.comma, .space]) + [.closeBracket]
    }
}
