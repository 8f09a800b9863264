/// What acts line by line: trailing blanks, empty code blocks and unclosed fences (`markdown`), and tool calls written
/// as text at the start of a line (`tool_rescue`). The inside of a code block is passed on as it is.
struct LineFilter: Sendable {
    enum State {
        /// Nothing but blanks so far on this line; they are in `held`.
        case lineStart
        /// Inside a line; `held` are blanks that may turn out to be the last on it.
        case line
        /// A line that may be a code fence; `held` is its indentation and what has not been passed on.
        case fence(FenceLine)
        /// A line start that may be a tool call's marker, in `held`.
        case marker
        /// A tool call, collected in `held` to its end.
        case toolCall(ToolSyntax)
        /// A code block that was opened and holds nothing yet; all of it is in `held`.
        indirect case emptyBlock(EmptyBlock)
    }

    let markdown: Bool
    let tools: Set<String>
    var state: State = .lineStart
    var held: [UInt8] = []
    var indent: [UInt8] = []
    var fences = FenceTracker()
    /// Blanks at the end of this line are left alone: it is indented code, or their run was too long to hold.
    var keepsBlanks = false
    var dropsBlankLines = false
    var endsWithNewline = true
    /// Nothing of the fence line being read has been passed on.
    var holdsWholeFence = true

    init(markdown: Bool, tools: Set<String>) {
        self.markdown = markdown
        self.tools = tools
    }

    /// False when all its rules are off: everything goes through.
    var acts: Bool { markdown || !tools.isEmpty }

    var holdsNothing: Bool { held.isEmpty && !dropsBlankLines }

    /// The quick check: true when a piece goes through as it is, which is then taken as done.
    mutating func passes(_ piece: UnsafeRawBufferPointer) -> Bool {
        if !acts { return true }
        guard held.isEmpty, !dropsBlankLines, let last = piece.last, !last.isBlank else { return piece.isEmpty }
        let isAtLineStart: Bool
        switch state {
        case .lineStart: isAtLineStart = true
        case .line: isAtLineStart = false
        default: return false
        }
        let scan = QuickScan(tools: !tools.isEmpty, isInFence: fences.open != nil)
        guard !scan.findsTrigger(in: piece, atLineStart: isAtLineStart) else { return false }
        endsWithNewline = last == .newline
        if let newline = piece.lastIndex(of: .newline) {
            keepsBlanks = !endsWithNewline && Self.isIndentation(piece[(newline + 1)...].prefix { $0.isBlank })
        } else if isAtLineStart {
            keepsBlanks = Self.isIndentation(piece.prefix { $0.isBlank })
        }
        state = endsWithNewline ? .lineStart : .line
        return true
    }

    mutating func append(
        _ bytes: UnsafeRawBufferPointer,
        into text: inout [UInt8],
        toolCalls: inout [RescuedToolCall],
        counts: inout RuleCounts
    ) {
        guard acts else {
            text += bytes
            return
        }
        var index = 0
        while index < bytes.count {
            if case .line = state {
                index = takeLine(bytes, from: index, &text, &counts)
            } else {
                take(bytes[index], &text, &toolCalls, &counts)
                index += 1
            }
        }
    }

    mutating func finish(
        truncated: Bool,
        into text: inout [UInt8],
        toolCalls: inout [RescuedToolCall],
        counts: inout RuleCounts
    ) {
        switch state {
        case .lineStart, .line:
            if markdown, fences.open == nil, !held.isEmpty {
                counts.markdown += 1
            } else {
                emit(held, &text)
            }
        case .fence(let line):
            let wasOpen = fences.open != nil
            fences.note(line, indent: indent)
            emit(held, &text)
            // A fence that opens as the last thing said has nothing to close.
            if !wasOpen { return held = [] }
        case .marker:
            emit(held, &text)
        case .toolCall(let syntax):
            endToolCall(syntax, &text, &toolCalls, &counts)
        case .emptyBlock(let block):
            if block.isRemovableAtEnd {
                counts.markdown += 1
                fences = block.before
            } else {
                fences = block.fences
                emit(held, &text)
            }
        }
        held = []
        if markdown, !truncated { closeFence(&text, &counts) }
    }

    // MARK: - Byte by byte

    mutating func take(
        _ byte: UInt8,
        _ text: inout [UInt8],
        _ toolCalls: inout [RescuedToolCall],
        _ counts: inout RuleCounts
    ) {
        switch state {
        case .lineStart: takeAtLineStart(byte, &text, &counts)
        case .line: takeInLine(byte, &text, &counts)
        case .fence(let line): takeInFence(byte, line, &text)
        case .marker: takeInMarker(byte, &text, &counts)
        case .toolCall(let syntax):
            held.append(byte)
            // All that ends a call ends in the same byte.
            if byte == .greater, syntax.ends(held) { endToolCall(syntax, &text, &toolCalls, &counts) }
        case .emptyBlock(let block): takeInEmptyBlock(byte, block, &text, &toolCalls, &counts)
        }
    }

    private mutating func takeAtLineStart(_ byte: UInt8, _ text: inout [UInt8], _ counts: inout RuleCounts) {
        switch byte {
        case .space, .tab:
            held.append(byte)
            if held.count >= TextNormalizer.maximumHeld { beginLine(&text) }
        case .newline:
            endLine(&text, &counts)
        case .backtick, .tilde:
            var line = FenceLine(mark: byte)
            _ = line.append(byte)
            indent = held
            held.append(byte)
            dropsBlankLines = false
            holdsWholeFence = true
            state = .fence(line)
        case .less, .openBracket:
            guard !tools.isEmpty, fences.open == nil else { fallthrough }
            held.append(byte)
            state = .marker
        default:
            beginLine(&text)
            takeInLine(byte, &text, &counts)
        }
    }

    /// The blanks at the line's start are passed on; what follows is text.
    private mutating func beginLine(_ text: inout [UInt8]) {
        keepsBlanks = Self.isIndentation(held)
        dropsBlankLines = false
        emit(held, &text)
        held.removeAll(keepingCapacity: true)
        state = .line
    }

    mutating func takeInLine(_ byte: UInt8, _ text: inout [UInt8], _ counts: inout RuleCounts) {
        if byte == .newline {
            endLine(&text, &counts)
        } else if byte.isBlank, markdown, !keepsBlanks, fences.open == nil {
            held.append(byte)
            if held.count >= TextNormalizer.maximumHeld {
                keepsBlanks = true
                emit(held, &text)
                held.removeAll(keepingCapacity: true)
            }
        } else {
            if !held.isEmpty {
                emit(held, &text)
                held.removeAll(keepingCapacity: true)
            }
            text.append(byte)
            endsWithNewline = false
        }
    }

    /// The rest of a line at once, with its newline if that is there; returns the place behind it.
    private mutating func takeLine(
        _ bytes: UnsafeRawBufferPointer,
        from start: Int,
        _ text: inout [UInt8],
        _ counts: inout RuleCounts
    ) -> Int {
        let newline = QuickScan.firstIndex(of: .newline, in: bytes, from: start)
        var end = newline ?? bytes.endIndex
        let next = newline.map { $0 + 1 } ?? end
        if markdown, !keepsBlanks, fences.open == nil {
            while end > start, bytes[end - 1].isBlank { end -= 1 }
        }
        if end > start {
            release(&text)
            text += bytes[start..<end]
            endsWithNewline = false
        }
        while end < next {
            takeInLine(bytes[end], &text, &counts)
            end += 1
        }
        return next
    }

    /// A newline: blanks before it go, except two spaces that Markdown reads as a line break.
    private mutating func endLine(_ text: inout [UInt8], _ counts: inout RuleCounts) {
        let isBlankLine = if case .lineStart = state { true } else { false }
        defer {
            state = .lineStart
            keepsBlanks = false
        }
        if isBlankLine, dropsBlankLines {
            held.removeAll(keepingCapacity: true)
            return
        }
        if !held.isEmpty {
            let isLineBreak = !isBlankLine && held.count >= 2 && held.allSatisfy { $0 == .space }
            let kept = !markdown || fences.open != nil ? held[...] : isLineBreak ? held.prefix(2) : []
            if kept.count < held.count { counts.markdown += 1 }
            emit(kept, &text)
            held.removeAll(keepingCapacity: true)
        }
        emit([.newline], &text)
    }

    mutating func release(_ text: inout [UInt8]) {
        holdsWholeFence = false
        emit(held, &text)
        held.removeAll(keepingCapacity: true)
    }

    mutating func emit(_ bytes: some Collection<UInt8>, _ text: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        text += bytes
        endsWithNewline = text.last == .newline
    }

    /// Four blanks or a tab begin indented code.
    static func isIndentation(_ blanks: some Collection<UInt8>) -> Bool {
        blanks.count >= 4 || blanks.contains(.tab)
    }
}
