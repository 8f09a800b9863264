package import NIOCore

/// The content of JSON strings, into and out of their escaped form.
package enum JSONText {
    /// The text of a string whose escapes the scanner has found well formed. A lone surrogate becomes U+FFFD.
    package static func unescape(_ bytes: UnsafeRawBufferPointer, _ string: JSONString) -> [UInt8] {
        let content = UnsafeRawBufferPointer(rebasing: bytes[string.range])
        guard string.hasEscapes else { return Array(content) }
        var text: [UInt8] = []
        text.reserveCapacity(content.count)
        var at = 0
        while at < content.count {
            let byte = content[at]
            guard byte == UInt8(ascii: "\\"), at + 1 < content.count else {
                text.append(byte)
                at += 1
                continue
            }
            at += 2
            switch content[at - 1] {
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "u"): text.append(contentsOf: Self.scalar(content, &at).utf8Bytes)
            case let other: text.append(other)
            }
        }
        return text
    }

    /// The text of what stands between a string's quotes.
    package static func unescape(content: UnsafeRawBufferPointer) -> [UInt8] {
        unescape(content, JSONString(range: 0..<content.count, hasEscapes: true))
    }

    package static func string(_ bytes: UnsafeRawBufferPointer, _ string: JSONString) -> String {
        string.hasEscapes
            ? String(decoding: unescape(bytes, string), as: UTF8.self)
            : String(decoding: bytes[string.range], as: UTF8.self)
    }

    /// Reads the four digits after `\u`, and a second escape where the first is half of a pair.
    private static func scalar(_ bytes: UnsafeRawBufferPointer, _ at: inout Int) -> Unicode.Scalar {
        let unit = hex4(bytes, at)
        at += 4
        if unit & 0xFC00 == 0xD800, at + 6 <= bytes.count, bytes[at] == UInt8(ascii: "\\"),
            bytes[at + 1] == UInt8(ascii: "u")
        {
            let low = hex4(bytes, at + 2)
            if low & 0xFC00 == 0xDC00 {
                at += 6
                return Unicode.Scalar(0x10000 + ((unit & 0x3FF) << 10 | low & 0x3FF)) ?? "\u{FFFD}"
            }
        }
        return Unicode.Scalar(unit) ?? "\u{FFFD}"
    }

    private static func hex4(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> UInt32 {
        guard at + 4 <= bytes.count else { return 0xFFFD }
        return (0..<4).reduce(0) { $0 << 4 | UInt32(ASCII.hexValue(bytes[at + $1]) ?? 0) }
    }

    /// Appends text as the content of a JSON string, without quotes. Bytes that are not UTF-8 are passed on.
    package static func escape(_ text: some Sequence<UInt8>, into buffer: inout ByteBuffer) {
        if text.withContiguousStorageIfAvailable({ escape(UnsafeRawBufferPointer($0), into: &buffer) }) == nil {
            escape(Array(text), into: &buffer)
        }
    }

    /// What needs no escape is copied run by run.
    package static func escape(_ text: UnsafeRawBufferPointer, into buffer: inout ByteBuffer) {
        var copied = 0
        var at = 0
        while at < text.count {
            let byte = text[at]
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else {
                at += 1
                continue
            }
            buffer.writeBytes(UnsafeRawBufferPointer(rebasing: text[copied..<at]))
            writeEscape(of: byte, into: &buffer)
            at += 1
            copied = at
        }
        buffer.writeBytes(UnsafeRawBufferPointer(rebasing: text[copied...]))
    }

    private static func writeEscape(of byte: UInt8, into buffer: inout ByteBuffer) {
        switch byte {
        case UInt8(ascii: "\""): buffer.write("\\\"")
        case UInt8(ascii: "\\"): buffer.write("\\\\")
        case 0x0A: buffer.write("\\n")
        case 0x0D: buffer.write("\\r")
        case 0x09: buffer.write("\\t")
        default:
            let digits: StaticString = "0123456789abcdef"
            buffer.write("\\u00")
            buffer.writeInteger(digits.utf8Start[Int(byte >> 4)])
            buffer.writeInteger(digits.utf8Start[Int(byte & 15)])
        }
    }

    /// A whole JSON string, quotes included.
    package static func quoted(_ text: String) -> String {
        var buffer = ByteBuffer()
        buffer.write("\"")
        escape(text.utf8, into: &buffer)
        buffer.write("\"")
        return String(buffer: buffer)
    }
}

extension Unicode.Scalar {
    fileprivate var utf8Bytes: [UInt8] { Array(String(Character(self)).utf8) }
}
