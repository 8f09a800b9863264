package import NIOCore

/// Gemini's own API: `generateContent` and `streamGenerateContent` (ai.google.dev/api/generate-content).
///
/// A turn is a list of parts; the system's text stands apart; a function's result is a part of the user's. What a model
/// of the third generation thought when it called a function comes back as a signature that the next request must carry:
/// it goes to the client in `extra_content.google.thought_signature`, as Google's OpenAI path has it, and is remembered
/// here too, since most clients drop what they do not know.
package struct GeminiDialect: Dialect {
    private let memory = GeminiMemory()

    package init() {}

    package func path(model: String, isStream: Bool) -> String {
        let method = isStream ? "streamGenerateContent?alt=sse" : "generateContent"
        // Tuned models have a collection of their own.
        return model.contains("/") ? "/\(model):\(method)" : "/models/\(model):\(method)"
    }

    package func fields(key: String?) -> [(name: String, value: String)] {
        key.map { [(name: "x-goog-api-key", value: $0)] } ?? []
    }

    /// A page holds fifty unless more are asked for.
    package var modelsPath: String { "/models?pageSize=1000" }

    package var takesImageURLs: Bool { false }

    package var embeddings: (any EmbeddingsDialect)? { GeminiEmbeddings() }

    package func request(_ chat: ByteBuffer) throws(DialectFault) -> ByteBuffer {
        let memory = memory
        return try chat.reading { (bytes) throws(DialectFault) in
            guard let view = try? JSONView(document: bytes) else { throw .cannotSay("a request that is no JSON") }
            return try GeminiRequest(view, memory: memory).written(capacity: bytes.count + 1024)
        }
    }

    package func answer(_ body: ByteBuffer, to call: DialectCall) throws(DialectFault) -> ByteBuffer {
        try GeminiWholeAnswer.read(body, call: call, memory: memory)
    }

    package func stream(of call: DialectCall) -> any DialectStream { GeminiStream(call, memory: memory) }
}
