@testable import Relay

/// What Claude Code sends, in shape: its headers, its system blocks, its tools, a task under way.
enum ClaudeCodeRequests {
    static let headers: RelayUnderTest.Fields = [
        ("accept", "application/json"), ("anthropic-version", "2023-06-01"),
        (
            "anthropic-beta",
            "claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,prompt-caching-scope-2026-01-05"
        ), ("anthropic-dangerous-direct-browser-access", "true"), ("authorization", "Bearer sk-relay"),
        ("user-agent", "claude-cli/2.1.9 (external, cli)"), ("x-app", "cli"), ("x-stainless-lang", "js"),
        ("x-stainless-helper-method", "stream"), ("x-stainless-timeout", "600"),
        ("x-claude-code-session-id", "6f1e0c1e-3b52-4d6c-8f0e-6a0b7b0c1d11"),
    ]

    static let path = "/v1/messages?beta=true"

    private static let cached = #""cache_control":{"type":"ephemeral"}"#

    private static let system = #"""
        "system":[{"type":"text","text":"x-anthropic-billing-header: cc_version=2.1.9.a1b; cc_entrypoint=cli; cch=4f2a1;"},\#
        {"type":"text","text":"You are Claude Code, Anthropic's official CLI for Claude.",\#(cached)},\#
        {"type":"text","text":"\nYou are an interactive agent that helps users with software engineering tasks.\n\n# Tone and style\n - Be brief.\n\n<env>\nWorking directory: /work/shop\nPlatform: linux\n</env>\n",\#(cached)}]
        """#

    private static func tool(_ name: String, _ properties: String, required: String) -> String {
        #"{"name":"\#(name)","description":"\#(name), as described at length.\n\nUsage notes:\n- \"Quoted\".","input_schema":{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{\#(properties)},"required":[\#(required)],"additionalProperties":false}}"#
    }

    static let toolNames = [
        "Task", "Bash", "Glob", "Grep", "Read", "Edit", "Write", "NotebookEdit", "WebFetch", "TodoWrite",
    ]

    private static let tools: String = {
        let text = #"{"type":"string","description":"Some text"}"#
        var tools = toolNames.map { name in
            name == "TodoWrite"
                ? tool(
                    name,
                    #""todos":{"type":"array","items":{"type":"object","properties":{"content":{"type":"string","minLength":1},"status":{"type":"string","enum":["pending","in_progress","completed"]}},"required":["content","status"],"additionalProperties":false}}"#,
                    required: #""todos""#
                )
                : tool(name, #""first":\#(text),"second":{"type":"number"}"#, required: #""first""#)
        }
        tools.append(#"{"type":"web_search_20250305","name":"web_search","max_uses":8}"#)
        return #""tools":[\#(tools.joined(separator: ","))]"#
    }()

    private static let rest = #"""
        "metadata":{"user_id":"user_8d1f0a6f2c_account__session_6f1e0c1e-3b52-4d6c-8f0e-6a0b7b0c1d11"},\#
        "max_tokens":32000,"thinking":{"type":"enabled","budget_tokens":31999},\#
        "context_management":{"edits":[{"type":"clear_thinking_20251015","keep":"all"}]},"stream":true
        """#

    private static let opening = #"""
        {"role":"user","content":[{"type":"text","text":"<system-reminder>\nAs you answer, mind CLAUDE.md.\n</system-reminder>\n"},\#
        {"type":"text","text":"Why does the checkout test fail?",\#(cached)}]}
        """#

    /// The task's first call.
    static let first =
        #"{"model":"claude-sonnet-4-5-20250929","messages":[\#(opening)],\#(system),\#(tools),\#(rest)}"#

    /// Two tools have been called at once; one of them failed.
    static let second = #"""
        {"model":"claude-sonnet-4-5-20250929","messages":[\#(opening),\#
        {"role":"assistant","content":[{"type":"thinking","thinking":"The test first.","signature":"EqoBCkgIBx=="},\#
        {"type":"text","text":"I'll look at the test and run it."},\#
        {"type":"tool_use","id":"toolu_01A","name":"Read","input":{"first":"/work/shop/test.py"}},\#
        {"type":"tool_use","id":"toolu_01B","name":"Bash","input":{"first":"pytest -q \"shop\"","second":120000}}]},\#
        {"role":"user","content":[{"tool_use_id":"toolu_01A","type":"tool_result","content":"     1→def test():\n     2→\tassert total() == 3\n"},\#
        {"type":"tool_result","tool_use_id":"toolu_01B","is_error":true,"content":[{"type":"text","text":"Exit code 1\nassert 4 == 3"}],\#(cached)},\#
        {"type":"text","text":"<system-reminder>\nThe TodoWrite tool hasn't been used recently.\n</system-reminder>"}]}],\#
        \#(system),\#(tools),\#(rest)}
        """#

    /// Before anything else it looks whether it may come in.
    static let quota =
        #"{"model":"claude-haiku-4-5-20251001","max_tokens":1,"messages":[{"role":"user","content":"quota"}],"metadata":{"user_id":"user_8d1f"}}"#

    /// A title for the session, as a schema.
    static let title = #"""
        {"model":"claude-haiku-4-5-20251001","messages":[{"role":"user","content":[{"type":"text","text":"Why does the checkout test fail?"}]}],\#
        "system":[{"type":"text","text":"Name this conversation in five words."}],"tools":[],"max_tokens":32000,"temperature":1,\#
        "output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{"title":{"type":"string"}},"required":["title"],"additionalProperties":false}}},"stream":true}
        """#

    static let count = #"{"model":"claude-sonnet-4-5-20250929","messages":[\#(opening)],\#(tools)}"#
}
