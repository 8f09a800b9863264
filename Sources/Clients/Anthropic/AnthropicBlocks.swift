/// Content blocks of the Messages API. Empty texts are never written: it refuses them.
enum AnthropicBlocks {
    static func saysSomething(_ message: ChatMessageView) -> Bool {
        message.role == .tool || !message.parts.isEmpty || !message.toolCalls.isEmpty
            || message.refusal.map { $0.isString && !$0.isBlank } == true
    }

    static func text(_ text: JSONView, of part: JSONView?, into json: inout JSONBuilder) {
        json.object {
            $0.member("type", "text")
            $0.member("text", copying: text)
            $0.member("cache_control", copying: part?["cache_control"])
        }
    }

    /// A user's parts, or those of a tool's result.
    static func parts(of message: ChatMessageView, into json: inout JSONBuilder) throws(DialectFault) {
        for part in message.parts {
            switch part {
            case .text(let text, of: let part): Self.text(text, of: part, into: &json)
            case .image(let url, of: let part): try image(url, of: part, into: &json)
            case .file(let file, of: let part): try document(file, of: part, into: &json)
            case .other(let type): throw .cannotSay("a part of type \(type)")
            }
        }
    }

    // MARK: Assistants

    /// Signed thoughts first, then text, then calls.
    /// - Parameter isPrefill: the model is to go on with it; blanks at the end of such a text are refused.
    static func assistant(
        _ message: ChatMessageView,
        isPrefill: Bool,
        into json: inout JSONBuilder
    ) throws(DialectFault) {
        for block in message.thinkingBlocks where isSigned(block) { thinking(block, into: &json) }
        let parts = message.parts
        for (place, part) in parts.enumerated() {
            guard case .text(let text, of: let part) = part else { continue }
            guard isPrefill, message.toolCalls.isEmpty, place == parts.count - 1 else {
                Self.text(text, of: part, into: &json)
                continue
            }
            json.object {
                $0.member("type", "text")
                $0.key("text")
                $0.escapedString([text.contentTrimmedAtEnd])
            }
        }
        if let refusal = message.refusal, refusal.isString, !refusal.isBlank { text(refusal, of: nil, into: &json) }
        for call in message.toolCalls { toolUse(call, into: &json) }
    }

    static func isSigned(_ block: JSONView) -> Bool {
        if let data = block["data"] { return data.isString && block["type"]?.equals("redacted_thinking") == true }
        return block["thinking"]?.isString == true && block["signature"].map { $0.isString && !$0.isBlank } == true
    }

    private static func thinking(_ block: JSONView, into json: inout JSONBuilder) {
        json.object {
            if let data = block["data"] {
                $0.member("type", "redacted_thinking")
                $0.member("data", copying: data)
            } else {
                $0.member("type", "thinking")
                $0.member("thinking", copying: block["thinking"])
                $0.member("signature", copying: block["signature"])
            }
        }
    }

    private static func toolUse(_ call: ChatMessageView.ToolCall, into json: inout JSONBuilder) {
        json.object {
            $0.member("type", "tool_use")
            $0.key("id")
            id(call.id, into: &$0)
            $0.member("name", copying: call.name)
            $0.key("input")
            ToolInput.write(call.arguments, into: &$0)
        }
    }

    /// Letters, digits, `_` and `-`: other providers' ids have more.
    private static func id(_ id: JSONView?, into json: inout JSONBuilder) {
        func isTaken(_ byte: UInt8) -> Bool {
            byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26 || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
        }
        guard let id, id.isString, !id.content.isEmpty else { return json.string("call_0") }
        if id.content.allSatisfy(isTaken) { return json.copy(id) }
        json.string(String(decoding: (id.string ?? "").utf8.map { isTaken($0) ? $0 : 0x5F }, as: UTF8.self))
    }

    // MARK: Tools' results

    static func result(_ message: ChatMessageView, into json: inout JSONBuilder) throws(DialectFault) {
        var fault: DialectFault?
        json.object {
            $0.member("type", "tool_result")
            $0.key("tool_use_id")
            id(message.toolCallID, into: &$0)
            guard let content = message.content else { return }
            if content.isString { return $0.member("content", copying: content) }
            guard !message.parts.isEmpty else { return }
            $0.key("content")
            $0.array { json in
                do throws(DialectFault) { try parts(of: message, into: &json) } catch { fault = error }
            }
        }
        if let fault { throw fault }
    }

    // MARK: Images and documents

    private static func image(
        _ url: JSONView,
        of part: JSONView,
        into json: inout JSONBuilder
    ) throws(DialectFault) {
        try source("image", url, of: part, title: nil, into: &json)
    }

    /// A PDF or a plain text, as base64.
    private static func document(
        _ file: JSONView,
        of part: JSONView,
        into json: inout JSONBuilder
    ) throws(DialectFault) {
        guard let data = file["file_data"], data.isString else { throw .cannotSay("a file by its id") }
        try source("document", data, of: part, title: file["filename"], into: &json)
    }

    private static func source(
        _ type: String,
        _ url: JSONView,
        of part: JSONView,
        title: JSONView?,
        into json: inout JSONBuilder
    ) throws(DialectFault) {
        // Some clients escape the slashes of base64.
        let unescaped = url.hasEscapes ? Array((url.string ?? "").utf8) : nil
        let known: Bool = withContent(of: url, unescaped) { content in
            let data = DataURL(content)
            let isWeb =
                content.prefix(8).elementsEqual("https://".utf8) || content.prefix(7).elementsEqual("http://".utf8)
            guard isWeb || data != nil else { return false }
            json.object {
                $0.member("type", type)
                $0.member("source") { json in
                    json.object {
                        guard let data else {
                            $0.member("type", "url")
                            return $0.member("url", copying: url)
                        }
                        write(data, into: &$0)
                    }
                }
                if let title, title.isString { $0.member("title", copying: title) }
                $0.member("cache_control", copying: part["cache_control"])
            }
            return true
        }
        if !known { throw .cannotSay("\(type) data that are neither base64 nor on the web") }
    }

    private static func write(_ data: DataURL, into json: inout JSONBuilder) {
        if data.mediaType.hasPrefix("text/") {
            json.member("type", "text")
            json.member("media_type", "text/plain")
            json.member("data", Base64Text.decode(data.data))
            return
        }
        json.member("type", "base64")
        json.member("media_type", data.mediaType == "image/jpg" ? "image/jpeg" : data.mediaType)
        json.key("data")
        json.escapedString([data.data])
    }

    private static func withContent<Value>(
        of url: JSONView,
        _ unescaped: [UInt8]?,
        _ body: (UnsafeRawBufferPointer) -> Value
    ) -> Value {
        guard let unescaped else { return body(url.content) }
        return unescaped.withUnsafeBytes(body)
    }
}

/// Text that came as base64.
enum Base64Text {
    /// What is no base64 is passed over.
    static func decode(_ bytes: UnsafeRawBufferPointer) -> String {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count / 4 * 3)
        var (bits, count): (UInt32, Int) = (0, 0)
        for byte in bytes {
            guard let value = value(of: byte) else { continue }
            bits = bits << 6 | value
            count += 6
            if count >= 8 {
                count -= 8
                out.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func value(of byte: UInt8) -> UInt32? {
        switch byte {
        case 0x41...0x5A: UInt32(byte - 0x41)
        case 0x61...0x7A: UInt32(byte - 0x61 + 26)
        case 0x30...0x39: UInt32(byte - 0x30 + 52)
        case 0x2B, 0x2D: 62
        case 0x2F, 0x5F: 63
        default: nil
        }
    }
}
