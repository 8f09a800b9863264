/// A code block with a language that has been opened and has nothing but blank lines in it so far.
///
/// It goes only when its closing fence is followed by a blank line or the end: fences next to each other are otherwise
/// more likely one block shown inside another.
struct EmptyBlock: Sendable {
    enum Step {
        case goesOn, isContent, isRemovable
    }

    private enum State {
        case inside, closing(FenceLine), closed
    }

    /// The fences with the block open, and as they were before it.
    let fences: FenceTracker
    let before: FenceTracker
    private var state: State = .inside

    init(fences: FenceTracker, before: FenceTracker) {
        self.fences = fences
        self.before = before
    }

    /// Takes the next byte after the line that opened the block.
    mutating func take(_ byte: UInt8) -> Step {
        switch state {
        case .inside:
            if byte.isSpace { return .goesOn }
            guard byte == fences.open?.mark else { return .isContent }
            var line = FenceLine(mark: byte)
            _ = line.append(byte)
            state = .closing(line)
        case .closing(var line):
            if byte == .newline {
                guard closes(line) else { return .isContent }
                state = .closed
            } else {
                guard line.append(byte), !line.hasInfo else { return .isContent }
                state = .closing(line)
            }
        case .closed:
            if byte == .newline { return .isRemovable }
            if !byte.isBlank, byte != .carriageReturn { return .isContent }
        }
        return .goesOn
    }

    /// Whether the block is empty and closed when the answer ends here.
    var isRemovableAtEnd: Bool {
        switch state {
        case .inside: false
        case .closing(let line): closes(line)
        case .closed: true
        }
    }

    private func closes(_ line: FenceLine) -> Bool {
        guard let open = fences.open else { return false }
        return line.isFence && line.mark == open.mark && line.count >= open.count && !line.hasInfo
    }
}
