/// A chat completion as the provider understood it.
struct SimulatedCall: Sendable {
    struct Message: Sendable {
        var role: String
        /// Its text parts, joined.
        var text: String
        var imageCount: Int
        var toolCallIDs: [String]
        var toolCallID: String?
    }

    struct Tool: Sendable {
        var name: String
        var parameters: SimulatedJSON
    }

    var json: SimulatedJSON
    var model: String
    var isStream: Bool
    var includesUsage: Bool
    var choiceCount: Int
    var maxTokens: Int?
    var messages: [Message]
    var tools: [Tool]
    /// `json_object` or `json_schema`.
    var responseFormat: String?
    var schema: SimulatedJSON?
    /// It is no chat completion but this.
    var media: SimulatedMedia?

    /// Reads what is there; what is missing or of the wrong type is for `SimulatedCheck` to complain about.
    init(_ json: SimulatedJSON) {
        self.json = json
        model = json["model"]?.string ?? ""
        isStream = json["stream"]?.bool ?? false
        includesUsage = json["stream_options"]?["include_usage"]?.bool ?? false
        choiceCount = max(1, min(8, json["n"]?.integer ?? 1))
        maxTokens = json["max_completion_tokens"]?.integer ?? json["max_tokens"]?.integer
        messages = (json["messages"]?.elements ?? []).map(Message.init)
        tools = (json["tools"]?.elements ?? [])
            .compactMap { tool in
                guard let function = tool["function"], let name = function["name"]?.string else { return nil }
                return Tool(name: name, parameters: function["parameters"] ?? .object([]))
            }
        let format = json["response_format"]
        responseFormat = format?["type"]?.string.flatMap { $0 == "text" ? nil : $0 }
        schema = format?["json_schema"]?["schema"]
    }

    init(_ media: SimulatedMedia) {
        self.init(.object([]))
        model = media.model
        self.media = media
    }

    var asksForJSON: Bool { responseFormat != nil }

    /// Four characters a token, and 85 for an image.
    var promptTokens: Int {
        if let media { return media.promptTokens }
        let text = messages.reduce(0) { $0 + $1.text.unicodeScalars.count }
        let images = messages.reduce(0) { $0 + $1.imageCount }
        let tools = json["tools"].map { $0.isNull ? 0 : $0.text.unicodeScalars.count } ?? 0
        return max(1, (text + tools) / 4 + images * 85)
    }

    static func tokens(in text: String) -> Int { (text.unicodeScalars.count + 3) / 4 }
}

extension SimulatedCall.Message {
    init(_ json: SimulatedJSON) {
        role = json["role"]?.string ?? ""
        let parts = json["content"]?.elements ?? []
        text = json["content"]?.string ?? parts.compactMap { $0["text"]?.string }.joined(separator: "\n")
        imageCount = parts.count { $0["type"]?.string == "image_url" }
        toolCallIDs = (json["tool_calls"]?.elements ?? []).compactMap { $0["id"]?.string }
        toolCallID = json["tool_call_id"]?.string
    }
}
