import NIOCore
import Testing

@testable import Relay

/// What becomes of a chat completion on its way to a client of Anthropic's API.
struct MessagesEncoderTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// Members of `choices[0]` of each event, or whole events where they begin with `data:`.
        var choices: [String]
        var thinks = true
        /// The content of the message that comes of it.
        var content: String
        var stop: String
    }

    private static func text(_ text: String) -> String { #""delta":{"content":"\#(text)"}"# }
    private static func finish(_ reason: String) -> String { #""delta":{},"finish_reason":"\#(reason)""# }
    private static func begin(_ index: Int, _ name: String) -> String {
        #""delta":{"tool_calls":[{"index":\#(index),"id":"call_\#(index)","type":"function","function":{"name":"\#(name)","arguments":""}}]}"#
    }
    private static func arguments(_ index: Int, _ text: String) -> String {
        #""delta":{"tool_calls":[{"index":\#(index),"function":{"arguments":"\#(text)"}}]}"#
    }
    private static func use(_ index: Int, _ name: String, _ input: String) -> String {
        #"{"type":"tool_use","id":"call_\#(index)","name":"\#(name)","input":\#(input)}"#
    }

    static let cases: [Case] = [
        Case(
            testDescription: "text",
            choices: [
                #""delta":{"role":"assistant","content":""}"#, text("Hi"), text(#" \"y\" \u00e9\n"#), finish("stop"),
            ],
            content: #"[{"type":"text","text":"Hi \"y\" \u00e9\n"}]"#,
            stop: "end_turn"
        ),
        Case(
            testDescription: "cut by max_tokens",
            choices: [text("Hi"), finish("length")],
            content: #"[{"type":"text","text":"Hi"}]"#,
            stop: "max_tokens"
        ),
        Case(
            testDescription: "refused by a filter",
            choices: [text("Hi"), finish("content_filter")],
            content: #"[{"type":"text","text":"Hi"}]"#,
            stop: "refusal"
        ),
        Case(
            testDescription: "a refusal in its own member",
            choices: [#""delta":{"refusal":"I can't."}"#, finish("stop")],
            content: #"[{"type":"text","text":"I can't."}]"#,
            stop: "refusal"
        ),
        Case(
            testDescription: "thinking, then text",
            choices: [
                #""delta":{"reasoning_content":"Hm, "}"#, #""delta":{"reasoning_content":"yes."}"#, text("Yes."),
                finish("stop"),
            ],
            content: #"[{"type":"thinking","thinking":"Hm, yes.","signature":""},{"type":"text","text":"Yes."}]"#,
            stop: "end_turn"
        ),
        Case(
            testDescription: "thinking that is signed",
            choices: [
                #""delta":{"reasoning_content":"Hm."}"#,
                #""delta":{"thinking_blocks":[{"type":"thinking","signature":"c2ln"}]}"#, text("Yes."), finish("stop"),
            ],
            content: #"[{"type":"thinking","thinking":"Hm.","signature":"c2ln"},{"type":"text","text":"Yes."}]"#,
            stop: "end_turn"
        ),
        Case(
            testDescription: "thinking that nobody asked for",
            choices: [#""delta":{"reasoning":"Hm."}"#, text("Yes."), finish("stop")],
            thinks: false,
            content: #"[{"type":"text","text":"Yes."}]"#,
            stop: "end_turn"
        ),
        Case(
            testDescription: "text and thinking in lists",
            choices: [
                #""delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm."}]}]}"#,
                #""delta":{"content":[{"type":"text","text":"Yes."}]}"#, finish("stop"),
            ],
            content: #"[{"type":"thinking","thinking":"Hm.","signature":""},{"type":"text","text":"Yes."}]"#,
            stop: "end_turn"
        ),
        Case(
            testDescription: "a call after a text",
            choices: [
                text("I look."), begin(0, "get"), arguments(0, #"{\"a\""#), arguments(0, #":\"}\\\"\"}"#),
                finish("tool_calls"),
            ],
            content: #"[{"type":"text","text":"I look."},\#(use(0, "get", #"{"a":"}\""}"#))]"#,
            stop: "tool_use"
        ),
        Case(
            testDescription: "a call without arguments, called a stop",
            choices: [begin(0, "get"), arguments(0, "{}"), finish("stop")],
            content: "[\(use(0, "get", "{}"))]",
            stop: "tool_use"
        ),
        Case(
            testDescription: "calls one after the other",
            choices: [
                begin(0, "get"), arguments(0, #"{\"a\":1}"#), begin(1, "put"), arguments(1, #"{\"b\":"#),
                arguments(1, "2}"), finish("tool_calls"),
            ],
            content: "[\(use(0, "get", #"{"a":1}"#)),\(use(1, "put", #"{"b":2}"#))]",
            stop: "tool_use"
        ),
        Case(
            testDescription: "calls that take turns",
            choices: [
                begin(0, "get"), begin(1, "put"), begin(2, "cut"), arguments(0, #"{\"a\""#), arguments(1, #"{\"b\""#),
                arguments(2, #"{\u0022c\u0022:[]"#), arguments(1, ":[2]}"), arguments(0, ":1}"), arguments(2, "}"),
                finish("tool_calls"),
            ],
            content:
                "[\(use(0, "get", #"{"a":1}"#)),\(use(1, "put", #"{"b":[2]}"#)),\(use(2, "cut", #"{"c":[]}"#))]",
            stop: "tool_use"
        ),
        Case(
            testDescription: "a call in one piece, twice in one event",
            choices: [
                #""delta":{"tool_calls":[{"index":0,"id":"call_0","function":{"name":"get","arguments":"{\"a\":1}"}},{"index":1,"id":"call_1","function":{"name":"put","arguments":"{}"}}]}"#,
                finish("tool_calls"),
            ],
            content: "[\(use(0, "get", #"{"a":1}"#)),\(use(1, "put", "{}"))]",
            stop: "tool_use"
        ),
        Case(
            testDescription: "text amid a call",
            choices: [
                begin(0, "get"), arguments(0, #"{\"a\""#), text("So"), text("!"), arguments(0, ":1}"), text("."),
                finish("tool_calls"),
            ],
            content: #"[\#(use(0, "get", #"{"a":1}"#)),{"type":"text","text":"So!."}]"#,
            stop: "tool_use"
        ),
        Case(
            testDescription: "nothing",
            choices: [#""delta":{"role":"assistant"}"#, finish("stop")],
            content: "[]",
            stop: "end_turn"
        ),
        Case(
            testDescription: "comments and other choices",
            choices: ["data: : keep-alive", text("Hi"), #""index":1,"delta":{"content":"no"}"#, finish("stop")],
            content: #"[{"type":"text","text":"Hi"}]"#,
            stop: "end_turn"
        ),
    ]

    private static let request = ByteBuffer(
        string: #"{"model":"claude-x","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"hi"}]}"#
    )

    static func encoder(thinks: Bool = true) throws -> MessagesEncoder {
        MessagesEncoder(try MessagesRequestReader.read(request).request, showsThinking: thinks, tag: "t")
    }

    private static func events(_ choices: [String]) -> [String] {
        choices.map { choice in
            if choice.hasPrefix("data: ") { return choice.dropFirst(6) + "\n\n" }
            let index = choice.hasPrefix(#""index""#) ? "" : #""index":0,"#
            return
                #"data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{\#(index)\#(choice)}]}"#
                + "\n\n"
        } + [
            #"data: {"id":"c","model":"m","choices":[],"usage":{"prompt_tokens":50,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":20}}}"#
                + "\n\n", "data: [DONE]\n\n",
        ]
    }

    @Test(arguments: cases)
    func `a stream has Anthropic's events in Anthropic's order`(_ test: Case) throws {
        let events = Self.events(test.choices)
        var texts: Set<String> = []
        // However many of them are written in one go.
        for size in [1, 2, 3, events.count] {
            let encoder = try Self.encoder(thinks: test.thinks)
            var output = ByteBuffer()
            for start in stride(from: 0, to: events.count, by: size) {
                encoder.encode(
                    ByteBuffer(string: events[start..<min(start + size, events.count)].joined()),
                    into: &output
                )
            }
            let message = try MessagesStream(Array(output.readableBytesView)).message()
            #expect(message["content"]?.text == (try SimulatedJSON.parse(test.content)).text)
            #expect(message["stop_reason"]?.string == test.stop && message["model"]?.string == "claude-x")
            #expect(message["id"]?.string == "msg_t")
            let usage =
                #"{"input_tokens":30,"cache_creation_input_tokens":0,"cache_read_input_tokens":20,"output_tokens":7}"#
            #expect(message["usage"]?.text == usage)
            texts.insert(String(buffer: output).replacing("event: ping\ndata: {\"type\":\"ping\"}\n\n", with: ""))
        }
        #expect(texts.count == 1)
    }

    @Test func `the events are written as Anthropic writes them`() throws {
        let encoder = try Self.encoder()
        var output = ByteBuffer()
        encoder.encode(ByteBuffer(string: Self.events([Self.text("Hi"), Self.finish("stop")]).joined()), into: &output)
        let lines = String(buffer: output).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(
            lines.dropFirst(2).joined(separator: "\n") == """

                event: content_block_start
                data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

                event: content_block_delta
                data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}

                event: content_block_stop
                data: {"type":"content_block_stop","index":0}

                event: message_delta
                data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":30,"cache_creation_input_tokens":0,"cache_read_input_tokens":20,"output_tokens":7}}

                event: message_stop
                data: {"type":"message_stop"}


                """
        )
        #expect(lines[0] == "event: message_start")
    }

    @Test func `silence is a ping, after the message's start`() throws {
        let encoder = try Self.encoder()
        var output = ByteBuffer()
        encoder.encodeKeepAlive(into: &output)
        encoder.encodeKeepAlive(into: &output)
        encoder.encode(ByteBuffer(string: Self.events([Self.text("Hi"), Self.finish("stop")]).joined()), into: &output)
        let stream = try MessagesStream(Array(output.readableBytesView))
        #expect(stream.names.prefix(4) == ["message_start", "ping", "ping", "content_block_start"])
        #expect(try stream.message()["content"]?[0]?["text"]?.string == "Hi")
    }

    @Test func `an error stands where the end would`() throws {
        let encoder = try Self.encoder()
        var output = ByteBuffer()
        encoder.encode(ByteBuffer(string: Self.events([Self.text("Hi")])[0]), into: &output)
        encoder.encode(.brokenStream(.truncatedStream), into: &output)
        encoder.encode(ByteBuffer(string: "data: [DONE]\n\n"), into: &output)
        let stream = try MessagesStream(Array(output.readableBytesView))
        #expect(stream.names == ["message_start", "content_block_start", "content_block_delta", "error"])
        #expect(stream.error?["type"]?.string == "api_error")
    }

    @Test func `what nobody counted is estimated`() throws {
        let encoder = try Self.encoder()
        var output = ByteBuffer()
        let events = Self.events([Self.text("Hi there, you"), Self.finish("stop")])
        encoder.encode(ByteBuffer(string: events[0] + events[1] + "data: [DONE]\n\n"), into: &output)
        let usage = try MessagesStream(Array(output.readableBytesView)).message()["usage"]
        #expect(usage?["output_tokens"]?.integer == 4 && usage?["input_tokens"]?.integer ?? 0 > 0)
    }

    // MARK: Whole answers

    struct Whole: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var message: String
        var reason: String
        var content: String
        var stop: String
    }

    private static func calling(_ arguments: String) -> String {
        #""content":null,"tool_calls":[{"id":"call_0","type":"function","function":{"name":"get","arguments":\#(arguments)}}]"#
    }

    static let wholes: [Whole] = [
        Whole(
            testDescription: "text",
            message: #""content":"Hi \"y\"\n""#,
            reason: "stop",
            content: #"[{"type":"text","text":"Hi \"y\"\n"}]"#,
            stop: "end_turn"
        ),
        Whole(
            testDescription: "thinking, text, call",
            message:
                #""content":"I look.","reasoning_content":"Hm.","thinking_blocks":[{"signature":"s"}],"tool_calls":[{"id":"call_0","function":{"name":"get","arguments":"{\"a\":1}"}}]"#,
            reason: "tool_calls",
            content:
                #"[{"type":"thinking","thinking":"Hm.","signature":"s"},{"type":"text","text":"I look."},\#(use(0, "get", #"{"a":1}"#))]"#,
            stop: "tool_use"
        ),
        Whole(
            testDescription: "arguments that want a brace",
            message: calling(#""{\"a\":1""#),
            reason: "tool_calls",
            content: "[\(use(0, "get", #"{"a":1}"#))]",
            stop: "tool_use"
        ),
        Whole(
            testDescription: "arguments that are beyond repair",
            message: calling(#""what?""#),
            reason: "stop",
            content: "[\(use(0, "get", "{}"))]",
            stop: "tool_use"
        ),
        Whole(
            testDescription: "arguments that are a list",
            message: calling(#""[1]""#),
            reason: "tool_calls",
            content: "[\(use(0, "get", "{}"))]",
            stop: "tool_use"
        ),
        Whole(
            testDescription: "arguments that are an object",
            message: calling(#"{"a":1}"#),
            reason: "tool_calls",
            content: "[\(use(0, "get", #"{"a":1}"#))]",
            stop: "tool_use"
        ),
        Whole(
            testDescription: "no arguments",
            message: calling(#""""#),
            reason: "tool_calls",
            content: "[\(use(0, "get", "{}"))]",
            stop: "tool_use"
        ),
        Whole(
            testDescription: "cut",
            message: #""content":"Hi""#,
            reason: "length",
            content: #"[{"type":"text","text":"Hi"}]"#,
            stop: "max_tokens"
        ),
        Whole(
            testDescription: "a refusal",
            message: #""content":null,"refusal":"No.""#,
            reason: "stop",
            content: #"[{"type":"text","text":"No."}]"#,
            stop: "refusal"
        ),
    ]

    @Test(arguments: wholes)
    func `a whole answer is a message`(_ test: Whole) throws {
        let completion =
            #"{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant",\#(test.message)},"finish_reason":"\#(test.reason)"}],"usage":{"prompt_tokens":5,"completion_tokens":7}}"#
        let message = try SimulatedJSON.parse(
            String(buffer: try Self.encoder().whole(ByteBuffer(string: completion)))
        )
        let content = try SimulatedJSON.parse(test.content).text
        #expect(
            message.text
                == #"{"id":"msg_t","type":"message","role":"assistant","model":"claude-x","content":\#(content),"stop_reason":"\#(test.stop)","stop_sequence":null,"usage":{"input_tokens":5,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":7}}"#
        )
    }
}
