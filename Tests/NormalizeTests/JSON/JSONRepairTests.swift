import Testing

@testable import Normalize

@Suite struct JSONRepairTests {
    static let repaired: [(String, String)] = [
        ("{a: 1, b_c: 'two'}", "{\"a\": 1, \"b_c\": \"two\"}"),
        ("{\"a\": 1,}", "{\"a\": 1}"),
        ("[1, 2, ,3,]", "[1, 2, 3]"),
        ("{\"a\": 1 \"b\": 2}", "{\"a\": 1, \"b\": 2}"),
        ("[1 2 \"x\"]", "[1, 2, \"x\"]"),
        ("{\"a\": True, \"b\": None, \"c\": False}", "{\"a\": true, \"b\": null, \"c\": false}"),
        ("{\"a\": undefined, \"b\": NaN}", "{\"a\": null, \"b\": null}"),
        ("{\"a\": 1 /* one */, // first\n \"b\": 2}", "{\"a\": 1, \n \"b\": 2}"),
        ("{\"a\": \"line\nbreak\ttab\"}", "{\"a\": \"line\\nbreak\\ttab\"}"),
        ("{\"a\": \"say \"hi\" now\"}", "{\"a\": \"say \\\"hi\\\" now\"}"),
        ("{\"a\": \"see \"x\", then y\", \"b\": 1}", "{\"a\": \"see \\\"x\\\", then y\", \"b\": 1}"),
        ("{\"a\": \"C:\\dir \\d\"}", "{\"a\": \"C:\\\\dir \\\\d\"}"),
        ("{\"a\": [1, 2", "{\"a\": [1, 2]}"),
        ("{\"a\": {\"b\": \"cut of", "{\"a\": {\"b\": \"cut of\"}}"),
        ("{\"a\": \"missing quote}", "{\"a\": \"missing quote\"}"),
        ("{\"a\": \"missing, \"b\": 2}", "{\"a\": \"missing\", \"b\": 2}"),
        ("{\"a: 1}", "{\"a\": 1}"),
        ("{\"a\": [1, 2}, \"b\": 3", "{\"a\": [1, 2]}"),
        ("{\"a\": [{\"b\": 1], \"c\": 2}", "{\"a\": [{\"b\": 1}], \"c\": 2}"),
        ("{\"a\": .5, \"b\": 1., \"c\": +2, \"d\": 1/3}", "{\"a\": 0.5, \"b\": 1.0, \"c\": 2, \"d\": \"1/3\"}"),
        ("{\"a\": 007, \"b\": 1-2}", "{\"a\": \"007\", \"b\": \"1-2\"}"),
        ("{\"a\": plain words, \"b\": 1}", "{\"a\": \"plain words\", \"b\": 1}"),
        ("{\"u\": https://a.b/c, \"b\": 1}", "{\"u\": \"https://a.b/c\", \"b\": 1}"),
        ("{“a”: “b”}", "{\"a\": \"b\"}"),
        ("{'a': 'it\\'s', 'b': 'it's'}", "{\"a\": \"it's\", \"b\": \"it's\"}"),
        ("[1, 2, ...]", "[1, 2 ]"),
        ("{\"a\": 1, ...}", "{\"a\": 1 }"),
        ("{\"a\": (1, 2), \"b\": {1, 2}}", "{\"a\": [1, 2], \"b\": [1, 2]}"),
        ("{\"id\": ObjectId(\"x\"), \"n\": 1}", "{\"id\": \"x\", \"n\": 1}"),
        ("{\\\"a\\\": \\\"b\\\\nc\\\"}", "{\"a\": \"b\\nc\"}"),
        ("{\"a\": 1}\n{\"b\": 2}", "[{\"a\": 1}, {\"b\": 2}]"),
        ("1, 2, 3", "[1, 2, 3]"),
        ("{\"a\":\u{A0}1}", "{\"a\": 1}"),
        ("{\"a\"=> 1, \"b\" = 2}", "{\"a\": 1, \"b\":  2}"),
        ("{\"a\": \"x\" + \"y\"}", "{\"a\": \"xy\"}"),
        ("{,\"a\": 1}}]", "{\"a\": 1}"),
        ("[\"a\"\n 1,\n \"b\"\n {\"c\": 1}]", "[\"a\",\n 1,\n \"b\",\n {\"c\": 1}]"),
        ("{\"a\": \"x\", \"b: \"y\", \"c\": 1}", "{\"a\": \"x\", \"b\": \"y\", \"c\": 1}"),
        ("{\"a\": {\"b\": \"x y\n  },\n  \"c\": \"d\"\n}", "{\"a\": {\"b\": \"x y\"\n  },\n  \"c\": \"d\"\n}"),
        ("{\"a\": 418, \"b\nc\": 1}", "{\"a\": 418, \"b\\nc\": 1}"),
        ("[1 {\"a\": 2}]", "[1, {\"a\": 2}]"),
        ("[\\n  {\\n    \\\"a\\\": 1\\n  }\\n]", "[\n  {\n    \"a\": 1\n  }\n]"),
    ]

    @Test(arguments: repaired) func `what was meant becomes valid`(_ text: String, _ expected: String) {
        #expect(JSONRepair.repair(text) == expected)
        #expect(JSONValidator.isValid(expected))
    }

    static let extracted: [(String, String)] = [
        ("```json\n{\"a\": 1}\n```", "{\"a\": 1}"),
        ("```\n[1]\n```\nHope it helps!", "[1]"),
        ("Here it is:\n\n```json\n{\"a\": 1}\n```\n\nHope it helps [x].", "{\"a\": 1}"),
        ("The answer is {\"a\": [1, 2]} as you see.", "{\"a\": [1, 2]}"),
        ("[Note] the {placeholder} is {\"a\": 1}.", "{\"a\": 1}"),
        ("{\"a\": 1}\n\nThat is all: enjoy!", "{\"a\": 1}"),
        ("```python\nprint(1)\n```\n```json\n{a: 1}\n```", "{\"a\": 1}"),
        ("Result: {\"a\": {\"b\": 1,}, \"c\": [1,]}. Done.", "{\"a\": {\"b\": 1}, \"c\": [1]}"),
        ("callback({\"a\": 1});", "{\"a\": 1}"),
        ("[]{\"a\": 1}", "{\"a\": 1}"),
    ]

    @Test(arguments: extracted) func `a document is taken out of fences and talk`(_ text: String, _ expected: String) {
        #expect(JSONRepair.repair(text) == expected)
    }

    @Test(arguments: ["", "No JSON here.", "Just (a remark).", "a {placeholder} only", "1."])
    func `where nothing is like JSON there is none`(_ text: String) {
        #expect(JSONRepair.repair(text) == nil)
    }

    static let valid = [
        "{}", "[]", "{\"a\": [1, -2.5e+3, true, false, null, \"\\u00e9\\n\\\"\"]}", "  [ { \"a\" : { } } ] ",
        "{\"a\": \"say \\\"hi\\\", or // not\", \"b\": \"```json\"}", "\"text\"", "12", "{\"\": \"\", \"a,b\": \"}\"}",
    ]

    @Test(arguments: valid) func `a valid document is returned as it is`(_ text: String) {
        #expect(JSONRepair.repair(text).map { Array($0.utf8) } == Array(text.utf8.trimmingSpace()))
    }

    @Test(arguments: [
        "{", "{\"a\"}", "[1,]", "{'a': 1}", "01", "1.", "\"\\x\"", "\"a\nb\"", "[1 2]", "tru", "{} {}", "\"\\u12g4\"",
        "-", "",
        "{\"a\":1,}", "[\u{1}]", "+1", ".5", "1e", "nul", "truee",
    ])
    func `the validator refuses what RFC 8259 does`(_ text: String) {
        #expect(!JSONValidator.isValid(text))
    }

    @Test(arguments: [
        "[", "{\"a\":", "{\"a\": \"b\" c\" ", "{a: 1}\n", "x {a: 1}\n", "```json {\n", "\" , `", "{\"a\": \"b, c: \"",
        "[1 ", "\\\", ", "}", " \"", "\\\"", ", \\\"x: ", "\n", "[{\\\"-2=  \n",
    ])
    func `long garbage comes to an end`(_ text: String) {
        let garbage = Array(("{\"a\": \"x" + String(repeating: text, count: 20_000)).utf8)
        let result = JSONRepair.repair(garbage)
        #expect(result.map { JSONValidator.isValid($0) } ?? true)
        #expect(result?.count ?? 0 <= 4 * garbage.count)
    }

    @Test func `nesting takes no stack`() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(JSONRepair.repair(deep)?.utf8.count == 200_000)
        let valid = deep + String(repeating: "]", count: 100_000)
        #expect(JSONRepair.repair(valid) == valid)
    }
}
