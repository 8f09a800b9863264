import Testing

@testable import Normalize

@Suite struct MarkdownTests {
    static let mended: [(String, String)] = [
        ("Word \nnext", "Word\nnext"),
        ("Word\t\nnext", "Word\nnext"),
        ("Break    \nnext", "Break  \nnext"),
        ("One\n   \nTwo", "One\n\nTwo"),
        ("The end.  ", "The end."),
        ("Code:\n```swift\nlet a = 1", "Code:\n```swift\nlet a = 1\n```"),
        ("```\nx\n", "```\nx\n```"),
        ("~~~~\nx", "~~~~\nx\n~~~~"),
        ("- item\n  ```sh\n  ls\n", "- item\n  ```sh\n  ls\n  ```"),
        ("Text\n\n```python\n```\n\nMore", "Text\n\n\nMore"),
        ("Text\n\n```python\n\n\n```", "Text\n\n"),
        ("`code` \nx", "`code`\nx"),
        ("~~gone~~ \nx", "~~gone~~\nx"),
    ]

    @Test(arguments: mended) func `what Markdown cannot mean is mended`(_ text: String, _ expected: String) {
        let answer = Sample(text).whole
        #expect(answer.text == expected)
        #expect(answer.changes[.markdown] ?? 0 > 0)
    }

    static let kept = [
        "Break  \nnext", "```\ncode  \n\t\n   \nmore \n```\n", "    indented code  \nx", "A\n\n\n\nB",
        "```\n```\ninside\n```\n```",
        "```markdown\n```\nx\n```\n```", "````\n```js\nx\n```\n````", "Inline ```three``` ticks", "`a` and ~b~",
        "a\r\nb\r\n", "```\n```markdown\nx\n```\n\ntext\n```\n", "x\n```", "| a | b |\n|---|---|\n", "[link](x) <b>\n",
        "\n\nstart", "Heading\n~~~~~~~\n\nText", "```python\n# not empty\n```\n",
    ]

    @Test(arguments: kept) func `everything else stays as it is`(_ text: String) {
        let answer = Sample(text).whole
        #expect(answer.text == text)
        #expect(answer.changes.isEmpty)
    }

    @Test func `a fence that the length limit cut off stays open`() {
        #expect(Sample("```\nlet a", truncated: true).whole.text == "```\nlet a")
    }

    @Test(arguments: mended.map(\.0) + kept) func `where the stream is cut makes no difference`(_ text: String) {
        #expect(Sample(text).isTheSameHoweverCut())
        #expect(Sample(text, tools: ["x"]).isTheSameHoweverCut())
        #expect(Sample(text, truncated: true).isTheSameHoweverCut())
    }

    @Test func `plain pieces of a settled answer pass unchanged`() {
        var normalizer = Sample("", tools: ["x"]).normalizer
        #expect(normalizer.append(Array("Rome is".utf8)).passesUnchanged)
        #expect(normalizer.isSettled)
        for piece in [
            " a", " city", ".\n\nIt", " is", " old: a long line of words that goes on and on and on.\n", "\n", "Über",
        ] {
            #expect(normalizer.append(Array(piece.utf8)) == .unchanged)
        }
    }

    @Test func `no more than 96 bytes are held`() {
        for filler in [" ", "`", "~", "\t", "```a", "\n```py ", "```x\n\n"] {
            var normalizer = Sample("", tools: ["x"]).normalizer
            var held = 0
            for byte in ("x" + String(repeating: filler, count: 300)).utf8 {
                let piece = normalizer.append([byte])
                held += piece.passesUnchanged ? 0 : 1 - piece.text.count
                #expect(held <= 96)
            }
        }
    }
}
