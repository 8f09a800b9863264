package import NIOCore

/// Cohere's own chat API, version 2 (docs.cohere.com/reference/chat).
package struct CohereDialect: Dialect {
    package init() {}

    package func path(model: String, isStream: Bool) -> String { "/chat" }

    package func fields(key: String?) -> [(name: String, value: String)] {
        key.map { [(name: "authorization", value: "Bearer \($0)")] } ?? []
    }

    /// The list has no second version.
    package var modelsPath: String { "/../v1/models?endpoint=chat&page_size=1000" }

    package func request(_ chat: ByteBuffer) throws(DialectFault) -> ByteBuffer {
        try chat.reading { (bytes) throws(DialectFault) in try CohereRequest(try JSONView(chat: bytes)).written() }
    }

    package func answer(_ body: ByteBuffer, to call: DialectCall) throws(DialectFault) -> ByteBuffer {
        try body.reading { (bytes) throws(DialectFault) in
            try CohereAnswer(try JSONView(answer: bytes), to: call).written()
        }
    }

    package func members(named theirs: String) -> [String] {
        switch theirs {
        case "p": ["top_p"]
        case "k": ["top_k"]
        case "thinking": ["reasoning_effort"]
        default: []
        }
    }

    package func stream(of call: DialectCall) -> any DialectStream { CohereStream(of: call) }
}
