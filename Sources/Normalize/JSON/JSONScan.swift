/// Says of a whole text that it is one JSON object or array from its first byte to its last.
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
                guard let resolved = resolve(text, &index) else { return false }
                byte = resolved
            }
            guard machine.take(byte) else { return false }
            index += 1
            while index < text.count, machine.passes(text[index]) { index += 1 }
        }
        return machine.isDone
    }

    /// The byte that the escape at `index`, behind its backslash, stands for; any byte beyond ASCII for a character
    /// there. Moves `index` to the escape's last byte.
    private static func resolve(_ text: UnsafeRawBufferPointer, _ index: inout Int) -> UInt8? {
        guard index < text.count else { return nil }
        switch text[index] {
        case 0x6E: return .newline
        case 0x72: return .carriageReturn
        case 0x74: return .tab
        case .doubleQuote, .backslash, .slash: return text[index]
        case 0x75 where index + 4 < text.count:
            let digits = String(decoding: text[(index + 1)...(index + 4)], as: UTF8.self)
            guard let value = UInt16(digits, radix: 16) else { return nil }
            index += 4
            return value < 0x80 ? UInt8(value) : 0xFF
        default: return nil
        }
    }
}
