/// Says of a whole answer that it is one JSON object or array from its first byte to its last.
enum JSONScan {
    /// With `isEscaped` the bytes are the inside of a JSON string, and the document is what they stand for.
    static func isDocument(_ text: UnsafeRawBufferPointer, isEscaped: Bool) -> Bool {
        guard let first = text.first, first == .openBrace || first == .openBracket,
            let last = text.last, last == .closeBrace || last == .closeBracket
        else { return false }
        var machine = JSONMachine()
        var index = 0
        while index < text.count {
            var byte = text[index]
            if byte == .backslash, isEscaped {
                index += 1
                guard index < text.count, let resolved = resolve(text[index]) else { return false }
                byte = resolved
            }
            guard machine.take(byte) else { return false }
            index += 1
            while index < text.count, machine.passes(text[index]) { index += 1 }
        }
        return machine.isDone
    }

    /// What stands behind a backslash; a character written as its number is left to a closer look.
    private static func resolve(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x6E: .newline
        case 0x72: .carriageReturn
        case 0x74: .tab
        case .doubleQuote, .backslash, .slash: byte
        default: nil
        }
    }
}
