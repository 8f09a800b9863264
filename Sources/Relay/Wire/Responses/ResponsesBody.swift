import Clients

/// The members of a `POST /v1/responses` body, each found once and of the type that it has to be.
struct ResponsesBody {
    private(set) var model: JSONView?
    private(set) var input: JSONView?
    private(set) var instructions: JSONView?
    private(set) var streams = false
    /// `store`, which is true unless it says otherwise.
    private(set) var stores = true
    private(set) var previousResponseID: JSONView?
    private(set) var maxOutputTokens: JSONView?
    private(set) var temperature: JSONView?
    private(set) var topP: JSONView?
    private(set) var tools: JSONView?
    private(set) var toolChoice: JSONView?
    private(set) var parallelToolCalls: JSONView?
    private(set) var text: JSONView?
    private(set) var format: JSONView?
    private(set) var reasoning: JSONView?
    /// As `reasoning_effort` has it; `nil` where none is wanted.
    private(set) var effort: String?
    private(set) var modelType: JSONView?
    private(set) var modelScale: JSONView?
    private(set) var modelName: JSONView?
    /// Given back in the response as they came.
    private(set) var echoed: [(name: StaticString, value: JSONView)] = []

    private static let echoes: [StaticString] = [
        "metadata", "truncation", "user", "service_tier", "prompt_cache_key", "safety_identifier", "top_logprobs",
        "max_tool_calls", "prompt_cache_retention",
    ]

    init(_ document: JSONView) throws(RequestFault) {
        for (key, value) in document.members where !value.isNull { try take(document, key, value) }
        guard let model, model.span.range.count > 2 else {
            throw .invalid(param: "model", message: "You must provide a model parameter.")
        }
    }

    private mutating func take(_ document: JSONView, _ key: JSONString, _ value: JSONView) throws(RequestFault) {
        func isNamed(_ name: StaticString) -> Bool { document.isNamed(key, name) }
        switch key.range.count {
        case 4 where isNamed("text"): try takeText(value)
        case 5 where isNamed("model"): model = try value.checked(.string, "model")
        case 5 where isNamed("input"): input = value
        case 5 where isNamed("store"): stores = try value.flag("store")
        case 5 where isNamed("tools"): tools = try value.checked(.array, "tools")
        case 5 where isNamed("top_p"): topP = try value.checked(.number, "top_p")
        case 6 where isNamed("stream"): streams = try value.flag("stream")
        case 6 where isNamed("prompt"):
            throw .invalid(param: "prompt", message: "Prompt templates are kept at OpenAI; send the prompt itself.")
        case 9 where isNamed("reasoning"): try takeReasoning(value)
        case 10 where isNamed("background"):
            guard try value.flag("background") else { return }
            throw .invalid(
                param: "background",
                message: "Background responses are not supported: leave 'background' out and wait for the answer."
            )
        case 10 where isNamed("model_type"): modelType = try value.checked(.string, "model_type")
        case 10 where isNamed("model_name"): modelName = try value.checked(.string, "model_name")
        case 11 where isNamed("model_scale"): modelScale = try value.checked(.string, "model_scale")
        case 11 where isNamed("temperature"): temperature = try value.checked(.number, "temperature")
        case 11 where isNamed("tool_choice"): toolChoice = value
        case 12 where isNamed("instructions"): instructions = value
        case 12 where isNamed("conversation"):
            throw .invalid(
                param: "conversation",
                message: "Conversations are not supported: continue one with 'previous_response_id'."
            )
        case 17 where isNamed("max_output_tokens"):
            guard let number = value.integer, number > 0 else {
                throw .wrongType("max_output_tokens", "a positive integer", value)
            }
            maxOutputTokens = value
        case 19 where isNamed("parallel_tool_calls"):
            _ = try value.flag("parallel_tool_calls")
            parallelToolCalls = value
        case 20 where isNamed("previous_response_id"):
            previousResponseID = try value.checked(.string, "previous_response_id")
        default:
            if let name = Self.echoes.first(where: isNamed) { echo(name, value) }
        }
    }

    /// Of a member that comes again the last one counts.
    private mutating func echo(_ name: StaticString, _ value: JSONView) {
        if let place = echoed.firstIndex(where: { $0.name.description == name.description }) {
            echoed[place].value = value
        } else {
            echoed.append((name, value))
        }
    }

    private mutating func takeText(_ value: JSONView) throws(RequestFault) {
        text = try value.checked(.object, "text")
        guard let format = value["format"] else { return }
        _ = try format.checked(.object, "text.format")
        guard let type = format["type"] else { throw .missing("text.format.type") }
        guard type.equals("text") || type.equals("json_object") || type.equals("json_schema") else {
            throw .invalid(
                param: "text.format.type",
                message: "Invalid value for 'text.format.type': expected 'text', 'json_object' or 'json_schema'."
            )
        }
        if type.equals("json_schema") {
            guard let schema = format["schema"] else { throw .missing("text.format.schema") }
            _ = try schema.checked(.object, "text.format.schema")
            guard format["name"]?.isString == true else { throw .missing("text.format.name") }
        }
        self.format = format
    }

    /// What models understand everywhere is low, medium and high.
    private mutating func takeReasoning(_ value: JSONView) throws(RequestFault) {
        reasoning = try value.checked(.object, "reasoning")
        guard let asked = value["effort"] else { return }
        _ = try asked.checked(.string, "reasoning.effort")
        switch asked.string {
        case "minimal": effort = "low"
        case "xhigh", "max": effort = "high"
        case "none": effort = nil
        case let other: effort = other
        }
    }
}

extension JSONView {
    enum Wanted: String { case string = "a string", number = "a number", object = "an object", array = "an array" }

    /// The view itself where it is what it has to be.
    func checked(_ wanted: Wanted, _ param: String) throws(RequestFault) -> JSONView {
        let fits =
            switch wanted {
            case .string: isString
            case .number: span.kind == .number
            case .object: isObject
            case .array: isArray
            }
        guard fits else { throw .wrongType(param, wanted.rawValue, self) }
        return self
    }

    func flag(_ param: String) throws(RequestFault) -> Bool {
        guard span.kind == .true || span.kind == .false else { throw .wrongType(param, "a boolean", self) }
        return isTrue
    }
}
