/// How a purpose shares the room between what is recent and what is old, and how passages are weighed.
struct Taste {
    /// Share of the free room for recent messages.
    var verbatimShare: Float
    /// Share of the free room that one message may have.
    var longestShare: Float
    /// Long recent messages are cut to extracts.
    var shortens: Bool
    /// Restorable words are left out of the summary.
    var isBrief: Bool
    /// How much of a term's worth is left after each time it was covered.
    var decay: Float
    /// How strongly the length of a passage counts against it, 0 to 1.
    var thrift: Float
    /// Dates of sessions are written into the summary.
    var keepsDates: Bool
    /// How many times the tokens of a date line must follow it, for the line to be written.
    var headerRatio: Float

    private static let questionVerbatim: Float = 0.04
    private static let questionDecay: Float = 0.7
    private static let questionThrift: Float = 0.5
    private static let questionHeaders: Float = 5
    private static let talkVerbatim: Float = 0.12
    private static let talkDecay: Float = 0.4
    private static let steadyVerbatim: Float = 0.4

    /// - Parameters:
    ///   - adapts: `false` gives recent messages a steady share, whatever the purpose.
    ///   - share: the room over the whole history's tokens. Where most fits, more stays word for word.
    init(for purpose: Purpose, adapts: Bool, share: Float) {
        let generous = max(0, min(1, (share - 0.45) / 0.5))
        switch purpose {
        case .question:
            verbatimShare = Self.questionVerbatim
            longestShare = 0.1
            shortens = false
            decay = Self.questionDecay
            thrift = Self.questionThrift
            headerRatio = Self.questionHeaders
        case .talk:
            verbatimShare = Self.talkVerbatim
            longestShare = 0.12
            shortens = false
            decay = Self.talkDecay
            thrift = 1
            headerRatio = 6
        case .work:
            verbatimShare = 0.5
            longestShare = 0.2
            shortens = true
            decay = 0.1
            thrift = 1
            headerRatio = 6
        }
        if !adapts, purpose != .work {
            verbatimShare = Self.steadyVerbatim
            longestShare = Self.steadyVerbatim
        }
        verbatimShare += (0.9 - verbatimShare) * generous
        longestShare += (0.9 - longestShare) * generous
        isBrief = purpose != .work && share < 0.8
        keepsDates = purpose != .work
    }
}
