import Testing

@testable import Relay

/// Requests as the Codex CLI sends them, turn by turn, and the events that it acts on.
struct CodexTests {
    private static let tools = #"""
        [{"type":"function","name":"exec_command","description":"Runs a command in a PTY.","strict":false,"parameters":
          {"type":"object","properties":{"cmd":{"type":"string"},"yield_time_ms":{"type":"number"}},"required":["cmd"],
           "additionalProperties":false}},
         {"type":"function","name":"update_plan","description":"Updates the task plan.","strict":false,"parameters":
          {"type":"object","properties":{"explanation":{"type":"string"},"plan":{"type":"array","items":{"type":"object",
           "properties":{"step":{"type":"string"},"status":{"type":"string"}},"required":["step","status"],
           "additionalProperties":false}}},"required":["plan"],"additionalProperties":false}},
         {"type":"custom","name":"apply_patch","description":"Use the `apply_patch` tool to edit files. This is a FREEFORM tool, so do not wrap the patch in JSON.",
          "format":{"type":"grammar","syntax":"lark","definition":"start: begin_patch hunk+ end_patch\nbegin_patch: \"*** Begin Patch\" LF\n"}},
         {"type":"local_shell"},{"type":"web_search","external_web_access":true},
         {"type":"function","name":"view_image","strict":false,"parameters":{"type":"object","properties":{"path":
          {"type":"string"}},"required":["path"],"additionalProperties":false}}]
        """#

    private static func body(_ items: String) -> String {
        #"""
        {"model":"meta-model","instructions":"You are Codex, a coding agent.\n\n# Rules\n- Be \"concise\".","input":[
          {"type":"message","role":"developer","content":[{"type":"input_text","text":"<permissions instructions>\nworkspace-write"}]},
          {"type":"message","role":"user","content":[{"type":"input_text","text":"<environment_context>\n  <cwd>/w</cwd>\n</environment_context>"}]},
          {"type":"message","role":"user","content":[{"type":"input_text","text":"Fix the test."}]}\#(items)],
         "tools":\#(tools),"tool_choice":"auto","parallel_tool_calls":true,
         "reasoning":{"effort":"medium","summary":"auto"},"store":false,"stream":true,
         "include":["reasoning.encrypted_content"],"prompt_cache_key":"0199-abc","text":{"verbosity":"medium"},
         "client_metadata":{"x-codex-installation-id":"i"}}
        """#
    }

    /// Plays a streamed tool call.
    private static func calls(_ name: String, _ arguments: String) -> SimulatedProvider.Fault {
        let events = [
            ResponsesEncoderTests.delta(#"{"role":"assistant","content":null,"reasoning_content":"I see."}"#),
            ResponsesEncoderTests.call(0, id: "call_1", name: name, ""),
            ResponsesEncoderTests.call(0, arguments), ResponsesEncoderTests.finish("tool_calls"), "[DONE]",
        ]
        let body = events.map { "data: \($0)\n\n" }.joined()
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
        return .rawBytes([.init(head + body)])
    }

    @Test func `a session of Codex runs through`() async throws {
        let strict = ResponsesTests.strict.with { $0.answer = "All tests pass." }
        try await RelayUnderTest.run([.init("One", strict)]) { relay in
            // The model runs a command.
            relay.providers[0].play(Self.calls("exec_command", #"{\"cmd\":\"swift test\"}"#))
            let first = try await relay.respondStreamed(Self.body(""), headers: [("session_id", "0199-abc")])
            #expect(first.faults == [])
            #expect(
                first.types == [
                    "response.created", "response.in_progress", "response.output_item.added",
                    "response.reasoning_summary_part.added", "response.reasoning_summary_text.delta",
                    "response.reasoning_summary_text.done", "response.reasoning_summary_part.done",
                    "response.output_item.done", "response.output_item.added",
                    "response.function_call_arguments.delta", "response.function_call_arguments.done",
                    "response.output_item.done", "response.completed",
                ]
            )
            let reasoning = try #require(first.item("reasoning"))
            let command = try #require(first.item("function_call"))
            var history =
                "," + reasoning.text + "," + command.text
                + #",{"type":"function_call_output","call_id":"call_1","output":"1 failure"}"#

            // It patches a file: the freeform tool is a function for the model alone.
            relay.providers[0].play(Self.calls("apply_patch", #"{\"input\":\"*** Begin Patch\\n*** End Patch\"}"#))
            let second = try await relay.respondStreamed(Self.body(history))
            #expect(second.faults == [])
            let patch = try #require(second.item("custom_tool_call"))
            #expect(patch["input"]?.string == "*** Begin Patch\n*** End Patch" && patch["call_id"]?.string == "call_1")
            history +=
                "," + patch.text.replacing("call_1", with: "call_2")
                + #",{"type":"custom_tool_call_output","call_id":"call_2","output":"{\"output\":\"Success.\"}"}"#

            // It looks at the files with the local shell.
            relay.providers[0].play(Self.calls("local_shell", #"{\"command\":[\"ls\"]}"#))
            let third = try await relay.respondStreamed(Self.body(history))
            #expect(third.faults == [])
            let shell = try #require(third.item("local_shell_call"))
            #expect(shell["action"]?["command"]?[0]?.string == "ls" && shell["status"]?.string == "completed")
            history +=
                "," + shell.text.replacing("call_1", with: "call_3")
                + #",{"type":"function_call_output","call_id":"call_3","output":"a.swift"}"#
            history += #",{"type":"web_search_call","status":"completed","action":{"type":"search","query":"x"}}"#

            relay.providers[0].behavior.tools = .never
            let last = try await relay.respondStreamed(Self.body(history))
            #expect(last.faults == [] && last.text == "All tests pass." && last.types.last == "response.completed")

            let sent = relay.providers[0].calls.map(\.json)
            #expect(sent.count == 4)
            let names = sent[0]["tools"]?.elements?.compactMap { $0["function"]?["name"]?.string }
            #expect(names == ["exec_command", "update_plan", "apply_patch", "local_shell", "view_image"])
            #expect(sent[0]["tools"]?[2]?["function"]?["description"]?.string?.contains("*** Begin Patch") == true)
            let roles = sent[3]["messages"]?.elements?.compactMap { $0["role"]?.string }
            let turns = Array(repeating: ["assistant", "tool"], count: 3).flatMap { $0 }
            #expect(roles == ["system", "user", "user"] + turns)
            let system = sent[0]["messages"]?[0]?["content"]?.string
            #expect(system?.hasPrefix("You are Codex") == true && system?.hasSuffix("workspace-write") == true)
        }
    }

    @Test func `what a strict provider would refuse is not sent`() async throws {
        try await RelayUnderTest.run([.init("One", ResponsesTests.strict)]) { relay in
            let stream = try await relay.respondStreamed(Self.body(""))
            #expect(stream.faults == [])
            let names = Set((relay.providers[0].calls[0].json.members ?? []).map(\.name))
            #expect(names == ["model", "messages", "stream", "stream_options", "tools"])
        }
    }
}
