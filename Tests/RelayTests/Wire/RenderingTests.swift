import Clients
import NIOCore
import Testing

@testable import Relay

/// What a candidate is sent: the client's bytes with splices, JSON whatever was spliced.
struct RenderingTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var quirks: @Sendable (inout Quirks) -> Void = { _ in }
        var edits = PromptEdits.none
        var request: String
        var expected: String
    }

    private static let hi = #""messages":[{"role":"user","content":"hi"}]"#

    static let cases: [Case] = [
        Case(
            testDescription: "nothing but the model",
            request: #" { "model" : "meta-model" , \#(hi) } "#,
            expected: #" { "model" : "m1" , \#(hi) } "#
        ),
        Case(
            testDescription: "own members and nulls at every place",
            request:
                #"{"model_type":"text","model":"x","a":null,"model_scale":"large",\#(hi),"b":1,"c":null,"model_name":"n"}"#,
            expected: #"{"model":"m1",\#(hi),"b":1}"#
        ),
        Case(
            testDescription: "a stream asks for usage",
            request: #"{"model":"x","stream":true,\#(hi)}"#,
            expected: #"{"stream_options":{"include_usage":true},"model":"m1","stream":true,\#(hi)}"#
        ),
        Case(
            testDescription: "stream options keep what else they say",
            request:
                #"{"stream_options":{"a":{"b":[1]},"include_usage":false,"c":null},"model":"x","stream":true,\#(hi)}"#,
            expected:
                #"{"stream_options":{"include_usage":true,"a":{"b":[1]},"c":null},"model":"m1","stream":true,\#(hi)}"#
        ),
        Case(
            testDescription: "no stream, no options",
            request: #"{"model":"x","stream":false,"stream_options":{"include_usage":true},\#(hi)}"#,
            expected: #"{"model":"m1",\#(hi)}"#
        ),
        Case(
            testDescription: "a provider without streams",
            quirks: { $0.noStreaming = true },
            request: #"{"model":"x","stream":true,"stream_options":{},\#(hi)}"#,
            expected: #"{"model":"m1",\#(hi)}"#
        ),
        Case(
            testDescription: "refused parameters",
            quirks: { $0.dropParameters = ["top_k", "logit_bias", "stream_options"] },
            request: #"{"top_k":3,"model":"x","logit_bias":{"a":[{}]},\#(hi),"stream":true,"top_k":4}"#,
            expected: #"{"model":"m1",\#(hi),"stream":true}"#
        ),
        Case(
            testDescription: "parameters of another name",
            quirks: { $0.renameParameters = ["seed": "random_seed", "max_completion_tokens": "max_tokens"] },
            request: #"{"model":"x","seed":7,"max_completion_tokens":9,\#(hi)}"#,
            expected: #"{"model":"m1","random_seed":7,"max_tokens":9,\#(hi)}"#
        ),
        Case(
            testDescription: "members that go with tools",
            quirks: { $0.setWithTools = ["parallel_tool_calls": "false"] },
            request: #"{"model":"x","tools":[{"type":"function","function":{"name":"f"}}],\#(hi)}"#,
            expected:
                #"{"parallel_tool_calls":false,"model":"m1","tools":[{"type":"function","function":{"name":"f"}}],\#(hi)}"#
        ),
        Case(
            testDescription: "members that go with tools, said already",
            quirks: { $0.setWithTools = ["parallel_tool_calls": "false"] },
            request: #"{"model":"x","parallel_tool_calls":true,"tools":[{"type":"function"}],\#(hi)}"#,
            expected: #"{"model":"m1","parallel_tool_calls":true,"tools":[{"type":"function"}],\#(hi)}"#
        ),
        Case(
            testDescription: "members that go with tools, without tools",
            quirks: { $0.setWithTools = ["parallel_tool_calls": "false"] },
            request: #"{"model":"x",\#(hi)}"#,
            expected: #"{"model":"m1",\#(hi)}"#
        ),
        Case(
            testDescription: "schema keys at every depth",
            quirks: { $0.dropSchemaKeys = ["$schema", "additionalProperties"] },
            request: #"""
                {"model":"x","tools":[{"type":"function","function":{"name":"f","parameters":{"$schema":"s","type":"object","properties":{"a":{"type":"object","additionalProperties":false},"b":{"items":[{"additionalProperties":{"x":1},"type":"string"}]}},"additionalProperties":false}}}],"messages":[]}
                """#,
            expected: #"""
                {"model":"m1","tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"object"},"b":{"items":[{"type":"string"}]}}}}}],"messages":[]}
                """#
        ),
        Case(
            testDescription: "message members of an agent's own",
            quirks: { $0.strictMessages = true },
            request: #"""
                {"model":"x","messages":[{"id":1,"role":"user","content":"hi","ts":2},{"role":"assistant","refusal":null,"content":"a","reasoning_content":"r","tool_calls":[],"name":"n"}]}
                """#,
            expected: #"""
                {"model":"m1","messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"a","tool_calls":[],"name":"n"}]}
                """#
        ),
        Case(
            testDescription: "what another provider wrote beside a call",
            quirks: { $0.strictMessages = true },
            request: #"""
                {"model":"x","messages":[{"role":"assistant","tool_calls":[{"extra_content":{"google":{"thought_signature":"S"}},"id":"a","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"b","type":"function","function":{"name":"f","arguments":"{}"},"x":1}]}]}
                """#,
            expected: #"""
                {"model":"m1","messages":[{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"b","type":"function","function":{"name":"f","arguments":"{}"}}]}]}
                """#
        ),
        Case(
            testDescription: "text parts as one text",
            quirks: { $0.flatContent = true },
            request: #"""
                {"model":"x","messages":[{"role":"user","content":[{"type":"text","text":"a\n\"b\""},{"text":"🙂","type":"text"}]},{"role":"user","content":[{"type":"image_url","image_url":{"url":"u"}}]}]}
                """#,
            expected: #"""
                {"model":"m1","messages":[{"role":"user","content":"a\n\"b\"\n\n🙂"},{"role":"user","content":[{"type":"image_url","image_url":{"url":"u"}}]}]}
                """#
        ),
        Case(
            testDescription: "null content as an empty text",
            quirks: { $0.nullContentAsEmpty = true },
            request: #"{"model":"x","messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"c"}]}]}"#,
            expected: #"{"model":"m1","messages":[{"role":"assistant","content":"","tool_calls":[{"id":"c"}]}]}"#
        ),
        Case(
            testDescription: "a usual max_tokens",
            quirks: { $0.defaultMaxTokens = 8192 },
            request: #"{"model":"x",\#(hi)}"#,
            expected: #"{"max_tokens":8192,"model":"m1",\#(hi)}"#
        ),
        Case(
            testDescription: "a usual max_tokens where one was asked for",
            quirks: { $0.defaultMaxTokens = 8192 },
            request: #"{"model":"x","max_completion_tokens":5,\#(hi)}"#,
            expected: #"{"model":"m1","max_completion_tokens":5,\#(hi)}"#
        ),
        Case(
            testDescription: "a usual max_tokens where null was asked for",
            quirks: { $0.defaultMaxTokens = 8192 },
            request: #"{"model":"x","max_tokens":null,\#(hi)}"#,
            expected: #"{"max_tokens":8192,"model":"m1",\#(hi)}"#
        ),
        Case(
            testDescription: "a lowered max_tokens",
            edits: PromptEdits(maxTokens: 100),
            request: #"{"model":"x","max_tokens":9000,"max_completion_tokens":9000,\#(hi)}"#,
            expected: #"{"model":"m1","max_tokens":100,"max_completion_tokens":100,\#(hi)}"#
        ),
        Case(
            testDescription: "a lowered max_tokens that was not said",
            edits: PromptEdits(maxTokens: 100),
            request: #"{"model":"x","max_tokens":null,\#(hi)}"#,
            expected: #"{"max_tokens":100,"model":"m1",\#(hi)}"#
        ),
        Case(
            testDescription: "dropped messages and a summary",
            edits: PromptEdits(dropped: [1, 2], summary: JSONFragment("They \"met\".")),
            request: #"""
                {"model":"x","messages":[{"role":"system","content":"S"} , {"role":"user","content":"a"},{"role":"assistant","content":"b"}, {"role":"user","content":"c"}]}
                """#,
            expected: #"""
                {"model":"m1","messages":[{"role":"system","content":"S\n\nThey \"met\"."}, {"role":"user","content":"c"}]}
                """#
        ),
        Case(
            testDescription: "a summary and a directive without a system message",
            edits: PromptEdits(dropped: [0], summary: JSONFragment("Sum."), styleDirective: JSONFragment("Style.")),
            request: #"{"model":"x","messages":[{"role":"user","content":"a"},{"role":"user","content":"b"}]}"#,
            expected:
                #"{"model":"m1","messages":[{"role":"system","content":"Sum.\n\nStyle."},{"role":"user","content":"b"}]}"#
        ),
        Case(
            testDescription: "a directive behind system parts",
            edits: PromptEdits(styleDirective: JSONFragment("Style.")),
            request:
                #"{"model":"x","messages":[{"role":"system","content":[{"type":"text","text":"S"}]},{"role":"user","content":"b"}]}"#,
            expected:
                #"{"model":"m1","messages":[{"role":"system","content":[{"type":"text","text":"S"},{"type":"text","text":"Style."}]},{"role":"user","content":"b"}]}"#
        ),
        Case(
            testDescription: "a directive in a developer message",
            edits: PromptEdits(styleDirective: JSONFragment("Style.")),
            request: #"{"model":"x","messages":[{"role":"developer","content":"D"},{"role":"user","content":"b"}]}"#,
            expected:
                #"{"model":"m1","messages":[{"role":"developer","content":"D\n\nStyle."},{"role":"user","content":"b"}]}"#
        ),
        Case(
            testDescription: "a shortened message",
            edits: PromptEdits(shortened: [0: "a\n…"]),
            request: #"{"model":"x","messages":[{"role":"user","content":[{"type":"text","text":"aaaa"}]}]}"#,
            expected: #"{"model":"m1","messages":[{"role":"user","content":"a\n…"}]}"#
        ),
        Case(
            testDescription: "flat content and a directive",
            quirks: { $0.flatContent = true },
            edits: PromptEdits(styleDirective: JSONFragment("Style.")),
            request:
                #"{"model":"x","messages":[{"role":"system","content":[{"type":"text","text":"S"}]},{"role":"user","content":"b"}]}"#,
            expected:
                #"{"model":"m1","messages":[{"role":"system","content":"S\n\nStyle."},{"role":"user","content":"b"}]}"#
        ),
        Case(
            testDescription: "json_object as a schema",
            quirks: { $0.jsonObjectAsSchema = true },
            request:
                #"{"model":"x","response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{}}},\#(hi)}"#,
            expected:
                #"{"model":"m1","response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{}}},\#(hi)}"#
        ),
        Case(
            testDescription: "an effort that is not known",
            quirks: { $0.reasoningEfforts = ["low", "medium", "high"] },
            request: #"{"model":"x","reasoning_effort":"xhigh",\#(hi)}"#,
            expected: #"{"model":"m1","reasoning_effort":"high",\#(hi)}"#
        ),
        Case(
            testDescription: "no effort",
            quirks: { $0.reasoningEfforts = ["low", "medium", "high"] },
            request: #"{"model":"x","reasoning_effort":"none",\#(hi)}"#,
            expected: #"{"model":"m1",\#(hi)}"#
        ),
        Case(
            testDescription: "an effort that is known",
            quirks: { $0.reasoningEfforts = ["low", "medium", "high"] },
            request: #"{"model":"x","reasoning_effort":"low",\#(hi)}"#,
            expected: #"{"model":"m1","reasoning_effort":"low",\#(hi)}"#
        ),
        Case(
            testDescription: "a parameter that is always set",
            quirks: { $0.setParameters = ["temperature": "0"] },
            request: #"{"model":"x","temperature":0.7,\#(hi)}"#,
            expected: #"{"temperature":0,"model":"m1",\#(hi)}"#
        ),
        Case(
            testDescription: "a max_tokens that is too small",
            quirks: { $0.minMaxTokens = 16 },
            request: #"{"model":"x","max_tokens":5,\#(hi)}"#,
            expected: #"{"model":"m1","max_tokens":16,\#(hi)}"#
        ),
    ]

    static func route(_ change: (inout Quirks) -> Void = { _ in }) throws -> Route {
        var provider = Provider(name: "One", baseURL: "http://127.0.0.1:1/v1")
        provider.models = [Model(name: "m1")]
        change(&provider.quirks)
        let table = RouteTable([UsableProvider(provider, keys: [APIKey(secret: "k", label: "K")])])
        return try #require(table.routes.first)
    }

    static func rendered(_ request: String, for route: Route, edits: PromptEdits = .none) throws -> String {
        let read = try ChatRequestReader.read(ByteBuffer(string: request))
        return String(buffer: read.spliced(for: route, edits: edits, behind: ByteBuffer()).body)
    }

    @Test(arguments: cases) func `a request is written as its provider wants it`(_ wanted: Case) throws {
        let request = wanted.request.replacing(#""messages":[]"#, with: Self.hi)
        let expected = wanted.expected.replacing(#""messages":[]"#, with: Self.hi)
        let text = try Self.rendered(request, for: try Self.route(wanted.quirks), edits: wanted.edits)
        #expect(text == expected)
        _ = try SimulatedJSON.parse(text)
    }

    @Test func `json_object becomes a schema where it must`() throws {
        let route = try Self.route { $0.jsonObjectAsSchema = true }
        let text = try Self.rendered(#"{"model":"x","response_format":{"type":"json_object"},\#(Self.hi)}"#, for: route)
        let format = try SimulatedJSON.parse(text)["response_format"]
        #expect(
            format?["type"]?.string == "json_schema" && format?["json_schema"]?["schema"]?["type"]?.string == "object"
        )
    }

    /// In a process of its own: where edits overlap, a debug build stops.
    @Test func `a parameter that is left out is not edited as well`() async throws {
        await #expect(processExitsWith: .success) {
            let dropping = try RenderingTests.route { quirks in
                quirks.dropParameters = ["max_completion_tokens", "tools", "x"]
                quirks.renameParameters = ["x": "y"]
                quirks.dropSchemaKeys = ["$schema"]
            }
            let request =
                #"{"model":"a","max_completion_tokens":9000,"tools":[{"function":{"parameters":{"$schema":"s"}}}],"x":1,"#
                + #""messages":[{"role":"user","content":"hi"}]}"#
            let text = try RenderingTests.rendered(request, for: dropping, edits: PromptEdits(maxTokens: 100))
            let json = try SimulatedJSON.parse(text)
            let names = Set(json.members?.map(\.name) ?? [])
            precondition(names == ["max_tokens", "model", "messages"] && json["max_tokens"]?.integer == 100)
        }
    }

    // MARK: Properties

    @Test func `any request with any edits is JSON with the expected members`() throws {
        for seed in 0..<3000 {
            var dice = SimulatedDice(state: UInt64(seed) &* 7919)
            let (request, roles) = RandomRequest.make(using: &dice)
            let edits = RandomRequest.edits(roles: roles, using: &dice)
            let route = try Self.route { RandomRequest.quirks(&$0, using: &dice) }
            let text = try Self.rendered(request, for: route, edits: edits)
            do {
                try check(text, request, roles, edits, route.provider.quirks)
            } catch {
                Issue.record("seed \(seed): \(error)\n\(request)\n\(text)")
                return
            }
        }
    }

    private struct Mismatch: Error { var what: String }

    private func check(
        _ text: String,
        _ request: String,
        _ roles: [String],
        _ edits: PromptEdits,
        _ quirks: Quirks
    ) throws {
        func expect(_ isSo: Bool, _ what: String) throws { if !isSo { throw Mismatch(what: what) } }
        var bytes = Array(text.utf8)
        try bytes.withUnsafeMutableBytes { bytes in
            var scanner = JSONScanner(UnsafeRawBufferPointer(bytes))
            _ = try scanner.value()
            try scanner.end()
        }
        let (before, after) = (try SimulatedJSON.parse(request), try SimulatedJSON.parse(text))
        let names = (after.members ?? []).map(\.name)
        try expect(Set(names).count == names.count, "a member stands twice")
        try expect(names.filter { $0.hasPrefix("model_") }.isEmpty, "an own member went up")
        try expect(after["model"]?.string == "m1", "model")
        for member in before.members ?? [] where member.name.hasPrefix("x") {
            let isKept = !member.value.isNull && !quirks.dropParameters.contains(member.name)
            let name = isKept ? quirks.renameParameters[member.name] ?? member.name : member.name
            try expect(after[name] == (isKept ? member.value : nil), "member \(member.name)")
        }
        let isStream = before["stream"]?.bool == true
        try expect((after["stream_options"]?["include_usage"]?.bool == true) == isStream, "usage")
        try expect((after["stream"]?.bool == true) == isStream, "stream")
        if let most = edits.maxTokens {
            let asked = [after["max_tokens"], after["max_completion_tokens"]].compactMap { $0?.integer }
            try expect(!asked.isEmpty && asked.allSatisfy { $0 == most }, "max_tokens")
        }
        let kept = roles.indices.filter { !edits.dropped.contains($0) }
        var messages = after["messages"]?.elements ?? []
        let addition = [edits.summary, edits.styleDirective].compactMap { $0?.text }.joined(separator: "\n\n")
        if messages.count == kept.count + 1 {
            let own = messages.firstIndex { $0["role"]?.string == "system" && $0["content"]?.string == addition }
            guard let own, !addition.isEmpty else { throw Mismatch(what: "a message too many") }
            messages.remove(at: own)
        } else if !addition.isEmpty {
            let texts = messages.map { $0["content"]?.string ?? $0["content"]?.elements?.last?["text"]?.string ?? "" }
            try expect(texts.filter { $0.hasSuffix(addition) }.count == 1, "the addition stands once")
        }
        try expect(messages.compactMap { $0["role"]?.string } == kept.map { roles[$0] }, "roles")
        for (place, index) in kept.enumerated() {
            if let short = edits.shortened[index] {
                try expect(messages[place]["content"]?.string?.hasPrefix(short) == true, "shortened")
            }
        }
    }
}

/// Requests of every shape that is allowed, and edits that could be wished for.
private enum RandomRequest {
    private static let texts = [
        "", "a", "Füße 🙂", "\"q\" \\ / \n\t\u{1}", "\u{FFFD}\u{10FFFF}", "{\"a\":[1]}", "],[", "\\u0041",
    ]

    static func make(using dice: inout SimulatedDice) -> (json: String, roles: [String]) {
        let count = Int.random(in: 1...6, using: &dice)
        var roles: [String] = []
        var messages: [String] = []
        for _ in 0..<count {
            let role = ["system", "developer", "user", "assistant", "tool"].randomElement(using: &dice) ?? "user"
            roles.append(role)
            messages.append(message(role, using: &dice))
        }
        var members = [
            #""model":"meta-model""#,
            #""messages":[\#(messages.joined(separator: blank(&dice) + "," + blank(&dice)))]"#,
        ]
        let possible = [
            #""stream":true"#, #""stream":false"#, #""stream":null"#, #""stream_options":{"include_usage":false}"#,
            #""stream_options":{}"#, #""max_tokens":77"#, #""max_completion_tokens":88"#, #""max_tokens":null"#,
            #""model_type":"text""#, #""model_scale":null"#, #""model_name":"m""#, #""x1":null"#,
            #""x2":{"a":[1,{"b":"\u00e4]}"}],"additionalProperties":1}"#, #""x3":[]"#, #""x4":-1.5e-7"#,
            #""tools":[{"type":"function","function":{"name":"f","parameters":{"$schema":"s","additionalProperties":{}}}}]"#,
            #""tools":[]"#, #""tools":null"#,
        ]
        var names: Set<String> = []
        for member in possible.shuffled(using: &dice).prefix(Int.random(in: 0...8, using: &dice)) {
            guard names.insert(String(member.prefix { $0 != ":" })).inserted else { continue }
            members.insert(member, at: Int.random(in: 0...members.count, using: &dice))
        }
        let body = members.joined(separator: blank(&dice) + "," + blank(&dice))
        return ("{" + blank(&dice) + body + blank(&dice) + "}" + blank(&dice), roles)
    }

    private static func blank(_ dice: inout SimulatedDice) -> String {
        ["", "", "", " ", "\n  ", "\t"].randomElement(using: &dice) ?? ""
    }

    private static func message(_ role: String, using dice: inout SimulatedDice) -> String {
        func text() -> String { SimulatedJSON.quoted(texts.randomElement(using: &dice) ?? "") }
        var content: String
        switch Int.random(in: 0..<6, using: &dice) {
        case 0: content = "[]"
        case 1: content = #"[{"type":"text","text":\#(text())} ,{"text":\#(text()),"type":"text"}]"#
        case 2 where role == "assistant": content = "null"
        case 3 where role == "user": content = #"[{"type":"image_url","image_url":{"url":"data:,"}}]"#
        default: content = text()
        }
        var members = [#""role":"\#(role)""#, #""content":\#(content)"#]
        if role == "tool" { members.append(#""tool_call_id":"c""#) }
        if Bool.random(using: &dice) { members.append(#""own":{"a":null}"#) }
        if role == "assistant", Bool.random(using: &dice) {
            members.append(
                #""tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":\#(text())}}]"#
            )
        }
        return "{" + blank(&dice) + members.shuffled(using: &dice).joined(separator: ",") + "}"
    }

    /// System messages and the last one always stay.
    static func edits(roles: [String], using dice: inout SimulatedDice) -> PromptEdits {
        var edits = PromptEdits()
        func maybe() -> Bool { Int.random(in: 0..<3, using: &dice) == 0 }
        for (index, role) in roles.dropLast().enumerated() where role != "system" && role != "developer" && maybe() {
            edits.dropped.insert(index)
        }
        for index in roles.indices where !edits.dropped.contains(index) && maybe() && maybe() {
            edits.shortened[index] = "short \"\(index)\"\n"
        }
        if maybe() { edits.summary = JSONFragment("Summary: \"ü\"\n🙂") }
        if maybe() { edits.styleDirective = JSONFragment("Directive \\ here.") }
        if maybe() { edits.maxTokens = 55 }
        return edits
    }

    static func quirks(_ quirks: inout Quirks, using dice: inout SimulatedDice) {
        func maybe() -> Bool { Int.random(in: 0..<3, using: &dice) == 0 }
        if maybe() { quirks.dropParameters = ["x2"] }
        if maybe() { quirks.renameParameters = ["x3": "y3"] }
        if maybe() { quirks.setWithTools = ["parallel_tool_calls": "false"] }
        if maybe() { quirks.strictMessages = true }
        if maybe() { quirks.flatContent = true }
        if maybe() { quirks.nullContentAsEmpty = true }
        if maybe() { quirks.dropSchemaKeys = ["$schema", "additionalProperties"] }
        if maybe() { quirks.defaultMaxTokens = 99 }
    }
}

extension JSONFragment {
    /// The text that it stands for.
    fileprivate var text: String {
        let quoted = [UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")]
        return JSONReader.read(quoted, file: "fragment").value?.string ?? ""
    }
}
