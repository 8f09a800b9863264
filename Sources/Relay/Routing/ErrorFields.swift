/// The strings and numbers of an error body by their path: `error.message`, `errors.0.code`, `error.details.1.retryDelay`.
///
/// Reads what can be read: a body that is cut, or that is no JSON at all, gives the fields before the fault. Never more
/// than 64 KB, 16 levels and 200 fields are looked at. An array around everything (Gemini) is left out of the paths.
struct ErrorFields: Sendable {
    private(set) var all: [(path: String, value: String)] = []
    private let bytes: [UInt8]
    private var position = 0

    static let maximumBytes = 65_536
    private static let maximumDepth = 16
    private static let maximumFields = 200

    init(_ body: [UInt8]) {
        self.bytes = Array(body.prefix(Self.maximumBytes))
        skipSpace()
        // An error may come as the only event of a stream.
        if bytes[position...].starts(with: "data:".utf8) { position += 5 }
        skipSpace()
        guard current == 0x7B || current == 0x5B else { return }
        _ = readValue(path: "", depth: 0)
    }

    var isEmpty: Bool { all.isEmpty }

    subscript(path: String) -> String? {
        all.first { $0.path == path }?.value
    }

    /// The first of these paths that holds a non-empty text.
    func first(_ paths: [String]) -> String? {
        for path in paths {
            if let value = self[path], !value.isEmpty { return value }
        }
        return nil
    }

    /// All values whose last path component has that name.
    func values(named name: String) -> [String] {
        all.filter { $0.path == name || $0.path.hasSuffix("." + name) }.map(\.value)
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte <= 0x20 { position += 1 }
    }

    /// Reads one value and tells whether reading may go on.
    private mutating func readValue(path: String, depth: Int) -> Bool {
        skipSpace()
        guard let byte = current, depth < Self.maximumDepth, all.count < Self.maximumFields else { return false }
        switch byte {
        case 0x7B: return readMembers(path: path, depth: depth)
        case 0x5B: return readElements(path: path, depth: depth)
        case 0x22:
            guard let text = readString() else { return false }
            all.append((path, text))
            return true
        default:
            let start = position
            while let byte = current, byte > 0x20, byte != 0x2C, byte != 0x7D, byte != 0x5D { position += 1 }
            let word = String(decoding: bytes[start..<position], as: UTF8.self)
            if word != "null", !word.isEmpty { all.append((path, word)) }
            return position > start
        }
    }

    private mutating func readMembers(path: String, depth: Int) -> Bool {
        position += 1
        while true {
            skipSpace()
            if current == 0x7D {
                position += 1
                return true
            }
            guard current == 0x22, let name = readString() else { return false }
            skipSpace()
            guard current == 0x3A else { return false }
            position += 1
            guard readValue(path: path.isEmpty ? name : path + "." + name, depth: depth + 1) else { return false }
            skipSpace()
            if current == 0x2C { position += 1 } else if current != 0x7D { return false }
        }
    }

    private mutating func readElements(path: String, depth: Int) -> Bool {
        position += 1
        var index = 0
        while true {
            skipSpace()
            if current == 0x5D {
                position += 1
                return true
            }
            let inner = depth == 0 ? "" : "\(path).\(index)"
            guard readValue(path: inner, depth: depth + 1) else { return false }
            index += 1
            skipSpace()
            if current == 0x2C { position += 1 } else if current != 0x5D { return false }
        }
    }

    /// Reads a string with its escapes; a cut one gives what is there and ends the reading.
    private mutating func readString() -> String? {
        position += 1
        var text: [UInt8] = []
        while let byte = current {
            position += 1
            switch byte {
            case 0x22:
                return String(decoding: text, as: UTF8.self)
            case 0x5C:
                guard let escaped = current else { break }
                position += 1
                appendEscape(escaped, to: &text)
            default:
                text.append(byte)
            }
        }
        return text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
    }

    private mutating func appendEscape(_ escaped: UInt8, to text: inout [UInt8]) {
        switch escaped {
        case 0x6E: text.append(0x0A)
        case 0x72: text.append(0x0D)
        case 0x74: text.append(0x09)
        case 0x62, 0x66: text.append(0x20)
        case 0x75:
            guard let unit = readHex() else { return }
            var scalar = UInt32(unit)
            if (0xD800..<0xDC00).contains(unit), current == 0x5C, position + 1 < bytes.count,
                bytes[position + 1] == 0x75
            {
                position += 2
                guard let low = readHex(), (0xDC00..<0xE000).contains(low) else { return }
                scalar = 0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00)
            }
            text.append(contentsOf: String(Unicode.Scalar(scalar).map(Character.init) ?? "\u{FFFD}").utf8)
        default: text.append(escaped)
        }
    }

    private mutating func readHex() -> UInt16? {
        guard position + 4 <= bytes.count else { return nil }
        defer { position += 4 }
        return UInt16(String(decoding: bytes[position..<(position + 4)], as: UTF8.self), radix: 16)
    }
}
