/// What a byte is to the scanners: 0–25 the letters A–Z of either case, then the classes below.
enum ByteClass {
    /// Stands for an accented Latin letter in `LetterPairs`; no single byte has it.
    static let accented: UInt8 = 26
    /// Stands for the begin and end of a word in `LetterPairs`; no single byte has it.
    static let boundary: UInt8 = 27
    static let digit: UInt8 = 28
    /// Space, tab, line feed, carriage return.
    static let blank: UInt8 = 29
    static let punctuation: UInt8 = 30
    /// Any byte of a character that is not ASCII.
    static let lead: UInt8 = 31

    static let table: [UInt8] = (0...255)
        .map { byte in
            switch UInt8(byte) {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt8(byte) - UInt8(ascii: "a")
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt8(byte) - UInt8(ascii: "A")
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit
            case 0x20, 0x09, 0x0A, 0x0D: blank
            case 0x80...: lead
            default: punctuation
            }
        }
}
