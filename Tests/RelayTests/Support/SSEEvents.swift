/// Takes server-sent events out of bytes that may be cut anywhere, as the HTML standard reads them: lines end in LF,
/// CR or CRLF, `data` over several lines is joined, an event without its empty line is none.
struct SSEEvents: Sendable {
    enum Item: Sendable, Equatable {
        case event(name: String?, data: String)
        case comment(String)

        var data: String? {
            if case .event(_, let data) = self { data } else { nil }
        }
    }

    private var line: [UInt8] = []
    private var lastWasReturn = false
    private var name: String?
    private var data: [String] = []

    static func items(in bytes: [UInt8]) -> [Item] {
        var events = SSEEvents()
        return events.feed(bytes)
    }

    /// What became whole with these bytes.
    mutating func feed(_ bytes: [UInt8]) -> [Item] {
        var items: [Item] = []
        for byte in bytes {
            switch byte {
            case 0x0A where lastWasReturn: lastWasReturn = false
            case 0x0A, 0x0D:
                lastWasReturn = byte == 0x0D
                if let item = endLine() { items.append(item) }
            default:
                lastWasReturn = false
                line.append(byte)
            }
        }
        return items
    }

    /// Whether something is left that no empty line ended.
    var hasRest: Bool { !line.isEmpty || !data.isEmpty }

    private mutating func endLine() -> Item? {
        let text = String(decoding: line, as: UTF8.self)
        line = []
        guard !text.isEmpty else {
            defer { (name, data) = (nil, []) }
            return data.isEmpty ? nil : .event(name: name, data: data.joined(separator: "\n"))
        }
        let field = text.prefix { $0 != ":" }
        var value = text.dropFirst(field.count + 1)
        if value.first == " " { value = value.dropFirst() }
        switch field {
        case "": return .comment(String(value))
        case "event": name = String(value)
        case "data": data.append(String(value))
        default: break
        }
        return nil
    }
}
