/// The same openers in other languages, where they are as formulaic. Letters beyond ASCII match in the case written.
extension Opener {
    static let otherLanguages: [Opener] =
        agreements + introductions + praises + selfDescriptions + chinese + japanese + korean

    private static let agreements: [Opener] = [
        // Spanish, Portuguese, Italian, French.
        "¡claro", "¡claro_que_sí", "¡por_supuesto", "¡con_gusto", "¡con_mucho_gusto", "¡desde_luego", "claro_que_sí",
        "por_supuesto", "claro", "com_certeza", "certamente", "com_prazer", "certo", "volentieri", "con_piacere",
        "bien_sûr", "certainement", "avec_plaisir", "bien_entendu", "absolument",
        // German, Dutch, the Nordic languages.
        "natürlich", "selbstverständlich", "gerne", "sehr_gerne", "aber_gerne", "aber_natürlich", "klar", "sicher",
        "gern", "natuurlijk", "zeker", "självklart", "absolut", "selvfølgelig",
        // Polish, Czech, Turkish, Indonesian, Vietnamese, Russian, Ukrainian.
        "oczywiście", "jasne", "samozřejmě", "tabii_ki", "elbette", "tentu", "tentu_saja", "baik", "chắc_chắn_rồi",
        "Конечно", "конечно", "Разумеется", "С_удовольствием", "Звичайно", "Звісно",
        // Arabic, Hindi.
        "بالتأكيد", "بكل_تأكيد", "ज़रूर", "बिल्कुल",
    ]
    .map { Opener($0, ends: ["!", " !", "\u{A0}!", "\u{202F}!"], follow: .content) }

    /// "Natürlich, hier ist …": what follows the comma is the answer itself.
    private static let introductions: [Opener] = [
        ("claro|por_supuesto|claro_que_sí|desde_luego", first("aquí_tienes", "aquí_está", "aquí_te", "a_continuación")),
        ("claro|com_certeza|certamente", first("aqui_está", "aqui_estão", "aqui_vai", "segue")),
        ("certo|certamente|volentieri|con_piacere", first("ecco")),
        ("bien_sûr|certainement|avec_plaisir|bien_entendu|absolument", first("voici", "voilà")),
        (
            "natürlich|selbstverständlich|gerne|gern|klar|sicher",
            first("hier_ist", "hier_sind", "hier_findest", "im_folgenden")
        ),
        ("natuurlijk|zeker", first("hier_is", "hier_zijn", "hieronder")),
        ("självklart|absolut", first("här_är", "här_kommer")), ("selvfølgelig", first("her_er", "her_kommer")),
        ("oczywiście|jasne", first("oto")), ("tentu|tentu_saja|baik", first("berikut", "ini_adalah")),
    ]
    .map { Opener($0.0, ends: [",", "."], follow: $0.1) }

    /// "Gute Frage!"
    private static let praises: [Opener] = [
        "¡excelente|¡buena|¡gran|¡muy_buena|excelente pregunta", "excelente|ótima|Ótima|boa|muito_boa pergunta",
        "ottima|bella|buona|eccellente domanda", "excellente|bonne|très_bonne question",
        "gute|sehr_gute|tolle|ausgezeichnete|interessante frage", "goede|leuke|uitstekende vraag",
        "świetne|dobre|bardzo_dobre pytanie", "Świetne|Dobre pytanie", "Отличный|Хороший|Прекрасный|Интересный вопрос",
    ]
    .map { Opener($0, ends: ["!", " !", "\u{A0}!", "\u{202F}!"], follow: .content) }

    private static let selfDescriptions: [Opener] = [
        Opener("como IA|inteligencia_artificial", ends: [","], follow: first("no", "yo", "puedo", "mi")),
        Opener("como IA|inteligência_artificial", ends: [","], follow: first("eu", "não", "posso")),
        Opener(
            "come|in_quanto un|una? modello_linguistico|modello_di_linguaggio|intelligenza_artificiale|IA|AI di_IA|AI?",
            ends: [","],
            follow: first("non", "io", "posso", "la_mia")
        ),
        Opener(
            "como un|una modelo_de_lenguaje|ia|inteligencia_artificial de_ia?",
            ends: [","],
            follow: first("no", "yo", "puedo", "mi")
        ),
        Opener("como modelo_de_lenguaje de_ia?", ends: [","], follow: first("no", "yo", "puedo", "mi")),
        Opener(
            "como um|uma modelo_de_linguagem|ia|inteligência_artificial de_ia?",
            ends: [","],
            follow: first("eu", "não", "posso")
        ),
        Opener(
            "en_tant_qu'ia|en_tant_qu'intelligence_artificielle|en_tant_qu'assistant_ia",
            ends: [","],
            follow: first("je")
        ),
        Opener("en_tant_que modèle_de_langage|modèle_de_langue", ends: [","], follow: first("je")),
        Opener("Как ИИ|языковая_модель|искусственный_интеллект", ends: [","], follow: first("я", "у_меня")),
    ]

    private static let chinese: [Opener] = [
        Opener("好问题|很好的问题|这是个好问题|这是一个好问题|这是一个很好的问题", ends: ["！", "!"], follow: .content, needsSpace: false),
        Opener("当然|当然可以|好的|没问题|当然可以的", ends: ["！", "!"], follow: .content, needsSpace: false),
        Opener(
            "当然|当然可以|好的|没问题",
            ends: ["，", "。", ","],
            follow: first("以下", "这是", "这里", "下面", "让我", "我来", "我将", "我会"),
            needsSpace: false
        ),
        Opener(
            "作为一个|作为一名|作为|身为一个 AI语言模型|AI|人工智能|人工智能语言模型|语言模型|大型语言模型|AI助手|人工智能助手"
                .joinedWords,
            ends: ["，", ","],
            follow: first("我"),
            needsSpace: false
        ),
    ]

    private static let japanese: [Opener] = [
        Opener(
            "もちろんです|もちろん|かしこまりました|承知しました|承知いたしました|はい、もちろんです",
            ends: ["！", "!"],
            follow: .content,
            needsSpace: false
        ),
        Opener(
            "もちろんです|はい、もちろんです|はい、承知しました|はい、かしこまりました|かしこまりました|承知しました|承知いたしました",
            ends: ["。"],
            follow: first("以下", "こちら", "それでは", "では"),
            needsSpace: false
        ),
        Opener("良い質問ですね|いい質問ですね|素晴らしい質問ですね", ends: ["！", "!"], follow: .content, needsSpace: false),
        Opener("AIとして|AI言語モデルとして|言語モデルとして|AIアシスタントとして", ends: ["、"], follow: first("私"), needsSpace: false),
    ]

    private static let korean: [Opener] = [
        Opener("물론입니다|물론이죠|물론이에요|네,_물론입니다|네,_물론이죠|알겠습니다", ends: ["!"], follow: .content),
        Opener("좋은_질문입니다|좋은_질문이네요|좋은_질문이에요", ends: ["!"], follow: .content),
        Opener("물론입니다|물론이죠|알겠습니다|네,_물론입니다|네,_알겠습니다", ends: ["."], follow: first("다음은", "아래는", "여기")),
        Opener("ai_언어_모델로서|ai로서|인공지능으로서", ends: [","], follow: first("저는", "나는")),
    ]

    private static func first(_ words: String...) -> Follow {
        .words(Phrase(words.joined(separator: "|")))
    }
}

extension String {
    /// Every first part joined to every second part, as one word with alternatives: Chinese puts no space between.
    fileprivate var joinedWords: String {
        let parts = split(separator: " ").map { $0.split(separator: "|") }
        guard parts.count == 2 else { return self }
        return parts[0].flatMap { head in parts[1].map { "\(head)\($0)" } }.joined(separator: "|")
    }
}
