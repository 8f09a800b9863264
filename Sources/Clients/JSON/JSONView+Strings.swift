import NIOCore

/// Strings of one document on their way into another, still escaped.
extension JSONView {
    /// A string's content as it is written, without its quotes; empty for other values.
    var content: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[span.text?.range ?? 0..<0])
    }

    /// Whether a string has escapes, so that its bytes are not its text.
    var hasEscapes: Bool { span.kind == .escapedString }

    /// A string of blanks and line ends, or of nothing.
    var isBlank: Bool { isString && content.count == Self.blanksAtEnd(of: content) }

    /// The string's content without the blanks and line ends at its end.
    var contentTrimmedAtEnd: UnsafeRawBufferPointer {
        let content = content
        return UnsafeRawBufferPointer(rebasing: content.dropLast(Self.blanksAtEnd(of: content)))
    }

    /// Unicode scalars of a string's text.
    var scalarCount: Int { Self.scalarCount(of: content) }

    static func scalarCount(of content: UnsafeRawBufferPointer) -> Int {
        var count = 0
        var at = 0
        while at < content.count {
            if content[at] == UInt8(ascii: "\\"), at + 1 < content.count {
                let isUnicode = content[at + 1] == UInt8(ascii: "u")
                // The second half of a surrogate pair is no scalar of its own.
                let isLow =
                    isUnicode && at + 3 < content.count && (content[at + 2] | 0x20) == UInt8(ascii: "d")
                    && (content[at + 3] | 0x20) >= UInt8(ascii: "c")
                if !isLow { count += 1 }
                at += isUnicode ? 6 : 2
            } else {
                if content[at] & 0xC0 != 0x80 { count += 1 }
                at += 1
            }
        }
        return count
    }

    private static func blanksAtEnd(of content: UnsafeRawBufferPointer) -> Int {
        var end = content.count
        while end > 0 {
            if content[end - 1] == 0x20 {
                end -= 1
            } else if end > 1, isLineEnd(content[end - 1]), content[end - 2] == UInt8(ascii: "\\"),
                isEscape(at: end - 2, content)
            {
                end -= 2
            } else {
                break
            }
        }
        return content.count - end
    }

    private static func isLineEnd(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "n") || byte == UInt8(ascii: "r") || byte == UInt8(ascii: "t")
    }

    /// A backslash with an even number of them before it begins an escape.
    private static func isEscape(at backslash: Int, _ content: UnsafeRawBufferPointer) -> Bool {
        var before = backslash
        while before > 0, content[before - 1] == UInt8(ascii: "\\") { before -= 1 }
        return (backslash - before).isMultiple(of: 2)
    }
}
