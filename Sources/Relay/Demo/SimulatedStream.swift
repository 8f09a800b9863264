/// Writes an answer down as the events of a stream.
struct SimulatedStream {
    let answer: SimulatedAnswer
    let shape: SimulatedProvider.Streaming
    let includesUsage: Bool

    private let start: String

    init(_ answer: SimulatedAnswer, shape: SimulatedProvider.Streaming, includesUsage: Bool) {
        self.answer = answer
        self.shape = shape
        self.includesUsage = includesUsage
        start =
            #"{"id":"\#(answer.id)","object":"chat.completion.chunk","created":\#(SimulatedClock.unixSeconds()),"#
            + #""model":\#(SimulatedJSON.quoted(answer.model)),"system_fingerprint":"fp_sim","#
    }

    /// One array per event, its empty line included; comments stand before the event they come with.
    func events() -> [[UInt8]] {
        var payloads: [String] = []
        for index in 0..<answer.choiceCount { payloads += deltas(of: index) }
        payloads += (0..<answer.choiceCount).map(finish)
        if case .whenAsked = shape.usage, includesUsage {
            payloads.append(start + #""choices":[],"usage":\#(answer.usageText)}"#)
        }
        if shape.sendsDone { payloads.append("[DONE]") }
        var events = payloads.map(event)
        if !events.isEmpty {
            events[0] = shape.leadingComments.flatMap { Self.comment($0, shape: shape) } + events[0]
        }
        return events
    }

    private func event(_ payload: String) -> [UInt8] { Self.event(payload, shape: shape) }

    /// A `data` event; a payload with line breaks becomes several fields.
    static func event(_ payload: String, shape: SimulatedProvider.Streaming) -> [UInt8] {
        let field = shape.spaceAfterColon ? "data: " : "data:"
        let lines = payload.split(separator: "\n", omittingEmptySubsequences: false).map { field + $0 + shape.lineEnd }
        let comment = shape.commentBetween.map { Self.comment($0, shape: shape) }
        return (comment ?? []) + Array((lines.joined() + shape.lineEnd).utf8)
    }

    private static func comment(_ text: String, shape: SimulatedProvider.Streaming) -> [UInt8] {
        Array((": " + text + shape.lineEnd + shape.lineEnd).utf8)
    }

    private func deltas(of index: Int) -> [String] {
        var deltas: [String] = []
        if shape.startsWithRole { deltas.append(#"{"role":"assistant","content":""}"#) }
        deltas += Array(repeating: #"{"content":""}"#, count: shape.emptyDeltas)
        if let reasoning = answer.reasoning {
            deltas.append(#"{"reasoning_content":\#(SimulatedJSON.quoted(reasoning))}"#)
        }
        deltas += answer.pieces.map { #"{"content":\#(SimulatedJSON.quoted($0))}"# }
        for (position, call) in answer.toolCalls.enumerated() { deltas += toolDeltas(of: call, at: position) }
        return deltas.map { chunk(choice: index, delta: $0) }
    }

    /// The name first, then the arguments in two halves.
    private func toolDeltas(of call: SimulatedAnswer.ToolCall, at position: Int) -> [String] {
        let index = shape.sendsToolCallIndexes ? #""index":\#(position),"# : ""
        let id = shape.sendsToolCallIDs ? #""id":"\#(call.id)","# : ""
        let middle = call.arguments.index(call.arguments.startIndex, offsetBy: call.arguments.count / 2)
        let name = SimulatedJSON.quoted(call.name)
        let first = #"{\#(index)\#(id)"type":"function","function":{"name":\#(name),"arguments":""}}"#
        let rest = [call.arguments[..<middle], call.arguments[middle...]]
            .map {
                #"{\#(index)"function":{"arguments":\#(SimulatedJSON.quoted(String($0)))}}"#
            }
        return ([first] + rest).map { #"{"tool_calls":[\#($0)]}"# }
    }

    private func finish(of index: Int) -> String {
        var usage = ""
        if case .withFinish = shape.usage, index == answer.choiceCount - 1 { usage = #","usage":\#(answer.usageText)"# }
        return chunk(choice: index, delta: "{}", finish: answer.finishReason, rest: usage)
    }

    private func chunk(choice: Int, delta: String, finish: String? = nil, rest: String = "") -> String {
        var usage = rest
        if case .whenAsked = shape.usage, includesUsage { usage += #","usage":null"# }
        return start + #""choices":[{"index":\#(choice),"delta":\#(delta),"logprobs":null,"#
            + #""finish_reason":\#(finish.quotedOrNull)}]\#(usage)}"#
    }
}
