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
