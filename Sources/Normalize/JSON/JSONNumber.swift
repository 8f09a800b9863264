/// Numbers as people write them.
enum JSONNumber {
    /// The number as JSON has it: `.5`, `1.`, `+1`, `1e` are completed; `nil` where it is none (`1/3`, `007`, `1.2.3`).
    static func repair(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard text.count <= 64 else { return JSONValidator.isValid(text) && isNumeric(text) ? Array(text) : nil }
        var number = Array(text)
        if number.first == 0x2B { number.removeFirst() }
        guard let first = number.first, first.isDigit || first == 0x2D || first == .dot else { return nil }
        if number.last == 0x2B || number.last == 0x2D { number.removeLast() }
        if number.last == 0x65 || number.last == 0x45 { number.removeLast() }
        if number.last == .dot { number.append(0x30) }
        let digits = number.first == 0x2D ? 1 : 0
        if digits < number.count, number[digits] == .dot { number.insert(0x30, at: digits) }
        return isNumeric(number[...]) && JSONValidator.isValid(number) ? number : nil
    }

    private static func isNumeric(_ text: ArraySlice<UInt8>) -> Bool {
        guard let first = text.first else { return false }
        return first.isDigit || first == 0x2D
    }
}
