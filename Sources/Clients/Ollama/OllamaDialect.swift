package import NIOCore

/// Ollama's own API: `POST /api/chat`, lines of JSON (docs.ollama.com/api/chat).
///
/// What its OpenAI-compatible endpoint cannot say is why it is spoken: the size of the context (`num_ctx`), without which
/// a long prompt loses its beginning in silence.
package struct OllamaDialect: Dialect {
    private let windows = OllamaWindows()

    package var embeddings: (any EmbeddingsDialect)? { OllamaEmbeddings() }

    package init() {}

    package func path(model: String, isStream: Bool) -> String { "/api/chat" }

    /// A server of one's own wants no key, ollama.com does.
    package func fields(key: String?) -> [(name: String, value: String)] {
        key.map { [("authorization", "Bearer \($0)")] } ?? []
    }

    package func request(_ chat: ByteBuffer) throws(DialectFault) -> ByteBuffer {
        try chat.reading { (bytes) throws(DialectFault) in try OllamaRequest(bytes).written(windows) }
    }

    package func answer(_ body: ByteBuffer, to call: DialectCall) throws(DialectFault) -> ByteBuffer {
        try OllamaAnswer.read(body) { answer in
            guard answer.error == nil else { return body }
            var json = JSONBuilder()
            answer.write(to: call, &json)
            return json.buffer
        }
    }

    package func stream(of call: DialectCall) -> any DialectStream { OllamaStream(call) }

    package var modelsPath: String { "/api/tags" }

    package var takesImageURLs: Bool { false }
}
