import Testing

@testable import Relay

@Suite struct JSONReaderTests {
    private func read(_ text: String) -> (value: JSONValue?, faults: [ConfigurationFault]) {
        JSONReader.read(Array(text.utf8), file: "f.json")
    }

    @Test func `values keep their order, place and text`() throws {
        let text = "{\n  \"b\": [1, -2.5e3, true, null],\n  \"ä\": {\"a\": \"x\"}\n}"
        let value = try #require(read(text).value)
        #expect(value.members.map(\.key) == ["b", "ä"])
        #expect(value.members[1].position == JSONValue.Position(line: 3, column: 3))
        #expect(value["ä"]?["a"]?.position == JSONValue.Position(line: 3, column: 14))
        #expect(value["b"] == .array([.number(1), JSONValue(content: .number("-2.5e3")), .bool(true), .null]))
        #expect(JSONWriter.compact(value) == #"{"b": [1, -2.5e3, true, null], "ä": {"a": "x"}}"#)
    }

    @Test(arguments: [
        (#""a\"\\\/\b\f\n\r\tb""#, "a\"\\/\u{8}\u{c}\n\r\tb"),
        (#""\u00e9\uD83D\uDE00""#, "é😀"),
        (#""\u0000""#, "\0"),
        ("\"\u{FEFF}x\"", "\u{FEFF}x"),
    ])
    func `escapes are resolved`(text: String, expected: String) {
        #expect(read(text).value == .string(expected))
    }

    @Test(arguments: [
        ("{\n\"a\": 1,\n}", "f.json:2:7", "a comma stands before '}'"),
        ("[1,]", "f.json:1:3", "a comma stands before ']'"),
        ("{\"a\": 1 \"b\": 2}", "f.json:1:8", "expected ',' or '}', found '\"'"),
        ("[1 2]", "f.json:1:3", "expected ',' or ']', found '2'"),
        ("{\"a\": 1}\n// x", "f.json:2:1", "JSON has no comments"),
        ("{ /* x\n */ \"a\": 1}", "f.json:1:3", "JSON has no comments"),
        ("# x\n{}", "f.json:1:1", "JSON has no comments"),
        ("{\"a\": 1,\n \"a\": 2}", "f.json:2:2: a: ", "already stands on line 1"),
    ])
    func `a fault of clear meaning is reported and passed`(text: String, place: String, message: String) {
        let (value, faults) = read(text)
        #expect(value != nil)
        #expect(faults.count == 1)
        #expect(faults.first?.description.hasPrefix(place) == true)
        #expect(faults.first?.message.contains(message) == true)
    }

    @Test(arguments: [
        ("", "f.json:1:1", "expected a value, found the end of the file"),
        ("{", "f.json:1:2", "expected a key in double quotes, found the end of the file (the '{' of line 1"),
        ("{\n\"a\": [1,\n2", "f.json:3:2: a: ", "found the end of the file (the '[' of line 2 is still open)"),
        ("{a: 1}", "f.json:1:2", "expected a key in double quotes, found 'a'"),
        ("{'a': 1}", "f.json:1:2", "expected a key in double quotes, found '''"),
        ("{\"a\" 1}", "f.json:1:6", "expected ':' after the key \"a\", found '1'"),
        ("{\"a\": 'x'}", "f.json:1:7: a: ", "found a single quote"),
        ("{\"a\": }", "f.json:1:7: a: ", "expected a value, found '}'"),
        ("{\"a\": \"x\n\"}", "f.json:1:9: a: ", "expected '\"' before the end of the line"),
        ("[\"x", "f.json:1:4: [0]: ", "expected '\"', found the end of the file"),
        ("[\"\u{1}\"]", "f.json:1:3: [0]: ", "a control character stands in a text"),
        (#"["\x"]"#, "f.json:1:4: [0]: ", "after '\\', found 'x'"),
        (#"["\u12g4"]"#, "f.json:1:5: [0]: ", "expected four hexadecimal digits"),
        (#"["\uD800"]"#, "f.json:1:9: [0]: ", "expected both halves of a surrogate pair"),
        (#"["\uDC00"]"#, "f.json:1:9: [0]: ", "expected both halves of a surrogate pair"),
        ("[True]", "f.json:1:2: [0]: ", "expected a value, found True"),
        ("[None]", "f.json:1:2: [0]: ", "expected a value, found None"),
        ("[01]", "f.json:1:4: [0]: ", "a number begins with 0"),
        ("[-]", "f.json:1:3: [0]: ", "expected a digit, found ']'"),
        ("[1.]", "f.json:1:4: [0]: ", "expected a digit after '.'"),
        ("[1e]", "f.json:1:4: [0]: ", "expected a digit in the exponent"),
        ("[.5]", "f.json:1:2: [0]: ", "expected a value, found '.'"),
        ("{} {}", "f.json:1:4", "expected the end of the file, found '{'"),
        (String(repeating: "[", count: 70), "f.json:1:65", "more than 64 levels"),
    ])
    func `any other fault stops the reader where it stands`(text: String, place: String, message: String) {
        let (value, faults) = read(text)
        #expect(value == nil)
        #expect(faults.last?.description.hasPrefix(place) == true, "\(faults)")
        #expect(faults.last?.message.contains(message) == true, "\(faults)")
        #expect(faults.last?.remedy.isEmpty == false)
    }

    @Test func `a file that is not UTF-8 is refused at the first such byte`() {
        let (value, faults) = JSONReader.read(Array("{\n\"é".utf8) + [0xFF] + Array("\": 1}".utf8), file: "f.json")
        #expect(value == nil)
        #expect(faults.map(\.description) == ["f.json:2:3: the file is not UTF-8. Save it as UTF-8."])
    }

    @Test func `several faults of clear meaning are shown together`() {
        #expect(read("{\"a\": 1 \"a\": [1,],}").faults.count == 4)
    }

    @Test func `a byte order mark is passed over`() {
        #expect(read("\u{FEFF}{}").value == .object([]))
    }

    @Test func `keys that begin with two underscores are comments and may repeat`() throws {
        let (value, faults) = read(#"{"__c": 1, "a": 2, "__c": 3}"#)
        #expect(faults.isEmpty)
        #expect(value?.members.map(\.key) == ["a"])
    }

    @Test(arguments: [("3", 3), ("3.0", 3), ("3e2", 300), ("3.5", nil), ("1e40", nil), ("9223372036854775808", nil)])
    func `whole numbers are read exactly or not at all`(text: String, expected: Int?) {
        #expect(read(text).value?.integer == expected)
    }

    @Test func `what is written pretty is read back the same`() throws {
        let text = #"{"a": {"b": [], "c": {}}, "d": [[1, 2], {"e": "\u0001\""}], "f": "ü"}"#
        let value = try #require(read(text).value)
        let pretty = JSONWriter.pretty(value)
        #expect(pretty.hasPrefix("{\n  \"a\": {\n    \"b\": [],\n    \"c\": {}\n  },\n  \"d\": [\n    [1, 2],\n"))
        #expect(read(pretty).value == value)
        #expect(read(JSONWriter.compact(value)).value == value)
    }

    @Test func `no mutation of a file crashes the reader`() {
        let bytes = Array(#"{"a": [1, -2.5e3, "x\u00e9\n", {"b": null}], "c": true}"#.utf8)
        for index in bytes.indices {
            for byte: UInt8 in [0, 0x22, 0x2C, 0x5C, 0x5D, 0x7B, 0x7D, 0x2F, 0xC3, 0xFF] {
                var mutated = bytes
                mutated[index] = byte
                let (value, faults) = JSONReader.read(mutated, file: "f")
                #expect(value != nil || !faults.isEmpty)
                _ = JSONReader.read(Array(bytes[..<index]), file: "f")
            }
        }
    }
}
