import Testing

@testable import Normalize

@Suite struct PreambleTests {
    static let stripped: [(String, String)] = [
        ("Certainly! The capital is Rome.", "The capital is Rome."),
        ("Sure, here's a list:\n\n1. One", "Here's a list:\n\n1. One"),
        ("Sure!\n\n```swift\nlet a = 1\n```", "```swift\nlet a = 1\n```"),
        ("  Of course! Rome.", "Rome."),
        ("Sure, here you go:\n\nRome.", "Rome."),
        ("Sure! I'd be happy to help you with that. First, open it.", "First, open it."),
        ("Certainly! I’d be glad to help! Open the door.", "Open the door."),
        ("Absolutely! I can definitely help you with that! Open it.", "Open it."),
        ("As an AI language model, I don't have feelings.", "I don't have feelings."),
        ("As an AI assistant, while I can't eat, I can cook.", "While I can't eat, I can cook."),
        ("As a large language model, my knowledge ends somewhere.", "My knowledge ends somewhere."),
        ("Great question! Rome was founded early.", "Rome was founded early."),
        ("That's a great idea! Start small.", "Start small."),
        ("Thank you for the detailed prompt. Rome is old.", "Rome is old."),
        ("Hello! Rome is a city.", "Rome is a city."),
        ("Okay, let's see how it works.", "Let's see how it works."),
        ("Perfect! Here's the plan.", "Here's the plan."),
        ("Alright!\n\nHere's the plan.", "Here's the plan."),
        ("Sure, no problem! Open it.", "Open it."),
        ("Yes, I'd be happy to help you with that! Open it.", "Open it."),
        ("I'd love to help you write a poem about Rome! Here is one:", "Here is one:"),
        ("As an AI language model I cannot eat.", "I cannot eat."),
        ("As a responsible AI assistant, I can't say.", "I can't say."),
        ("I'm happy to help! Open it.", "Open it."),
        ("¡Claro! Roma es una ciudad.", "Roma es una ciudad."),
        ("Bien sûr ! Rome est une ville.", "Rome est une ville."),
        ("Natürlich! Rom ist eine Stadt.", "Rom ist eine Stadt."),
        ("Конечно! Рим — город.", "Рим — город."),
        ("当然！罗马是一座城市。", "罗马是一座城市。"),
        ("好的，以下是列表：", "以下是列表："),
        ("作为一个AI语言模型，我没有感情。", "我没有感情。"),
        ("もちろんです！ローマは都市です。", "ローマは都市です。"),
        ("물론입니다! 로마는 도시입니다.", "로마는 도시입니다."),
    ]

    @Test(arguments: stripped) func `an opener that carries nothing goes`(_ text: String, _ expected: String) {
        let answer = Sample(text).whole
        #expect(answer.text == expected)
        #expect(answer.changes[.preamble] ?? 0 > 0)
    }

    static let kept = [
        "Sure!", "Certainly", "Hello! How can I help you today?", "Hello Mike, good to hear from you.",
        "Hi! My name is Ann and I write to you about the flat.", "Hello!\n\nWe are open again.",
        "Sure, but only on Sundays.", "Sure, if you insist.", "Of course, there are exceptions.",
        "Yes, I know it.", "Surely, the house is old.", "Sure-footed animals climb well.",
        "Absolutely nothing happened.",
        "Okay, but why?", "Great Britain is an island.", "Great! That went well.", "Great pains were taken.",
        "As an AI, language is all I am made of.", "As an AI developed by a lab, I run on computers.",
        "As a large language model, I spark the flame,\nspitting data bars.",
        "I'd be happy to help if you tell me where it hurts. Then we go on.",
        "I'd be happy to help you write to Dr. Smith about it. Here it is.",
        "I'm happy to report that sales rose. They rose by ten percent.",
        "I would be glad to give you our report tomorrow. Until then, goodbye.",
        "Thank you for your order. It ships today.", "Thank you for the lovely evening. We had fun.",
        "\"Certainly! I will,\" she said.", "`Sure! x`", "> Certainly! quoted", "- Sure! A list.", "Sure! 😊",
        "Sure! 🎉 Party.",
        "Here you go again, she said.", "What a great day! Birds sing.", "Hello, world! is the classic program.",
        "Alright, folks, gather round.", "Okay, okay, I hear you.", "Hello! I would like a pizza.",
        "As an AI language is all.",
        "Yes, I can help you move on Friday.", "Yes, of course we are open.", "I'm here to help, not to judge.",
        "Hey! Actually I have never been there.", "Definitely! Dogs bring me joy.",
        "No worries. Let me know what you think.",
        "Hi! I'd like to change my flight.", "Sounds great! I'd love to have more.",
        "Cool, let me know when you are around!",
        "Claro que no.", "好的开始是成功的一半。", "",
    ]

    @Test(arguments: kept) func `a sentence with content stays`(_ text: String) {
        let answer = Sample(text).whole
        #expect(answer.text == text)
        #expect(answer.changes.isEmpty)
    }

    @Test(arguments: stripped.map(\.0) + kept) func `where the stream is cut makes no difference`(_ text: String) {
        #expect(Sample(text).isTheSameHoweverCut())
    }

    @Test(arguments: ["The", "Rome", "Italy", "# Title", "- one", "1.", "**Bold**", "Lemon", "\"Sure", "这"])
    func `an answer that no opener begins like is settled with its first piece`(_ text: String) {
        var normalizer = Sample(text).normalizer
        #expect(normalizer.append(Array(text.utf8)).passesUnchanged)
        #expect(normalizer.isSettled)
    }

    @Test func `no more than 96 characters are held while it is undecided`() {
        var normalizer = Sample("").normalizer
        let text = "I'd be happy to help you with " + String(repeating: "a very long thing and ", count: 20)
        var given = 0
        var emitted = 0
        for byte in text.utf8 {
            let piece = normalizer.append([byte])
            given += 1
            emitted += piece.passesUnchanged ? 1 : piece.text.count
            #expect(given - emitted <= 96)
        }
    }

    @Test func `nothing goes when the rule is off`() {
        var settings = NormalizeSettings()
        settings.preamble = false
        #expect(TextNormalizer.normalize("Certainly! Rome.", settings: settings).text == "Certainly! Rome.")
    }
}
