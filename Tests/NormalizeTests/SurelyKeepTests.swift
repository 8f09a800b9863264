import Testing

@testable import Normalize

@Suite struct SurelyKeepTests {
    private func rules(_ sample: Sample) -> NormalizeRules {
        NormalizeRules(settings: NormalizeSettings(), expecting: sample.expecting, offeredTools: sample.tools)
    }

    private func surelyKeeps(_ sample: Sample) -> Bool {
        Array(sample.text.utf8).withUnsafeBytes { rules(sample).surelyKeep($0) }
    }

    private func surelyKeepsEscaped(_ escaped: [UInt8], _ sample: Sample) -> Bool {
        escaped.withUnsafeBytes { rules(sample).surelyKeep(escaped: $0) }
    }

    private func escaped(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        for byte in text { JSONRepairer.writeEscaped(byte, to: &result) }
        return result
    }

    static let answers = [
        "Rome.", "The capital of Italy is **Rome**.\n\nIt is old.", "I'd say that it is `x`.", "I am here.",
        "# Title\n\n- one\n- two  \n  more\n\n| a | b |\n|---|---|\n", "Code:\n\n```swift\nlet a = 1  \n\n```\n\nDone.",
        "~~~\nx\n~~~\n", "`code` first\n``` three ``` ticks\n", "\n\nRome", "\"Quoted\" text", "In\r\ntwo lines\r\n",
        "As a rule, it rains.", "Here's a list:\n1. a", "“Sure”, he said.", "Überall", "当地的", "[1] a note",
    ]

    @Test(arguments: answers) func `answers without anything to mend are known at a glance`(_ text: String) {
        #expect(surelyKeeps(Sample(text)))
        #expect(surelyKeepsEscaped(escaped(Array(text.utf8)), Sample(text)))
    }

    @Test(arguments: ["{\"a\": [1, \"x\\n\\\"y\\\"\"]}", "[]", "{\n  \"a\": 1\n}"])
    func `valid JSON is known at a glance`(_ text: String) {
        #expect(surelyKeeps(Sample(text, expecting: .json)))
        #expect(surelyKeepsEscaped(escaped(Array(text.utf8)), Sample(text, expecting: .json)))
    }

    @Test(arguments: ["\\u003cthink>x", "\\u0053ure! Rome.", "Rome\\u0020\\nis", "a\\n\\u0060``\\nx", "x\\"])
    func `characters written as numbers take a closer look`(_ escaped: String) {
        #expect(!surelyKeepsEscaped(Array(escaped.utf8), Sample("")))
    }

    private func isKept(_ sample: Sample, _ bytes: [UInt8], truncated: Bool) -> Bool {
        var normalizer = sample.normalizer
        let piece = normalizer.append(bytes)
        let end = normalizer.finish(truncated: truncated)
        let isSame = (piece.passesUnchanged ? bytes : piece.text) + end.text == bytes
        let movesNothing = (piece.reasoning + end.reasoning).isEmpty && (piece.toolCalls + end.toolCalls).isEmpty
        let isPlain = sample.expecting == .json || (piece.passesUnchanged && end.text.isEmpty)
        return isSame && movesNothing && isPlain && normalizer.changes.isEmpty && end.jsonIsValid ?? true
    }

    @Test(arguments: 0..<8) func `what is surely kept is kept`(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed + 900)
        let samples = PreambleTests.stripped.map(\.0) + PreambleTests.kept + ThinkTests.kept + MarkdownTests.kept
        for _ in 0..<1500 {
            var bytes = RandomAnswers.answer(&generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: bytes = Array(RandomAnswers.document(&generator).utf8)
            case 1: bytes = Array((samples.randomElement(using: &generator) ?? "").utf8) + bytes.prefix(20)
            case 2: bytes = Array("The ".utf8) + bytes + [0x2E]
            default: break
            }
            for expecting in [ExpectedOutput.text, .json] {
                let sample = Sample(
                    String(decoding: bytes, as: UTF8.self),
                    expecting: expecting,
                    tools: Bool.random(using: &generator) ? ["x"] : []
                )
                let text = Array(sample.text.utf8)
                guard surelyKeeps(sample) || surelyKeepsEscaped(escaped(text), sample) else { continue }
                #expect(
                    isKept(sample, text, truncated: false),
                    "\(sample.tools) \(sample.expecting) \(sample.text.debugDescription)"
                )
                #expect(
                    isKept(sample, text, truncated: true),
                    "\(sample.tools) \(sample.expecting) \(sample.text.debugDescription)"
                )
            }
        }
    }
}
