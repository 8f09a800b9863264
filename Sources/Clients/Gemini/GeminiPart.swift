import NIOCore

/// One part of a turn, with what it says where it stands in the client's request.
enum GeminiPart {
    /// A JSON string.
    case text(JSONView, signature: String?)
    /// Words of our own.
    case written(String)
    /// Base64 as the content of a JSON string.
    case data(type: String, base64: UnsafeRawBufferPointer)
    /// A file that the provider has already.
    case file(JSONView)
    case call(id: JSONView?, name: String, arguments: JSONView?, signature: String?)
    /// `content` is a message's; `nil` where a call was never answered.
    case response(id: JSONView?, name: String, content: JSONView?)

    func write(into json: inout JSONBuilder) {
        json.object { json in
            switch self {
            case .text(let text, let signature):
                json.member("text", copying: text)
                if let signature { json.member("thoughtSignature", signature) }
            case .written(let text):
                json.member("text", text)
            case .data(let type, let base64):
                json.member("inlineData") { json in
                    json.object { json in
                        json.member("mimeType", type)
                        json.key("data")
                        json.escapedString([base64])
                    }
                }
            case .file(let uri):
                json.member("fileData") { json in json.object { $0.member("fileUri", copying: uri) } }
            case .call(let id, let name, let arguments, let signature):
                json.member("functionCall") { json in
                    json.object { json in
                        json.member("id", copying: id)
                        json.member("name", name)
                        json.key("args")
                        Self.writeObject(arguments, into: &json) { $0.object { _ in } }
                    }
                }
                if let signature { json.member("thoughtSignature", signature) }
            case .response(let id, let name, let content):
                json.member("functionResponse") { json in
                    json.object { json in
                        json.member("id", copying: id)
                        json.member("name", name)
                        json.key("response")
                        Self.writeResult(content, into: &json)
                    }
                }
            }
        }
    }

    /// The JSON object that a string holds, or that `text` is; `otherwise` where it holds none.
    private static func writeObject(
        _ text: JSONView?,
        into json: inout JSONBuilder,
        otherwise: (inout JSONBuilder) -> Void
    ) {
        guard let text else { return otherwise(&json) }
        if text.isObject { return json.copy(text) }
        guard let string = text.span.text else { return otherwise(&json) }
        let unescaped = JSONText.unescape(text.bytes, string)
        let isObject = unescaped.withUnsafeBytes { bytes in
            guard let view = try? JSONView(document: bytes), view.isObject else { return false }
            json.copy(view)
            return true
        }
        if !isObject { otherwise(&json) }
    }

    /// A result that is an object goes as it is; any other is put into one.
    private static func writeResult(_ content: JSONView?, into json: inout JSONBuilder) {
        if let content, content.isArray {
            let texts = content.elements.compactMap { $0.isString ? $0 : $0["text"] }.filter(\.isString)
            if texts.count == 1, let only = texts.first { return writeResult(only, into: &json) }
            return json.object { json in
                json.member("result") { json in
                    json.string(texts.compactMap(\.string).joined(separator: "\n"))
                }
            }
        }
        writeObject(content, into: &json) { json in
            json.object { json in
                if let content, content.isString {
                    json.member("result", copying: content)
                } else {
                    json.member("result", "")
                }
            }
        }
    }
}

/// One turn: a role and its parts.
struct GeminiTurn {
    enum Role { case user, model }

    let role: Role
    var parts: [GeminiPart] = []
    /// It holds the results of functions and nothing else.
    var isResults = false

    func write(into json: inout JSONBuilder) {
        json.object { json in
            json.member("role", role == .user ? "user" : "model")
            json.member("parts") { json in json.array { json in for part in parts { part.write(into: &json) } } }
        }
    }
}
