package import NIOCore

/// Gemini's `batchEmbedContents`: one request per text, vectors in the same order.
package struct GeminiEmbeddings: EmbeddingsDialect {
    package init() {}

    package func path(model: String) -> String { "/models/\(model):batchEmbedContents" }

    package func request(_ embeddings: ByteBuffer) throws(DialectFault) -> ByteBuffer {
        try embeddings.document { document throws(DialectFault) in
            let texts = try EmbeddingTexts.of(document)
            // Read once: a look into the document goes over all of its texts.
            let model = "models/\(document["model"]?.string ?? "")"
            let dimensions = document["dimensions"]
            // A member of Gemini's that a client may name: what the vectors are for.
            let taskType = document["task_type"]
            var json = JSONBuilder()
            json.object { json in
                json.member("requests") { json in
                    json.array { json in
                        for text in texts {
                            json.object { json in
                                json.member("model", model)
                                json.member("content") { Self.writeContent(text, into: &$0) }
                                json.member("outputDimensionality", copying: dimensions)
                                json.member("taskType", copying: taskType)
                            }
                        }
                    }
                }
            }
            return json.buffer
        }
    }

    private static func writeContent(_ text: JSONView, into json: inout JSONBuilder) {
        json.object { json in
            json.member("parts") { $0.array { $0.object { $0.member("text", copying: text) } } }
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
