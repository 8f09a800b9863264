/// The scan that a settled answer's pieces go through, sixteen bytes at a time.
enum QuickScan {
    private typealias Block = SIMD16<UInt8>

    /// Whether the piece holds a byte that a rule has to look at: a backtick, a tilde, a tab, a blank before a newline,
    /// or where tools were offered the `<` or `[` of a marker.
    static func findsTrigger(in piece: UnsafeRawBufferPointer, tools: Bool) -> Bool {
        var index = 0
        while index + 16 <= piece.count {
            let block = piece.loadUnaligned(fromByteOffset: index, as: Block.self)
            var found = block .== Block(repeating: .backtick)
            found = found .| (block .== Block(repeating: .tilde)) .| (block .== Block(repeating: .tab))
            if tools {
                found = found .| (block .== Block(repeating: .less)) .| (block .== Block(repeating: .openBracket))
            }
            if any(found) { return true }
            if any(block .== Block(repeating: .newline)), blankBeforeNewline(piece, index..<(index + 16)) {
                return true
            }
            index += 16
        }
        while index < piece.count {
            switch piece[index] {
            case .backtick, .tilde, .tab: return true
            case .less, .openBracket: if tools { return true }
            case .newline: if index > 0, piece[index - 1] == .space { return true }
            default: break
            }
            index += 1
        }
        return false
    }

    private static func blankBeforeNewline(_ piece: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        range.contains { piece[$0] == .newline && $0 > 0 && piece[$0 - 1] == .space }
    }
}
