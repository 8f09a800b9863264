import Synchronization

/// What is said to one call, before it is written down whole or as a stream.
struct SimulatedAnswer: Sendable {
    struct ToolCall: Sendable {
        var id: String
        var name: String
        /// A JSON object as text.
        var arguments: String
    }

    var id: String
    var model: String
    /// Each piece is one delta of a stream.
    var pieces: [String]
    var reasoning: String?
    var toolCalls: [ToolCall] = []
    var finishReason: String?
    var usage: SimulatedProvider.Usage
    var choiceCount: Int

    var text: String { pieces.joined() }

    init(to call: SimulatedCall, number: Int, behavior: SimulatedProvider.Behavior) {
        id = "chatcmpl-sim\(number)"
        model = call.model
        reasoning = behavior.reasoning
        finishReason = behavior.finishReason
        choiceCount = call.choiceCount
        pieces = []
        usage = .init(promptTokens: call.promptTokens, completionTokens: 0)
        let calls = Self.toolCalls(for: call, behavior: behavior)
        if !calls.isEmpty, case .writtenAsText = behavior.tools {
            pieces = calls.map { #"<tool_call>{"name":"\#($0.name)","arguments":\#($0.arguments)}</tool_call>"# }
        } else if !calls.isEmpty {
            toolCalls = calls
            finishReason = "tool_calls"
        } else {
            pieces = Self.pieces(for: call, behavior: behavior)
        }
        if let most = call.maxTokens, SimulatedCall.tokens(in: text) > most {
            pieces = Self.split(String(text.unicodeScalars.prefix(most * 4)), as: behavior.streaming.pieces)
            finishReason = "length"
        }
        let arguments = toolCalls.map(\.arguments).joined()
        usage.completionTokens = SimulatedCall.tokens(in: text + (reasoning ?? "") + arguments) * choiceCount
        if let fixed = behavior.usage { usage = fixed }
    }

    /// Ids of tool calls are unique among all providers, as real ones are: a dialect remembers by them what the next turn needs.
    private static let answersWithCalls = Atomic<Int>(0)

    private static func toolCalls(for call: SimulatedCall, behavior: SimulatedProvider.Behavior) -> [ToolCall] {
        let choice = call.json["tool_choice"]
        guard call.messages.last?.role != "tool", choice?.string != "none" else { return [] }
        let chosen = choice?["function"]?["name"]?.string
        let offered = chosen.map { name in call.tools.filter { $0.name == name } } ?? call.tools
        let called: [SimulatedCall.Tool]
        switch behavior.tools {
        case .never: called = []
        case .firstOffered, .writtenAsText: called = Array(offered.prefix(1))
        case .allOffered: called = offered
        }
        let number = answersWithCalls.wrappingAdd(1, ordering: .relaxed).newValue
        return called.enumerated()
            .map { index, tool in
                let arguments = SimulatedSchema.sample(of: tool.parameters)
                return ToolCall(
                    id: "call_sim\(number)_\(index)",
                    name: tool.name,
                    arguments: arguments.members == nil ? "{}" : arguments.text
                )
            }
    }

    private static func pieces(for call: SimulatedCall, behavior: SimulatedProvider.Behavior) -> [String] {
        let decoration = behavior.decoration
        var before = decoration.think.map { "<think>\($0)</think>" } ?? ""
        before += decoration.preamble
        guard !call.asksForJSON else {
            let made = call.schema.map { SimulatedSchema.sample(of: $0).text } ?? #"{"answer":"sample"}"#
            let json = behavior.jsonAnswer ?? made
            let body = decoration.fencesJSON ? "```json\n\(json)\n```" : json
            return split(before + body + decoration.postamble, as: behavior.streaming.pieces)
        }
        switch behavior.answer {
        case .text(let text): return split(before + text, as: behavior.streaming.pieces)
        case .pieces(let pieces): return (before.isEmpty ? [] : [before]) + pieces
        case .computed(let make): return split(before + make(call), as: behavior.streaming.pieces)
        }
    }

    private static func split(_ text: String, as pieces: SimulatedProvider.Streaming.Pieces) -> [String] {
        var out: [String] = []
        switch pieces {
        case .whole: return text.isEmpty ? [] : [text]
        case .characters(let count):
            var rest = Substring(text)
            while !rest.isEmpty {
                out.append(String(rest.prefix(max(1, count))))
                rest = rest.dropFirst(max(1, count))
            }
        case .words:
            var word = ""
            for character in text {
                if word.last?.isWhitespace == true, !character.isWhitespace {
                    out.append(word)
                    word = ""
                }
                word.append(character)
            }
            if !word.isEmpty { out.append(word) }
        }
        return out
    }
}

extension SimulatedAnswer {
    /// The `chat.completion` object.
    func whole(sendsUsage: Bool = true) -> String {
        let choices = (0..<choiceCount)
            .map { index in
                #"{"index":\#(index),"message":\#(message),"logprobs":null,"#
                    + #""finish_reason":\#(finishReason.quotedOrNull)}"#
            }
        let usage = sendsUsage ? #","usage":\#(usageText)"# : ""
        return #"{"id":"\#(id)","object":"chat.completion","created":\#(SimulatedClock.unixSeconds()),"#
            + #""model":\#(SimulatedJSON.quoted(model)),"choices":[\#(choices.joined(separator: ","))]\#(usage),"#
            + #""system_fingerprint":"fp_sim"}"#
    }

    var usageText: String {
        #"{"prompt_tokens":\#(usage.promptTokens),"completion_tokens":\#(usage.completionTokens),"#
            + #""total_tokens":\#(usage.promptTokens + usage.completionTokens)}"#
    }

    private var message: String {
        var members = [#""role":"assistant""#]
        members.append(#""content":\#(toolCalls.isEmpty ? SimulatedJSON.quoted(text) : "null")"#)
        if let reasoning { members.append(#""reasoning_content":\#(SimulatedJSON.quoted(reasoning))"#) }
        if !toolCalls.isEmpty {
            let calls = toolCalls.map {
                #"{"id":"\#($0.id)","type":"function","function":{"name":\#(SimulatedJSON.quoted($0.name)),"#
                    + #""arguments":\#(SimulatedJSON.quoted($0.arguments))}}"#
            }
            members.append(#""tool_calls":[\#(calls.joined(separator: ","))]"#)
        }
        return "{" + members.joined(separator: ",") + "}"
    }
}

extension String? {
    var quotedOrNull: String { map(SimulatedJSON.quoted) ?? "null" }
}
