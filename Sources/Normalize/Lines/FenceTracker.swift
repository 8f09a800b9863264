/// One line read as a possible code fence, byte by byte.
///
/// A fence is three or more backticks or tildes after blanks; after backticks no other backtick may follow on the line.
struct FenceLine: Sendable {
    private(set) var mark: UInt8
    private(set) var count = 0
    /// Something other than blanks follows the marks.
    private(set) var hasInfo = false
    private var isBroken = false

    init(mark: UInt8) {
        self.mark = mark
    }

    var isFence: Bool { count >= 3 && !isBroken }

    /// Takes a byte of the line; false once it can be no fence any more.
    mutating func append(_ byte: UInt8) -> Bool {
        if byte == mark, !hasInfo, !sawBlank {
            count += 1
        } else {
            if byte.isBlank || byte == .carriageReturn { sawBlank = true } else { hasInfo = true }
            if count < 3 || (mark == .backtick && byte == mark) { isBroken = true }
        }
        return !isBroken
    }

    private var sawBlank = false
}

/// Whether the text is inside a fenced code block, line by line.
struct FenceTracker: Sendable {
    /// The open block's fence.
    private(set) var open: FenceLine?
    /// Blanks before the open block's fence.
    private(set) var indent: [UInt8] = []
    /// How many lines look like a fence, whatever they are in their place.
    private(set) var fenceLines = 0

    /// Notes a whole line that is a fence by itself.
    mutating func note(_ line: FenceLine, indent: [UInt8]) {
        guard line.isFence else { return }
        fenceLines += 1
        if let open {
            if closes(line, open) { self.open = nil }
        } else {
            open = line
            self.indent = indent
        }
    }

    private func closes(_ line: FenceLine, _ open: FenceLine) -> Bool {
        line.mark == open.mark && line.count >= open.count && !line.hasInfo
    }
}
