import NIOCore

/// A chat completion request in Ollama's words.
///
///     {"model":"qwen3:8b","stream":true,"messages":[…],"tools":[…],"format":"json","think":"low",
///      "truncate":false,"shift":false,"options":{"num_ctx":16384,"num_predict":100,"temperature":0.2}}
///
/// `tool_choice` has no counterpart: `none` leaves the tools out, a named function is the only one offered, `required`
/// is a wish, as on Ollama's own OpenAI-compatible endpoint.
struct OllamaRequest {
    private var model: JSONView?
    private var messages: JSONView?
    private var isStream = false
    private var tools: JSONView?
    private var toolChoice: JSONView?
    private var responseFormat: JSONView?
    private var effort: JSONView?
    private var keepAlive: JSONView?
    private var maxTokens: JSONView?
    private var stop: JSONView?
    private var window: JSONView?
    private var logprobs: JSONView?
    private var topLogprobs: JSONView?
    private var choices: JSONView?
    private var options: [(name: StaticString, value: JSONView)] = []
    private let length: Int

    /// Numbers that go into `options`: ours → theirs.
    private static let optionNames: [(ours: StaticString, theirs: StaticString)] = [
        ("temperature", "temperature"), ("top_p", "top_p"), ("top_k", "top_k"), ("min_p", "min_p"), ("seed", "seed"),
        ("presence_penalty", "presence_penalty"), ("frequency_penalty", "frequency_penalty"),
        ("repetition_penalty", "repeat_penalty"), ("repeat_penalty", "repeat_penalty"),
    ]

    init(_ bytes: UnsafeRawBufferPointer) throws(DialectFault) {
        length = bytes.count
        let chat: JSONView
        do throws(JSONFault) { chat = try JSONView(document: bytes) } catch { throw .unreadable(error.reason.text) }
        for (key, value) in chat.members where !value.isNull { take(key, value, in: chat) }
        if let choices, choices.integer != 1 { throw .cannotSay("Ollama gives one answer, not several (n)") }
    }

    private mutating func take(_ key: JSONString, _ value: JSONView, in chat: JSONView) {
        func isNamed(_ name: StaticString) -> Bool { chat.isNamed(key, name) }
        if isNamed("model") {
            model = value
        } else if isNamed("messages") {
            messages = value
        } else if isNamed("stream") {
            isStream = value.isTrue
        } else if isNamed("tools") {
            tools = value
        } else if isNamed("tool_choice") {
            toolChoice = value
        } else if isNamed("response_format") {
            responseFormat = value
        } else if isNamed("reasoning_effort") {
            effort = value
        } else if isNamed("max_completion_tokens") {
            maxTokens = value
        } else if isNamed("max_tokens") {
            maxTokens = maxTokens ?? value
        } else if isNamed("stop") {
            stop = value
        } else if isNamed("num_ctx") {
            window = value
        } else if isNamed("keep_alive") {
            keepAlive = value
        } else if isNamed("logprobs") {
            logprobs = value
        } else if isNamed("top_logprobs") {
            topLogprobs = value
        } else if isNamed("n") {
            choices = value
        } else if let option = Self.optionNames.first(where: { isNamed($0.ours) }), value.span.kind == .number {
            options.append((option.theirs, value))
        }
    }

    func written(_ windows: OllamaWindows) throws(DialectFault) -> ByteBuffer {
        var history = OllamaMessages()
        var json = JSONBuilder(ByteBufferAllocator().buffer(capacity: length + 256))
        json.object { json in
            json.member("model", copying: model)
            json.member("stream", isStream)
            json.member("messages") { json in
                json.array { json in for message in messages?.elements ?? [] { history.write(message, &json) } }
            }
            writeTools(&json)
            writeFormat(&json)
            writeThink(&json)
            json.member("keep_alive", copying: keepAlive)
            if let logprobs, logprobs.isTrue {
                json.member("logprobs", true)
                json.member("top_logprobs", copying: topLogprobs)
            }
            // What does not fit is an error that is acted upon, never a beginning that is cut off in silence.
            json.member("truncate", false)
            json.member("shift", false)
            writeOptions(imageBytes: history.imageBytes, images: history.images, windows, &json)
        }
        if let fault = history.fault { throw fault }
        return json.buffer
    }

    // MARK: Members

    private func writeTools(_ json: inout JSONBuilder) {
        guard let tools, toolChoice?.equals("none") != true else { return }
        let chosen = toolChoice?["function"]?["name"]?.string
        let offered = tools.elements.filter { tool in
            guard let name = tool["function"]?["name"]?.string else { return false }
            return chosen == nil || name == chosen
        }
        guard !offered.isEmpty else { return }
        json.member("tools") { json in json.array { json in for tool in offered { Self.write(tool, &json) } } }
    }

    /// Ollama's templates look into `parameters`: there must be some.
    private static func write(_ tool: JSONView, _ json: inout JSONBuilder) {
        guard let function = tool["function"] else { return }
        json.object { json in
            json.member("type", "function")
            json.member("function") { json in
                json.object { json in
                    json.member("name", copying: function["name"])
                    json.member("description", copying: function["description"])
                    if let parameters = function["parameters"], parameters.isObject {
                        json.member("parameters", copying: parameters)
                    } else {
                        json.member("parameters", raw: #"{"type":"object","properties":{}}"#)
                    }
                }
            }
        }
    }

    private func writeFormat(_ json: inout JSONBuilder) {
        guard let responseFormat, let type = responseFormat["type"] else { return }
        if type.equals("json_schema"), let schema = responseFormat["json_schema"]?["schema"], schema.isObject {
            json.member("format", copying: schema)
        } else if type.equals("json_schema") || type.equals("json_object") {
            json.member("format", "json")
        }
    }

    /// gpt-oss thinks in three degrees; others think or do not, and do when nobody says otherwise. A model that cannot
    /// refuses a `true`, so only those get one that are known to think.
    private func writeThink(_ json: inout JSONBuilder) {
        guard let effort = effort?.string else { return }
        let name = model?.string ?? ""
        if name.contains("gpt-oss") {
            let degree = ["none": "low", "minimal": "low", "xhigh": "high"][effort] ?? effort
            json.member("think", ["low", "medium", "high"].contains(degree) ? degree : "medium")
        } else if effort == "none" || effort == "minimal" {
            json.member("think", false)
        } else if Self.thinks(name) {
            json.member("think", true)
        }
    }

    private static func thinks(_ model: String) -> Bool {
        let family = model.split(separator: "/").last?.split(separator: ":").first.map(String.init) ?? model
        return ["deepseek-r1", "deepseek-v3.1", "qwen3", "magistral"].contains(family) || model.contains("thinking")
    }

    private func writeOptions(
        imageBytes: Int,
        images: Int,
        _ windows: OllamaWindows,
        _ json: inout JSONBuilder
    ) {
        let size = window == nil ? self.size(imageBytes: imageBytes, images: images, windows) : nil
        guard maxTokens != nil || stop != nil || window != nil || size != nil || !options.isEmpty else { return }
        json.member("options") { json in
            json.object { json in
                json.member("num_ctx", copying: window)
                if let size { json.member("num_ctx", size) }
                json.member("num_predict", copying: maxTokens)
                if let stop {
                    json.member("stop") { json in
                        if stop.isString { json.array { $0.copy(stop) } } else { json.copy(stop) }
                    }
                }
                for option in options { json.member(option.name, copying: option.value) }
            }
        }
    }

    /// Three bytes to a token are less than any language needs, JSON's own bytes counted in.
    private func size(imageBytes: Int, images: Int, _ windows: OllamaWindows) -> Int? {
        let prompt = (length - imageBytes) / 3 + images * 1024
        let answer = min(maxTokens?.integer ?? 1024, 1 << 18)
        return windows.size(for: model?.string ?? "", needing: prompt + answer, at: .now)
    }
}
