/// Texts, numbers and the three words.
extension JSONReader {
    /// A text in double quotes, its escapes resolved.
    mutating func readString() throws(Stopped) -> String {
        let start = position
        index += 1
        var text: [UInt8] = []
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                text.append(contentsOf: String(Character(try readEscape())).utf8)
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                throw stop(
                    "expected '\"' before the end of the line",
                    "Close the text, or write the line break as \\n."
                )
            case 0..<0x20:
                throw stop("a control character stands in a text", "Write it as an escape, such as \\t.")
            default:
                text.append(byte)
                index += 1
            }
        }
        throw stop("expected '\"', found the end of the file", "Close the text of line \(start.line).")
    }

    private mutating func readEscape() throws(Stopped) -> Unicode.Scalar {
        index += 1
        let letter = peek
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            index += 1
            return letter.map { Unicode.Scalar($0) } ?? "\\"
        case UInt8(ascii: "b"): return escaped("\u{8}")
        case UInt8(ascii: "f"): return escaped("\u{c}")
        case UInt8(ascii: "n"): return escaped("\n")
        case UInt8(ascii: "r"): return escaped("\r")
        case UInt8(ascii: "t"): return escaped("\t")
        case UInt8(ascii: "u"):
            let first = try readUnit()
            if let scalar = Unicode.Scalar(first) { return scalar }
            // A pair of surrogates stands for one scalar beyond U+FFFF (RFC 8259 §7).
            guard first < 0xDC00, take("\\"), peek == UInt8(ascii: "u") else { throw stopAtSurrogate() }
            let second = try readUnit()
            let value = 0x10000 + (first - 0xD800) << 10 + (second & 0x3FF)
            guard (0xDC00...0xDFFF).contains(second), let scalar = Unicode.Scalar(value) else {
                throw stopAtSurrogate()
            }
            return scalar
        default:
            throw stop("expected one of \" \\ / b f n r t u after '\\', found \(found)", "Double the '\\'.")
        }
    }

    private mutating func escaped(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        index += 1
        return scalar
    }

    private mutating func stopAtSurrogate() -> Stopped {
        stop("expected both halves of a surrogate pair", "Write the character itself.")
    }

    /// The four hexadecimal digits after `\u`.
    private mutating func readUnit() throws(Stopped) -> UInt32 {
        index += 1
        let digits = bytes[index...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw stop("expected four hexadecimal digits after '\\u', found \(found)", "Write as in \\u00e9.") }
        index += 4
        return value
    }

    /// The text of a number; its shape is checked, its size is not.
    mutating func readNumber() throws(Stopped) -> String {
        let start = index
        _ = take("-")
        let whole = skipDigits()
        guard whole > 0 else { throw stop("expected a digit, found \(found)", "Write the number with digits.") }
        if whole > 1, bytes[index - whole] == UInt8(ascii: "0") {
            throw stop("a number begins with 0", "Remove the leading zero.")
        }
        if take("."), skipDigits() == 0 {
            throw stop("expected a digit after '.', found \(found)", "Add the digit or remove the point.")
        }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            guard skipDigits() > 0 else { throw stop("expected a digit in the exponent, found \(found)", "Add it.") }
        }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private mutating func skipDigits() -> Int {
        let start = index
        while let byte = peek, isDigit(byte) { index += 1 }
        return index - start
    }

    /// `true`, `false` or `null`.
    mutating func readLiteral() throws(Stopped) -> JSONValue.Content {
        let letters = bytes[index...].prefix { (0x30...0x39).contains($0) || (0x41...0x7A).contains($0 | 0x20) }
        let word = String(decoding: letters, as: UTF8.self)
        switch word {
        case "true":
            index += 4
            return .bool(true)
        case "false":
            index += 5
            return .bool(false)
        case "null":
            index += 4
            return .null
        case "":
            throw stop("expected a value, found \(found)", "Write a text, number, list, object, true, false or null.")
        default:
            let nearest = NearestName.nearest(to: word, among: ["true", "false", "null"])
            let remedy =
                word == "None" ? "Write null." : nearest.map { "Write \($0)." } ?? "Put texts in double quotes."
            throw stop("expected a value, found \(word)", remedy)
        }
    }
}
