/// Reads one JSON document (RFC 8259), strictly: no trailing commas, no bare control characters, no repeated member.
struct SimulatedJSONParser {
    struct Fault: Error, Equatable {
        var offset: Int
        var reason: String
    }

    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func document() throws(Fault) -> SimulatedJSON {
        let value = try value()
        skipBlanks()
        guard position == bytes.count else { throw fault("text after the document") }
        return value
    }

    private mutating func value() throws(Fault) -> SimulatedJSON {
        skipBlanks()
        guard let byte = peek() else { throw fault("nothing where a value belongs") }
        switch byte {
        case UInt8(ascii: "{"): return try nested { (parser: inout Self) throws(Fault) in try parser.object() }
        case UInt8(ascii: "["): return try nested { (parser: inout Self) throws(Fault) in try parser.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func nested(
        _ read: (inout Self) throws(Fault) -> SimulatedJSON
    ) throws(Fault) -> SimulatedJSON {
        depth += 1
        guard depth <= 256 else { throw fault("nested too deep") }
        defer { depth -= 1 }
        position += 1
        return try read(&self)
    }

    private mutating func object() throws(Fault) -> SimulatedJSON {
        var members: [SimulatedJSON.Member] = []
        var names: Set<String> = []
        if take(UInt8(ascii: "}")) { return .object([]) }
        while true {
            skipBlanks()
            guard peek() == UInt8(ascii: "\"") else { throw fault("no member name") }
            let name = try string()
            guard names.insert(name).inserted else { throw fault("member '\(name)' repeated") }
            guard take(UInt8(ascii: ":")) else { throw fault("no colon") }
            members.append(.init(name: name, value: try value()))
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw fault("no comma between members") }
        }
    }

    private mutating func array() throws(Fault) -> SimulatedJSON {
        var elements: [SimulatedJSON] = []
        if take(UInt8(ascii: "]")) { return .array([]) }
        while true {
            elements.append(try value())
            if take(UInt8(ascii: "]")) { return .array(elements) }
            guard take(UInt8(ascii: ",")) else { throw fault("no comma between elements") }
        }
    }

    private mutating func string() throws(Fault) -> String {
        position += 1
        var out: [UInt8] = []
        while let byte = peek() {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: out, as: UTF8.self) else { throw fault("not UTF-8") }
                return text
            case UInt8(ascii: "\\"): out += try escape()
            case 0..<0x20: throw fault("bare control character in a string")
            default: out.append(byte)
            }
        }
        throw fault("string without end")
    }

    private mutating func escape() throws(Fault) -> [UInt8] {
        guard let byte = peek() else { throw fault("string without end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "u"):
            var units = [try hexUnit()]
            if UTF16.isLeadSurrogate(units[0]), peek() == UInt8(ascii: "\\") {
                position += 1
                guard peek() == UInt8(ascii: "u") else { throw fault("half a surrogate pair") }
                position += 1
                units.append(try hexUnit())
            }
            return Array(String(decoding: units, as: UTF16.self).utf8)
        default: throw fault("unknown escape")
        }
    }

    private mutating func hexUnit() throws(Fault) -> UInt16 {
        guard position + 4 <= bytes.count,
            let unit = UInt16(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw fault("bad \\u escape") }
        position += 4
        return unit
    }

    private mutating func number() throws(Fault) -> SimulatedJSON {
        let start = position
        while let byte = peek(), "+-.eE0123456789".utf8.contains(byte) { position += 1 }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        let digits = text.hasPrefix("-") ? text.dropFirst() : Substring(text)
        let leadingZero = digits.count > 1 && digits.hasPrefix("0") && digits.dropFirst().first?.isNumber == true
        guard digits.first?.isNumber == true, !leadingZero, text.last?.isNumber == true, let number = Double(text)
        else { throw Fault(offset: start, reason: "no value") }
        return .number(number)
    }

    private mutating func word(_ word: String, _ value: SimulatedJSON) throws(Fault) -> SimulatedJSON {
        guard bytes[position...].starts(with: word.utf8) else { throw fault("no value") }
        position += word.utf8.count
        return value
    }

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipBlanks() {
        while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipBlanks()
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    private func fault(_ reason: String) -> Fault { Fault(offset: position, reason: reason) }
}
