import Testing

@testable import Normalize

@Suite struct ToolRescueTests {
    static let tools: Set<String> = ["get_weather", "search"]

    static let rescued: [(String, [RescuedToolCall])] = [
        (
            "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}\n</tool_call>",
            [RescuedToolCall(name: "get_weather", arguments: "{\"city\": \"Rome\"}")]
        ),
        (
            "<tool_call>{\"name\":\"search\",\"arguments\":{\"q\":\"a\"}}</tool_call>\n"
                + "<tool_call>{\"name\":\"search\",\"arguments\":{\"q\":\"b\"}}</tool_call>",
            [
                RescuedToolCall(name: "search", arguments: "{\"q\":\"a\"}"),
                RescuedToolCall(name: "search", arguments: "{\"q\":\"b\"}"),
            ]
        ),
        (
            "<tool_call>\n<function=get_weather>\n<parameter=city>\nRome\n</parameter>\n<parameter=days>\n3\n</parameter>\n"
                + "</function>\n</tool_call>",
            [RescuedToolCall(name: "get_weather", arguments: "{\"city\": \"Rome\", \"days\": 3}")]
        ),
        (
            "<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>Rome</arg_value>\n</tool_call>",
            [RescuedToolCall(name: "get_weather", arguments: "{\"city\": \"Rome\"}")]
        ),
        (
            "<function=get_weather>{\"city\": \"Rome\"}</function>",
            [RescuedToolCall(name: "get_weather", arguments: "{\"city\": \"Rome\"}")]
        ),
        (
            "<function=get_weather{\"city\": \"Rome\"}></function>",
            [RescuedToolCall(name: "get_weather", arguments: "{\"city\": \"Rome\"}")]
        ),
        (
            "[TOOL_CALLS] [{\"name\": \"search\", \"arguments\": {\"q\": \"a]\"}}]",
            [RescuedToolCall(name: "search", arguments: "{\"q\": \"a]\"}")]
        ),
        (
            "[TOOL_CALLS]search[ARGS]{\"q\": \"a\"}",
            [RescuedToolCall(name: "search", arguments: "{\"q\": \"a\"}")]
        ),
        (
            "<|python_tag|>{\"name\": \"search\", \"parameters\": {\"q\": \"a\"}}<|eom_id|>",
            [RescuedToolCall(name: "search", arguments: "{\"q\": \"a\"}")]
        ),
        (
            "<|tool_calls_section_begin|><|tool_call_begin|>functions.search:0<|tool_call_argument_begin|>{\"q\": \"a\"}"
                + "<|tool_call_end|><|tool_calls_section_end|>",
            [RescuedToolCall(name: "search", arguments: "{\"q\": \"a\"}")]
        ),
        (
            "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>search\n```json\n{\"q\": \"a\"}\n```"
                + "<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
            [RescuedToolCall(name: "search", arguments: "{\"q\": \"a\"}")]
        ),
        (
            "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>search<｜tool▁sep｜>{\"q\": \"a\"}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
            [RescuedToolCall(name: "search", arguments: "{\"q\": \"a\"}")]
        ),
        (
            "<function_calls>\n<invoke name=\"search\">\n<parameter name=\"q\">a & b</parameter>\n</invoke>\n</function_calls>",
            [RescuedToolCall(name: "search", arguments: "{\"q\": \"a & b\"}")]
        ),
        (
            "{\"name\": \"search\", \"parameters\": {\"q\": \"a\"}}",
            [RescuedToolCall(name: "search", arguments: "{\"q\": \"a\"}")]
        ),
        (
            "{\"type\": \"function\", \"function\": {\"name\": \"search\", \"arguments\": \"{\\\"q\\\": \\\"a\\\"}\"}}",
            [RescuedToolCall(name: "search", arguments: "{\"q\": \"a\"}")]
        ),
        (
            "[{\"name\": \"search\", \"arguments\": {}}]",
            [RescuedToolCall(name: "search", arguments: "{}")]
        ),
        (
            "<tool_call>{\"name\": \"search\", \"arguments\": {\"q\": 'a',}}</tool_call>",
            [RescuedToolCall(name: "search", arguments: "{\"q\": \"a\"}")]
        ),
        (
            "<tool_call>{\"name\": \"search\", \"arguments\": {\"q\": \"cut off\"}}",
            [RescuedToolCall(name: "search", arguments: "{\"q\": \"cut off\"}")]
        ),
        (
            "[TOOL_CALLS]search[CALL_ID]9aB3cD4eF[ARGS]{\"q\": \"a\"}",
            [RescuedToolCall(name: "search", arguments: "{\"q\": \"a\"}")]
        ),
        ("[TOOL_CALLS]search{\"q\": \"a\"}", [RescuedToolCall(name: "search", arguments: "{\"q\": \"a\"}")]),
        ("<|python_tag|>search.call(q=\"a\")", [RescuedToolCall(name: "search", arguments: "{\"q\": \"a\"}")]),
        (
            "[get_weather(city='Rome', days=3, hourly=True), search(q=\"a, (b)\")]",
            [
                RescuedToolCall(name: "get_weather", arguments: "{\"city\": \"Rome\", \"days\": 3, \"hourly\": true}"),
                RescuedToolCall(name: "search", arguments: "{\"q\": \"a, (b)\"}"),
            ]
        ),
        ("[search()]", [RescuedToolCall(name: "search", arguments: "{}")]),
        (
            "<tool_calls>[{\"name\": \"search\", \"arguments\": {\"q\": \"a\"}}]</tool_calls>",
            [RescuedToolCall(name: "search", arguments: "{\"q\": \"a\"}")]
        ),
        (
            "<|START_ACTION|>[{\"tool_call_id\": \"0\", \"tool_name\": \"search\", \"parameters\": {\"q\": \"a\"}}]<|END_ACTION|>",
            [RescuedToolCall(name: "search", arguments: "{\"q\": \"a\"}")]
        ),
        (
            "<|channel|>commentary to=functions.search <|constrain|>json<|message|>{\"q\": \"a\"}<|call|>",
            [RescuedToolCall(name: "search", arguments: "{\"q\": \"a\"}")]
        ),
        (
            "<|start|>assistant<|channel|>commentary to=functions.search<|message|>{\"q\": \"a\"}<|call|>",
            [RescuedToolCall(name: "search", arguments: "{\"q\": \"a\"}")]
        ),
        (
            "<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"get_weather\">\n"
                + "<｜DSML｜parameter name=\"city\" string=\"true\">42</｜DSML｜parameter>\n"
                + "<｜DSML｜parameter name=\"days\" string=\"false\">3</｜DSML｜parameter>\n"
                + "</｜DSML｜invoke>\n</｜DSML｜function_calls>",
            [RescuedToolCall(name: "get_weather", arguments: "{\"city\": \"42\", \"days\": 3}")]
        ),
        (
            "<｜DSML｜invoke name=\"search\">\n<｜DSML｜parameter name=\"q\" string=\"true\">a</｜DSML｜parameter>\n"
                + "</｜DSML｜invoke>",
            [RescuedToolCall(name: "search", arguments: "{\"q\": \"a\"}")]
        ),
        (
            "<invoke name=\"search\">\n<parameter name=\"q\">a</parameter>\n</invoke>",
            [RescuedToolCall(name: "search", arguments: "{\"q\": \"a\"}")]
        ),
        (
            "<|tool_call_begin|>functions.search:2<|tool_call_argument_begin|>{\"q\": \"a\"}<|tool_call_end|>",
            [RescuedToolCall(name: "search", arguments: "{\"q\": \"a\"}")]
        ),
        (
            "<｜tool▁call▁begin｜>search<｜tool▁sep｜>{\"q\": \"a\"}<｜tool▁call▁end｜>",
            [RescuedToolCall(name: "search", arguments: "{\"q\": \"a\"}")]
        ),
    ]

    @Test(arguments: rescued)
    func `a tool call written as text becomes a real one`(_ text: String, _ calls: [RescuedToolCall]) {
        let answer = Sample(text, tools: Self.tools).whole
        #expect(answer.toolCalls == calls)
        #expect(answer.text.isEmpty)
        #expect(answer.changes[.toolRescue] == calls.count)
    }

    static let kept = [
        "<tool_call>{\"name\": \"unknown\", \"arguments\": {}}</tool_call>",
        "Write <tool_call>{\"name\": \"search\"}</tool_call>",
        "```\n<tool_call>{\"name\": \"search\", \"arguments\": {}}</tool_call>\n```", "<tool_call>nonsense</tool_call>",
        "{\"name\": \"search\", \"age\": 3}", "{\"name\": \"Ann\", \"arguments\": {}}", "[1](x) is a link",
        "[TOOL_CALLS] are listed here",
        "{\"name\": \"search\", \"arguments\": {}} is how you call it.", "<function=unknown>{}</function>",
        "<b>bold</b>", "[TOOL", "[search(q=\"a\")] is Python.", "[search](x) is a link", "[search(a, b)]",
        "[other(q=1)]",
        "<|channel|>commentary", "<invoke name=\"other\"></invoke>",
        "```json\n{\"name\": \"search\", \"arguments\": {}}\n```",
    ]

    @Test(arguments: kept) func `anything else stays text`(_ text: String) {
        let answer = Sample(text, tools: Self.tools).whole
        #expect(answer.text == text)
        #expect(answer.toolCalls.isEmpty)
        #expect(answer.changes.isEmpty)
    }

    @Test(arguments: rescued.map(\.0)) func `without offered tools nothing is rescued`(_ text: String) {
        #expect(Sample(text).whole.toolCalls.isEmpty)
    }

    @Test(arguments: rescued.map(\.0) + kept) func `where the stream is cut makes no difference`(_ text: String) {
        for prefix in ["", "Let me look.\n\n", "Certainly! One moment.\n"] {
            #expect(Sample(prefix + text, tools: Self.tools).isTheSameHoweverCut())
        }
    }

    @Test func `text before and after a call stays`() {
        let text = "Let me look.\n<tool_call>{\"name\": \"search\", \"arguments\": {}}</tool_call>\n\nDone."
        let answer = Sample(text, tools: Self.tools).whole
        #expect(answer.text == "Let me look.\nDone.")
        #expect(answer.toolCalls.map(\.name) == ["search"])
    }

    @Test(arguments: [
        "<function=search>{\"q\": \"a\"}</function>", "I will search. <function=search{\"q\": \"a\"}</function>",
        "{\"name\": \"search\", \"parameters\": {\"q\": \"a\"}}",
        "<tool-use>\n{\"tool_calls\": [{\"id\": \"pending\", \"type\": \"function\", \"function\": {\"name\": \"search\"}, "
            + "\"parameters\": {\"q\": \"a\"}}]}\n</tool-use>",
        "<tool_call>{\"name\": \"search\", \"arguments\": {\"q\": \"a\"}</tool_call>",
        "```json\n{\"name\": \"search\", \"arguments\": {\"q\": \"a\"}}\n```",
    ])
    func `a refused generation is read wherever the call stands in it`(_ text: String) {
        let calls = FailedGeneration.toolCalls(in: text, offeredTools: Self.tools)
        #expect(calls?.map(\.name) == ["search"])
        #expect(calls?.first.map { JSONValidator.isValid($0.arguments) } == true)
    }

    @Test func `a refused generation that is nested deeply takes no stack`() {
        let text = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        #expect(FailedGeneration.toolCalls(in: text, offeredTools: Self.tools) == nil)
    }

    @Test(arguments: ["", "No call here.", "{\"a\": 1}", "<function=other>{}</function>"])
    func `a refused generation without a call gives none`(_ text: String) {
        #expect(FailedGeneration.toolCalls(in: text, offeredTools: Self.tools) == nil)
    }
}
