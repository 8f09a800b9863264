/// The rules that act on the answers to one request, made once for all its attempts and choices.
package struct NormalizeRules: Sendable {
    let settings: NormalizeSettings
    let expecting: ExpectedOutput
    let offeredTools: Set<String>

    package init(settings: NormalizeSettings, expecting: ExpectedOutput, offeredTools: Set<String>) {
        self.settings = settings
        self.expecting = expecting
        self.offeredTools = settings.toolRescue ? offeredTools : []
    }

    /// For one choice of one answer; choices do not share state.
    package func normalizer() -> TextNormalizer { TextNormalizer(self) }

    /// Builds the tables that the rules look things up in, so that the first answer does not wait for them: about 2 ms,
    /// once.
    package static func prepare() {
        _ = TextNormalizer.normalize("Sure! Here\n<tool_call>", offeredTools: ["name"])
    }

    var markdown: Bool { settings.markdown && expecting == .text }
    var preamble: Bool { settings.preamble && expecting == .text }
    var think: Bool { settings.think }
    var repairsJSON: Bool { settings.json && expecting != .text }
    /// The arguments of tool calls are JSON whatever the text is to be.
    package var repairsToolArguments: Bool { settings.json }
    var bareCallTools: Set<String> { expecting == .text ? offeredTools : [] }

    /// The calls of offered tools in a generation that its provider could not read.
    package func toolCalls(inFailedGeneration text: String) -> [RescuedToolCall]? {
        offeredTools.isEmpty ? nil : FailedGeneration.toolCalls(in: text, offeredTools: offeredTools)
    }

    // MARK: - The quick look at a whole answer

    /// Whether a whole answer surely stays as it is: nothing goes or moves, and where JSON was asked for it is JSON.
    ///
    /// One pass over the bytes, without a copy where the answer begins like no opener. False says only that it has to
    /// go through a normalizer.
    package func surelyKeep(_ text: UnsafeRawBufferPointer) -> Bool {
        surelyKeep(text, isEscaped: false)
    }

    /// The same of an answer that is still the inside of a JSON string, its escapes unresolved.
    package func surelyKeep(escaped text: UnsafeRawBufferPointer) -> Bool {
        surelyKeep(text, isEscaped: true)
    }

    private func surelyKeep(_ text: UnsafeRawBufferPointer, isEscaped: Bool) -> Bool {
        guard !text.isEmpty else { return !repairsJSON }
        if repairsJSON, !JSONScan.isDocument(text, isEscaped: isEscaped) { return false }
        guard keepsOpening(text, isEscaped: isEscaped) else { return false }
        guard markdown || !offeredTools.isEmpty else { return true }
        var lines = LineScan(text, isEscaped: isEscaped, markdown: markdown, tools: !offeredTools.isEmpty)
        return lines.surelyKeeps()
    }

    private func keepsOpening(_ text: UnsafeRawBufferPointer, isEscaped: Bool) -> Bool {
        guard think || preamble || !bareCallTools.isEmpty else { return true }
        var start = 0
        while start < text.count {
            if text[start].isSpace {
                start += 1
            } else if isEscaped, text[start] == .backslash, start + 1 < text.count,
                text[start + 1] == 0x6E || text[start + 1] == 0x72 || text[start + 1] == 0x74
            {
                start += 2
            } else {
                break
            }
        }
        guard start < text.count else { return false }
        // An escaped quotation mark begins no construct; a character written as its number may be any.
        if isEscaped, text[start] == .backslash { return start + 1 < text.count && text[start + 1] == .doubleQuote }
        let rest = UnsafeRawBufferPointer(rebasing: text[start...])
        let opening = Opening(self)
        if opening.settles(rest) { return true }
        let end = isEscaped ? rest.firstIndex(of: .backslash) ?? rest.count : rest.count
        return opening.keeps(Array(rest[..<min(end, TextNormalizer.maximumHeld)]))
    }
}
