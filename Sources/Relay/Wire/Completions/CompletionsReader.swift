import Clients
import NIOCore

/// Reads a request of the older Completions API: its prompt becomes the user's one message. With a `suffix` it asks for
/// what belongs between the two, which only some models can tell.
///
/// `max_tokens` has no default here: 16, as OpenAI's has, is not what any tool means today.
struct CompletionsReader {
    static func read(_ body: ByteBuffer, _ facts: CallFacts) throws(RequestFault) -> WireCall {
        try body.readRequest { (document) throws(RequestFault) in try CompletionsReader(document).call(facts) }
    }

    /// Passed on as they are.
    private static let shared: [StaticString] = [
        "model", "max_tokens", "temperature", "top_p", "n", "stop", "seed", "presence_penalty", "frequency_penalty",
        "logit_bias", "user", "model_type", "model_scale", "model_name",
    ]

    private var passed: [(name: StaticString, value: JSONView)] = []
    private var prompt: JSONView?
    private var suffix: JSONView?
    private var streams = false
    private var wantsUsage = false
    private var echoes = false
    private var choices = 1
    private var bestOf = 1

    private init(_ document: JSONView) throws(RequestFault) {
        for (key, value) in document.members where !value.isNull { try take(document, key, value) }
        guard prompt != nil else { throw .missing("prompt") }
        if bestOf > choices {
            throw .invalid(
                param: "best_of",
                message: "'best_of' is not supported beyond 'n': no answer is chosen here."
            )
        }
    }

    private mutating func take(_ document: JSONView, _ key: JSONString, _ value: JSONView) throws(RequestFault) {
        func isNamed(_ name: StaticString) -> Bool { document.isNamed(key, name) }
        if isNamed("prompt") {
            prompt = try Self.prompt(value)
        } else if isNamed("suffix") {
            let text = try value.checked(.string, "suffix")
            if text.span.range.count > 2 { suffix = text }
        } else if isNamed("stream") {
            streams = try value.flag("stream")
        } else if isNamed("stream_options") {
            wantsUsage = try value.checked(.object, "stream_options")["include_usage"]?.isTrue == true
        } else if isNamed("echo") {
            echoes = try value.flag("echo")
        } else if isNamed("best_of") {
            bestOf = value.integer ?? 1
        } else if isNamed("logprobs") {
            guard value.integer == 0 || value.span.kind == .false else {
                throw .invalid(param: "logprobs", message: "'logprobs' is not supported here; leave it out.")
            }
        } else if let name = Self.shared.first(where: isNamed) {
            if isNamed("n") { choices = value.integer ?? 1 }
            passed.append((name, value))
        }
    }

    /// One text, bare or alone in an array.
    private static func prompt(_ value: JSONView) throws(RequestFault) -> JSONView {
        if value.isString { return value }
        guard value.isArray else { throw .wrongType("prompt", "a string", value) }
        let prompts = value.elements
        guard let only = prompts.first, prompts.count == 1, only.isString else {
            throw .invalid(
                param: "prompt",
                message:
                    "Invalid value for 'prompt': one text at a time; lists of several, and tokens, are not supported."
            )
        }
        return only
    }

    private func call(_ facts: CallFacts) throws(RequestFault) -> WireCall {
        var json = JSONBuilder()
        json.object { json in
            for (name, value) in passed { json.member(name, copying: value) }
            json.member("messages") { json in
                json.array { json in
                    json.object { json in
                        json.member("role", "user")
                        json.member("content", copying: prompt)
                    }
                }
            }
            json.member("suffix", copying: suffix)
            if streams {
                json.member("stream", true)
                json.member("stream_options", raw: #"{"include_usage":true}"#)
            }
        }
        let request = try ChatRequestReader.read(json.buffer, origin: suffix == nil ? .translated : .fillIn)
        let encoder = CompletionsEncoder(
            id: "cmpl-" + facts.tag,
            created: Int(facts.received.wall),
            model: request.model,
            prompt: echoes ? prompt.map { ByteBuffer(bytes: $0.raw.dropFirst().dropLast()) } : nil,
            wantsUsage: wantsUsage
        )
        return WireCall(request: request, encoder: encoder)
    }
}
