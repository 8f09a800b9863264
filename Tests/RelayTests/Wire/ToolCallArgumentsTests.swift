import Clients
import NIOCore
import Normalize
import Testing

@testable import Relay

/// Arguments of tool calls: repaired when, and only when, they are no valid JSON; a stream comes to the same.
struct ToolCallArgumentsTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var arguments: String
        var expected: String
        var testDescription: String { arguments }

        init(_ arguments: String, _ expected: String? = nil) {
            self.arguments = arguments
            self.expected = expected ?? arguments
        }
    }

    static let cases = [
        Case(#"{"path":"a.txt"}"#),
        Case("{ \"path\" : \"ä \\\"q\\\" \\\\ \",\n \"n\": [1, {}] }"),
        Case(#"{"path": "a.txt", "text": "\#(String(repeating: "long ", count: 60))"}"#),
        Case("{}"),
        Case("", "{}"),
        Case(#"{"path":"a.txt""#, #"{"path":"a.txt"}"#),
        Case(#"{'path':'a.txt',}"#, #"{"path":"a.txt"}"#),
        Case("```json\n{\"path\":\"a.txt\"}\n```", #"{"path":"a.txt"}"#),
        Case(
            #"{"text":"\#(String(repeating: "long ", count: 60))","#,
            #"{"text":"\#(String(repeating: "long ", count: 60))"}"#
        ),
    ]

    private static let plan = Normalization.Plan(
        rules: NormalizeRules(settings: NormalizeSettings(), expecting: .text, offeredTools: ["read"]),
        schema: nil
    )

    private static func call(_ arguments: String, index: Int? = nil, name: String? = "read") -> String {
        let place = index.map { #""index":\#($0),"# } ?? ""
        let head =
            name.map { #""id":"c\#(index ?? 0)","type":"function","function":{"name":"\#($0)","# } ?? #""function":{"#
        return "{\(place)\(head)\"arguments\":\(SimulatedJSON.quoted(arguments))}}"
    }

    private static func chunk(_ delta: String, finish: String? = nil) -> String {
        let reason = finish.map { "\"\($0)\"" } ?? "null"
        return
            #"data: {"id":"a","created":1,"model":"m","choices":[{"index":0,"delta":{\#(delta)},"finish_reason":\#(reason)}]}"#
            + "\n\n"
    }

    private static func answer(toEvents events: String) -> ChatAnswer {
        var stream = ChatStreamReply(wantsUsage: false, normalization: plan, requestTag: "t")
        var output = ChunkWriter(isChunked: false)
        stream.receive(ByteBuffer(string: events), into: &output)
        #expect(stream.state == .complete)
        stream.writeEnd(estimated: .init(promptTokens: 1, completionTokens: 1), into: &output)
        let body = output.take(last: true).map { Array($0.readableBytesView) } ?? []
        let head = RawResponse.Head(status: 200, headers: [("content-type", "text/event-stream")])
        return ChatAnswer(RawResponse(head: head, pieces: [.init(bytes: body, at: .now)], end: .complete))
    }

    @Test(arguments: cases) func `a whole answer's arguments`(_ wanted: Case) throws {
        let body =
            #"{"id":"a","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":["#
            + Self.call(wanted.arguments) + #"]},"finish_reason":"tool_calls"}]}"#
        let reading = ChatWholeReply.read(
            ByteBuffer(string: body),
            normalization: Self.plan,
            requestTag: "t",
            note: nil
        )
        guard case .answer(let answer) = reading else {
            Issue.record("\(reading)")
            return
        }
        var spliced = answer.body
        let json = try SimulatedJSON.parse(String(buffer: spliced.joined()))
        let call = json["choices"]?[0]?["message"]?["tool_calls"]?[0]
        #expect(call?["function"]?["arguments"]?.string == wanted.expected)
        #expect(answer.changes == (wanted.arguments == wanted.expected ? [:] : [.json: 1]))
    }

    @Test(arguments: cases) func `a stream's arguments, in pieces of any size`(_ wanted: Case) {
        let characters = Array(wanted.arguments)
        for size in [1, 2, 7, 1000] {
            var events = Self.chunk(#""role":"assistant","tool_calls":[\#(Self.call("", index: 0))]"#)
            for start in stride(from: 0, to: characters.count, by: size) {
                let piece = String(characters[start..<min(start + size, characters.count)])
                events += Self.chunk(#""tool_calls":[\#(Self.call(piece, index: 0, name: nil))]"#)
            }
            events += Self.chunk("", finish: "tool_calls") + "data: [DONE]\n\n"
            let answer = Self.answer(toEvents: events)
            #expect(answer.toolCalls.map(\.arguments) == [wanted.expected], "\(size)")
            #expect(answer.finishReasons == ["tool_calls"])
        }
    }

    @Test(arguments: cases) func `a stream's calls that come at once, with its finish`(_ wanted: Case) {
        let calls = Self.call(wanted.arguments, index: 0) + "," + Self.call(#"{"b":2}"#, index: 1)
        let events = Self.chunk(#""role":"assistant","tool_calls":[\#(calls)]"#, finish: "stop") + "data: [DONE]\n\n"
        let answer = Self.answer(toEvents: events)
        #expect(answer.toolCalls.map(\.arguments) == [wanted.expected, #"{"b":2}"#])
        #expect(answer.finishReasons == ["tool_calls"])
    }

    @Test func `a stream without a finish reason gives what it held all the same`() {
        let events = Self.chunk(#""tool_calls":[\#(Self.call(#"{"a":1"#, index: 0))]"#) + "data: [DONE]\n\n"
        let answer = Self.answer(toEvents: events)
        #expect(answer.toolCalls.map(\.arguments) == [#"{"a":1}"#] && answer.finishReasons == ["tool_calls"])
    }

    @Test func `the rule has a switch`() {
        var settings = NormalizeSettings()
        settings.json = false
        let rules = NormalizeRules(settings: settings, expecting: .text, offeredTools: [])
        #expect(!rules.repairsToolArguments)
    }
}
