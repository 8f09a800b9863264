/// The ways in which models write a tool call into their text when it should have been a real one.
enum ToolSyntax: CaseIterable, Sendable {
    /// `<tool_call>{"name": …, "arguments": {…}}</tool_call>` (Hermes, Qwen; with tags inside: Qwen Coder, GLM).
    case toolCall
    /// `<function=name>{…}</function>` (Llama).
    case function
    /// `<function_calls><invoke name="…">…</invoke></function_calls>`.
    case functionCalls
    /// `<minimax:tool_call><invoke name="…">…</invoke></minimax:tool_call>`.
    case miniMax
    /// `[TOOL_CALLS] [{"name": …}]`, `[TOOL_CALLS]name[ARGS]{…}` (Mistral), to the end of the answer.
    case mistral
    /// `<|python_tag|>{"name": …, "parameters": {…}}` (Llama), to the end of the answer.
    case pythonTag
    /// `<|tool_call|>[{"name": …}]` (Granite, Phi), to the end of the answer.
    case toolCallToken
    /// `<|tool_calls_section_begin|><|tool_call_begin|>functions.name:0<|tool_call_argument_begin|>{…}…` (Kimi).
    case kimi
    /// `<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>name …` (DeepSeek).
    case deepSeek

    enum Progress {
        case none, undecided
        case opens(ToolSyntax)
    }

    /// What the start of a line is or may become; what follows a marker does not matter.
    static func progress(in text: ArraySlice<UInt8>) -> Progress {
        var isUndecided = false
        for syntax in all {
            if text.starts(with: syntax.marker) { return .opens(syntax.syntax) }
            isUndecided = isUndecided || syntax.marker.starts(with: text)
        }
        return isUndecided ? .undecided : .none
    }

    /// Whether a call of this kind is complete with the last byte of `text`.
    func ends(_ text: [UInt8]) -> Bool {
        guard let terminator = Self.terminators[self], text.last == terminator.last else { return false }
        return text.suffix(terminator.count).elementsEqual(terminator)
    }

    /// The calls in the whole construct, marker included; `nil` when it is not made of calls of offered tools.
    func calls(in text: ArraySlice<UInt8>, offered: Set<String>) -> [RescuedToolCall]? {
        var body = text.dropFirst(marker.utf8.count)
        if let terminator = Self.terminators[self], body.suffix(terminator.count).elementsEqual(terminator) {
            body = body.dropLast(terminator.count)
        }
        body = body.trimmingSpace()
        for token in Self.endTokens where body.suffix(token.count).elementsEqual(token) {
            body = body.dropLast(token.count).trimmingSpace()
        }
        switch self {
        case .toolCall:
            return ToolCallJSON.calls(in: body, offered: offered)
                ?? ToolCallTags.functions(in: body, offered: offered)
                ?? ToolCallTags.argumentPairs(in: body, offered: offered)
        case .function: return ToolCallTags.functions(in: text, offered: offered)
        case .functionCalls, .miniMax: return ToolCallTags.invocations(in: body, offered: offered)
        case .mistral:
            return ToolCallJSON.calls(in: body, offered: offered)
                ?? NamedToolCalls(begin: "", separator: "[ARGS]", end: "").calls(in: body, offered: offered)
        case .pythonTag, .toolCallToken: return ToolCallJSON.calls(in: body, offered: offered)
        case .kimi:
            return NamedToolCalls(
                begin: "<|tool_call_begin|>",
                separator: "<|tool_call_argument_begin|>",
                end: "<|tool_call_end|>"
            )
            .calls(in: body, offered: offered)
        case .deepSeek:
            return NamedToolCalls(begin: "<｜tool▁call▁begin｜>", separator: "<｜tool▁sep｜>", end: "<｜tool▁call▁end｜>")
                .calls(in: body, offered: offered)
        }
    }

    private var marker: String {
        switch self {
        case .toolCall: "<tool_call>"
        case .function: "<function="
        case .functionCalls: "<function_calls>"
        case .miniMax: "<minimax:tool_call>"
        case .mistral: "[TOOL_CALLS]"
        case .pythonTag: "<|python_tag|>"
        case .toolCallToken: "<|tool_call|>"
        case .kimi: "<|tool_calls_section_begin|>"
        case .deepSeek: "<｜tool▁calls▁begin｜>"
        }
    }

    private static let all = allCases.map { (syntax: $0, marker: Array($0.marker.utf8)) }

    /// In bytes.
    static let longestMarker = all.map(\.marker.count).max() ?? 0

    private static let terminators: [ToolSyntax: [UInt8]] = [
        .toolCall: "</tool_call>", .function: "</function>", .functionCalls: "</function_calls>",
        .miniMax: "</minimax:tool_call>", .kimi: "<|tool_calls_section_end|>", .deepSeek: "<｜tool▁calls▁end｜>",
    ]
    .mapValues { Array($0.utf8) }

    /// What may stand behind a call that goes to the answer's end.
    private static let endTokens: [[UInt8]] = ["<|eom_id|>", "<|eot_id|>", "<|/tool_call|>", "</s>", "</tool_call>"]
        .map { Array($0.utf8) }
}
