/// A JSON document as one row of values in the order of its text, each followed by what is in it.
///
/// An object's members stand as name, value, name, value. Walking it needs no tree, and letting it go no recursion.
struct JSONTape: Sendable {
    enum Kind: UInt8, Sendable {
        case null, boolean, number, string, array, object

        /// With its article, for a fault's text.
        var name: String {
            switch self {
            case .null: "null"
            case .boolean: "boolean"
            case .number: "number"
            case .string: "string"
            case .array: "array"
            case .object: "object"
            }
        }
    }

    struct Value: Sendable {
        let kind: Kind
        /// Its bytes; of a string those between the quotes, of a container only its opening bracket.
        var start: Int
        var end: Int
        /// Behind it and all that is in it.
        var next: Int
        /// Elements of an array, members of an object.
        var count = 0
        /// A string has escapes in it.
        var hasEscapes = false
    }

    let text: [UInt8]
    private(set) var values: [Value] = []

    /// Deeper documents are refused, so that who walks them may use recursion.
    static let maximumDepth = 256

    /// `nil` where the text is no JSON document, or too deep.
    init?(_ text: [UInt8]) {
        guard JSONValidator.isValid(text) else { return nil }
        self.text = text
        guard read() else { return nil }
    }

    /// The places of an array's elements.
    func elements(of array: Int) -> [Int] {
        var places: [Int] = []
        places.reserveCapacity(values[array].count)
        var place = array + 1
        while place < values[array].next {
            places.append(place)
            place = values[place].next
        }
        return places
    }

    /// The names of an object's members with the places of their values.
    func members(of object: Int) -> [(name: ArraySlice<UInt8>, value: Int)] {
        var members: [(name: ArraySlice<UInt8>, value: Int)] = []
        members.reserveCapacity(values[object].count)
        var place = object + 1
        while place < values[object].next {
            members.append((string(place), place + 1))
            place = values[place + 1].next
        }
        return members
    }

    /// A string's characters, its escapes resolved.
    func string(_ place: Int) -> ArraySlice<UInt8> {
        let value = values[place]
        guard value.hasEscapes else { return text[value.start..<value.end] }
        let literal = text[(value.start - 1)...value.end]
        return Array((JSONMembers.string(literal) ?? "").utf8)[...]
    }

    func bytes(_ place: Int) -> ArraySlice<UInt8> { text[values[place].start..<values[place].end] }

    func isTrue(_ place: Int) -> Bool { values[place].kind == .boolean && text[values[place].start] == 0x74 }

    // MARK: - Reading

    /// Reads a document known to be valid.
    private mutating func read() -> Bool {
        var open: [Int] = []
        var index = 0
        while index < text.count {
            let byte = text[index]
            switch byte {
            case .openBrace, .openBracket:
                guard open.count < Self.maximumDepth else { return false }
                count(in: open)
                open.append(values.count)
                add(byte == .openBrace ? .object : .array, index, index + 1)
                index += 1
            case .closeBrace, .closeBracket:
                if let container = open.popLast() {
                    values[container].next = values.count
                    if values[container].kind == .object { values[container].count /= 2 }
                }
                index += 1
            case .doubleQuote:
                count(in: open)
                index = readString(from: index + 1)
            case .comma, .colon:
                index += 1
            case _ where byte.isSpace:
                index += 1
            default:
                count(in: open)
                index = readScalar(from: index)
            }
        }
        return true
    }

    private mutating func count(in open: [Int]) {
        if let container = open.last { values[container].count += 1 }
    }

    private mutating func add(_ kind: Kind, _ start: Int, _ end: Int, hasEscapes: Bool = false) {
        values.append(Value(kind: kind, start: start, end: end, next: values.count + 1, hasEscapes: hasEscapes))
    }

    private mutating func readString(from start: Int) -> Int {
        var index = start
        var hasEscapes = false
        while text[index] != .doubleQuote {
            if text[index] == .backslash {
                hasEscapes = true
                index += 1
            }
            index += 1
        }
        add(.string, start, index, hasEscapes: hasEscapes)
        return index + 1
    }

    private mutating func readScalar(from start: Int) -> Int {
        var index = start
        while index < text.count,
            text[index].isWord || text[index] == 0x2D || text[index] == 0x2B || text[index] == .dot
        {
            index += 1
        }
        let kind: Kind =
            switch text[start] {
            case 0x6E: .null
            case 0x74, 0x66: .boolean
            default: .number
            }
        add(kind, start, index)
        return index
    }
}
