/// Code fences: their lines, blocks with nothing in them, and a block left open.
extension LineFilter {
    mutating func takeInFence(_ byte: UInt8, _ line: FenceLine, _ text: inout [UInt8]) {
        var line = line
        guard byte != .newline else {
            held.append(byte)
            let wasOpen = fences.open != nil
            let before = fences
            fences.note(line, indent: indent)
            let isOpening = !wasOpen && fences.open != nil
            if markdown, isOpening, line.hasInfo, holdsWholeFence, held.count < TextNormalizer.maximumHeld {
                state = .emptyBlock(EmptyBlock(fences: fences, before: before))
                return
            }
            release(&text)
            state = .lineStart
            return
        }
        held.append(byte)
        guard line.append(byte) else {
            // Not a fence: inline code, or a few tildes. Blanks at its end are text's.
            let blanks = fences.open == nil && markdown ? held.suffix(while: { $0.isBlank }) : []
            let isTrailing = byte.isBlank ? blanks : []
            emit(held.dropLast(isTrailing.count), &text)
            held = Array(isTrailing)
            keepsBlanks = Self.isIndentation(indent)
            state = .line
            return
        }
        // A closing fence, or one that is too long to hold, is passed on while it is read.
        if fences.open != nil || held.count >= TextNormalizer.maximumHeld || !markdown { release(&text) }
        state = .fence(line)
    }

    mutating func takeInEmptyBlock(
        _ byte: UInt8,
        _ block: EmptyBlock,
        _ text: inout [UInt8],
        _ toolCalls: inout [RescuedToolCall],
        _ counts: inout RuleCounts
    ) {
        var block = block
        switch block.take(byte) {
        case .goesOn where held.count < TextNormalizer.maximumHeld:
            held.append(byte)
            state = .emptyBlock(block)
        case .isRemovable:
            // Nothing was in it and a blank line follows, which stays.
            counts.markdown += 1
            held.removeAll(keepingCapacity: true)
            fences = block.before
            emit([.newline], &text)
            state = .lineStart
        case .goesOn, .isContent:
            // It holds something: the lines are read again, this time as what they are.
            let bytes = held + [byte]
            let first = (bytes.firstIndex(of: .newline) ?? bytes.count - 1) + 1
            emit(bytes[..<first], &text)
            held.removeAll(keepingCapacity: true)
            fences = block.fences
            state = .lineStart
            for byte in bytes[first...] { take(byte, &text, &toolCalls, &counts) }
        }
    }

    /// Closes a block that the model left open. Where the number of fences is even the nesting is unclear, and a long
    /// row of tildes underlines a heading elsewhere: both are left alone.
    mutating func closeFence(_ text: inout [UInt8], _ counts: inout RuleCounts) {
        guard let open = fences.open, fences.fenceLines % 2 == 1, open.mark == .backtick || open.count <= 4
        else { return }
        counts.markdown += 1
        if !endsWithNewline { text.append(.newline) }
        text += fences.indent
        text += repeatElement(open.mark, count: open.count)
    }
}

extension [UInt8] {
    /// The longest end of it whose bytes all satisfy the condition.
    fileprivate func suffix(while condition: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        let start = lastIndex { !condition($0) }.map { $0 + 1 } ?? 0
        return self[start...]
    }
}
