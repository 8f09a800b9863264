package import NIOCore

/// Gemini's `batchEmbedContents`: one request per text, vectors in the same order.
package struct GeminiEmbeddings: EmbeddingsDialect {
    package init() {}

    package func path(model: String) -> String { "/models/\(model):batchEmbedContents" }

    package func request(_ embeddings: ByteBuffer) throws(DialectFault) -> ByteBuffer {
        try embeddings.document { document throws(DialectFault) in
            let texts = try EmbeddingTexts.of(document)
            var json = JSONBuilder()
            json.object { json in
                json.member("requests") { json in
                    json.array { json in
                        for text in texts { Self.write(text, of: document, into: &json) }
                    }
                }
            }
            return json.buffer
        }
    }

    private static func write(_ text: JSONView, of document: JSONView, into json: inout JSONBuilder) {
        json.object { json in
            json.member("model", "models/\(document["model"]?.string ?? "")")
            json.member("content") { json in
                json.object { json in
                    json.member("parts") { $0.array { $0.object { $0.member("text", copying: text) } } }
                }
            }
            json.member("outputDimensionality", copying: document["dimensions"])
            // A member of Gemini's that a client may name: what the vectors are for.
            json.member("taskType", copying: document["task_type"])
        }
    }

    package func answer(_ body: ByteBuffer, model: String) throws(DialectFault) -> ByteBuffer {
        try body.document { document throws(DialectFault) in
            guard let list = document["embeddings"], list.isArray else { throw .unreadable("no embeddings") }
            // Of lengths other than the model's own Gemini gives vectors that are not of unit length; their direction counts.
            return EmbeddingsList.write(list.elements.map { $0["values"] }, model: model, tokens: nil)
        }
    }
}
