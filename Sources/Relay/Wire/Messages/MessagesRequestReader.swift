import Clients
import NIOCore

/// Puts the body of `POST /v1/messages` into a chat completion request.
///
/// What it asks for and a chat completion has no word for is left out: a client is refused only what nobody could answer.
/// Text is copied as it is written, escapes and all.
struct MessagesRequestReader {
    /// What the answer's encoder has to know of the request.
    struct Reading {
        let request: ChatRequest
        /// Thinking was asked for, and is to be shown.
        let showsThinking: Bool
    }

    /// - Parameter needsMaxTokens: counting tokens needs none.
    static func read(_ body: ByteBuffer, needsMaxTokens: Bool = true) throws(RequestFault) -> Reading {
        let (chat, origins, showsThinking) = try body.readRequest { (document) throws(RequestFault) in
            let reader = try MessagesRequestReader(document, needsMaxTokens: needsMaxTokens)
            let (chat, origins) = reader.translation()
            return (chat, origins, reader.effort.showsThinking)
        }
        let original = ClientOriginal(wire: .messages, body: body, origins: origins)
        return Reading(
            request: try ChatRequestReader.read(chat, origin: .translated, original: original),
            showsThinking: showsThinking
        )
    }

    private let members: MessagesMembers
    private let turns: MessagesTurns
    private let tools: MessagesTools
    private let effort: MessagesThinking
    private let capacity: Int

    private init(_ document: JSONView, needsMaxTokens: Bool) throws(RequestFault) {
        members = try MessagesMembers(document, needsMaxTokens: needsMaxTokens)
        turns = try MessagesTurns(members.messages)
        tools = try MessagesTools(members.tools, choice: members.toolChoice)
        effort = MessagesThinking(members.thinking, output: members.outputConfig)
        capacity = document.bytes.count + 1024
    }

    private func translation() -> (ByteBuffer, [ClientOriginal.Origin]) {
        var json = JSONBuilder(ByteBufferAllocator().buffer(capacity: capacity))
        var origins: [ClientOriginal.Origin] = []
        json.object { json in
            json.member("model", copying: members.model)
            json.member("messages") { json in
                json.array { origins = MessagesHistoryWriter.write(system: members.system, turns, into: &$0) }
            }
            json.member("max_tokens", copying: members.maxTokens)
            if members.stream?.isTrue == true {
                json.member("stream", true)
                json.member("stream_options", raw: #"{"include_usage":true}"#)
            }
            tools.write(into: &json)
            json.member("temperature", copying: members.temperature)
            json.member("top_p", copying: members.topP)
            json.member("top_k", copying: members.topK)
            writeStops(into: &json)
            if let effort = effort.effort { json.member("reasoning_effort", effort) }
            writeFormat(into: &json)
            if let user = members.metadata?["user_id"]?.string, !user.isEmpty {
                // OpenAI takes no longer ones.
                json.member("user", String(user.prefix(64)))
            }
            json.member("model_type", copying: members.modelType)
            json.member("model_scale", copying: members.modelScale)
            json.member("model_name", copying: members.modelName)
        }
        return (json.buffer, origins)
    }

    /// OpenAI takes four.
    private func writeStops(into json: inout JSONBuilder) {
        let stops = (members.stopSequences?.elements ?? []).filter(\.hasText).prefix(4)
        guard !stops.isEmpty else { return }
        json.member("stop") { $0.array { json in for stop in stops { json.copy(stop) } } }
    }

    /// `output_config.format`, or `output_format` as it was called before.
    private func writeFormat(into json: inout JSONBuilder) {
        guard let format = members.outputConfig?["format"] ?? members.outputFormat, format.isObject,
            format["type"]?.equals("json_schema") == true, let schema = format["schema"]
        else { return }
        json.member("response_format") { json in
            json.object { json in
                json.member("type", "json_schema")
                json.member("json_schema") { json in
                    json.object { json in
                        json.member("name", "answer")
                        json.member("schema", copying: schema)
                    }
                }
            }
        }
    }
}

/// The members of a request's body that mean something here, of the right types.
struct MessagesMembers {
    private(set) var model: JSONView?
    private(set) var messages: JSONView
    private(set) var system: JSONView?
    private(set) var maxTokens: JSONView?
    private(set) var stream: JSONView?
    private(set) var tools: JSONView?
    private(set) var toolChoice: JSONView?
    private(set) var stopSequences: JSONView?
    private(set) var temperature: JSONView?
    private(set) var topP: JSONView?
    private(set) var topK: JSONView?
    private(set) var thinking: JSONView?
    private(set) var outputConfig: JSONView?
    private(set) var outputFormat: JSONView?
    private(set) var metadata: JSONView?
    private(set) var modelType: JSONView?
    private(set) var modelScale: JSONView?
    private(set) var modelName: JSONView?

    init(_ document: JSONView, needsMaxTokens: Bool) throws(RequestFault) {
        messages = document
        var hasMessages = false
        document.eachMember { key, value in
            // An explicit `null` is the same as leaving it out.
            guard !value.isNull else { return }
            func isNamed(_ name: StaticString) -> Bool { document.isNamed(key, name) }
            switch key.range.count {
            case 5 where isNamed("model"): model = value
            case 5 where isNamed("tools"): tools = value
            case 5 where isNamed("top_p"): topP = value
            case 5 where isNamed("top_k"): topK = value
            case 6 where isNamed("system"): system = value
            case 6 where isNamed("stream"): stream = value
            case 8 where isNamed("messages"): (messages, hasMessages) = (value, true)
            case 8 where isNamed("thinking"): thinking = value
            case 8 where isNamed("metadata"): metadata = value
            case 10 where isNamed("max_tokens"): maxTokens = value
            case 10 where isNamed("model_type"): modelType = value
            case 10 where isNamed("model_name"): modelName = value
            case 11 where isNamed("temperature"): temperature = value
            case 11 where isNamed("tool_choice"): toolChoice = value
            case 11 where isNamed("model_scale"): modelScale = value
            case 13 where isNamed("output_config"): outputConfig = value
            case 13 where isNamed("output_format"): outputFormat = value
            case 14 where isNamed("stop_sequences"): stopSequences = value
            default: break
            }
        }
        guard let model else { throw .fieldRequired("model") }
        guard model.isString else { throw .wrong("model", "a valid string") }
        guard model.hasText else { throw .invalid("model: String should have at least 1 character") }
        if needsMaxTokens, maxTokens == nil { throw .fieldRequired("max_tokens") }
        guard hasMessages else { throw .fieldRequired("messages") }
        try checkTypes()
    }

    private func checkTypes() throws(RequestFault) {
        if let maxTokens {
            guard let number = maxTokens.integer else { throw .wrong("max_tokens", "a valid integer") }
            guard number > 0 else { throw .invalid("max_tokens: Input should be greater than or equal to 1") }
        }
        if let stream, stream.span.kind != .true, stream.span.kind != .false {
            throw .wrong("stream", "a valid boolean")
        }
        if let system, !system.isString, !system.isArray { throw .wrong("system", "a valid string or list of blocks") }
        if let stopSequences, !stopSequences.isArray { throw .wrong("stop_sequences", "a valid list") }
        if let temperature, temperature.span.kind != .number { throw .wrong("temperature", "a valid number") }
        if let topP, topP.span.kind != .number { throw .wrong("top_p", "a valid number") }
        if let topK, topK.span.kind != .number { throw .wrong("top_k", "a valid integer") }
        if let metadata, !metadata.isObject { throw .wrong("metadata", "a valid dictionary") }
        if let thinking, !thinking.isObject { throw .wrong("thinking", "a valid dictionary") }
    }
}

/// How much thinking is asked for: `thinking: {type: enabled|adaptive|disabled, budget_tokens}` and
/// `output_config.effort`.
struct MessagesThinking {
    /// As `reasoning_effort` says it; `nil` where it is left to the model.
    let effort: String?
    let showsThinking: Bool

    init(_ thinking: JSONView?, output: JSONView?) {
        let type = thinking?["type"]?.string
        let isAsked = type != nil && type != "disabled"
        showsThinking = isAsked && thinking?["display"]?.equals("omitted") != true
        if type == "disabled" {
            effort = nil
        } else if let said = output?["effort"]?.string {
            effort = ["low", "medium", "high"].contains(said) ? said : "high"
        } else if type == "enabled", let budget = thinking?["budget_tokens"]?.integer {
            effort = budget < 4096 ? "low" : budget < 16_384 ? "medium" : "high"
        } else {
            effort = nil
        }
    }
}

/// Faults in the words of Anthropic's API: where, and what is wrong with it.
extension RequestFault {
    static func invalid(_ message: String) -> RequestFault { .invalid(param: "", message: message) }
    static func fieldRequired(_ place: String) -> RequestFault { .invalid("\(place): Field required") }
    static func wrong(_ place: String, _ expected: String) -> RequestFault {
        .invalid("\(place): Input should be \(expected)")
    }
}
