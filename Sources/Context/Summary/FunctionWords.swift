/// The grammatical words of a language that writes with spaces.
///
/// `restorable` ones a reader puts back without thinking (articles, forms of "be", first and second person): a
/// summary may leave them out. `scaffold` ones carry meaning in a sentence but say nothing about its subject: they
/// are kept, yet no term is made of them. Negations are in neither list. Other languages do without.
struct FunctionWords {
    /// What a word is to its sentence.
    struct Traits: OptionSet {
        let rawValue: UInt8
        static let grammatical = Traits(rawValue: 1)
        static let restorable = Traits(rawValue: 2)
        /// The speaker talks of himself or herself.
        static let firstPerson = Traits(rawValue: 4)
        static let secondPerson = Traits(rawValue: 8)
    }

    private var words: Vocabulary
    private var traits: [Traits] = []

    static let none = FunctionWords(restorable: "", scaffold: "", first: "", second: "")

    private init(restorable: String, scaffold: String, first: String, second: String) {
        words = Vocabulary(expecting: 160)
        add(restorable, [.grammatical, .restorable])
        add(scaffold, .grammatical)
        add(first, .firstPerson)
        add(second, .secondPerson)
    }

    private mutating func add(_ list: String, _ trait: Traits) {
        for word in list.split(separator: " ") {
            var hash = TermHash(seed: 1)
            for scalar in word.unicodeScalars { hash.add(scalar.value) }
            let number = Int(words.number(of: hash.value))
            if number == traits.count { traits.append(trait) } else { traits[number].formUnion(trait) }
        }
    }

    /// - Parameter word: as `TermReader.Found.word` gives it.
    @inline(__always)
    func traits(of word: UInt64) -> Traits {
        words.known(word).map { traits[Int($0)] } ?? []
    }

    /// The language whose restorable words make up most of a sample, if that is at least an eighth of its words.
    static func fitting(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> FunctionWords {
        var counts = [Int](repeating: 0, count: languages.count)
        var total = 0
        ByteClass.table.withUnsafeBufferPointer { classes in
            var reader = TermReader(bytes, classes: classes)
            reader.words(in: range) { found in
                total += 1
                for index in languages.indices where languages[index].traits(of: found.word).contains(.restorable) {
                    counts[index] += 1
                }
            }
        }
        guard let best = counts.indices.max(by: { counts[$0] < counts[$1] }), counts[best] * 8 >= total, total > 0
        else { return .none }
        return languages[best]
    }

    private static let languages: [FunctionWords] = [english, german, french, spanish, portuguese, italian, dutch]

    private static let english = FunctionWords(
        restorable: """
            a an the am is are was were be been being i i'm i've me my you you're you've your we \
            we're we've us our it it's its they're they've that that's this these those there there's to of \
            in at on for and as so just also too very do does did have has had let's
            """,
        scaffold: """
            he she they he's she's him her his hers them their theirs mine yours ours what what's when where which who \
            who's whom whose why how how's if or but by with from into out up about than then here such over because \
            doing having will would can could i'd i'll you'd you'll we'd we'll they'll get gets got getting should may might must some any all much many more most like really
            """,
        first: "i i'm i've i'd i'll me my mine we we're we've our us",
        second: "you you're you've you'd you'll your yours"
    )
    private static let german = FunctionWords(
        restorable: """
            der die das den dem des ein eine einen einem einer eines ist sind war waren bin bist sein ich du wir ihr \
            mich dich uns mir dir mein meine dein deine es zu und so auch habe hast hat haben hatte wird werden
            """,
        scaffold: "er sie ihm ihn ihnen was wann wo wer wie warum welche mit von für auf an in aus bei nach dass wenn",
        first: "ich mich mir mein meine meinen wir uns unser",
        second: "du dich dir dein deine ihr sie ihnen"
    )
    private static let french = FunctionWords(
        restorable: """
            le la les l un une des du de d est sont était étaient suis es être je tu nous vous j me te mon ma mes ton \
            ta tes ce c'est cette ces et à au aux ai as a avons avez ont que très aussi j'ai
            """,
        scaffold: "il elle ils elles lui leur qui quoi quand où comment pourquoi quel quelle avec dans sur pour par si",
        first: "je j'ai me moi mon ma mes nous notre nos",
        second: "tu te toi ton ta tes vous votre vos"
    )
    private static let spanish = FunctionWords(
        restorable: """
            el la los las un una unos unas de del es son era eran soy eres ser yo tú me te mi mis tu tus nos lo y a al \
            en que he has ha hemos han muy también estoy está están
            """,
        scaffold: "él ella ellos ellas le les qué cuándo dónde quién cómo por para con si cuál su sus se pero",
        first: "yo me mi mis mí nosotros nos soy estoy",
        second: "tú te tu tus usted ustedes"
    )
    private static let portuguese = FunctionWords(
        restorable: """
            o a os as um uma uns umas de do da dos das é são era eram sou ser eu tu você me te meu minha nos e em no \
            na nos nas ao à que muito também está estão estou
            """,
        scaffold: "ele ela eles elas lhe quando onde quem como por para com se qual seu sua mas",
        first: "eu me meu minha meus minhas nós nosso sou estou",
        second: "tu você te teu tua vocês"
    )
    private static let italian = FunctionWords(
        restorable: """
            il lo la i gli le un uno una di del della dei degli delle è sono era erano sei essere io tu mi ti mio mia \
            tuo tua noi voi e a al alla in nel nella che ho hai ha abbiamo hanno molto anche
            """,
        scaffold: "lui lei loro quando dove chi come perché per con se quale suo sua ma",
        first: "io mi mio mia miei noi nostro sono ho",
        second: "tu ti tuo tua voi vostro"
    )
    private static let dutch = FunctionWords(
        restorable: """
            de het een is zijn was waren ben bent ik jij je wij we mij jou ons mijn jouw dat dit deze die te van in op \
            en ook heb hebt heeft hebben had zal zou
            """,
        scaffold: "hij zij ze hem haar hun wat wanneer waar wie hoe waarom welke met voor door uit bij naar als maar",
        first: "ik mij mijn me wij we ons onze",
        second: "jij je jou jouw u uw jullie"
    )
}
