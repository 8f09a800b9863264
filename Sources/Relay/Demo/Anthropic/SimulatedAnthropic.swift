/// Anthropic's Messages API, as platform.claude.com documents it; its refusals are in its own words.
struct SimulatedAnthropic: SimulatedDialect {
    let name = DialectName.anthropic

    func key(in headers: Headers) throws(Complaint) -> String {
        func value(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
        guard let key = value("x-api-key"), !key.isEmpty else {
            throw Complaint(status: 401, message: "x-api-key header is required", type: "authentication_error")
        }
        guard value("anthropic-version") == "2023-06-01" else {
            throw Complaint(status: 400, message: "anthropic-version: header is required")
        }
        return key
    }

    /// The API itself is always strict.
    func read(_ request: SimulatedProvider.ReceivedRequest, isStrict: Bool) throws(Complaint) -> SimulatedCall? {
        guard request.path == "/v1/messages" else { return nil }
        let json = try object(in: request.body)
        try SimulatedAnthropicCheck(json: json).check()
        return SimulatedCall(SimulatedAnthropicReading(json: json).chat)
    }

    func whole(_ answer: SimulatedAnswer, sendsUsage: Bool) -> String {
        var content: [String] = []
        if let reasoning = answer.reasoning {
            content.append(
                #"{"type":"thinking","thinking":\#(SimulatedJSON.quoted(reasoning)),"signature":"\#(Self.signature)"}"#
            )
        }
        if !answer.text.isEmpty { content.append(#"{"type":"text","text":\#(SimulatedJSON.quoted(answer.text))}"#) }
        content += answer.toolCalls.map { Self.toolUse($0, input: $0.arguments) }
        return Self.message(
            answer,
            content: content,
            stop: Self.stopReason(answer.finishReason),
            usage: sendsUsage
                ? #"{"input_tokens":\#(answer.usage.promptTokens),"cache_creation_input_tokens":0,"#
                    + #""cache_read_input_tokens":0,"output_tokens":\#(answer.usage.completionTokens),"#
                    + #""service_tier":"standard"}"# : nil
        )
    }

    func events(
        _ answer: SimulatedAnswer,
        shape: SimulatedProvider.Streaming,
        includesUsage: Bool
    ) -> [[UInt8]] {
        SimulatedAnthropicStream(answer: answer, shape: shape).events()
    }

    func errorEvent(_ payload: String, shape: SimulatedProvider.Streaming) -> [UInt8] {
        SimulatedAnthropicStream.event("error", payload, shape: shape)
    }

    var modelsPath: String { "/v1/models" }

    func modelList(_ models: [String]) -> String {
        let entries = models.map {
            #"{"type":"model","id":\#(SimulatedJSON.quoted($0)),"display_name":\#(SimulatedJSON.quoted($0)),"#
                + #""created_at":"2026-01-01T00:00:00Z"}"#
        }
        return #"{"data":[\#(entries.joined(separator: ","))],"has_more":false,"#
            + #""first_id":\#(models.first.quotedOrNull),"last_id":\#(models.last.quotedOrNull)}"#
    }

    // MARK: Pieces

    static let signature = "EqQBCgIYAhIkc2ltdWxhdGVk"

    static func message(_ answer: SimulatedAnswer, content: [String], stop: String?, usage: String?) -> String {
        #"{"id":"\#(answer.id.replacing("chatcmpl-", with: "msg_"))","type":"message","role":"assistant","#
            + #""model":\#(SimulatedJSON.quoted(answer.model)),"content":[\#(content.joined(separator: ","))],"#
            + #""stop_reason":\#(stop.quotedOrNull),"stop_sequence":null"#
            + (usage.map { #","usage":\#($0)"# } ?? "") + "}"
    }

    static func toolUse(_ call: SimulatedAnswer.ToolCall, input: String) -> String {
        #"{"type":"tool_use","id":"\#(call.id)","name":\#(SimulatedJSON.quoted(call.name)),"input":\#(input)}"#
    }

    static func stopReason(_ finish: String?) -> String? {
        switch finish {
        case "stop": "end_turn"
        case "length": "max_tokens"
        case "tool_calls": "tool_use"
        case "content_filter": "refusal"
        default: finish
        }
    }
}

/// An answer as the events of the Messages API: each block begins, is added to and ends.
struct SimulatedAnthropicStream {
    let answer: SimulatedAnswer
    let shape: SimulatedProvider.Streaming

    func events() -> [[UInt8]] {
        var events: [[UInt8]] = [start]
        var index = 0
        if let reasoning = answer.reasoning {
            let middle = reasoning.index(reasoning.startIndex, offsetBy: reasoning.count / 2)
            let halves = [reasoning[..<middle], reasoning[middle...]]
            let deltas = halves.map { #"{"type":"thinking_delta","thinking":\#(SimulatedJSON.quoted(String($0)))}"# }
            let signature = #"{"type":"signature_delta","signature":"\#(SimulatedAnthropic.signature)"}"#
            events += block(
                #"{"type":"thinking","thinking":"","signature":""}"#,
                deltas: deltas + [signature],
                at: &index
            )
        }
        if !answer.pieces.isEmpty {
            let deltas = answer.pieces.map { #"{"type":"text_delta","text":\#(SimulatedJSON.quoted($0))}"# }
            events += block(#"{"type":"text","text":""}"#, deltas: deltas, at: &index)
        }
        for call in answer.toolCalls {
            let middle = call.arguments.index(call.arguments.startIndex, offsetBy: call.arguments.count / 2)
            // A call without arguments comes with an empty piece only.
            let pieces = call.arguments == "{}" ? [""] : ["", call.arguments[..<middle], call.arguments[middle...]]
            let deltas = pieces.map {
                #"{"type":"input_json_delta","partial_json":\#(SimulatedJSON.quoted(String($0)))}"#
            }
            events += block(SimulatedAnthropic.toolUse(call, input: "{}"), deltas: deltas, at: &index)
        }
        let stop = SimulatedAnthropic.stopReason(answer.finishReason)
        events.append(
            event(
                "message_delta",
                #""delta":{"stop_reason":\#(stop.quotedOrNull),"stop_sequence":null}"#
                    + (sendsUsage ? #","usage":{"output_tokens":\#(answer.usage.completionTokens)}"# : "")
            )
        )
        events.append(event("message_stop", nil))
        return events
    }

    private var sendsUsage: Bool { if case .never = shape.usage { false } else { true } }

    private var start: [UInt8] {
        let usage =
            #"{"input_tokens":\#(answer.usage.promptTokens),"cache_creation_input_tokens":0,"#
            + #""cache_read_input_tokens":0,"output_tokens":1}"#
        let message = SimulatedAnthropic.message(answer, content: [], stop: nil, usage: sendsUsage ? usage : nil)
        let comments = shape.leadingComments.map { ": \($0)\(shape.lineEnd)\(shape.lineEnd)" }.joined()
        return Array(comments.utf8) + event("message_start", #""message":\#(message)"#)
    }

    /// The first block's beginning brings a ping with it.
    private func block(_ start: String, deltas: [String], at index: inout Int) -> [[UInt8]] {
        defer { index += 1 }
        let place = #""index":\#(index)"#
        var first = event("content_block_start", place + #","content_block":\#(start)"#)
        if index == 0 { first += event("ping", nil) }
        return [first] + deltas.map { event("content_block_delta", place + #","delta":\#($0)"#) }
            + [event("content_block_stop", place)]
    }

    private func event(_ type: String, _ members: String?) -> [UInt8] {
        Self.event(type, #"{"type":"\#(type)"\#(members.map { "," + $0 } ?? "")}"#, shape: shape)
    }

    static func event(_ type: String, _ payload: String, shape: SimulatedProvider.Streaming) -> [UInt8] {
        let (end, space) = (shape.lineEnd, shape.spaceAfterColon ? " " : "")
        let comment = shape.commentBetween.map { ": \($0)\(end)\(end)" } ?? ""
        let data = payload.split(separator: "\n", omittingEmptySubsequences: false).map { "data:\(space)\($0)\(end)" }
        return Array("\(comment)event:\(space)\(type)\(end)\(data.joined())\(end)".utf8)
    }
}
