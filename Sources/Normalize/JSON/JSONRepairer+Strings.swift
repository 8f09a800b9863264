/// String values: where they end, and what is escaped in them.
extension JSONRepairer {
    /// Reads a string from behind its opening quote (which is written) to behind its closing one, and writes that.
    mutating func readString(_ quote: Quote) {
        let start = position
        let outputStart = output.count
        var innerQuotes = 0
        while !isAtEnd {
            let byte = input[position]
            if quote.closes(at: position, in: input) {
                if innerQuotes.isMultiple(of: 2), let end = missingEnd(before: position, from: start) {
                    output.removeLast(output.count - outputStart)
                    writeContent(input[start..<end].trimmingTrailingSpace())
                    position = end
                    return output.append(.doubleQuote)
                }
                if endsString(at: position, quote, innerQuotes: innerQuotes) {
                    position += quote.length
                    if innerQuotes > 0 || isStrayAhead(quote) { trimOutput(to: outputStart) }
                    return output.append(.doubleQuote)
                }
                innerQuotes += 1
                writeContent(input[position..<(position + quote.length)])
                position += quote.length
            } else if byte == .backslash {
                copyEscape(quote)
            } else {
                copyRun(quote)
            }
        }
        endAtEnd(from: start, outputStart: outputStart)
    }

    /// Copies bytes that need no thought, or writes one that needs an escape.
    private mutating func copyRun(_ quote: Quote) {
        let start = position
        while position < input.endIndex {
            let byte = input[position]
            if byte == .backslash || byte == .doubleQuote || byte < 0x20 { break }
            if quote.kind != .double, quote.closes(at: position, in: input) { break }
            position += 1
        }
        if position > start {
            output += input[start..<position]
        } else {
            Self.writeEscaped(input[position], to: &output)
            position += 1
        }
    }

    /// A backslash and what it escapes; one that escapes nothing is kept as a character of its own.
    private mutating func copyEscape(_ quote: Quote) {
        guard position + 1 < input.endIndex else {
            position += 1
            return
        }
        let byte = input[position + 1]
        switch byte {
        case .doubleQuote, .backslash, .slash, 0x62, 0x66, 0x6E, 0x72, 0x74:
            output += [.backslash, byte]
            position += 2
        case .singleQuote, .backtick:
            output.append(byte)
            position += 2
        case 0x75:
            let digits = input[(position + 2)...].prefix(4).prefix { $0.isHexDigit }
            if digits.count == 4 {
                output += input[position..<(position + 6)]
                position += 6
            } else if position + 2 + digits.count == input.endIndex {
                position = input.endIndex
            } else {
                output += [.backslash, .backslash]
                position += 1
            }
        default:
            output += [.backslash, .backslash]
            position += 1
        }
    }

    /// The text ended inside a string. Unless it was cut off there, brackets that close what is open are not its own.
    private mutating func endAtEnd(from start: Int, outputStart: Int) {
        position = input.endIndex
        guard !truncated else { return output.append(.doubleQuote) }
        if isInObject, rereads < 8, let comma = nameAfterComma(from: start) {
            rereads += 1
            output.removeLast(output.count - outputStart)
            writeContent(input[start..<comma].trimmingTrailingSpace())
            position = comma
            return output.append(.doubleQuote)
        }
        var end = input.endIndex
        var depth = stack.count
        while end > start {
            let byte = input[end - 1]
            guard byte.isSpace || byte == .closeBrace || byte == .closeBracket || byte == .comma else { break }
            end -= 1
        }
        for byte in input[end...] where !byte.isSpace && byte != .comma {
            let isObject = byte == .closeBrace
            guard depth > 0, (stack[depth - 1] == .object) == isObject else {
                end = input.endIndex
                break
            }
            depth -= 1
        }
        if end < input.endIndex {
            output.removeLast(output.count - outputStart)
            writeContent(input[start..<end].trimmingTrailingSpace())
            position = end
        }
        output.append(.doubleQuote)
    }

    /// Takes back line breaks and blanks at the end of a mended string.
    private mutating func trimOutput(to start: Int) {
        while output.count > start {
            if output.last == .space {
                output.removeLast()
            } else if output.count - start >= 2, output.last == 0x6E, output[output.count - 2] == .backslash,
                output.count - start < 3 || output[output.count - 3] != .backslash
            {
                output.removeLast(2)
            } else {
                return
            }
        }
    }

    /// Writes the inside of a string that was found whole, escapes included.
    mutating func writeContent(_ text: ArraySlice<UInt8>) {
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            if byte == .backslash, index + 1 < text.endIndex {
                let next = text[index + 1]
                switch next {
                case .doubleQuote, .backslash, .slash, 0x62, 0x66, 0x6E, 0x72, 0x74: output += [.backslash, next]
                case 0x75 where text[(index + 2)...].prefix(4).prefix { $0.isHexDigit }.count == 4:
                    output += [.backslash, next]
                case .singleQuote, .backtick: output.append(next)
                default:
                    output += [.backslash, .backslash]
                    index -= 1
                }
                index += 2
            } else {
                Self.writeEscaped(byte, to: &output)
                index += 1
            }
        }
    }

    /// Writes a byte of a string, escaped where JSON demands it.
    static func writeEscaped(_ byte: UInt8, to output: inout [UInt8]) {
        switch byte {
        case .doubleQuote, .backslash: output += [.backslash, byte]
        case .newline: output += [.backslash, 0x6E]
        case .carriageReturn: output += [.backslash, 0x72]
        case .tab: output += [.backslash, 0x74]
        case 0..<0x20:
            let low = byte & 0x0F
            output += "\\u00".utf8
            output += [0x30 + byte >> 4, low < 10 ? 0x30 + low : 0x57 + low]
        default: output.append(byte)
        }
    }
}

extension ArraySlice<UInt8> {
    func trimmingTrailingSpace() -> ArraySlice<UInt8> {
        var rest = self
        while let last = rest.last, last.isSpace { rest.removeLast() }
        return rest
    }
}
