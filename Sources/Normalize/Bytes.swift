/// Names for the bytes that the rules look for.
extension UInt8 {
    static var tab: UInt8 { 0x09 }
    static var newline: UInt8 { 0x0A }
    static var carriageReturn: UInt8 { 0x0D }
    static var space: UInt8 { 0x20 }
    static var doubleQuote: UInt8 { 0x22 }
    static var singleQuote: UInt8 { 0x27 }
    static var comma: UInt8 { 0x2C }
    static var dot: UInt8 { 0x2E }
    static var slash: UInt8 { 0x2F }
    static var colon: UInt8 { 0x3A }
    static var less: UInt8 { 0x3C }
    static var greater: UInt8 { 0x3E }
    static var openBracket: UInt8 { 0x5B }
    static var backslash: UInt8 { 0x5C }
    static var closeBracket: UInt8 { 0x5D }
    static var backtick: UInt8 { 0x60 }
    static var openBrace: UInt8 { 0x7B }
    static var closeBrace: UInt8 { 0x7D }
    static var tilde: UInt8 { 0x7E }

    /// A space or a tab.
    var isBlank: Bool { self == .space || self == .tab }
    /// What JSON calls whitespace.
    var isSpace: Bool { self == .space || self == .newline || self == .carriageReturn || self == .tab }
    var isDigit: Bool { self >= 0x30 && self <= 0x39 }
    var isHexDigit: Bool { isDigit || (self | 0x20 >= 0x61 && self | 0x20 <= 0x66) }
    /// An ASCII letter.
    var isLetter: Bool { self | 0x20 >= 0x61 && self | 0x20 <= 0x7A }
    /// What an identifier may hold: an ASCII letter, digit, `_`, `$`, or any byte of a character beyond ASCII.
    var isWord: Bool { isLetter || isDigit || self == 0x5F || self == 0x24 || self >= 0x80 }
    var lowercased: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }
}

extension BidirectionalCollection<UInt8> {
    /// Without the whitespace at both ends.
    func trimmingSpace() -> SubSequence {
        var rest = self[...]
        while let first = rest.first, first.isSpace { rest.removeFirst() }
        while let last = rest.last, last.isSpace { rest.removeLast() }
        return rest
    }
}

extension RandomAccessCollection<UInt8> where Index == Int {
    /// Whether `other` stands at `index`.
    func matches(_ other: some Collection<UInt8>, at index: Int) -> Bool {
        guard index >= startIndex, index + other.count <= endIndex else { return false }
        var position = index
        for byte in other {
            if self[position] != byte { return false }
            position += 1
        }
        return true
    }

    /// Where `other` stands first at or after `index`.
    func firstIndex(of other: [UInt8], from index: Int) -> Int? {
        guard let first = other.first else { return nil }
        var position = index
        while position + other.count <= endIndex {
            if self[position] == first, matches(other, at: position) { return position }
            position += 1
        }
        return nil
    }
}
