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
        ("That's a really interesting question! Rome is old.", "Rome is old."),
        ("Ah, what a fun question! Rome is old.", "Rome is old."),
        ("Good question. Rome is old.", "Rome is old."),
        ("Sure I can help you with that! Rome is old.", "Rome is old."),
        ("Sure, I'm happy to help! Rome is old.", "Rome is old."),
        ("Certainly, no problem. Here's the plan.", "Here's the plan."),
        ("You got it! Here's the plan.", "Here's the plan."),
        ("Hello! I'm happy to help you with that. Rome is old.", "Rome is old."),
        ("It would be my pleasure to help you. Rome is old.", "Rome is old."),
        ("As a text-based AI, I can't see images.", "I can't see images."),
        ("Being an AI language model, I don't sleep.", "I don't sleep."),
        ("Claro, aquí tienes la lista:\n\n1. Roma", "Aquí tienes la lista:\n\n1. Roma"),
        ("¡Excelente pregunta! Roma es vieja.", "Roma es vieja."),
        ("Como IA, no tengo cuerpo.", "No tengo cuerpo."),
        ("Com certeza, aqui está a lista:", "Aqui está a lista:"),
        ("Ótima pergunta! Roma é velha.", "Roma é velha."),
        ("Bien sûr, voici la liste :", "Voici la liste :"),
        ("Excellente question ! Rome est vieille.", "Rome est vieille."),
        ("Certo, ecco la lista:", "Ecco la lista:"),
        ("Come modello linguistico, non ho un corpo.", "Non ho un corpo."),
        ("Gerne, hier ist die Liste:", "Hier ist die Liste:"),
        ("Gute Frage! Rom ist alt.", "Rom ist alt."),
        ("Natuurlijk, hier is de lijst:", "Hier is de lijst:"),
        ("Oczywiście, oto lista:", "Oto lista:"),
        ("Отличный вопрос! Рим стар.", "Рим стар."),
        ("好问题！罗马很古老。", "罗马很古老。"),
        ("はい、承知しました。以下はリストです。", "以下はリストです。"),
        ("좋은 질문입니다! 로마는 오래되었습니다.", "로마는 오래되었습니다."),
        ("بالتأكيد! روما مدينة.", "روما مدينة."),
        ("ज़रूर! रोम एक शहर है।", "रोम एक शहर है।"),
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
        "As an AI developed by a lab, I am based on transformers.", "What an important idea! It changed the world.",
        "Good questions are hard to find.", "Great question marks hang above the door.",
        "Sure, the answer is five.", "Hello! I'm Ann, and I write to you about the flat.",
        "Hi! I'm here to see the doctor.",
        "Natürlich, das geht auch ohne Strom.", "Klar, dass er kam.", "Gerne wäre ich dabei.",
        "Gute Fragen sind selten.",
        "Bien sûr, il a plu.", "Certo, ma non oggi.", "Claro, pero hoy no.", "Como ia, não parou.",
        "Certo Mario venne ieri.",
        "Jasne, że tak.", "Zeker, maar niet vandaag.", "Конечно, он пришёл.", "Хороший вопрос задал ученик.",
        "当然，这不是全部。", "好的老师很少。", "好问题需要好答案。", "もちろん雨も降る。", "물론 비도 온다.",
    ]

    @Test(arguments: kept) func `a sentence with content stays`(_ text: String) {
        let answer = Sample(text).whole
        #expect(answer.text == text)
        #expect(answer.changes.isEmpty)
    }

    @Test(arguments: stripped.map(\.0) + kept) func `where the stream is cut makes no difference`(_ text: String) {
        #expect(Sample(text).isTheSameHoweverCut())
    }

    @Test(arguments: ["The", "Rome", "Italy", "# Title", "- one", "1.", "**Bold**", "Lemon", "\"Sure", "罗"])
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
