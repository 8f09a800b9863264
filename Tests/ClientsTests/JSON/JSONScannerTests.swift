import Testing

@testable import Clients

@Suite struct JSONScannerTests {
    /// Reads a whole document; what and where it is.
    static func read(_ bytes: [UInt8], maxDepth: Int = 128) throws(JSONFault) -> JSONValueSpan {
        let read: Result<JSONValueSpan, JSONFault> = bytes.withUnsafeBytes { bytes in
            do throws(JSONFault) {
                var scanner = JSONScanner(bytes, maxDepth: maxDepth)
                let value = try scanner.value()
                try scanner.end()
                return .success(value)
            } catch {
                return .failure(error)
            }
        }
        return try read.get()
    }

    static func fault(_ text: String, maxDepth: Int = 128) -> JSONFault? {
        fault(Array(text.utf8), maxDepth: maxDepth)
    }

    static func fault(_ bytes: [UInt8], maxDepth: Int = 128) -> JSONFault? {
        do throws(JSONFault) {
            _ = try read(bytes, maxDepth: maxDepth)
            return nil
        } catch {
            return error
        }
    }

    static let valid: [(text: String, kind: JSONValueSpan.Kind)] = [
        ("{}", .object), ("[]", .array), ("\"\"", .string), ("0", .number), ("true", .true), ("false", .false),
        ("null", .null), (" \t\r\n1\n\r\t ", .number), ("[ ]", .array), ("{ }", .object), ("[1]", .array),
        ("[1 , 2 ,3]", .array), ("[[],[[]],{}]", .array), ("{\"\":0}", .object), ("{\"a\":1,\"a\":2}", .object),
        ("{\"a\" : { \"b\" : [ ] } }", .object), ("{\"a\":null}\n", .object),
        ("-0", .number), ("-1", .number), ("0.0", .number), ("0e1", .number), ("0e+1", .number), ("0E-1", .number),
        ("1.5e10", .number), ("123456789012345678901234567890", .number), ("1e400", .number), ("-0.0", .number),
        ("1E22", .number), ("20e1", .number), ("0.1e1", .number),
        ("\"abc\"", .string), ("\"/\"", .string), ("\"\u{7f}\"", .string), ("\"'\"", .string),
        ("\"é😀\u{FFFF}\"", .string),
        ("\"\u{2028}\u{2029}\u{FEFF}\"", .string), ("\"{[,:]}\"", .string),
        ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", .escapedString), ("\"\\u0000\\uABCD\\uabcd\"", .escapedString),
        ("\"\\ud83d\\ude00\"", .escapedString), ("\"\\ud800\"", .escapedString), ("\"\\udc00\\ud800\"", .escapedString),
        ("\"\\\\\"", .escapedString), ("\"\\\\u12\"", .escapedString),
    ]

    @Test(arguments: valid) func `what RFC 8259 allows is read`(_ text: String, _ kind: JSONValueSpan.Kind) throws {
        let value = try Self.read(Array(text.utf8))
        #expect(value.kind == kind)
        let blanks = text.utf8.prefix { [0x20, 0x0A, 0x0D, 0x09].contains($0) }.count
        #expect(value.range.lowerBound == blanks)
        #expect(value.range.upperBound <= text.utf8.count)
    }

    @Test(arguments: valid) func `every beginning of a document is faulted at its end or before`(
        _ text: String,
        _: JSONValueSpan.Kind
    ) {
        let bytes = Array(text.utf8)
        for length in 0..<bytes.count {
            guard let fault = Self.fault(Array(bytes[..<length])) else { continue }
            #expect(fault.offset <= length)
        }
    }

    static let invalid: [(text: String, offset: Int, reason: JSONFault.Reason)] = [
        ("", 0, .unexpectedEnd), (" ", 1, .unexpectedEnd), ("[", 1, .unexpectedEnd), ("{", 1, .unexpectedEnd),
        ("]", 0, .expected("a value")), ("}", 0, .expected("a value")), (",", 0, .expected("a value")),
        ("[1", 2, .unexpectedEnd), ("[1,", 3, .unexpectedEnd), ("[1,]", 3, .expected("a value")),
        ("[,1]", 1, .expected("a value")), ("[1,,2]", 3, .expected("a value")), ("[,]", 1, .expected("a value")),
        ("[1 2]", 3, .expected("',' or ']'")), ("[1}", 2, .expected("',' or ']'")),
        ("[1:2]", 2, .expected("',' or ']'")),
        ("[1]]", 3, .trailingBytes), ("{}}", 2, .trailingBytes), ("1 2", 2, .trailingBytes), ("[]x", 2, .trailingBytes),
        ("\"\"\"", 2, .trailingBytes), ("{} #", 3, .trailingBytes), ("[] // x", 3, .trailingBytes),
        ("{1:2}", 1, .expected("a key in double quotes")), ("{a:2}", 1, .expected("a key in double quotes")),
        ("{'a':2}", 1, .expected("a key in double quotes")), ("{null:2}", 1, .expected("a key in double quotes")),
        ("{,}", 1, .expected("a key in double quotes")), ("{\"a\"}", 4, .expected("':'")),
        ("{\"a\" 1}", 5, .expected("':'")),
        ("{\"a\",1}", 4, .expected("':'")), ("{\"a\":}", 5, .expected("a value")), ("{\"a\":", 5, .unexpectedEnd),
        ("{\"a\"", 4, .unexpectedEnd), ("{\"a\":1", 6, .unexpectedEnd), ("{\"a\":1,", 7, .unexpectedEnd),
        ("{\"a\":1,}", 7, .expected("a key in double quotes")), ("{\"a\":1,,}", 7, .expected("a key in double quotes")),
        ("{\"a\":1 \"b\":2}", 7, .expected("',' or '}'")), ("{\"a\":1]", 6, .expected("',' or '}'")),
        ("{\"a\"::1}", 5, .expected("a value")), ("[1,2}", 4, .expected("',' or ']'")),
        ("tru", 3, .unexpectedEnd), ("nul", 3, .unexpectedEnd), ("t", 1, .unexpectedEnd),
        ("nux", 0, .expected("a value")),
        ("[nul]", 1, .expected("a value")), ("[fals", 5, .unexpectedEnd), ("[n]", 1, .expected("a value")),
        ("True", 0, .expected("a value")), ("TRUE", 0, .expected("a value")), ("truE", 0, .expected("a value")),
        ("truee", 4, .trailingBytes), ("nullnull", 4, .trailingBytes), ("undefined", 0, .expected("a value")),
        ("NaN", 0, .expected("a value")), ("Infinity", 0, .expected("a value")), ("-Infinity", 0, .badNumber),
        ("-", 0, .badNumber), ("+1", 0, .expected("a value")), ("01", 0, .badNumber), ("-01", 0, .badNumber),
        ("00", 0, .badNumber), ("1.", 0, .badNumber), (".5", 0, .expected("a value")), ("-.5", 0, .badNumber),
        ("1e", 0, .badNumber), ("1e+", 0, .badNumber), ("1.e1", 0, .badNumber), ("1.5.5", 3, .trailingBytes),
        ("0x1", 1, .trailingBytes), ("1a", 1, .trailingBytes), ("--1", 0, .badNumber), ("1-", 1, .trailingBytes),
        ("[1.]", 1, .badNumber), ("[1,01]", 3, .badNumber), ("1e1.5", 3, .trailingBytes), ("1_000", 1, .trailingBytes),
        ("\u{ff11}", 0, .expected("a value")),
        ("\"", 1, .unexpectedEnd), ("\"a", 2, .unexpectedEnd), ("\"\\", 2, .unexpectedEnd),
        ("\"\\\"", 3, .unexpectedEnd),
        ("\"\\u", 3, .unexpectedEnd), ("\"\\u12", 5, .unexpectedEnd),
        ("'a'", 0, .expected("a value")), ("a", 0, .expected("a value")),
        ("\"\\x41\"", 1, .badEscape), ("\"a\\'\"", 2, .badEscape), ("\"\\a\"", 1, .badEscape),
        ("\"\\0\"", 1, .badEscape),
        ("\"\\U0041\"", 1, .badEscape), ("\"\\u00g0\"", 1, .badEscape), ("\"\\u12\"  \"", 1, .badEscape),
        ("\"\\ u0041\"", 1, .badEscape), ("\"\\\n\"", 1, .badEscape), ("\"\\é\"", 1, .badEscape),
        ("\"a\nb\"", 2, .controlCharacter), ("\"\t\"", 1, .controlCharacter), ("\"\0\"", 1, .controlCharacter),
        ("\"\u{1f}\"", 1, .controlCharacter), ("{\"a\nb\":1}", 3, .controlCharacter),
        ("\u{FEFF}{}", 0, .expected("a value")), ("\u{a0}1", 0, .expected("a value")),
        ("[\u{b}1]", 1, .expected("a value")),
        ("[1\u{c}]", 2, .expected("',' or ']'")), ("\0", 0, .expected("a value")), ("[]\0", 2, .trailingBytes),
        ("/**/1", 0, .expected("a value")), ("<html>", 0, .expected("a value")),
    ]

    @Test(arguments: invalid)
    func `what RFC 8259 forbids is faulted where it stands`(_ text: String, _ offset: Int, _ reason: JSONFault.Reason) {
        #expect(Self.fault(text) == JSONFault(offset: offset, reason: reason))
        // Moved along by what may precede it.
        if reason != .trailingBytes {
            #expect(Self.fault("[0, " + text) == JSONFault(offset: offset + 4, reason: reason))
        }
    }

    // MARK: Depth

    @Test(arguments: [1, 2, 127, 128, 129, 1000]) func `nesting is limited`(_ levels: Int) {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let text = String(repeating: open, count: levels) + "0" + String(repeating: close, count: levels)
            if levels <= 128 {
                #expect(Self.fault(text) == nil)
            } else {
                #expect(Self.fault(text) == JSONFault(offset: 128 * open.utf8.count, reason: .tooDeep(limit: 128)))
            }
        }
    }

    @Test func `depth counts what is open, not what was`() {
        let text = "[" + String(repeating: "[[]],", count: 500) + "{}]"
        #expect(Self.fault(text, maxDepth: 3) == nil)
        #expect(Self.fault(text, maxDepth: 2)?.reason == .tooDeep(limit: 2))
        #expect(Self.fault(String(repeating: "[", count: 1_000_000))?.reason == .tooDeep(limit: 128))
    }

    // MARK: Strings around the blocks of sixteen

    @Test(arguments: 0..<34) func `strings are read at every alignment`(_ before: Int) throws {
        let blanks = [UInt8](repeating: 0x20, count: before)
        for length in 0..<36 {
            let content = [UInt8](repeating: UInt8(ascii: "x"), count: length)
            let plain = blanks + [0x22] + content + [0x22]
            #expect(try Self.read(plain) == JSONValueSpan(kind: .string, range: before..<before + length + 2))
            #expect(Self.fault(plain.dropLast()) == JSONFault(offset: before + length + 1, reason: .unexpectedEnd))
            for place in stride(from: before & 1, to: length, by: 2) {
                let at = before + 1 + place
                var bytes = plain
                bytes[at] = 0x1F
                #expect(Self.fault(bytes) == JSONFault(offset: at, reason: .controlCharacter))
                bytes[at] = 0x22
                #expect(Self.fault(bytes) == JSONFault(offset: at + 1, reason: .trailingBytes))
                bytes[at] = 0xFF
                #expect(Self.fault(bytes) == JSONFault(offset: at, reason: .badUTF8))
                bytes.replaceSubrange(at...at, with: Array("\\n".utf8))
                #expect(
                    try Self.read(bytes) == JSONValueSpan(kind: .escapedString, range: before..<before + length + 3)
                )
                bytes.replaceSubrange(at...at + 1, with: Array("😀".utf8))
                #expect(try Self.read(bytes).kind == .string)
            }
        }
    }

    @Test func `bytes outside the document are not looked at`() throws {
        // The quote behind the slice must not end the string.
        let bytes = Array("\"abcdefghijklmnopqrstuvwxyz\"".utf8)
        bytes.withUnsafeBytes { all in
            for length in 1..<bytes.count {
                var scanner = JSONScanner(UnsafeRawBufferPointer(rebasing: all[..<length]))
                #expect(throws: JSONFault(offset: length, reason: .unexpectedEnd)) { try scanner.string() }
            }
        }
    }

    // MARK: Pulling

    @Test func `members are pulled one by one with where they are`() throws {
        let text = " { \"a\" : 1 , \"b\\n\":[true,{}], \"c\":\"d\" } "
        try Array(text.utf8)
            .withUnsafeBytes { bytes in
                var scanner = JSONScanner(bytes)
                var read: [String] = []
                try scanner.enterObject()
                var isFirst = true
                while let key = try scanner.nextKey(&isFirst) {
                    let value = try scanner.value()
                    read.append(JSONText.string(bytes, key))
                    read.append(String(decoding: bytes[value.range], as: UTF8.self))
                }
                try scanner.end()
                #expect(read == ["a", "1", "b\n", "[true,{}]", "c", "\"d\""])
            }
    }

    @Test func `elements are pulled one by one`() throws {
        try Array("[ 1,[2] , \"3\" ]".utf8)
            .withUnsafeBytes { bytes in
                var scanner = JSONScanner(bytes)
                var read: [String] = []
                try scanner.enterArray()
                var isFirst = true
                while try scanner.nextElement(&isFirst) {
                    read.append(String(decoding: bytes[try scanner.value().range], as: UTF8.self))
                }
                try scanner.end()
                #expect(read == ["1", "[2]", "\"3\""])
            }
    }

    @Test func `entering what is not there is a fault`() {
        Array("[]".utf8)
            .withUnsafeBytes { bytes in
                var scanner = JSONScanner(bytes)
                #expect(throws: JSONFault(offset: 0, reason: .expected("'{'"))) { try scanner.enterObject() }
            }
        Array("{}".utf8)
            .withUnsafeBytes { bytes in
                var scanner = JSONScanner(bytes)
                #expect(throws: JSONFault(offset: 0, reason: .expected("'['"))) { try scanner.enterArray() }
                #expect(throws: JSONFault(offset: 0, reason: .expected("a string"))) { try scanner.string() }
            }
    }

    static let keys: [(json: String, name: StaticString, isIt: Bool)] = [
        ("\"model\"", "model", true), ("\"Model\"", "model", false), ("\"models\"", "model", false),
        ("\"mode\"", "model", false), ("\"\"", "", true), ("\"mod\\u0065l\"", "model", false),
    ]

    @Test(arguments: keys.map { ($0.json, "\($0.name)", $0.isIt) })
    func `a key is recognised by its raw bytes`(_ json: String, _ name: String, _ isIt: Bool) throws {
        try Array(json.utf8)
            .withUnsafeBytes { bytes in
                var scanner = JSONScanner(bytes)
                let key = try scanner.string()
                let known = try #require(Self.keys.first { "\($0.name)" == name }).name
                #expect(JSONKey.equals(bytes, key, known) == isIt)
            }
    }

    static let integers: [(text: String, number: Int?)] = [
        ("0", 0), ("42", 42), ("999999999999999999", 999_999_999_999_999_999), ("1000000000000000000", nil),
        ("-1", nil),
        ("1.0", nil), ("1e3", nil), ("\"1\"", nil), ("true", nil), ("null", nil), ("[1]", nil),
    ]

    @Test(arguments: integers) func `counts are whole numbers`(_ text: String, _ number: Int?) throws {
        let bytes = Array(text.utf8)
        let value = try Self.read(bytes)
        #expect(bytes.withUnsafeBytes { JSONKey.integer($0, value) } == number)
    }
}
