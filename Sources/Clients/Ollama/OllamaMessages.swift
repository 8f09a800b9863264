import NIOCore

/// Messages as Ollama takes them: text alone as `content`, images beside it in Base64, arguments of calls as objects,
/// and with a result the name of its tool.
struct OllamaMessages {
    /// The first thing that cannot be said.
    private(set) var fault: DialectFault?
    private(set) var images = 0
    private(set) var imageBytes = 0
    /// Names of the tools that were called, by the call's id.
    private var toolNames: [String: JSONView] = [:]

    mutating func write(_ message: JSONView, _ json: inout JSONBuilder) {
        var role: JSONView?
        var content: JSONView?
        var thinking: JSONView?
        var calls: JSONView?
        var callID: JSONView?
        var name: JSONView?
        for (key, value) in message.members where !value.isNull {
            if message.isNamed(key, "role") { role = value }
            if message.isNamed(key, "content") { content = value }
            if message.isNamed(key, "reasoning_content") { thinking = value }
            if message.isNamed(key, "tool_calls") { calls = value }
            if message.isNamed(key, "tool_call_id") { callID = value }
            if message.isNamed(key, "name") { name = value }
        }
        json.object { json in
            let isResult = role?.equals("tool") == true || role?.equals("function") == true
            if role?.equals("developer") == true {
                json.member("role", "system")
            } else if isResult {
                json.member("role", "tool")
            } else {
                json.member("role", copying: role)
            }
            write(content: content, &json)
            if let thinking, thinking.isString { json.member("thinking", copying: thinking) }
            if let calls, !calls.elements.isEmpty { write(calls: calls, &json) }
            guard isResult else { return }
            json.member("tool_name", copying: callID?.string.flatMap { toolNames[$0] } ?? name)
            json.member("tool_call_id", copying: callID)
        }
    }

    // MARK: Content

    private mutating func write(content: JSONView?, _ json: inout JSONBuilder) {
        guard let content, content.isArray else {
            if let content, content.isString {
                json.member("content", copying: content)
            } else {
                json.member("content", "")
            }
            return
        }
        var text = ByteBuffer()
        var pictures: [JSONView] = []
        for part in content.elements {
            if let piece = part["text"] ?? part["refusal"], let span = piece.span.text {
                if text.readableBytes > 0 { text.write(#"\n\n"#) }
                // It is escaped already, as a piece of a string that goes on.
                text.writeBytes(UnsafeRawBufferPointer(rebasing: piece.bytes[span.range]))
            } else if let url = part["image_url"], let address = url["url"] ?? (url.isString ? url : nil) {
                pictures.append(address)
            } else if let type = part["type"]?.string {
                fault = fault ?? .cannotSay("Ollama takes text and images, no \(type)")
            }
        }
        json.member("content", raw: "\"\(String(buffer: text))\"")
        guard !pictures.isEmpty else { return }
        json.member("images") { json in
            json.array { json in for picture in pictures { write(picture: picture, &json) } }
        }
    }

    /// `data:image/png;base64,…` without what is before the comma.
    private mutating func write(picture: JSONView, _ json: inout JSONBuilder) {
        images += 1
        imageBytes += picture.span.range.count
        guard let address = picture.string, address.hasPrefix("data:"),
            let comma = address.utf8.firstIndex(of: UInt8(ascii: ",")), address[..<comma].hasSuffix(";base64")
        else {
            fault = fault ?? .cannotSay("Ollama takes images in Base64, not by their address")
            return json.string("")
        }
        json.string(String(address[address.index(after: comma)...]))
    }

    // MARK: Tool calls

    private mutating func write(calls: JSONView, _ json: inout JSONBuilder) {
        var called: [(id: JSONView?, name: JSONView?, arguments: JSONView?)] = []
        for call in calls.elements {
            let function = call["function"]
            let name = function?["name"]
            if let id = call["id"]?.string, let name { toolNames[id] = name }
            called.append((call["id"], name, function?["arguments"]))
        }
        json.member("tool_calls") { json in
            json.array { json in
                for call in called {
                    json.object { json in
                        json.member("id", copying: call.id)
                        json.member("function") { json in
                            json.object { json in
                                json.member("name", copying: call.name)
                                json.key("arguments")
                                Self.write(arguments: call.arguments, &json)
                            }
                        }
                    }
                }
            }
        }
    }

    /// The text of a JSON object becomes that object. What a model wrote that is none is kept as it was.
    private static func write(arguments: JSONView?, _ json: inout JSONBuilder) {
        if let arguments, arguments.isObject { return json.copy(arguments) }
        guard let arguments, let span = arguments.span.text else { return json.raw("{}") }
        let text = JSONText.unescape(arguments.bytes, span)
        let isObject = text.withUnsafeBytes { bytes in (try? JSONView(document: bytes))?.isObject == true }
        if isObject {
            text.withUnsafeBytes { json.raw($0) }
        } else if text.allSatisfy({ $0 <= 0x20 }) {
            json.raw("{}")
        } else {
            json.object { $0.member("arguments", copying: arguments) }
        }
    }
}
