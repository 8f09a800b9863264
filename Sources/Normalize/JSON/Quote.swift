/// A quotation mark that may open a string.
struct Quote: Equatable {
    enum Kind {
        case double, single, backtick, curlyDouble, curlySingle
    }

    let kind: Kind
    let length: Int

    static let double = Quote(kind: .double, length: 1)

    private init(kind: Kind, length: Int) {
        self.kind = kind
        self.length = length
    }

    init?(at index: Int, in text: ArraySlice<UInt8>) {
        guard index < text.endIndex else { return nil }
        switch text[index] {
        case .doubleQuote: self.init(kind: .double, length: 1)
        case .singleQuote: self.init(kind: .single, length: 1)
        case .backtick: self.init(kind: .backtick, length: 1)
        case 0xE2 where index + 2 < text.endIndex && text[index + 1] == 0x80:
            switch text[index + 2] {
            case 0x9C, 0x9D, 0x9E: self.init(kind: .curlyDouble, length: 3)
            case 0x98, 0x99: self.init(kind: .curlySingle, length: 3)
            default: return nil
            }
        default: return nil
        }
    }

    /// Whether a quotation mark that closes this one stands at `index`.
    func closes(at index: Int, in text: ArraySlice<UInt8>) -> Bool {
        switch kind {
        case .double: text[index] == .doubleQuote
        case .single: text[index] == .singleQuote
        case .backtick: text[index] == .backtick
        case .curlyDouble, .curlySingle: text[index] == 0xE2 && Quote(at: index, in: text)?.kind == kind
        }
    }
}
