package import NIOCore

/// OpenAI's own embeddings under another path, for providers whose base URL does not end where that begins.
package struct OpenAIEmbeddings: EmbeddingsDialect {
    private let path: String

    package init(path: String) { self.path = path }

    package func path(model: String) -> String { path }
    package func request(_ embeddings: ByteBuffer) throws(DialectFault) -> ByteBuffer { embeddings }
    package func answer(_ body: ByteBuffer, model: String) throws(DialectFault) -> ByteBuffer { body }
}

/// The texts of an embeddings request, for dialects that take nothing else.
enum EmbeddingTexts {
    static func of(_ document: JSONView) throws(DialectFault) -> [JSONView] {
        guard let input = document["input"] else { throw .cannotSay("no input") }
        let texts = input.isArray ? input.elements : [input]
        guard texts.allSatisfy(\.isString) else { throw .cannotSay("embeddings of tokens") }
        return texts
    }
}

/// OpenAI's list of embeddings.
enum EmbeddingsList {
    /// Usage is left out where it is not known.
    static func write(_ vectors: [JSONView?], model: String, tokens: Int?) -> ByteBuffer {
        var json = JSONBuilder()
        json.object { json in
            json.member("object", "list")
            json.member("data") { json in
                json.array { json in
                    for (place, vector) in vectors.enumerated() {
                        json.object { json in
                            json.member("object", "embedding")
                            json.member("index", place)
                            json.member("embedding", copying: vector)
                        }
                    }
                }
            }
            json.member("model", model)
            if let tokens {
                json.member("usage") { json in
                    json.object { json in
                        json.member("prompt_tokens", tokens)
                        json.member("total_tokens", tokens)
                    }
                }
            }
        }
        return json.buffer
    }
}

extension ByteBuffer {
    /// Reads it as a JSON document.
    func document(
        _ read: (JSONView) throws(DialectFault) -> ByteBuffer
    ) throws(DialectFault) -> ByteBuffer {
        try reading { (bytes) throws(DialectFault) in
            guard let document = try? JSONView(document: bytes) else { throw .unreadable("no JSON") }
            return try read(document)
        }
    }
}
