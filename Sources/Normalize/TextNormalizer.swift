/// Makes the text of one choice read the same whichever model wrote it.
///
/// It is given the assistant's text in pieces of any size (a piece may end inside a character) and gives text back in
/// pieces; all pieces together are the same however the text was cut. Three stages stand behind one another: the
/// opening (`think`, `preamble`, a bare tool call), the lines (`markdown`, `tool_rescue`), and `json` where JSON was
/// asked for.
package struct TextNormalizer: Sendable {
    /// The most that an undecided rule holds back, in bytes and so in characters at most.
    static let maximumHeld = 96

    private var opening: Opening
    private var lines: LineFilter
    private var json: JSONStream?
    private var counts = RuleCounts()

    package init(settings: NormalizeSettings, expecting: ExpectedOutput, offeredTools: Set<String>) {
        self.init(NormalizeRules(settings: settings, expecting: expecting, offeredTools: offeredTools))
    }

    init(_ rules: NormalizeRules) {
        opening = Opening(rules)
        lines = LineFilter(markdown: rules.markdown, tools: rules.offeredTools)
        json = rules.repairsJSON ? JSONStream(isArguments: rules.expecting == .arguments) : nil
    }

    /// How often each rule changed something; only rules that did.
    package var changes: [NormalizeRule: Int] { counts.acted }

    /// True once no rule will act before the end on anything but what the quick byte check in `append` sees.
    package var isSettled: Bool { opening.isSettled && json == nil && lines.holdsNothing }

    package mutating func append(_ piece: [UInt8]) -> NormalizedPiece {
        piece.withUnsafeBytes { append($0) }
    }

    package mutating func append(_ piece: UnsafeRawBufferPointer) -> NormalizedPiece {
        if opening.isSettled, json == nil, lines.passes(piece) { return .unchanged }
        var result = NormalizedPiece()
        var start = 0
        if !opening.isSettled {
            start = opening.take(piece, reasoning: &result.reasoning, counts: &counts)
            if opening.isSettled {
                if start == 0, opening.held.isEmpty, json == nil, lines.passes(piece) { return .unchanged }
                opening.release().withUnsafeBytes { take($0, into: &result) }
            }
        }
        if start < piece.count { take(UnsafeRawBufferPointer(rebasing: piece[start...]), into: &result) }
        if result.reasoning.isEmpty, result.toolCalls.isEmpty, result.text.elementsEqual(piece) { return .unchanged }
        return result
    }

    /// End of the answer. With `truncated` (its finish reason was `length`) no fence is closed and the end of an
    /// unfinished JSON string is taken as it stands.
    package mutating func finish(truncated: Bool) -> NormalizedEnd {
        var result = NormalizedPiece()
        if !opening.isSettled {
            opening.finish(reasoning: &result.reasoning, toolCalls: &result.toolCalls, counts: &counts)
            opening.release().withUnsafeBytes { take($0, into: &result) }
        }
        var rest: [UInt8] = []
        lines.finish(truncated: truncated, into: &rest, toolCalls: &result.toolCalls, counts: &counts)
        var end = NormalizedEnd()
        if json != nil {
            json?.append(rest, into: &result.text)
            end.jsonIsValid = json?.finish(truncated: truncated, into: &result.text, counts: &counts)
        } else {
            result.text += rest
        }
        end.text = result.text
        end.reasoning = result.reasoning
        end.toolCalls = result.toolCalls
        return end
    }

    /// Sends what the opening let through on its way through the other stages.
    private mutating func take(_ bytes: UnsafeRawBufferPointer, into result: inout NormalizedPiece) {
        guard json != nil else {
            lines.append(bytes, into: &result.text, toolCalls: &result.toolCalls, counts: &counts)
            return
        }
        guard lines.acts else {
            json?.append(bytes, into: &result.text)
            return
        }
        var passed: [UInt8] = []
        lines.append(bytes, into: &passed, toolCalls: &result.toolCalls, counts: &counts)
        json?.append(passed, into: &result.text)
    }

    /// A whole answer at once, through the same machinery.
    package static func normalize(
        _ text: String,
        settings: NormalizeSettings = NormalizeSettings(),
        expecting: ExpectedOutput = .text,
        offeredTools: Set<String> = [],
        truncated: Bool = false
    ) -> NormalizedAnswer {
        var normalizer = TextNormalizer(settings: settings, expecting: expecting, offeredTools: offeredTools)
        let bytes = Array(text.utf8)
        let piece = normalizer.append(bytes)
        let end = normalizer.finish(truncated: truncated)
        return NormalizedAnswer(
            text: String(decoding: (piece.passesUnchanged ? bytes : piece.text) + end.text, as: UTF8.self),
            reasoning: String(decoding: piece.reasoning + end.reasoning, as: UTF8.self),
            toolCalls: piece.toolCalls + end.toolCalls,
            jsonIsValid: end.jsonIsValid,
            changes: normalizer.changes
        )
    }
}
