import Testing

@testable import Normalize

@Suite struct ToolArgumentsTests {
    private func read(_ text: String, truncated: Bool = false) -> ToolArguments {
        Array(text.utf8).withUnsafeBytes { ToolArguments.read($0, truncated: truncated) }
    }

    @Test(arguments: [
        "{}", " {\"a\": 1} ", "{\"a\": \"\\u00e9 \\\"x\\\"\", \"b\": [1, {}]}", "[1]", "\"text\"", "null",
    ])
    func `valid arguments are left alone`(_ text: String) {
        #expect(read(text) == .valid)
    }

    static let repaired = [
        ("", "{}"), (" \n", "{}"), ("{\"city\": \"Rome\"", "{\"city\": \"Rome\"}"),
        ("{'city': 'Rome',}", "{\"city\": \"Rome\"}"),
        ("{\"text\": \"two\nlines\"}", "{\"text\": \"two\\nlines\"}"), ("{}{\"a\": 1}", "{\"a\": 1}"),
        ("{\"a\": 1}{\"a\": 1}", "{\"a\": 1}"), ("```json\n{\"a\": 1}\n```", "{\"a\": 1}"),
        ("{\"a\": True}", "{\"a\": true}"),
    ]

    @Test(arguments: repaired) func `others are repaired`(_ text: String, _ expected: String) {
        #expect(read(text) == .repaired(Array(expected.utf8)))
    }

    @Test(arguments: ["no arguments", "{\"a\": 1}{\"b\": 2}", "[1,", "]"]) func `what is no object stays`(
        _ text: String
    ) {
        #expect(read(text) == .unreadable)
    }

    @Test func `arguments that were cut off are closed`() {
        #expect(read("{\"a\": \"x\", \"b", truncated: true) == .repaired(Array("{\"a\": \"x\"}".utf8)))
    }

    @Test(arguments: [
        ("{\\\"a\\\": \\\"x\\\\ny\\\"}", true), ("{\\n\\\"a\\\":\\t[1]}", true),
        ("{\\\"a\\\": \\\"\\u00e9\\u4e2d\\\"}", true),
        ("{\\\"a\\\": \\\"x\\ny\\\"}", false), ("{\\\"a\\\": \\\"\\u000a\\\"}", false), ("{\\\"a\\\": 1", false),
        ("{\\u", false),
        ("{\\\"a\\\": \\u0031}", true), ("{\\\"a\\\": \\u00e9}", false), ("\\", false), ("", false),
    ])
    func `validity is seen through the escapes`(_ escaped: String, _ isValid: Bool) {
        #expect(Array(escaped.utf8).withUnsafeBytes { ToolArguments.areSurelyValid(escaped: $0) } == isValid)
    }

    @Test(arguments: repaired.map(\.0).filter { !$0.isEmpty && $0 != " \n" && !$0.hasPrefix("{\"a\": 1}{") })
    func `arguments in pieces give the same`(_ text: String) {
        var normalizer = ToolArguments.streamed.normalizer()
        var result: [UInt8] = []
        for byte in text.utf8 {
            let piece = normalizer.append([byte])
            result += piece.passesUnchanged ? [byte] : piece.text
        }
        let end = normalizer.finish(truncated: false)
        #expect(read(text) == .repaired(result + end.text))
        #expect(end.jsonIsValid == true)
    }

    @Test func `long valid arguments stream while they come`() {
        var normalizer = ToolArguments.streamed.normalizer()
        let text = "{\"path\": \"a.txt\", \"content\": \"" + String(repeating: "line of text\\n", count: 100) + "\"}"
        var held = 0
        for byte in text.utf8 {
            let piece = normalizer.append([byte])
            held += 1 - (piece.passesUnchanged ? 1 : piece.text.count)
            #expect(held <= 96)
        }
    }
}
