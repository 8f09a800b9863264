package import NIOCore

/// Ollama's `/api/embed`.
package struct OllamaEmbeddings: EmbeddingsDialect {
    package init() {}

    package func path(model: String) -> String { "/api/embed" }

    package func request(_ embeddings: ByteBuffer) throws(DialectFault) -> ByteBuffer {
        try embeddings.document { document throws(DialectFault) in
            let texts = try EmbeddingTexts.of(document)
            var json = JSONBuilder()
            json.object { json in
                json.member("model", copying: document["model"])
                json.member("input") { json in
                    json.array { json in
                        for text in texts { json.copy(text) }
                    }
                }
                json.member("dimensions", copying: document["dimensions"])
            }
            return json.buffer
        }
    }

    package func answer(_ body: ByteBuffer, model: String) throws(DialectFault) -> ByteBuffer {
        try body.document { document throws(DialectFault) in
            guard let list = document["embeddings"], list.isArray else { throw .unreadable("no embeddings") }
            let tokens = document["prompt_eval_count"]?.integer
            return EmbeddingsList.write(list.elements, model: model, tokens: tokens)
        }
    }
}
