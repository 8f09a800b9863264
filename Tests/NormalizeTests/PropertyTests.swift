import Testing

@testable import Normalize

@Suite struct PropertyTests {
    /// The answer cut at random places.
    private func pieces(_ bytes: [UInt8], _ generator: inout SeededGenerator) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + Int.random(in: 1...9, using: &generator))
            pieces.append(Array(bytes[start..<end]))
            start = end
        }
        return pieces
    }

    @Test(arguments: 0..<8) func `random answers give the same whole and in pieces`(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<1500 {
            let bytes = RandomAnswers.answer(&generator)
            for expecting in [ExpectedOutput.text, .json] {
                let sample = Sample(
                    "",
                    expecting: expecting,
                    tools: Bool.random(using: &generator) ? ["x"] : [],
                    truncated: Bool.random(using: &generator)
                )
                let whole = StreamedAnswer([bytes], of: sample)
                #expect(
                    StreamedAnswer(pieces(bytes, &generator), of: sample) == whole,
                    "\(String(decoding: bytes, as: UTF8.self))"
                )
                if whole.jsonIsValid == true { #expect(JSONValidator.isValid(whole.text)) }
            }
        }
    }

    @Test(arguments: 0..<8) func `valid documents come through byte for byte`(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed + 100)
        for _ in 0..<1000 {
            let document = RandomAnswers.document(&generator)
            let sample = Sample(document, expecting: .json)
            let answer = StreamedAnswer(pieces(Array(document.utf8), &generator), of: sample)
            #expect(answer.text == Array(document.utf8.trimmingSpace()), "\(document)")
            #expect(answer.jsonIsValid == true)
        }
    }

    @Test(arguments: 0..<8) func `damaged documents become valid`(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed + 200)
        for _ in 0..<1000 {
            var bytes = Array("{\"start\": \(RandomAnswers.document(&generator)), \"end\": 1}".utf8)
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let index = Int.random(in: 1..<bytes.count, using: &generator)
                if Bool.random(using: &generator) {
                    bytes.remove(at: index)
                } else {
                    bytes.swapAt(index, bytes.count - 1)
                }
            }
            let answer = StreamedAnswer(pieces(bytes, &generator), of: Sample("", expecting: .json))
            #expect(answer.jsonIsValid == true, "\(String(decoding: bytes, as: UTF8.self))")
            #expect(JSONValidator.isValid(answer.text))
        }
    }

    @Test(arguments: 0..<4) func `plain text without anything to mend is not touched`(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed + 300)
        let words = [
            "Rome", "is", "a", "city", "sure", "certainly", "think", "1.", "-", "**bold**", "(x)", "“quoted”", "名前",
            "\n\n",
        ]
        for _ in 0..<500 {
            let count = Int.random(in: 1...30, using: &generator)
            let text =
                "The " + (0..<count).map { _ in words.randomElement(using: &generator) ?? "" }.joined(separator: " ")
                + "."
            let clean = text.split(separator: " \n\n ").joined(separator: "\n\n").split(separator: " \n\n").joined()
            guard !clean.contains(" \n") else { continue }
            let answer = Sample(clean, tools: ["x"]).whole
            #expect(answer.text == clean)
            #expect(answer.changes.isEmpty)
        }
    }
}
