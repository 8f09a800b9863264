package import NIOCore

/// Anthropic's Messages API (platform.claude.com/docs/en/api/messages), which others speak too.
package struct AnthropicDialect: Dialect {
    package init() {}

    package func path(model: String, isStream: Bool) -> String { "/messages" }

    package func fields(key: String?) -> [(name: String, value: String)] {
        let version = [(name: "anthropic-version", value: "2023-06-01")]
        return key.map { [(name: "x-api-key", value: $0)] + version } ?? version
    }

    package var modelsPath: String { "/models?limit=1000" }

    package func request(_ chat: ByteBuffer) throws(DialectFault) -> ByteBuffer {
        try chat.reading { (bytes) throws(DialectFault) in try AnthropicRequest(try JSONView(chat: bytes)).written() }
    }

    package func answer(_ body: ByteBuffer, to call: DialectCall) throws(DialectFault) -> ByteBuffer {
        try body.reading { (bytes) throws(DialectFault) in
            try AnthropicAnswer(try JSONView(answer: bytes), to: call).written()
        }
    }

    package func members(named theirs: String) -> [String] {
        switch theirs {
        case "thinking": ["reasoning_effort", "reasoning"]
        case "output_config": ["reasoning_effort"]
        case "metadata": ["user"]
        default: []
        }
    }

    package func stream(of call: DialectCall) -> any DialectStream { AnthropicStream(of: call) }
}

extension JSONView {
    /// A request that Relay has rendered itself.
    init(chat bytes: UnsafeRawBufferPointer) throws(DialectFault) {
        do throws(JSONFault) { try self.init(document: bytes) } catch {
            throw .cannotSay("the request is no JSON: \(error.reason.text)")
        }
    }

    /// A body or an event of a provider.
    init(answer bytes: UnsafeRawBufferPointer) throws(DialectFault) {
        do throws(JSONFault) { try self.init(document: bytes) } catch {
            throw .unreadable("\(error.reason.text) at byte \(error.offset)")
        }
        guard isObject else { throw .unreadable("no JSON object") }
    }
}
