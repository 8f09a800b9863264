/// The ways in which models write a tool call into their text when it should have been a real one.
enum ToolSyntax: CaseIterable, Sendable {
    /// `<tool_call>{"name": …, "arguments": {…}}</tool_call>` (Hermes, Qwen; with tags inside: Qwen Coder, GLM).
    case toolCall
    /// `<function=name>{…}</function>` (Llama).
    case function
    /// `<function_calls><invoke name="…">…</invoke></function_calls>`.
    case functionCalls
    /// `<invoke name="…">…</invoke>` without anything around it.
    case invoke
    /// `<｜DSML｜function_calls><｜DSML｜invoke name="…">…` and with `tool_calls`, or only the `invoke` (DeepSeek).
    case dsmlFunctionCalls, dsmlToolCalls, dsmlInvoke
    /// `<minimax:tool_call><invoke name="…">…</invoke></minimax:tool_call>`.
    case miniMax
    /// `<tool_calls>[{"name": …}]</tool_calls>` (Jamba, Hunyuan).
    case toolCalls
    /// `<|START_ACTION|>[{"tool_name": …, "parameters": {…}}]<|END_ACTION|>` (Cohere).
    case action
    /// `<|channel|>commentary to=functions.name <|constrain|>json<|message|>{…}<|call|>` (gpt-oss), and with
    /// `<|start|>assistant` before it.
    case harmony, harmonyMessage
    /// `[TOOL_CALLS] [{"name": …}]`, `[TOOL_CALLS]name[ARGS]{…}`, `[TOOL_CALLS]name{…}` (Mistral), to the end of the
    /// answer.
    case mistral
    /// `<|python_tag|>{"name": …, "parameters": {…}}`, `<|python_tag|>name.call(…)` (Llama), to the end of the answer.
    case pythonTag
    /// `<|tool_call|>[{"name": …}]` (Granite, Phi), to the end of the answer.
    case toolCallToken
    /// `<|tool_calls_section_begin|><|tool_call_begin|>functions.name:0<|tool_call_argument_begin|>{…}…` (Kimi);
    /// one call also without the section.
    case kimi, kimiCall
    /// `<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>name …` (DeepSeek); one call also without
    /// the outer tokens.
    case deepSeek, deepSeekCall

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
        case .invoke: return ToolCallTags.invocations(in: text, offered: offered)
        case .dsmlFunctionCalls, .dsmlToolCalls:
            return ToolCallTags.invocations(in: body, prefix: "｜DSML｜", offered: offered)
        case .dsmlInvoke: return ToolCallTags.invocations(in: text, prefix: "｜DSML｜", offered: offered)
        case .toolCalls, .action: return ToolCallJSON.calls(in: body, offered: offered)
        case .harmony, .harmonyMessage:
            return NamedToolCalls(begin: "to=", separator: "<|message|>", end: "<|call|>")
                .calls(in: text, offered: offered)
        case .mistral:
            return ToolCallJSON.calls(in: body, offered: offered)
                ?? NamedToolCalls(begin: "", separator: "[ARGS]", end: "").calls(in: body, offered: offered)
                ?? NamedToolCalls.call(in: body, offered: offered)
        case .pythonTag:
            return ToolCallJSON.calls(in: body, offered: offered) ?? PythonCalls.calls(in: body, offered: offered)
        case .toolCallToken: return ToolCallJSON.calls(in: body, offered: offered)
        case .kimi, .kimiCall:
            return NamedToolCalls(
                begin: "<|tool_call_begin|>",
                separator: "<|tool_call_argument_begin|>",
                end: "<|tool_call_end|>"
            )
            .calls(in: self == .kimi ? body : text, offered: offered)
        case .deepSeek, .deepSeekCall:
            return NamedToolCalls(begin: "<｜tool▁call▁begin｜>", separator: "<｜tool▁sep｜>", end: "<｜tool▁call▁end｜>")
                .calls(in: self == .deepSeek ? body : text, offered: offered)
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
        case .kimiCall: "<|tool_call_begin|>"
        case .deepSeek: "<｜tool▁calls▁begin｜>"
        case .deepSeekCall: "<｜tool▁call▁begin｜>"
        case .invoke: "<invoke name="
        case .dsmlFunctionCalls: "<｜DSML｜function_calls>"
        case .dsmlToolCalls: "<｜DSML｜tool_calls>"
        case .dsmlInvoke: "<｜DSML｜invoke name="
        case .toolCalls: "<tool_calls>"
        case .action: "<|START_ACTION|>"
        case .harmony: "<|channel|>commentary to="
        case .harmonyMessage: "<|start|>assistant<|channel|>commentary to="
        }
    }

    private static let all = allCases.map { (syntax: $0, marker: Array($0.marker.utf8)) }

    /// In bytes.
    static let longestMarker = all.map(\.marker.count).max() ?? 0

    private static let terminators: [ToolSyntax: [UInt8]] = [
        .toolCall: "</tool_call>", .function: "</function>", .functionCalls: "</function_calls>",
        .miniMax: "</minimax:tool_call>", .kimi: "<|tool_calls_section_end|>", .deepSeek: "<｜tool▁calls▁end｜>",
        .kimiCall: "<|tool_call_end|>", .deepSeekCall: "<｜tool▁call▁end｜>", .invoke: "</invoke>",
        .dsmlFunctionCalls: "</｜DSML｜function_calls>", .dsmlToolCalls: "</｜DSML｜tool_calls>",
        .dsmlInvoke: "</｜DSML｜invoke>", .toolCalls: "</tool_calls>", .action: "<|END_ACTION|>", .harmony: "<|call|>",
        .harmonyMessage: "<|call|>",
    ]
    .mapValues { Array($0.utf8) }

    /// What may stand behind a call that goes to the answer's end.
    private static let endTokens: [[UInt8]] = ["<|eom_id|>", "<|eot_id|>", "<|/tool_call|>", "</s>", "</tool_call>"]
        .map { Array($0.utf8) }
}
