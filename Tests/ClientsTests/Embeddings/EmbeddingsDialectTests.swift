import NIOCore
import Testing

@testable import Clients

struct EmbeddingsDialectTests {
    private static let texts = #"{"model":"m-1","input":["Füße \n","b"],"dimensions":4,"encoding_format":"base64"}"#

    @Test func `Gemini is asked for one vector per text`() throws {
        let body = try GeminiEmbeddings().request(ByteBuffer(string: Self.texts))
        let wanted = [#"Füße \n"#, "b"]
            .map {
                #"{"model":"models/m-1","content":{"parts":[{"text":"\#($0)"}]},"outputDimensionality":4}"#
            }
        #expect(String(buffer: body) == #"{"requests":[\#(wanted.joined(separator: ","))]}"#)
        #expect(GeminiEmbeddings().path(model: "m-1") == "/models/m-1:batchEmbedContents")
    }

    @Test(.timeLimit(.minutes(1))) func `many texts are read once`() throws {
        let texts = (0..<20_000).map { #""text number \#($0), which goes on for a good while""# }
        let body = ByteBuffer(string: #"{"input":[\#(texts.joined(separator: ","))],"model":"m"}"#)
        let count = try GeminiEmbeddings().request(body)
            .withUnsafeReadableBytes { try JSONView(document: $0)["requests"]?.elements.count }
        #expect(count == texts.count)
    }

    @Test func `Gemini's vectors are a list of embeddings`() throws {
        let answer = #"{"embeddings":[{"values":[0.1,-2e-3]},{"values":[3]}]}"#
        let list = try GeminiEmbeddings().answer(ByteBuffer(string: answer), model: "m-1")
        #expect(
            String(buffer: list)
                == #"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1,-2e-3]},"#
                + #"{"object":"embedding","index":1,"embedding":[3]}],"model":"m-1"}"#
        )
    }

    @Test func `Ollama is asked and answers with what it counted`() throws {
        let body = try OllamaEmbeddings().request(ByteBuffer(string: #"{"input":"a","model":"all-minilm"}"#))
        #expect(String(buffer: body) == #"{"model":"all-minilm","input":["a"]}"#)
        let answer = #"{"model":"all-minilm","embeddings":[[1,0]],"total_duration":14,"prompt_eval_count":8}"#
        let list = try OllamaEmbeddings().answer(ByteBuffer(string: answer), model: "all-minilm")
        #expect(
            String(buffer: list)
                == #"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1,0]}],"#
                + #""model":"all-minilm","usage":{"prompt_tokens":8,"total_tokens":8}}"#
        )
    }

    @Test(arguments: ["[1,2]", "[[1],[2]]", #"["a",1]"#])
    func `tokens are more than they can be asked`(_ input: String) {
        let body = ByteBuffer(string: #"{"model":"m","input":\#(input)}"#)
        #expect(throws: DialectFault.self) { try GeminiEmbeddings().request(body) }
        #expect(throws: DialectFault.self) { try OllamaEmbeddings().request(body) }
    }

    @Test(arguments: ["", "[]", "{}", #"{"embeddings":{}}"#, "<html>"])
    func `what is no answer is not made one`(_ body: String) {
        #expect(throws: DialectFault.self) { try GeminiEmbeddings().answer(ByteBuffer(string: body), model: "m") }
        #expect(throws: DialectFault.self) { try OllamaEmbeddings().answer(ByteBuffer(string: body), model: "m") }
    }

    @Test func `base64 comes back as it went`() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
            let text = Base64.encode(bytes)
            let back = Array(text.utf8).withUnsafeBytes { Base64.decode($0) }
            let bare = Array(text.utf8.filter { $0 != UInt8(ascii: "=") }).withUnsafeBytes { Base64.decode($0) }
            #expect(text.utf8.count % 4 == 0 && back == bytes && bare == bytes)
        }
        for text in ["a", "ab=c", "====", "a b=", "äb"] {
            #expect(Array(text.utf8).withUnsafeBytes { Base64.decode($0) } == nil, "\(text)")
        }
    }
}
