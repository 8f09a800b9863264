/// Cuts one text into passages. Prose is cut after sentences, everything at line ends; very long lines of data are
/// cut where their fields end. Linear.
struct PassageCutter {
    /// Bytes after which a line of data is cut at the next mark.
    private static let fieldLength = 90
    /// Bytes that no passage passes by much.
    private static let longest = 480

    let bytes: UnsafeBufferPointer<UInt8>
    let message: Int
    /// Lines of tools and code: not cut at sentences.
    let isData: Bool

    func passages(in range: Range<Int>, _ add: (Passage) -> Void) {
        var inFence = false
        var lineStart = range.lowerBound
        var isFirst = true
        while lineStart < range.upperBound {
            var lineEnd = lineStart
            while lineEnd < range.upperBound, bytes[lineEnd] != 0x0A { lineEnd += 1 }
            let line = trimmed(lineStart..<lineEnd)
            if !line.isEmpty {
                let isFence = line.count >= 3 && (0..<3).allSatisfy { bytes[line.lowerBound + $0] == 0x60 }
                if isFence { inFence.toggle() }
                if isFirst, lineEnd < range.upperBound, isHeader(line) {
                    add(passage(line, .header, beginsLine: true))
                } else if isData || inFence || isFence {
                    // The indentation is part of a line of code.
                    cutData(lineStart..<line.upperBound, add)
                } else {
                    cutProse(line, add)
                }
                isFirst = false
            }
            lineStart = lineEnd + 1
        }
    }

    private func passage(_ range: Range<Int>, _ kind: Passage.Kind, beginsLine: Bool) -> Passage {
        Passage(
            message: Int32(message),
            start: Int32(range.lowerBound),
            end: Int32(range.upperBound),
            kind: kind,
            beginsLine: beginsLine
        )
    }

    private func cutProse(_ line: Range<Int>, _ add: (Passage) -> Void) {
        var start = line.lowerBound
        var index = start
        while index < line.upperBound {
            guard let after = sentenceEnd(at: index, in: line) ?? longEnd(at: index, from: start, in: line) else {
                index += 1
                continue
            }
            add(passage(start..<after, .prose, beginsLine: start == line.lowerBound))
            start = after
            while start < line.upperBound, bytes[start] == 0x20 { start += 1 }
            index = max(start, index + 1)
        }
        if start < line.upperBound {
            add(passage(start..<line.upperBound, .prose, beginsLine: start == line.lowerBound))
        }
    }

    /// The end of a sentence whose mark stands at `index`, with closing quotes.
    @inline(__always)
    private func sentenceEnd(at index: Int, in line: Range<Int>) -> Int? {
        let byte = bytes[index]
        if byte == 0x2E || byte == 0x21 || byte == 0x3F {
            var after = index + 1
            while after < line.upperBound, [0x22, 0x27, 0x29, 0x5D].contains(bytes[after]) { after += 1 }
            return after == line.upperBound || bytes[after] == 0x20 ? after : nil
        }
        guard byte >= 0xE0, index + 2 < line.upperBound else { return nil }
        // 。 ！ ？ and the danda of Devanagari.
        let isMark =
            byte == 0xE3 && bytes[index + 1] == 0x80 && bytes[index + 2] == 0x82
            || byte == 0xEF && bytes[index + 1] == 0xBC && (bytes[index + 2] == 0x81 || bytes[index + 2] == 0x9F)
            || byte == 0xE0 && bytes[index + 1] == 0xA5 && bytes[index + 2] == 0xA4
        return isMark ? index + 3 : nil
    }

    private func longEnd(at index: Int, from start: Int, in line: Range<Int>) -> Int? {
        index - start > Self.longest && bytes[index] == 0x20 ? index : nil
    }

    private func cutData(_ line: Range<Int>, _ add: (Passage) -> Void) {
        var start = line.lowerBound
        var index = start + Self.fieldLength
        while index < line.upperBound {
            let byte = bytes[index]
            let ends =
                byte == 0x2C || byte == 0x3B || byte == 0x7D || byte == 0x5D
                || byte == 0x20 && index - start > 2 * Self.fieldLength
                || index - start > Self.longest && byte < 0x80
            if ends {
                let after = index + 1
                add(passage(start..<after, .line, beginsLine: start == line.lowerBound))
                start = after
                while start < line.upperBound, bytes[start] == 0x20 { start += 1 }
                index = start + Self.fieldLength
            } else {
                index += 1
            }
        }
        if start < line.upperBound {
            add(passage(start..<line.upperBound, .line, beginsLine: start == line.lowerBound))
        }
    }

    /// Ends in a question mark of any script.
    static func isQuestion(_ range: Range<Int>, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let last = range.last else { return false }
        if bytes[last] == 0x3F { return true }
        // ？ and the Arabic question mark.
        return range.count > 2 && bytes[last - 2] == 0xEF && bytes[last - 1] == 0xBC && bytes[last] == 0x9F
            || range.count > 1 && bytes[last - 1] == 0xD8 && bytes[last] == 0x9F
    }

    /// A short line with at least two numbers, one of them of a clock or calendar, in brackets or alone.
    private func isHeader(_ line: Range<Int>) -> Bool {
        guard line.count <= 60, bytes[line.lowerBound] == 0x5B || bytes[line.upperBound - 1] == 0x3A else {
            return false
        }
        var numbers = 0
        for index in line where (0x30...0x39).contains(bytes[index]) {
            if index == line.lowerBound || !(0x30...0x39).contains(bytes[index - 1]) { numbers += 1 }
        }
        return numbers >= 2
    }

    private func trimmed(_ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 || bytes[start] == 0x0D { start += 1 }
        while end > start, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 || bytes[end - 1] == 0x0D { end -= 1 }
        return start..<end
    }
}
