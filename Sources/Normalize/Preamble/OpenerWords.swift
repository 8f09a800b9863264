/// The words by which an opener is told from a sentence with content.
enum OpenerWords {
    /// Starts of what comes after "Sure, …" when the answer itself begins there.
    static let answerStarts = Phrase(
        "here's|here_are|here_is|here_you|here_it|here_we|let's|let_us|let_me_help|let_me_explain|let_me_show|"
            + "let_me_walk|let_me_break|let_me_give|let_me_provide|let_me_assist|let_me_see|i'd_be|i'd_love_to_help|"
            + "i'd_love_to_assist|i'd_recommend|i'd_suggest|i_would_be|i'll|i_will|i_can|i_could|below|these_are|this_is|"
            + "the_following|based_on|in_order_to"
    )

    /// After "Okay, …" anything begins the answer but a concession, a condition or a chat.
    static let concessions = Phrase(
        "but|if|so|then|not|no|yes|thanks|thank|sounds|see|got|good|great|cool|fine|and|or|though|although|while|"
            + "when|who|what|why|where|okay|ok|alright|folks|everyone|everybody|class|team|guys|ladies|kids|friends|"
            + "listen|buddy|honey|mate|sir|boss|sweetheart|darling|captain|bye|later"
    )

    /// After "Hello! …": lines of a letter, a greeting or an introduction that was asked for.
    static let introductions = Phrase(
        "my|i'm|i_am|how|what|welcome|thank|thanks|we|we're|our|nice|it's|this_is|hope|i_hope|dear|please|are|is|can|"
            + "could|who|where|i|i've|i'd_like|i'd_love|just|you|your|do|did|have|would|will"
    )

    /// After "As an AI language model, …".
    static let selfDescriptions = Phrase(
        "i_do|i_don't|i_can|i_can't|i_cannot|i_am|i'm|i_have|i_haven't|i've|i_was|i_may|i_must|i_will|i'll|i_won't|"
            + "i_would|i'd|i_could|i_apologize|i_lack|i_strive|i_aim|i_should|i_need|i_try|i_understand|i_only|i_exist|"
            + "i_operate|i_rely|i_process|i_generate|i_provide|i_did|i_didn't|i_follow|i_adhere|i_always|i_also|"
            + "i_believe|i_think|i_recommend|i_suggest|i_know|my|while|it_is|it's|it_would|there|although|though|"
            + "the_concept|personal|unfortunately"
    )

    /// What makes a sentence more than a courtesy, wherever it stands in it.
    static let vetoes = words(
        "but if once however unless though although because since when while please first until except without not "
            + "cannot can't so need needs must could would who whose before after tomorrow today our us we order team "
            + "email invoice"
    )

    /// What a model thanks for that belongs to the conversation, not to the matter.
    static let promptNouns = words(
        "prompt prompts question questions query instruction instructions requirements clarification context guidelines "
            + "explanation snippet snippets code"
    )

    /// Short words before which a full stop still ends a sentence.
    static let shortEndings = words("you it so out that this")

    /// Longer words after which a full stop is an abbreviation's.
    static let abbreviations = words("prof capt approx dept corp assn bros")

    /// Words that may begin a sentence with a capital letter; others (a command, a name) keep theirs.
    static let capitalizable = words(
        "here here's let's let i i'd i'll i'm i've below this these there it it's we we'll you your the a an my in to "
            + "while although though as for with what that that's one some personal unfortunately first "
            + "hier im ecco voici voilà aquí aqui segue a oto hieronder her här berikut ini no yo puedo mi eu "
            + "je non io posso la"
    )

    private static func words(_ list: String) -> Set<String> {
        Set(list.split(separator: " ").map(String.init))
    }
}
