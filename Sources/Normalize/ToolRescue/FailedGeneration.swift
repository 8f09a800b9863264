/// The text of a generation that a provider refused because it could not read the tool call in it
/// (Groq: `error.failed_generation` of code `tool_use_failed`).
enum FailedGeneration {
    /// The calls written in it, whatever stands around them; `nil` when there is none of an offered tool.
    static func toolCalls(in text: String, offeredTools: Set<String>) -> [RescuedToolCall]? {
        let bytes = Array(text.utf8)
        if let calls = BareToolCall.calls(in: bytes, offered: offeredTools) { return calls }
        if let calls = ToolCallTags.functions(in: bytes[...], offered: offeredTools) { return calls }
        if let calls = ToolCallTags.invocations(in: bytes[...], offered: offeredTools) { return calls }
        var lines = LineFilter(markdown: false, tools: offeredTools)
        var calls: [RescuedToolCall] = []
        var talk: [UInt8] = []
        var counts = RuleCounts()
        bytes.withUnsafeBytes { lines.append($0, into: &talk, toolCalls: &calls, counts: &counts) }
        lines.finish(truncated: true, into: &talk, toolCalls: &calls, counts: &counts)
        if !calls.isEmpty { return calls }
        guard let document = JSONDocument.extract(from: bytes, truncated: true) else { return nil }
        return ToolCallJSON.calls(in: document[...], offered: offeredTools)
    }
}
