/// The scan that a settled answer's pieces go through: only where lines end and begin can a rule have to act.
struct QuickScan {
    private typealias Block = SIMD16<UInt8>

    /// Tool calls may begin at the start of a line outside code blocks.
    let tools: Bool
    let isInFence: Bool

    /// Whether the piece, which continues a line or begins one, holds a place that a rule has to look at: a blank
    /// before a newline, or the first mark of a fence or a tool call at the start of a line.
    func findsTrigger(in piece: UnsafeRawBufferPointer, atLineStart: Bool) -> Bool {
        if atLineStart, beginsConstruct(piece, at: 0) { return true }
        var index = 0
        while let newline = Self.firstIndex(of: .newline, in: piece, from: index) {
            if newline > 0, piece[newline - 1].isBlank { return true }
            index = newline + 1
            if beginsConstruct(piece, at: index) { return true }
        }
        return false
    }

    /// Whether behind blanks at `start` stands what may be a fence or a tool call.
    private func beginsConstruct(_ piece: UnsafeRawBufferPointer, at start: Int) -> Bool {
        var index = start
        while index < piece.count, piece[index].isBlank { index += 1 }
        guard index < piece.count else { return false }
        switch piece[index] {
        case .backtick, .tilde: return true
        case .less, .openBracket: return tools && !isInFence
        default: return false
        }
    }

    /// The first such byte at or after `start`, sixteen at a time.
    static func firstIndex(of byte: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var index = start
        let wanted = Block(repeating: byte)
        while index + 16 <= bytes.count {
            let hits = bytes.loadUnaligned(fromByteOffset: index, as: Block.self) .== wanted
            let marks = unsafeBitCast(Block().replacing(with: 0xFF, where: hits), to: SIMD2<UInt64>.self)
            if marks[0] != 0 { return index + marks[0].littleEndian.trailingZeroBitCount / 8 }
            if marks[1] != 0 { return index + 8 + marks[1].littleEndian.trailingZeroBitCount / 8 }
            index += 16
        }
        while index < bytes.count {
            if bytes[index] == byte { return index }
            index += 1
        }
        return nil
    }
}
