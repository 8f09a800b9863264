import Clients
import NIOCore

/// Reads a request of the Responses API: the chat completion that it asks for, and what its answer says of it.
struct ResponsesReader {
    /// - Parameter responses: where `previous_response_id` and item references are looked up.
    static func read(
        _ body: ByteBuffer,
        _ facts: CallFacts,
        from responses: ResponseStore
    ) throws(RequestFault) -> WireCall {
        try body.readRequest { (document) throws(RequestFault) in try call(for: document, facts, responses) }
    }

    private static func call(
        for document: JSONView,
        _ facts: CallFacts,
        _ responses: ResponseStore
    ) throws(RequestFault) -> WireCall {
        let body = try ResponsesBody(document)
        let input = try ResponsesInput(body, client: facts.client, responses: responses)
        let tools = try ResponsesTools(body.tools, choice: body.toolChoice)
        let messages = try input.messages(instructions: body.instructions)
        let chat = chat(for: body, messages, tools)
        let keeping = body.stores ? ResponseKeeping(store: responses, client: facts.client, input: input.own) : nil
        let encoder = ResponsesEncoder(
            envelope: ResponseEnvelope(body, base: ResponseID.newBase(facts.tag), created: Int(facts.received.wall)),
            tools: tools,
            keeping: keeping
        )
        return WireCall(request: try ChatRequestReader.read(chat, origin: .translated), encoder: encoder)
    }

    /// The chat completion request. Members that only concern OpenAI's own house (`store`, `metadata`, `user`,
    /// `prompt_cache_key`, …) stay behind: many providers refuse what they do not know.
    private static func chat(
        for body: ResponsesBody,
        _ messages: ByteBuffer,
        _ tools: ResponsesTools
    ) -> ByteBuffer {
        var capacity = ByteBuffer()
        capacity.reserveCapacity(messages.readableBytes + tools.functions.readableBytes + 512)
        var json = JSONBuilder(capacity)
        json.object { json in
            json.member("model", copying: body.model)
            json.member("messages") { $0.raw(messages) }
            if body.streams {
                json.member("stream", true)
                json.member("stream_options", raw: #"{"include_usage":true}"#)
            }
            json.member("max_tokens", copying: body.maxOutputTokens)
            json.member("temperature", copying: body.temperature)
            json.member("top_p", copying: body.topP)
            if tools.hasAny {
                json.member("tools") { $0.raw(tools.functions) }
                if let choice = tools.choice { json.member("tool_choice", raw: choice) }
                if body.parallelToolCalls?.span.kind == .false { json.member("parallel_tool_calls", false) }
            }
            if let effort = body.effort { json.member("reasoning_effort", effort) }
            writeFormat(body.format, into: &json)
            json.member("model_type", copying: body.modelType)
            json.member("model_scale", copying: body.modelScale)
            json.member("model_name", copying: body.modelName)
        }
        return json.buffer
    }

    /// `text.format` is flat where `response_format` is nested.
    private static func writeFormat(_ format: JSONView?, into json: inout JSONBuilder) {
        guard let format, let type = format["type"] else { return }
        if type.equals("json_object") { json.member("response_format", raw: #"{"type":"json_object"}"#) }
        guard type.equals("json_schema") else { return }
        json.member("response_format") { json in
            json.object { json in
                json.member("type", "json_schema")
                json.member("json_schema") { json in
                    json.object { json in
                        for member in format.members where !member.value.isNull {
                            if !format.isNamed(member.key, "type") { json.member(member.key, copying: member.value) }
                        }
                    }
                }
            }
        }
    }
}

extension JSONBuilder {
    /// JSON text.
    mutating func raw(_ bytes: ByteBuffer) { bytes.withUnsafeReadableBytes { raw($0) } }
}
