/// What a model's id tells of what it takes.
struct GeminiModel: Sendable {
    let id: String
    /// `3` of `gemini-3.1-pro-preview`; 3 also where only the newest is named, as in `gemini-flash-latest`.
    let generation: Double

    init(_ id: String) {
        self.id = id
        let bare = id.split(separator: "/").last.map(String.init) ?? id
        let digits = bare.hasPrefix("gemini-") ? bare.dropFirst(7).prefix { $0.isNumber || $0 == "." } : ""
        generation = Double(digits) ?? (bare.hasPrefix("gemini-") && !bare.hasPrefix("gemini-embedding") ? 3 : 0)
    }

    /// Open models have no system instruction and no JSON mode.
    var isGemma: Bool { id.contains("gemma") }
    var isPro: Bool { id.contains("-pro") }

    /// Refuses a history whose tool calls carry no thought signature.
    var wantsSignatures: Bool { generation >= 3 }
    var thinks: Bool { generation >= 2.5 && !id.contains("-image") && !id.contains("-tts") }
    /// How much it thinks is a word, not a number of tokens.
    var thinksByLevel: Bool { generation >= 3 }
    /// Models since 2.5 refuse `presencePenalty` and `frequencyPenalty`.
    var takesPenalties: Bool { generation > 0 && generation < 2.5 }
    var takesJSONMode: Bool { !isGemma }
    /// JSON mode together with tools: a request with both is refused by those before.
    var takesJSONWithTools: Bool { generation >= 3 }
}
