import Testing

@testable import Normalize

@Suite struct ThinkTests {
    static let moved: [(String, String, String)] = [
        ("<think>\nIs it Rome?\n</think>\n\nRome.", "Is it Rome?", "Rome."),
        ("\n<think>a < b and </thin> too</think>Rome.", "a < b and </thin> too", "Rome."),
        ("<thinking>Hm.</thinking>\nRome.", "Hm.", "Rome."),
        ("<thought>Hm.</thought>Rome.", "Hm.", "Rome."),
        ("<think></think>\n\nRome.", "", "Rome."),
        ("<think>\n\n</think>\n\nRome.", "", "Rome."),
        ("</think>\n\nRome.", "", "Rome."),
        ("<think>cut off here", "cut off here", ""),
        ("<think>two\n\n  lines </th", "two\n\n  lines </th", ""),
        ("<think>Hm.</think>Certainly! Rome.", "Hm.", "Rome."),
        ("<think>a</think>\n<think>b</think>\nRome.", "ab", "Rome."),
        ("◁think▷Hm.◁/think▷Rome.", "Hm.", "Rome."),
        ("<think>é <<</think>Rome.", "é <<", "Rome."),
        ("<|begin_of_thought|>Hm.<|end_of_thought|>\nRome.", "Hm.", "Rome."),
        ("[THINK]Hm. [1][/THINK]Rome.", "Hm. [1]", "Rome."),
        ("<|START_THINKING|>Hm.<|END_THINKING|><|START_RESPONSE|>Rome.", "Hm.", "Rome."),
        ("<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Rome.", "Hm.", "Rome."),
        ("<|channel|>final<|message|>Rome.", "", "Rome."),
        ("<THINK>Hm.</THINK>Rome.", "Hm.", "Rome."),
    ]

    @Test(arguments: moved)
    func `a leading think block becomes reasoning`(_ text: String, _ reasoning: String, _ expected: String) {
        let answer = Sample(text).whole
        #expect(answer.reasoning == reasoning)
        #expect(answer.text == expected)
        #expect(answer.changes[.think] != nil)
    }

    static let kept = [
        "Rome. <think>not at the start</think>", "Use `<think>` for that.", "<thin>air</thin>", "[THINKING] out loud",
        "[T", "<|channel|> is a token.",
        "<thinker>Rodin</thinker>",
        "Reasoning without a start.</think>\n\nRome.", "<th", "```\n<think>x</think>\n```",
    ]

    @Test(arguments: kept) func `one that stands elsewhere stays`(_ text: String) {
        let answer = Sample(text, truncated: true).whole
        #expect(answer.text == text)
        #expect(answer.reasoning.isEmpty)
    }

    @Test(arguments: moved.map(\.0) + kept) func `where the stream is cut makes no difference`(_ text: String) {
        #expect(Sample(text).isTheSameHoweverCut())
    }

    @Test func `reasoning streams while it comes`() {
        var normalizer = Sample("").normalizer
        _ = normalizer.append(Array("<think>".utf8))
        #expect(normalizer.append(Array("first words".utf8)).reasoning == Array("first words".utf8))
    }

    @Test func `json mode moves it too`() {
        let answer = Sample("<think>{\"draft\": 1}</think>\n{\"a\": 2}", expecting: .json).whole
        #expect(answer.text == "{\"a\": 2}")
        #expect(answer.reasoning == "{\"draft\": 1}")
    }
}
