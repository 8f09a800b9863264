/// Reads a JSON file (RFC 8259) into a `JSONValue`, and says of each fault where it is and what was expected.
///
/// It goes on after faults whose meaning is clear (a missing or superfluous comma, a comment, a duplicate key), so that
/// one run shows them all; at any other it stops. Nothing is accepted that is not JSON.
struct JSONReader {
    /// Values nested deeper than this are refused.
    static let maximumDepth = 64

    let bytes: [UInt8]
    let file: String
    var index = 0
    private var line = 1
    private var lineStart = 0
    private var counted = (index: 0, column: 1)
    private var path: [String] = []
    private(set) var faults: [ConfigurationFault] = []

    /// A fault was noted after which the rest cannot be read.
    struct Stopped: Error {}

    private init(bytes: [UInt8], file: String) {
        self.bytes = bytes
        self.file = file
    }

    /// The value, unless the reader had to stop, and all faults that were met.
    static func read(_ bytes: [UInt8], file: String) -> (value: JSONValue?, faults: [ConfigurationFault]) {
        var reader = JSONReader(bytes: bytes, file: file)
        do throws(Stopped) {
            try reader.checkEncoding()
            if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { reader.index = 3 }
            let value = try reader.readValue(depth: 0)
            reader.skipBlanks()
            if reader.index < bytes.count {
                throw reader.stop("expected the end of the file, found \(reader.found)", "Keep one value per file.")
            }
            return (value, reader.faults)
        } catch {
            return (nil, reader.faults)
        }
    }

    // MARK: Values

    private mutating func readValue(depth: Int) throws(Stopped) -> JSONValue {
        skipBlanks()
        let start = position
        guard depth < Self.maximumDepth else {
            throw stop("is nested more than \(Self.maximumDepth) levels deep", "Flatten the value.")
        }
        switch peek {
        case UInt8(ascii: "{"):
            return JSONValue(content: .object(try readMembers(depth: depth, opened: start)), position: start)
        case UInt8(ascii: "["):
            return JSONValue(content: .array(try readElements(depth: depth, opened: start)), position: start)
        case UInt8(ascii: "\""):
            return JSONValue(content: .string(try readString()), position: start)
        case let byte? where byte == UInt8(ascii: "-") || isDigit(byte):
            return JSONValue(content: .number(try readNumber()), position: start)
        case UInt8(ascii: "'"):
            throw stop("expected a value, found a single quote", "Put texts in double quotes.")
        default:
            return JSONValue(content: try readLiteral(), position: start)
        }
    }

    private mutating func readMembers(depth: Int, opened: JSONValue.Position) throws(Stopped) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        var seen: [String: Int] = [:]
        index += 1
        skipBlanks()
        if take("}") { return members }
        while true {
            skipBlanks()
            let start = position
            guard peek == UInt8(ascii: "\"") else {
                throw stop("expected a key in double quotes, found \(found(inside: "{", opened))", keyRemedy)
            }
            let key = try readString()
            if let first = seen[key], !key.hasPrefix("__") {
                path.append(key)
                note("the key \"\(key)\" already stands on line \(first)", "Keep one of the two.", at: start)
                path.removeLast()
            }
            seen[key] = seen[key] ?? start.line
            skipBlanks()
            guard take(":") else {
                throw stop("expected ':' after the key \"\(key)\", found \(found)", "Write \"\(key)\": value.")
            }
            path.append(key)
            let value = try readValue(depth: depth + 1)
            path.removeLast()
            members.append(JSONValue.Member(key: key, position: start, value: value))
            guard try continues(until: "}", opened: opened, opener: "{") else { return members }
        }
    }

    private mutating func readElements(depth: Int, opened: JSONValue.Position) throws(Stopped) -> [JSONValue] {
        var elements: [JSONValue] = []
        index += 1
        skipBlanks()
        if take("]") { return elements }
        while true {
            path.append("[\(elements.count)]")
            elements.append(try readValue(depth: depth + 1))
            path.removeLast()
            guard try continues(until: "]", opened: opened, opener: "[") else { return elements }
        }
    }

    /// Reads what stands after a member or element: `true` when another follows, `false` after the closing bracket.
    private mutating func continues(
        until closer: Unicode.Scalar,
        opened: JSONValue.Position,
        opener: Character
    ) throws(Stopped) -> Bool {
        let end = position
        skipBlanks()
        if take(closer) { return false }
        let comma = position
        if take(",") {
            skipBlanks()
            guard take(closer) else { return true }
            note("a comma stands before '\(closer)'", "Remove the comma.", at: comma)
            return false
        }
        guard let next = peek, startsValue(next) else {
            throw stop(
                "expected ',' or '\(closer)', found \(found(inside: opener, opened))",
                "Close the '\(opener)' of line \(opened.line), or separate what it holds by commas."
            )
        }
        note("expected ',' or '\(closer)', found \(found)", "Add a comma.", at: end)
        return true
    }

    private func startsValue(_ byte: UInt8) -> Bool {
        isDigit(byte) || [UInt8(ascii: "\""), UInt8(ascii: "{"), UInt8(ascii: "[")].contains(byte)
    }

    func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private var keyRemedy: String {
        switch peek {
        case UInt8(ascii: "'"): "Use double quotes."
        case nil: "Close the object with '}'."
        default: "Put the key in double quotes."
        }
    }

    // MARK: Bytes

    var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard let next = peek, UInt32(next) == scalar.value else { return false }
        index += 1
        return true
    }

    /// Passes blanks and line ends, and comments with a fault for each.
    private mutating func skipBlanks() {
        while let byte = peek {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
                index += 1
            case UInt8(ascii: "\n"):
                index += 1
                line += 1
                lineStart = index
            case UInt8(ascii: "#"), UInt8(ascii: "/"):
                guard skipComment() else { return }
            default:
                return
            }
        }
    }

    private mutating func skipComment() -> Bool {
        let isBlock = bytes[index...].starts(with: "/*".utf8)
        guard isBlock || peek == UInt8(ascii: "#") || bytes[index...].starts(with: "//".utf8) else { return false }
        note("JSON has no comments", "Write it as the value of a key that begins with two underscores.")
        while let byte = peek {
            if isBlock, bytes[index...].starts(with: "*/".utf8) {
                index += 2
                return true
            }
            if byte == UInt8(ascii: "\n") {
                guard isBlock else { return true }
                line += 1
                lineStart = index + 1
            }
            index += 1
        }
        return true
    }

    private mutating func checkEncoding() throws(Stopped) {
        var parser = Unicode.UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        var checked = 0
        while true {
            switch parser.parseScalar(from: &iterator) {
            case .valid(let scalar): checked += scalar.count
            case .emptyInput: return
            case .error:
                line += bytes[..<checked].count { $0 == UInt8(ascii: "\n") }
                lineStart = bytes[..<checked].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
                index = checked
                throw stop("the file is not UTF-8", "Save it as UTF-8.")
            }
        }
    }

    // MARK: Faults

    var position: JSONValue.Position {
        mutating get {
            // Counted on from the last position asked for, so that a file of one long line is not counted over again.
            if counted.index < lineStart || counted.index > index { counted = (lineStart, 1) }
            counted = (index, counted.column + bytes[counted.index..<index].count { $0 & 0xC0 != 0x80 })
            return JSONValue.Position(line: line, column: counted.column)
        }
    }

    /// What stands at the current place, for messages.
    var found: String {
        guard peek != nil else { return "the end of the file" }
        let next = String(decoding: bytes[index...].prefix(4), as: UTF8.self).unicodeScalars.first
        return next.map { "'\(Character($0))'" } ?? "nothing"
    }

    private func found(inside opener: Character, _ opened: JSONValue.Position) -> String {
        peek == nil ? "the end of the file (the '\(opener)' of line \(opened.line) is still open)" : found
    }

    mutating func note(_ message: String, _ remedy: String, at position: JSONValue.Position? = nil) {
        let place = position ?? self.position
        faults.append(
            ConfigurationFault(
                file: file,
                position: place,
                path: ConfigurationFault.path(path),
                message: message,
                remedy: remedy
            )
        )
    }

    mutating func stop(_ message: String, _ remedy: String) -> Stopped {
        note(message, remedy)
        return Stopped()
    }
}
