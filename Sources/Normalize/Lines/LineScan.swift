/// Reads a whole answer once and says whether the rules for lines surely leave it as it is.
///
/// It knows less than `LineFilter`: where a line would need a closer look, it says no. With `isEscaped` the bytes are
/// the inside of a JSON string as it stands in its document, where `\n` and `\"` are two bytes each.
struct LineScan {
    let text: UnsafeRawBufferPointer
    let isEscaped: Bool
    let markdown: Bool
    let tools: Bool

    private var fences = FenceTracker()
    /// A code block with a language has been opened and nothing but blank lines followed.
    private var isEmptyBlock = false
    /// Behind the last escaped tab.
    private var tabEnd = -1

    init(_ text: UnsafeRawBufferPointer, isEscaped: Bool, markdown: Bool, tools: Bool) {
        self.text = text
        self.isEscaped = isEscaped
        self.markdown = markdown
        self.tools = tools
    }

    mutating func surelyKeeps() -> Bool {
        var start = 0
        while start < text.count {
            guard let line = nextLine(from: start), keeps(line) else { return false }
            start = line.next
        }
        return fences.open == nil
    }

    private struct Line {
        /// Behind the blanks at its start.
        var content: Int
        var end: Int
        /// Behind its newline; the end of the text where it has none.
        var next: Int
        var hasNewline: Bool
        var endsInBlank: Bool
        var isBlank: Bool { content == end }
    }

    /// The line at `start`; `nil` when an escape in it takes a closer look.
    private mutating func nextLine(from start: Int) -> Line? {
        var content = start
        while content < text.count, let blank = blankLength(at: content) {
            content += blank
            if blank == 2 { tabEnd = content }
        }
        let mark: UInt8 = isEscaped ? .backslash : .newline
        var index = content
        while let found = QuickScan.firstIndex(of: mark, in: text, from: index) {
            guard isEscaped else { return line(content, start: start, end: found, next: found + 1) }
            guard found + 1 < text.count else { return nil }
            switch text[found + 1] {
            case 0x6E: return line(content, start: start, end: found, next: found + 2)
            case 0x74: tabEnd = found + 2
            case 0x75:
                // An ASCII character in disguise may be one of those that matter.
                guard found + 6 <= text.count, text[found + 2] != 0x30 || text[found + 3] != 0x30 else { return nil }
            default: break
            }
            index = found + 2
        }
        return line(content, start: start, end: text.count, next: nil)
    }

    private func line(_ content: Int, start: Int, end: Int, next: Int?) -> Line {
        let endsInBlank = end > start && (text[end - 1].isBlank || tabEnd == end)
        return Line(
            content: content,
            end: end,
            next: next ?? end,
            hasNewline: next != nil,
            endsInBlank: endsInBlank
        )
    }

    private func blankLength(at index: Int) -> Int? {
        if text[index].isBlank { return 1 }
        guard isEscaped, text[index] == .backslash, index + 1 < text.count, text[index + 1] == 0x74 else { return nil }
        return 2
    }

    private mutating func keeps(_ line: Line) -> Bool {
        if line.isBlank { return !line.endsInBlank || (line.hasNewline && (fences.open != nil || !markdown)) }
        let first = text[line.content]
        if first == .backtick || first == .tilde { return keepsFence(line, mark: first) }
        isEmptyBlock = false
        if fences.open != nil { return line.hasNewline }
        if tools, first == .less || first == .openBracket, mayBeCall(line) { return false }
        return !line.endsInBlank || (line.hasNewline && (!markdown || isLineBreak(line)))
    }

    /// Two spaces at a line's end, which Markdown reads as a line break.
    private func isLineBreak(_ line: Line) -> Bool {
        let last = line.end - 3
        guard last >= line.content, tabEnd != line.end - 2, !text[last].isBlank else { return false }
        return text[line.end - 1] == .space && text[line.end - 2] == .space
    }

    private mutating func keepsFence(_ line: Line, mark: UInt8) -> Bool {
        var fence = FenceLine(mark: mark)
        var index = line.content
        while index < line.end {
            if text[index] == .backslash, isEscaped { return false }
            guard fence.append(text[index]) else { break }
            index += 1
        }
        let wasOpen = fences.open != nil
        if index < line.end {
            isEmptyBlock = false
            return wasOpen ? line.hasNewline : !line.endsInBlank
        }
        guard wasOpen || line.hasNewline else { return false }
        fences.note(fence, indent: [])
        if wasOpen {
            let isRemovable = isEmptyBlock && fences.open == nil
            isEmptyBlock = false
            return !isRemovable
        }
        isEmptyBlock = fences.open != nil && fence.hasInfo
        return true
    }

    private func mayBeCall(_ line: Line) -> Bool {
        let end = min(line.end, line.content + ToolSyntax.longestMarker)
        let start = text[line.content..<end].prefix { $0 != .backslash || !isEscaped }
        if case .none = ToolSyntax.progress(in: ArraySlice(start)) { return false }
        return true
    }
}
