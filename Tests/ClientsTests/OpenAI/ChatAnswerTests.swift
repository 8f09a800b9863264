import NIOCore
import Testing

@testable import Clients

@Suite struct ChatAnswerTests {
    /// An answer beside its bytes.
    private struct Read {
        let answer: ChatAnswer
        let bytes: [UInt8]

        init(_ json: String) throws {
            bytes = Array(json.utf8)
            answer = try ChatAnswer(ByteBuffer(bytes: bytes))
        }

        func raw(_ span: JSONValueSpan?) -> String? {
            span.map { String(decoding: bytes[$0.range], as: UTF8.self) }
        }

        func raw(_ member: JSONMember?) -> String? {
            member.map { String(decoding: bytes[$0.range], as: UTF8.self) }
        }
    }

    struct Shape: Sendable, CustomTestStringConvertible {
        let name: String
        let json: String
        var content: String?
        var reasoning: String?
        var toolCalls: String?
        var finish: String?
        var usage: TokenUsage?
        var isMeaningful = false

        var testDescription: String { name }
    }

    static let shapes: [Shape] = [
        Shape(
            name: "OpenAI, whole",
            json:
                #"{"id":"c-1","object":"chat.completion","created":1,"model":"gpt","choices":[{"index":0,"message":{"role":"assistant","content":"Hi","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11,"prompt_tokens_details":{"cached_tokens":0}},"system_fingerprint":"fp"}"#,
            content: #""Hi""#,
            finish: #""stop""#,
            usage: TokenUsage(promptTokens: 9, completionTokens: 2, totalTokens: 11),
            isMeaningful: true
        ),
        Shape(
            name: "OpenAI, first chunk",
            json:
                #"{"id":"c-1","object":"chat.completion.chunk","created":1,"model":"gpt","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null}"#,
            content: #""""#
        ),
        Shape(
            name: "OpenAI, last chunk",
            json:
                #"{"id":"c-1","object":"chat.completion.chunk","created":1,"model":"gpt","choices":[{"index":0,"delta":{},"finish_reason":"length"}]}"#,
            finish: #""length""#
        ),
        Shape(
            name: "OpenAI, usage chunk",
            json:
                #"{"id":"c-1","object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":20}}"#,
            usage: TokenUsage(promptTokens: 9, completionTokens: 2, totalTokens: 20)
        ),
        Shape(
            name: "OpenAI, a tool call begins",
            json:
                #"{"id":"c","choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"f","arguments":""}}]},"finish_reason":null}]}"#,
            content: "null",
            toolCalls: #"[{"index":0,"id":"call_1","type":"function","function":{"name":"f","arguments":""}}]"#,
            isMeaningful: true
        ),
        Shape(
            name: "OpenAI, a refusal",
            json: #"{"choices":[{"index":0,"delta":{"refusal":"No"},"finish_reason":null}]}"#,
            isMeaningful: true
        ),
        Shape(
            name: "DeepSeek, reasoning",
            json:
                #"{"id":"c","choices":[{"index":0,"delta":{"content":null,"reasoning_content":"Hm"},"finish_reason":null}]}"#,
            content: "null",
            reasoning: #""Hm""#,
            isMeaningful: true
        ),
        Shape(
            name: "DeepSeek, empty reasoning",
            json:
                #"{"id":"c","choices":[{"index":0,"delta":{"content":"","reasoning_content":""},"finish_reason":null}]}"#,
            content: #""""#,
            reasoning: #""""#
        ),
        Shape(
            name: "OpenRouter, reasoning and comment fields",
            json:
                #"{"id":"gen-1","provider":"X","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"","reasoning":"So","reasoning_details":[]},"finish_reason":null,"native_finish_reason":null}]}"#,
            content: #""""#,
            reasoning: #""So""#,
            isMeaningful: true
        ),
        Shape(
            name: "Mistral, content in parts",
            json:
                #"{"id":"c","choices":[{"index":0,"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]}]},"finish_reason":null}]}"#,
            content: #"[{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]}]"#,
            isMeaningful: true
        ),
        Shape(
            name: "Gemini's compatible end, without created",
            json:
                #"{"choices":[{"delta":{"content":"Hi","role":"assistant"},"index":0}],"model":"gemini","object":"chat.completion.chunk","usage":{"completion_tokens":1,"prompt_tokens":3,"total_tokens":30}}"#,
            content: #""Hi""#,
            usage: TokenUsage(promptTokens: 3, completionTokens: 1, totalTokens: 30),
            isMeaningful: true
        ),
        Shape(
            name: "Groq, its own member",
            json:
                #"{"id":"c","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"x_groq":{"id":"r","usage":{"prompt_tokens":1,"completion_tokens":1}}}"#,
            finish: #""stop""#
        ),
        Shape(
            name: "Ollama, empty tool calls and an escape in the text",
            json:
                "{ \"id\" : \"c\" , \"choices\" : [ { \"index\" : 0 , \"message\" : { \"role\" : \"assistant\" , \"content\" : \"a\\nb\" , \"tool_calls\" : [] } , \"finish_reason\" : \"stop\" } ] }\n",
            content: #""a\nb""#,
            toolCalls: "[]",
            finish: #""stop""#,
            isMeaningful: true
        ),
        Shape(
            name: "usage without a total",
            json: #"{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":null}}"#,
            usage: TokenUsage(promptTokens: 5, completionTokens: 0, totalTokens: 5)
        ),
        Shape(name: "empty usage", json: #"{"choices":[],"usage":{}}"#),
        Shape(name: "members of other kinds", json: #"{"id":7,"choices":[null,1,[]],"usage":"none","created":null}"#),
        Shape(name: "choices of another kind", json: #"{"choices":{"index":0},"model":null}"#),
        Shape(
            name: "a body of another kind",
            json: #"{"choices":[{"index":"0","message":"Hi","finish_reason":null}]}"#
        ),
    ]

    @Test(arguments: shapes) func `the shapes of several providers are read`(_ shape: Shape) throws {
        let read = try Read(shape.json)
        let choice = read.answer.choices.first
        #expect(read.raw(choice?.content) == shape.content)
        #expect(read.raw(choice?.reasoning) == shape.reasoning)
        #expect(read.raw(choice?.toolCalls) == shape.toolCalls)
        #expect(read.raw(choice?.finishReason) == shape.finish)
        #expect((choice?.isMeaningful ?? false) == shape.isMeaningful)
        let usage = read.bytes.withUnsafeBytes { bytes in read.answer.usage.flatMap { TokenUsage(bytes, $0.value) } }
        #expect(usage == shape.usage)
        #expect(read.answer.error == nil)
    }

    @Test func `the envelope is found`() throws {
        let read = try Read(
            #"{"id":"c-1","created":1700,"model":"m","choices":[{"delta":{"role":"assistant","content":"x"}}],"usage":{"prompt_tokens":1}}"#
        )
        #expect(read.raw(read.answer.id) == #""c-1""#)
        #expect(read.raw(read.answer.created) == "1700")
        #expect(read.raw(read.answer.model) == #""m""#)
        #expect(read.raw(read.answer.usage) == #""usage":{"prompt_tokens":1}"#)
        #expect(read.raw(read.answer.choices.first?.role) == #""assistant""#)
        #expect(read.raw(read.answer.choices.first?.body) == #"{"role":"assistant","content":"x"}"#)
        #expect(read.answer.hasChoices)
    }

    @Test(arguments: [
        (#"{"id":"c" , "usage":{"prompt_tokens":1}}"#, #"{"id":"c"}"#),
        (#"{ "usage":null , "id":"c","x":1}"#, #"{ "usage":null , "id":"c","x":1}"#),
        (#"{ "usage":{} , "id":"c","x":1}"#, #"{ "id":"c","x":1}"#),
        (#"{"id":"c","usage":{"a":[1]},"x":1}"#, #"{"id":"c","x":1}"#),
        (#"{"usage":{}}"#, "{}"),
        (#"{"id":"c"}"#, #"{"id":"c"}"#),
    ]) func `usage is cut out with its comma`(_ chunk: String, _ rest: String) throws {
        let read = try Read(chunk)
        var bytes = Array(chunk.utf8)
        if let cut = read.answer.usageCut { bytes.removeSubrange(cut) }
        #expect(String(decoding: bytes, as: UTF8.self) == rest)
    }

    @Test func `several choices keep their order and index`() throws {
        let read = try Read(
            #"{"choices":[{"index":2,"delta":{"content":"a"}},{"delta":{"content":"b"},"index":0},{"index":1,"delta":{}}]}"#
        )
        #expect(read.answer.choices.count == 3)
        #expect(read.answer.choices.map(\.index) == [2, 0, 1])
        #expect(read.answer.choices.map { read.raw($0.content) } == [#""a""#, #""b""#, nil])
    }

    static let errors: [(json: String, error: String?)] = [
        (#"{"error":{"message":"no"}}"#, #"{"message":"no"}"#), (#"{"error":"no"}"#, #""no""#),
        (#"{"error":null}"#, nil),
        (#"{"choices":[],"error":{}}"#, "{}"), (#"{"Error":1}"#, nil), (#"{}"#, nil),
    ]

    @Test(arguments: errors) func `an error in a good answer is noticed`(_ json: String, _ error: String?) throws {
        let read = try Read(json)
        #expect(read.raw(read.answer.error) == error)
        #expect(read.answer.hasChoices == json.contains("choices"))
    }

    static let broken: [(json: String, offset: Int)] = [
        ("", 0), ("[]", 0), ("[DONE]", 0), ("{\"choices\":[{\"delta\":{\"content\":\"a", 34), ("{\"id\":1}x", 8),
        ("{\"choices\":[{\"delta\":{\"content\":'a'}}]}", 32), ("{\"choices\":[}", 12), ("{\"choices\":[{}", 14),
    ]

    @Test(arguments: broken) func `what is no object is a fault with its offset`(_ json: String, _ offset: Int) {
        do throws(JSONFault) {
            _ = try ChatAnswer(ByteBuffer(string: json))
            Issue.record("read")
        } catch {
            #expect(error.offset == offset)
        }
    }

    @Test func `ranges count from where the buffer is read`() throws {
        var buffer = ByteBuffer(string: "data: {\"id\":\"c\"}")
        buffer.moveReaderIndex(forwardBy: 6)
        #expect(try ChatAnswer(buffer).id?.range == 6..<9)
    }

    @Test(arguments: shapes) func `a mutated answer is read or faulted, never more`(_ shape: Shape) {
        var random = SplitMix(seed: UInt64(shape.json.utf8.count))
        for _ in 0..<100 {
            var bytes = Array(shape.json.utf8)
            for _ in 0...random.below(3) {
                let place = random.below(bytes.count)
                if random.oneIn(2) {
                    bytes[place] = random.pick(Array("{}[]\",:\\n0e ".utf8))
                } else {
                    bytes.removeSubrange(place..<min(bytes.count, place + 1 + random.below(4)))
                }
            }
            let isValid = (try? JSONScannerTests.read(bytes))?.kind == .object
            #expect(((try? ChatAnswer(ByteBuffer(bytes: bytes))) != nil) == isValid)
        }
    }

    @Test func `a usage that nobody can have is cut, so that sums stay sums`() throws {
        let most = "999999999999999999"
        let read = try Read(
            #"{"choices":[],"usage":{"prompt_tokens":\#(most),"completion_tokens":\#(most),"total_tokens":\#(most)}}"#
        )
        let member = try #require(read.answer.usage)
        let usage = try #require(read.bytes.withUnsafeBytes { TokenUsage($0, member.value) })
        #expect(usage == TokenUsage(promptTokens: 1 << 32, completionTokens: 1 << 32, totalTokens: 1 << 33))
        var sum = 0
        for _ in 0..<1_000_000 { sum += usage.totalTokens }
        #expect(sum > 0)
    }
}
