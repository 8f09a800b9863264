import Testing

@testable import Normalize

@Suite struct JSONStreamTests {
    static let long =
        "{\"title\": \"A long enough title, so that the document has begun\", \"tags\": [\"one\", \"two\"], \"n\": 12"

    static let samples: [String] =
        JSONRepairTests.repaired.map(\.0) + JSONRepairTests.extracted.map(\.0) + JSONRepairTests.valid
        + [
            "", "}", "]", ",", "1}", ",}", ", \"b\": \"x\"}", ", \"b\": \"x}", ", \"b\": {\"c\": [1, 2}", ", 'b': 3}",
            "}\n```", "} bye {\"x\": 1}",
            ", \"text\": \"" + String(repeating: "words and, more words; ", count: 8) + "\"}",
            ", \"text\": \"" + String(repeating: "words and \"quoted\", more; ", count: 8) + "\"}",
            ", \"text\": \"" + String(repeating: "line\\n\\u00e9 é {x} ", count: 8) + "}",
            ", \"text\": \"" + String(repeating: "line\nbreaks ", count: 12) + "\", \"z\": [1,]}",
        ]
        .map { long + $0 }

    @Test(arguments: samples) func `where the stream is cut makes no difference`(_ text: String) {
        for prefix in ["", "```json\n", "Here: ", "<think>x</think>"] {
            #expect(Sample(prefix + text, expecting: .json).isTheSameHoweverCut())
        }
        #expect(Sample(text, expecting: .json, truncated: true).isTheSameHoweverCut())
        #expect(Sample(text, expecting: .json, tools: ["x"]).isTheSameHoweverCut())
    }

    @Test(arguments: samples) func `the text is valid when the answer says so`(_ text: String) {
        let answer = Sample(text, expecting: .json).whole
        #expect(answer.jsonIsValid == JSONValidator.isValid(answer.text))
        #expect(answer.jsonIsValid == true)
    }

    @Test func `a valid document streams while it comes`() {
        var normalizer = Sample("", expecting: .json).normalizer
        var given = 0
        var emitted = 0
        let text =
            "[" + Array(repeating: "{\"name\": \"Ann\", \"age\": 30, \"ok\": true}", count: 20).joined(separator: ", ")
            + "]"
        for byte in text.utf8 {
            let piece = normalizer.append([byte])
            given += 1
            emitted += piece.passesUnchanged ? 1 : piece.text.count
            #expect(given - emitted <= 96)
        }
        #expect(emitted == text.utf8.count)
        #expect(normalizer.finish(truncated: false).jsonIsValid == true)
        #expect(normalizer.changes.isEmpty)
    }

    @Test(arguments: ["", "```json\n", "Talk: "]) func `long whitespace takes no longer than other text`(
        _ start: String
    ) {
        let text = start + String(repeating: "\n", count: 200_000) + "{\"a\": 1}"
        #expect(Sample(text, expecting: .json).whole.text == "{\"a\": 1}")
    }

    @Test func `what cannot be repaired is said to be invalid`() {
        let answer = Sample("I cannot do that.", expecting: .json).whole
        #expect(answer.jsonIsValid == false)
        #expect(answer.text == "I cannot do that.")
    }

    @Test func `a document written as a string is taken out of it`() {
        let answer = Sample("\"{\\\"a\\\": [1]}\"", expecting: .json).whole
        #expect(answer.text == "{\"a\": [1]}")
    }

    @Test func `a broken document written as a string is mended, other strings stay`() {
        #expect(Sample("\"{\\\"a\\\": [1,]}\"", expecting: .json).whole.text == "{\"a\": [1]}")
        #expect(Sample("\"{placeholder}\"", expecting: .json).whole.text == "\"{placeholder}\"")
    }

    @Test(arguments: [
        ("{\"a\": tr", "{\"a\": true}"), ("{\"a\": [1, \"two", "{\"a\": [1, \"two\"]}"),
        ("{\"a\": 1, \"b", "{\"a\": 1}"),
        ("{\"a\": 1, \"b\":", "{\"a\": 1}"),
        ("{\"a\": \"x\", \"b", "{\"a\": \"x\"}"), ("{\"a\": \"x\", \"b\"", "{\"a\": \"x\"}"),
        ("{\"code\": \"if (x) { y }", "{\"code\": \"if (x) { y }\"}"),
    ])
    func `an answer that was cut off is closed where it stands`(_ text: String, _ expected: String) {
        let answer = Sample(text, expecting: .json, truncated: true).whole
        #expect(answer.text == expected)
        #expect(answer.jsonIsValid == true)
    }

    @Test func `text answers are not asked for JSON`() {
        let answer = Sample("{a: 1}").whole
        #expect(answer.text == "{a: 1}")
        #expect(answer.jsonIsValid == nil)
    }
}
