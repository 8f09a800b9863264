import CScan

/// Walks over a JSON document without building anything: it says where things are and whether they are well formed
/// (RFC 8259). Bodies are scanned once, in place; what is wanted of them is kept as ranges.
///
/// Objects and arrays are entered and then pulled:
///
///     try scanner.enterObject()
///     var isFirst = true
///     while let key = try scanner.nextKey(&isFirst) { … try scanner.value() … }
package struct JSONScanner {
    @usableFromInline let base: UnsafePointer<UInt8>
    @usableFromInline let count: Int
    package var position = 0
    @usableFromInline var depth = 0
    @usableFromInline let maxDepth: Int

    /// The bytes must outlive the scanner.
    @inlinable
    package init(_ bytes: UnsafeRawBufferPointer, maxDepth: Int = 128) {
        // An empty document is never read from: `count` is asked first.
        base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? ("" as StaticString).utf8Start
        count = bytes.count
        self.maxDepth = maxDepth
    }

    // MARK: Tokens

    @inlinable @inline(__always)
    package mutating func skipWhitespace() {
        while position < count {
            let byte = base[position]
            // Nearly always nothing is to be skipped.
            guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position += 1
        }
    }

    /// The first byte of what comes next, after white space; `nil` at the end.
    @inlinable @inline(__always)
    package mutating func peek() -> UInt8? {
        skipWhitespace()
        return position < count ? base[position] : nil
    }

    @inlinable
    func fault(_ reason: JSONFault.Reason, at offset: Int? = nil) -> JSONFault {
        let offset = offset ?? position
        return JSONFault(offset: offset, reason: offset >= count ? .unexpectedEnd : reason)
    }

    @inlinable
    package mutating func enterObject() throws(JSONFault) {
        try enter(UInt8(ascii: "{"), "'{'")
    }

    @inlinable
    package mutating func enterArray() throws(JSONFault) {
        try enter(UInt8(ascii: "["), "'['")
    }

    @inlinable
    mutating func enter(_ bracket: UInt8, _ name: StaticString) throws(JSONFault) {
        guard peek() == bracket else { throw fault(.expected(name)) }
        guard depth < maxDepth else { throw fault(.tooDeep(limit: maxDepth)) }
        depth += 1
        position += 1
    }

    /// The next member's key, with the position behind its colon; `nil` after the closing brace.
    @inlinable
    package mutating func nextKey(_ isFirst: inout Bool) throws(JSONFault) -> JSONString? {
        let next = peek()
        if next == UInt8(ascii: "}") {
            position += 1
            depth -= 1
            return nil
        }
        if isFirst {
            isFirst = false
        } else {
            guard next == UInt8(ascii: ",") else { throw fault(.expected("',' or '}'")) }
            position += 1
        }
        guard peek() == UInt8(ascii: "\"") else { throw fault(.expected("a key in double quotes")) }
        let key = try string()
        guard peek() == UInt8(ascii: ":") else { throw fault(.expected("':'")) }
        position += 1
        return key
    }

    /// Whether another element follows; `false` after the closing bracket.
    @inlinable
    package mutating func nextElement(_ isFirst: inout Bool) throws(JSONFault) -> Bool {
        let next = peek()
        if next == UInt8(ascii: "]") {
            guard isFirst || base[position - 1] != UInt8(ascii: ",") else { throw fault(.expected("a value")) }
            position += 1
            depth -= 1
            return false
        }
        if isFirst {
            isFirst = false
        } else {
            guard next == UInt8(ascii: ",") else { throw fault(.expected("',' or ']'")) }
            position += 1
        }
        return true
    }

    /// Skips any value and says what and where it was.
    package mutating func value() throws(JSONFault) -> JSONValueSpan {
        guard let first = peek() else { throw fault(.expected("a value")) }
        let start = position
        let kind: JSONValueSpan.Kind
        switch first {
        case UInt8(ascii: "\""):
            let text = try string()
            kind = text.hasEscapes ? .escapedString : .string
        case UInt8(ascii: "{"):
            try enterObject()
            var isFirst = true
            while try nextKey(&isFirst) != nil { _ = try value() }
            kind = .object
        case UInt8(ascii: "["):
            try enterArray()
            var isFirst = true
            while try nextElement(&isFirst) { _ = try value() }
            kind = .array
        case UInt8(ascii: "t"):
            try literal("true")
            kind = .true
        case UInt8(ascii: "f"):
            try literal("false")
            kind = .false
        case UInt8(ascii: "n"):
            try literal("null")
            kind = .null
        case UInt8(ascii: "-"), 0x30...0x39:
            try number()
            kind = .number
        default:
            throw fault(.expected("a value"))
        }
        return JSONValueSpan(kind: kind, range: start..<position)
    }

    /// Nothing but white space may be left.
    package mutating func end() throws(JSONFault) {
        guard peek() == nil else { throw fault(.trailingBytes) }
    }

    private mutating func literal(_ word: StaticString) throws(JSONFault) {
        let length = word.utf8CodeUnitCount
        for index in 0..<min(length, count - position) where base[position + index] != word.utf8Start[index] {
            throw fault(.expected("a value"))
        }
        guard count - position >= length else { throw JSONFault(offset: count, reason: .unexpectedEnd) }
        position += length
    }

    private mutating func number() throws(JSONFault) {
        let start = position
        func digits(_ at: Int) -> Int {
            var at = at
            while at < count, base[at] &- 0x30 < 10 { at += 1 }
            return at
        }
        var at = base[start] == UInt8(ascii: "-") ? start + 1 : start
        let whole = digits(at)
        guard whole > at, whole == at + 1 || base[at] != UInt8(ascii: "0") else { throw fault(.badNumber, at: start) }
        at = whole
        if at < count, base[at] == UInt8(ascii: ".") {
            let fraction = digits(at + 1)
            guard fraction > at + 1 else { throw fault(.badNumber, at: start) }
            at = fraction
        }
        if at < count, base[at] | 0x20 == UInt8(ascii: "e") {
            at += 1
            if at < count, base[at] == UInt8(ascii: "+") || base[at] == UInt8(ascii: "-") { at += 1 }
            let exponent = digits(at)
            guard exponent > at else { throw fault(.badNumber, at: start) }
            at = exponent
        }
        position = at
    }

    // MARK: Strings

    /// A string, from its opening quote on. Most, names above all, are ASCII and end within sixteen bytes.
    @inline(__always)
    package mutating func string() throws(JSONFault) -> JSONString {
        guard position < count, base[position] == UInt8(ascii: "\"") else { throw fault(.expected("a string")) }
        let start = position + 1
        if start + 16 <= count {
            let bytes = load(start)
            let specials = Self.specials(bytes)
            let length = specials.trailingZeroBitCount
            let content = (specials & (0 &- specials)) &- 1
            if specials != 0, base[start + length] == UInt8(ascii: "\""), bytes.highBits & content == 0 {
                position = start + length + 1
                return JSONString(range: start..<start + length, hasEscapes: false)
            }
        }
        return try anyString(from: start)
    }

    /// The same for any string. What is sound of it is passed over at once; the rest, often no more than the quote, goes by
    /// sixteen bytes.
    private mutating func anyString(from start: Int) throws(JSONFault) -> JSONString {
        var hasEscapes = false
        let passed = start + (start + 64 <= count ? scan_string(base + start, count - start, &hasEscapes) : 0)
        if passed < count, base[passed] == UInt8(ascii: "\"") {
            position = passed + 1
            return JSONString(range: start..<passed, hasEscapes: hasEscapes)
        }
        /// Up to here everything is accepted; it may be beyond the block, behind an escape.
        var at = passed
        var block = passed
        // Which bytes were seen, as far as their highest bit goes; a few beyond the string do no harm.
        var seen = SIMD16<UInt8>(repeating: 0)
        while block < count {
            var specials: UInt64
            let width: Int
            if block + 16 <= count {
                let bytes = load(block)
                specials = Self.specials(bytes)
                seen |= bytes
                width = 16
            } else {
                specials = isSpecial(base[block]) ? 1 : 0
                seen[0] |= base[block]
                width = 1
            }
            while specials != 0 {
                let place = block &+ specials.trailingZeroBitCount
                specials &= specials &- 1
                // Escaped by the one before.
                guard place >= at else { continue }
                if base[place] == UInt8(ascii: "\"") {
                    position = place + 1
                    if seen.highBits != 0 { try checkUTF8(passed..<place) }
                    return JSONString(range: start..<place, hasEscapes: hasEscapes)
                }
                at = try escape(at: place)
                hasEscapes = true
            }
            block &+= width
        }
        throw JSONFault(offset: count, reason: .unexpectedEnd)
    }

    @inline(__always)
    private static func specials(_ bytes: SIMD16<UInt8>) -> UInt64 {
        let quote = SIMD16<UInt8>(repeating: UInt8(ascii: "\""))
        let backslash = SIMD16<UInt8>(repeating: UInt8(ascii: "\\"))
        let blank = SIMD16<UInt8>(repeating: 0x20)
        return ((bytes .== quote) .| (bytes .== backslash) .| (bytes .< blank)).bits
    }

    @inline(__always)
    private func isSpecial(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20
    }

    @inline(__always)
    private func load(_ place: Int) -> SIMD16<UInt8> {
        UnsafeRawPointer(base + place).loadUnaligned(as: SIMD16<UInt8>.self)
    }

    private func checkUTF8(_ range: Range<Int>) throws(JSONFault) {
        if let bad = UTF8Check.firstFault(base + range.lowerBound, count: range.count) {
            throw JSONFault(offset: range.lowerBound + bad, reason: .badUTF8)
        }
    }

    /// Checks what a string may not hold as it is: the escape at a backslash. The position behind it.
    @inline(__always)
    private func escape(at backslash: Int) throws(JSONFault) -> Int {
        guard base[backslash] == UInt8(ascii: "\\") else { throw fault(.controlCharacter, at: backslash) }
        guard backslash + 1 < count else { throw JSONFault(offset: count, reason: .unexpectedEnd) }
        let escaped = base[backslash + 1]
        if escaped != UInt8(ascii: "u") {
            guard Self.isSimpleEscape(escaped) else { throw fault(.badEscape, at: backslash) }
            return backslash + 2
        }
        guard backslash + 6 <= count else { throw JSONFault(offset: count, reason: .unexpectedEnd) }
        let digits = base + backslash + 2
        guard Self.isHex(digits[0]), Self.isHex(digits[1]), Self.isHex(digits[2]), Self.isHex(digits[3]) else {
            throw fault(.badEscape, at: backslash)
        }
        return backslash + 6
    }

    /// `"`, `/`, `\`, `b`, `f`, `n`, `r` or `t`: a bit of a word each, since they come in no order that a branch could guess.
    @inline(__always)
    private static func isSimpleEscape(_ byte: UInt8) -> Bool {
        let word: UInt64 =
            byte < 64 ? 1 << 0x22 | 1 << 0x2F : 1 << 0x1C | 1 << 0x22 | 1 << 0x26 | 1 << 0x2E | 1 << 0x32 | 1 << 0x34
        return byte < 128 && word >> UInt64(byte & 63) & 1 != 0
    }

    @inline(__always)
    private static func isHex(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 6 }
}

/// Where a string's content is, without its quotes.
package struct JSONString: Sendable, Equatable {
    package let range: Range<Int>
    package let hasEscapes: Bool

    @inlinable
    init(range: Range<Int>, hasEscapes: Bool) {
        self.range = range
        self.hasEscapes = hasEscapes
    }
}

/// Where a value is, quotes and brackets included, and what it is.
package struct JSONValueSpan: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case string, escapedString, number, `true`, `false`, null, object, array
    }

    package let kind: Kind
    package let range: Range<Int>

    package init(kind: Kind, range: Range<Int>) {
        self.kind = kind
        self.range = range
    }

    package var isString: Bool { kind == .string || kind == .escapedString }
    /// A string's content without its quotes; `nil` for other kinds.
    package var text: JSONString? {
        guard isString else { return nil }
        return JSONString(range: range.lowerBound + 1..<range.upperBound - 1, hasEscapes: kind == .escapedString)
    }
}
