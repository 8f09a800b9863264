import NIOCore
import Testing

@testable import Clients

@Suite struct CloudflareDialectTests {
    private let dialect = CloudflareDialect()
    private let run = DialectRun(CloudflareDialect())

    @Test(arguments: [
        ("tok", "tok", "https://x.test/accounts//ai"), ("acc:tok", "tok", "https://x.test/accounts/acc/ai"),
        (":tok", ":tok", "https://x.test/accounts//ai"), ("acc:", "acc:", "https://x.test/accounts//ai"),
    ])
    func `a key may name its account`(key: String, token: String, baseURL: String) {
        #expect(dialect.fields(key: key).map(\.value) == ["Bearer \(token)"])
        #expect(dialect.baseURL("https://x.test/accounts//ai", key: key) == baseURL)
        #expect(dialect.isEnough(key: key) == (key == "acc:tok"))
    }

    @Test func `the key's own account goes before another`() {
        #expect(dialect.baseURL("https://x.test/accounts/other/ai", key: "a:t") == "https://x.test/accounts/a/ai")
        #expect(dialect.baseURL("https://gateway.test/ai", key: "a:t") == "https://gateway.test/ai")
        #expect(dialect.fields(key: nil).isEmpty)
    }

    private static let usage = #""usage":{"prompt_tokens":3,"completion_tokens":4}"#

    private static func completion(_ message: String, finish: String, usage: String = "") -> String {
        #"{"id":"chatcmpl-t1","object":"chat.completion","created":7,"model":"m","choices":[{"index":0,"#
            + #""message":{"role":"assistant",\#(message)},"finish_reason":"\#(finish)"}]\#(usage)}"#
    }

    @Test(arguments: [
        (#"{"id":"1","choices":[{"message":{}}]}"#, #"{"id":"1","choices":[{"message":{}}]}"#),
        (#"{"error":{"message":"no"}}"#, #"{"error":{"message":"no"}}"#),
        (
            #"{"success":true,"errors":[],"result":{"id":"1","choices":[]}}"#,
            #"{"id":"1","choices":[]}"#
        ),
        (
            #"{"result":{"response":"a\n",\#(usage)},"success":true,"errors":[],"messages":[]}"#,
            completion(#""content":"a\n""#, finish: "stop", usage: "," + usage)
        ),
        (
            #"{"result":{"response":{"a":1}},"success":true}"#,
            completion(#""content":"{\"a\":1}""#, finish: "stop")
        ),
        (
            #"{"result":{"response":null,"tool_calls":[{"name":"f","arguments":{"x":1}}]},"success":true}"#,
            completion(
                #""content":null,"tool_calls":[{"id":"call_t1_0","type":"function","#
                    + #""function":{"name":"f","arguments":"{\"x\":1}"}}]"#,
                finish: "tool_calls"
            )
        ),
        (
            #"{"result":null,"success":false,"errors":[{"code":3036,"message":"used up"}],"messages":[]}"#,
            #"{"error":{"message":"used up","code":3036}}"#
        ),
        (#"{"success":false}"#, #"{"error":{"message":"Workers AI refused the request."}}"#),
        (#"{"something":"else"}"#, #"{"something":"else"}"#),
    ])
    func `a whole answer is a chat completion or becomes one`(body: String, expected: String) throws {
        #expect(try run.answer(body) == expected)
    }

    private static func chunk(_ rest: String) -> String {
        #"{"id":"chatcmpl-t1","object":"chat.completion.chunk","created":7,"model":"m",\#(rest)}"#
    }

    @Test(arguments: [1, 2, 5, 64, .max])
    func `a stream of chunks is passed on as it is`(piece: Int) throws {
        let text =
            ": hi\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata:{\"choices\":[]}\r\n\r\ndata: [DONE]\n\n"
        var stream = dialect.stream(of: run.call)
        var events = ByteBuffer()
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: min(piece, bytes.count)) {
            let slice = bytes[start..<min(bytes.count, start + min(piece, bytes.count))]
            try stream.receive(ByteBuffer(bytes: slice), into: &events)
        }
        try stream.end(into: &events)
        #expect(String(buffer: events) == text)
    }

    @Test(arguments: [1, 3, 64, .max])
    func `a stream in the words of run becomes chunks`(piece: Int) throws {
        let text =
            "data: {\"response\":\"Pä\",\"p\":\"abc\"}\n\ndata: {\"response\":\"r\"}\n\n"
            + "data: {\"response\":\"\",\"tool_calls\":[{\"name\":\"f\",\"arguments\":{}}]}\n\n"
            + "data: {\"response\":\"\",\(Self.usage)}\n\ndata: [DONE]\n\n"
        func delta(_ members: String) -> String {
            Self.chunk(#""choices":[{"index":0,"delta":{\#(members)},"finish_reason":null}]"#)
        }
        let expected = [
            delta(#""role":"assistant","content":"Pä""#), delta(#""content":"r""#),
            delta(
                #""content":"","tool_calls":[{"index":0,"id":"call_t1_0","type":"function","#
                    + #""function":{"name":"f","arguments":"{}"}}]"#
            ),
            Self.chunk(#""choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]"#),
            Self.chunk(#""choices":[],\#(Self.usage)"#), "[DONE]",
        ]
        #expect(try run.events(text, piece: piece) == expected)
    }

    @Test func `a piece that is a number is text`() throws {
        let text =
            "data: {\"response\":\"A\"}\n\ndata: {\"response\":4}\n\ndata: {\"response\":12}\n\ndata: [DONE]\n\n"
        let events = try run.events(text)
        #expect(events.filter { $0.contains(#""content":"4""#) || $0.contains(#""content":"12""#) }.count == 2)
    }

    @Test func `a stream that breaks off has no end`() throws {
        let events = try run.events("data: {\"response\":\"A\"}\n\ndata: {\"response\":\"\",\(Self.usage)}\n\n")
        #expect(events.count == 1 && !events[0].contains("stop"))
    }

    @Test func `a refusal in a stream is an error`() throws {
        let refusal = #"{"errors":[{"code":3040,"message":"full"}],"success":false,"result":{},"messages":[]}"#
        #expect(try run.events("data: \(refusal)\n\n") == [#"{"error":{"message":"full","code":3040}}"#])
    }
}
