/// The openers that carry nothing, in English.
extension Opener {
    private static let adjectives =
        "great|good|excellent|wonderful|fantastic|interesting|fascinating|thoughtful|awesome|amazing|brilliant"
    /// Said of questions only: "What an important idea!" may be the answer's own.
    private static let questionAdjectives =
        adjectives + "|important|fun|lovely|nice|creative|insightful|intriguing|thrilling|clever|tricky|profound"
    private static let agreement =
        "certainly|absolutely|of_course|sure|sure_thing|gladly|with_pleasure|by_all_means|happy_to_help|glad_to_help"
    private static let hello = "hello|hi|hello_there|hi_there|hey_there|greetings"
    private static let wish = "happy|glad|delighted|more_than_happy|pleased"

    /// "Yes, …" before a courtesy; after any other of them the courtesy is an opener of its own.
    private static let yes = "yes,|sure,|certainly,|absolutely,|of_course,"

    private static let helping =
        "help|assist|explain|provide|write|create|give|show|guide|walk|support|answer|offer|craft|design|generate"

    private static let selfDescription =
        "as|being a|an helpful|responsible|virtual|digital|text-based|large? ai|artificial_intelligence|machine_learning? "
        + "text-based? large? language_model|model|assistant|chatbot|system? ai?"

    static let english: [Opener] =
        agreements + courtesies + [
            // "As an AI language model, …"
            Opener(selfDescription, ends: [",", ""], follow: .words(OpenerWords.selfDescriptions)),
            // "Here you go:"
            Opener("here_you_go|here_you_are|here_it_is", ends: ["!", ".", ":"], follow: .newLine),
        ]

    /// "Certainly! …", "Okay, …", "Hello! …"
    private static let agreements: [Opener] = [
        Opener(agreement, ends: ["!"], follow: .content),
        Opener("yes, of_course|certainly|absolutely|sure|definitely", ends: ["!"], follow: .content),
        Opener(
            "sure,|certainly,|absolutely,|of_course, no_problem|of_course|i_can_do_that",
            ends: ["!"],
            follow: .content
        ),
        Opener(
            "sure,|certainly,|absolutely,|of_course, no_problem",
            ends: ["."],
            follow: .words(OpenerWords.answerStarts)
        ),
        Opener(agreement, ends: [",", ".", ":", " —", "—", " –", "–", " -"], follow: .words(OpenerWords.answerStarts)),
        Opener("okay|ok|alright|all_right", ends: [",", "!", "."], follow: .sameLine(except: OpenerWords.concessions)),
        Opener("okay|ok|alright|all_right", ends: ["!", "."], follow: .words(OpenerWords.answerStarts)),
        Opener(
            "great|perfect|awesome|excellent|wonderful|fantastic|got_it|understood|sounds_good|sounds_great|"
                + "sounds_like_a_plan|you_got_it|you_bet|noted|no_worries|no_problem|my_pleasure|definitely|cool",
            ends: ["!", ",", "."],
            follow: .words(OpenerWords.answerStarts)
        ),
        Opener(hello, ends: ["!"], follow: .sameLine(except: OpenerWords.introductions)),
        Opener(
            "hello!|hi!|hello_there!|hi_there! i'm|i_am \(wish)|here to help|assist you? with_that|with_this|today?",
            ends: ["!", "."],
            follow: .sameLine(except: nil)
        ),
    ]

    /// "Great question! …", "I'd be happy to help you with …."
    private static let courtesies: [Opener] = [
        Opener("\(adjectives) question|choice|idea|topic|request|goal", ends: ["!"], follow: .sameLine(except: nil)),
        Opener(
            "that's|that_is|what|this_is a|an such? a? \(adjectives) question|idea|choice|goal",
            ends: ["!"],
            follow: .content
        ),
        Opener(
            "ah,|oh,|wow,? that's|that_is|what|this_is a|an really|very|truly? \(questionAdjectives) question",
            ends: ["!", "."],
            follow: .content
        ),
        Opener("ah,|oh,|wow,? a? \(questionAdjectives) question", ends: ["!", "."], follow: .sameLine(except: nil)),
        Opener("i'm_glad|glad you_asked", ends: ["!"], follow: .content),
        Opener(
            "yes,? i'd|i_would|i'll|i_will be? \(wish) to \(helping)",
            tail: .sentence,
            ends: ["!", ".", ":"],
            follow: .content
        ),
        Opener("yes,? i'd|i_would love to \(helping)", tail: .sentence, ends: ["!", ".", ":"], follow: .content),
        Opener("it_would_be my|a pleasure to help|assist", tail: .sentence, ends: ["!", "."], follow: .content),
        Opener(
            "\(yes)? i'm|i_am \(wish)|here to help|assist you",
            tail: .sentence,
            ends: ["!", "."],
            follow: .content
        ),
        Opener("\(yes)? i'm|i_am \(wish)|here to help|assist", ends: ["!", "."], follow: .content),
        Opener(
            "\(yes)|sure|absolutely? i can|could|will certainly|definitely|absolutely|surely|gladly? help|assist|do you? with? that|this|you",
            ends: ["!", "."],
            follow: .content
        ),
        Opener("let_me help|assist you? with that|this", ends: ["!", "."], follow: .content),
        Opener(
            "thank_you|thanks for the|your|providing|sharing|giving|this",
            tail: .sentenceEnding(in: OpenerWords.promptNouns),
            ends: ["!", "."],
            follow: .sameLine(except: nil)
        ),
    ]
}
