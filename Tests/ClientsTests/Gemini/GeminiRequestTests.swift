import NIOCore
import Testing

@testable import Clients

/// A chat completion request in Gemini's words, case by case.
struct GeminiRequestTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var model = "gemini-2.5-flash"
        var chat: String
        var gemini: String

        init(_ name: String, model: String = "gemini-2.5-flash", _ chat: String, _ gemini: String) {
            (testDescription, self.model, self.chat, self.gemini) = (name, model, chat, gemini)
        }
    }

    private static let hi = #""messages":[{"role":"user","content":"hi"}]"#
    private static let hiContents = #""contents":[{"role":"user","parts":[{"text":"hi"}]}]"#

    /// A request that says `hi`, with `members` beside it.
    private static func setting(_ name: String, model: String = "gemini-2.5-flash", _ members: String, _ gemini: String)
        -> Case
    {
        Case(name, model: model, "\(hi),\(members)", hiContents + (gemini.isEmpty ? "" : "," + gemini))
    }

    private static func written(_ chat: String, model: String, by dialect: GeminiDialect = GeminiDialect()) throws
        -> String
    {
        String(buffer: try dialect.request(ByteBuffer(string: #"{"model":"\#(model)",\#(chat)}"#)))
    }

    @Test(arguments: turns + settings + tools + formats)
    func `a request is written in Gemini's words`(_ example: Case) throws {
        #expect(try Self.written(example.chat, model: example.model) == "{\(example.gemini)}")
    }

    // MARK: Turns

    private static let turns: [Case] = [
        Case("a question", hi, hiContents),
        Case(
            "escapes stay as they are",
            #""messages":[{"role":"user","content":"a\n\u00e9\"\/"}]"#,
            #""contents":[{"role":"user","parts":[{"text":"a\n\u00e9\"\/"}]}]"#
        ),
        Case(
            "system and developer stand apart",
            #""messages":[{"role":"system","content":"A"},{"role":"user","content":"hi"},{"role":"developer","content":[{"type":"text","text":"B"}]}]"#,
            #""systemInstruction":{"parts":[{"text":"A"},{"text":"B"}]},"# + hiContents
        ),
        Case(
            "gemma hears the system's words from the user",
            model: "gemma-3-27b-it",
            #""messages":[{"role":"system","content":"A"},{"role":"user","content":"hi"}]"#,
            #""contents":[{"role":"user","parts":[{"text":"A"},{"text":"hi"}]}]"#
        ),
        Case(
            "turns of one role are one turn",
            #""messages":[{"role":"user","content":"a"},{"role":"user","content":"b"},{"role":"assistant","content":"c"},{"role":"assistant","content":"d"},{"role":"user","content":"e"}]"#,
            #""contents":[{"role":"user","parts":[{"text":"a"},{"text":"b"}]},{"role":"model","parts":[{"text":"c"},{"text":"d"}]},{"role":"user","parts":[{"text":"e"}]}]"#
        ),
        Case(
            "an answer at the start follows a blank question",
            #""messages":[{"role":"assistant","content":"a"},{"role":"user","content":"b"}]"#,
            #""contents":[{"role":"user","parts":[{"text":" "}]},{"role":"model","parts":[{"text":"a"}]},{"role":"user","parts":[{"text":"b"}]}]"#
        ),
        Case(
            "nothing is sent of what is empty",
            #""messages":[{"role":"user","content":""},{"role":"assistant","content":null},{"role":"user","content":[{"type":"text","text":""}]},{"role":"user","content":"hi"}]"#,
            hiContents
        ),
        Case(
            "system words alone are the question",
            #""messages":[{"role":"system","content":"hi"}]"#,
            hiContents
        ),
        Case(
            "images, audio and files are data",
            #""messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image\/jpg;base64,AA\/B"}},{"type":"input_audio","input_audio":{"data":"AAAA","format":"mp3"}},{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,BBBB"}},{"type":"image_url","image_url":"data:;base64,CCCC"}]}]"#,
            #""contents":[{"role":"user","parts":[{"inlineData":{"mimeType":"image/jpeg","data":"AA\/B"}},{"inlineData":{"mimeType":"audio/mp3","data":"AAAA"}},{"inlineData":{"mimeType":"application/pdf","data":"BBBB"}},{"inlineData":{"mimeType":"image/png","data":"CCCC"}}]}]"#
        ),
        Case(
            "a tool's round trip",
            #""messages":[{"role":"user","content":"hi"},{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":[1, \"y\"]}"}},{"id":"b","type":"function","function":{"name":"g","arguments":"no json"}}]},{"role":"tool","tool_call_id":"b","content":"plain"},{"role":"tool","tool_call_id":"a","content":"{\"ok\":true}"},{"role":"user","content":"and?"}]"#,
            #""contents":[{"role":"user","parts":[{"text":"hi"}]},{"role":"model","parts":[{"functionCall":{"id":"a","name":"f","args":{"x":[1, "y"]}}},{"functionCall":{"id":"b","name":"g","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"id":"a","name":"f","response":{"ok":true}}},{"functionResponse":{"id":"b","name":"g","response":{"result":"plain"}}}]},{"role":"user","parts":[{"text":"and?"}]}]"#
        ),
        Case(
            "a call that was never answered, and an answer to no call",
            #""messages":[{"role":"tool","tool_call_id":"z","content":"lost"},{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":""}}]},{"role":"user","content":"hi"}]"#,
            #""contents":[{"role":"user","parts":[{"text":"lost"}]},{"role":"model","parts":[{"functionCall":{"id":"a","name":"f","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"id":"a","name":"f","response":{"result":""}}}]},{"role":"user","parts":[{"text":"hi"}]}]"#
        ),
        Case(
            "results in parts, and an array as a result",
            #""messages":[{"role":"user","content":"hi"},{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"b","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","content":[{"type":"text","text":"1"},{"type":"text","text":"2"}]},{"role":"tool","tool_call_id":"b","content":"[1]"}]"#,
            #""contents":[{"role":"user","parts":[{"text":"hi"}]},{"role":"model","parts":[{"functionCall":{"id":"a","name":"f","args":{}}},{"functionCall":{"id":"b","name":"f","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"id":"a","name":"f","response":{"result":"1\n2"}}},{"functionResponse":{"id":"b","name":"f","response":{"result":"[1]"}}}]}]"#
        ),
        Case(
            "signatures come back, and the first call of each step has one",
            model: "gemini-3-flash-preview",
            #""messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"x","extra_content":{"google":{"thought_signature":"T"}},"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"S"}}},{"id":"b","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","content":"1"},{"role":"tool","tool_call_id":"b","content":"2"},{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"3"}]"#,
            #""contents":[{"role":"user","parts":[{"text":"hi"}]},{"role":"model","parts":[{"text":"x","thoughtSignature":"T"},{"functionCall":{"id":"a","name":"f","args":{}},"thoughtSignature":"S"},{"functionCall":{"id":"b","name":"f","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"id":"a","name":"f","response":{"result":"1"}}},{"functionResponse":{"id":"b","name":"f","response":{"result":"2"}}}]},{"role":"model","parts":[{"functionCall":{"id":"c","name":"f","args":{}},"thoughtSignature":"skip_thought_signature_validator"}]},{"role":"user","parts":[{"functionResponse":{"id":"c","name":"f","response":{"result":"3"}}}]}]"#
        ),
    ]

    // MARK: Settings

    private static let settings: [Case] = [
        setting(
            "nothing is said of what was not asked",
            #""stream":true,"user":"u","logprobs":true,"temperature":null"#,
            ""
        ),
        setting(
            "numbers",
            #""temperature":0.50,"top_p":1e-1,"top_k":3,"max_tokens":7,"max_completion_tokens":9,"seed":5,"n":2"#,
            #""generationConfig":{"temperature":0.50,"topP":1e-1,"topK":3,"maxOutputTokens":9,"candidateCount":2,"seed":5}"#
        ),
        setting("one choice and a seed too large", #""n":1,"seed":4294967296"#, ""),
        setting("a stop text", #""stop":"END""#, #""generationConfig":{"stopSequences":["END"]}"#),
        setting(
            "five stop texts at most",
            #""stop":["a","","b","c","d","e","f"]"#,
            #""generationConfig":{"stopSequences":["a","b","c","d","e"]}"#
        ),
        setting("penalties are refused by 2.5", #""presence_penalty":1,"frequency_penalty":0.5"#, ""),
        setting(
            "penalties are taken by 2.0",
            model: "gemini-2.0-flash",
            #""presence_penalty":1,"frequency_penalty":0.5"#,
            #""generationConfig":{"presencePenalty":1,"frequencyPenalty":0.5}"#
        ),
        thinking("none", 0, false), thinking("low", 1024, true), thinking("medium", 8192, true),
        thinking("high", 24576, true),
        setting(
            "the pro model thinks a little at least",
            model: "gemini-2.5-pro",
            #""reasoning_effort":"none""#,
            #""generationConfig":{"thinkingConfig":{"thinkingBudget":128,"includeThoughts":false}}"#
        ),
        setting(
            "levels since 3",
            model: "gemini-3-flash-preview",
            #""reasoning_effort":"minimal""#,
            #""generationConfig":{"thinkingConfig":{"thinkingLevel":"minimal","includeThoughts":true}}"#
        ),
        setting(
            "3 pro knows low and high",
            model: "gemini-3-pro-preview",
            #""reasoning_effort":"medium""#,
            #""generationConfig":{"thinkingConfig":{"thinkingLevel":"high","includeThoughts":true}}"#
        ),
        setting(
            "a budget of tokens",
            #""thinking":{"type":"enabled","budget_tokens":4000}"#,
            #""generationConfig":{"thinkingConfig":{"thinkingBudget":4000,"includeThoughts":true}}"#
        ),
        setting("models that do not think", model: "gemini-2.0-flash", #""reasoning_effort":"high""#, ""),
        setting("gemma does not think", model: "gemma-3-27b-it", #""reasoning_effort":"high""#, ""),
        setting(
            "pictures as answers",
            model: "gemini-2.5-flash-image",
            #""modalities":["text","image"]"#,
            #""generationConfig":{"responseModalities":["TEXT","IMAGE"]}"#
        ),
        setting("text alone needs no word", #""modalities":["text"]"#, ""),
    ]

    private static func thinking(_ effort: String, _ budget: Int, _ includes: Bool) -> Case {
        setting(
            "effort \(effort)",
            #""reasoning_effort":"\#(effort)""#,
            #""generationConfig":{"thinkingConfig":{"thinkingBudget":\#(budget),"includeThoughts":\#(includes)}}"#
        )
    }

    // MARK: Tools

    private static func function(_ name: String) -> String { #"{"type":"function","function":{"name":"\#(name)"}}"# }

    private static let declared = #""tools":[{"functionDeclarations":[{"name":"f"},{"name":"g"}]}]"#

    private static func choice(_ choice: String, _ config: String) -> Case {
        setting(
            "tool_choice \(choice)",
            #""tools":[\#(function("f")),\#(function("g"))],"tool_choice":\#(choice)"#,
            declared + #","toolConfig":{"functionCallingConfig":\#(config)}"#
        )
    }

    private static let tools: [Case] = [
        setting(
            "a function with all its words",
            #""tools":[{"type":"function","function":{"name":"f","description":"d\n","strict":true,"parameters":{"type":"object","properties":{"a":{"type":"string"}}}}}]"#,
            #""tools":[{"functionDeclarations":[{"name":"f","description":"d\n","parametersJsonSchema":{"type":"object","properties":{"a":{"type":"string"}}}}]}]"#
        ),
        setting(
            "empty parameters are left out, a name is declared once",
            #""tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}},\#(function("f"))]"#,
            #""tools":[{"functionDeclarations":[{"name":"f"}]}]"#
        ),
        setting(
            "names are made valid",
            #""tools":[\#(function("1 a/é")),\#(function("x.y:z-1"))]"#,
            #""tools":[{"functionDeclarations":[{"name":"_1_a___"},{"name":"x.y:z-1"}]}]"#
        ),
        choice(#""auto""#, #"{"mode":"AUTO"}"#), choice(#""none""#, #"{"mode":"NONE"}"#),
        choice(#""required""#, #"{"mode":"ANY"}"#),
        choice(function("g"), #"{"mode":"ANY","allowedFunctionNames":["g"]}"#),
        choice(function("unknown"), #"{"mode":"ANY"}"#),
        choice(
            #"{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[\#(function("g"))]}}"#,
            #"{"mode":"ANY","allowedFunctionNames":["g"]}"#
        ),
        setting("a choice without tools", #""tool_choice":"auto""#, ""),
        setting("no tools", #""tools":[]"#, ""),
        setting("search by name", #""tools":[\#(function("google_search"))]"#, #""tools":[{"google_search":{}}]"#),
        setting("search by kind", #""tools":[{"type":"web_search_preview"}]"#, #""tools":[{"google_search":{}}]"#),
        setting(
            "functions go before search",
            #""tools":[\#(function("googleSearch")),\#(function("f"))]"#,
            #""tools":[{"functionDeclarations":[{"name":"f"}]}]"#
        ),
    ]

    // MARK: JSON

    private static let schema = #"{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}"#
    private static let asked =
        #""response_format":{"type":"json_schema","json_schema":{"name":"x","strict":true,"schema":\#(schema)}}"#

    private static let formats: [Case] = [
        setting("text", #""response_format":{"type":"text"}"#, ""),
        setting(
            "any object",
            #""response_format":{"type":"json_object"}"#,
            #""generationConfig":{"responseMimeType":"application/json"}"#
        ),
        setting(
            "a schema",
            asked,
            #""generationConfig":{"responseMimeType":"application/json","responseJsonSchema":\#(schema)}"#
        ),
        Case(
            "a schema beside tools is asked for in words",
            #"\#(hi),"tools":[\#(function("f"))],\#(asked)"#,
            #""systemInstruction":{"parts":[{"text":"Unless you call a tool, answer with JSON alone, without any other text or code fence, which is valid under this JSON schema: {\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}},\"required\":[\"a\"]}"}]},"#
                + hiContents + #","tools":[{"functionDeclarations":[{"name":"f"}]}]"#
        ),
        setting(
            "a schema beside tools since 3",
            model: "gemini-3-flash-preview",
            #""tools":[\#(function("f"))],\#(asked)"#,
            #""tools":[{"functionDeclarations":[{"name":"f"}]}],"generationConfig":{"responseMimeType":"application/json","responseJsonSchema":\#(schema)}"#
        ),
        Case(
            "gemma has no JSON mode",
            model: "gemma-3-27b-it",
            #"\#(hi),"response_format":{"type":"json_object"}"#,
            #""contents":[{"role":"user","parts":[{"text":"Unless you call a tool, answer with JSON alone, without any other text or code fence."},{"text":"hi"}]}]"#
        ),
    ]

    // MARK: What cannot be said

    @Test(arguments: [
        #"[{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}]"#,
        #"[{"type":"image_url","image_url":{"url":"data:image/png,plain"}}]"#,
        #"[{"type":"image_url","image_url":{"url":"data:image/png;base64"}}]"#,
        #"[{"type":"image_url","image_url":{"url":"data:image/png;base64,"}}]"#, #"[{"type":"image_url"}]"#,
        #"[{"type":"file","file":{"file_id":"f1"}}]"#, #"[{"type":"input_audio","input_audio":7}]"#,
        #"[{"type":"video_url","video_url":{}}]"#,
    ])
    func `what Gemini has no word for is for another provider`(_ content: String) {
        #expect(throws: DialectFault.self) {
            try Self.written(#""messages":[{"role":"user","content":\#(content)}]"#, model: "gemini-2.5-flash")
        }
    }

    @Test func `members of the wrong type do no harm`() throws {
        let chat = #"""
            "messages":[{"role":7,"content":{"a":1}},7,{"role":"assistant","tool_calls":{"a":1}},{"role":"tool"},
            {"role":"user","content":[7,"hi",{"type":"text","text":7}]}],"tools":{"a":1},"tool_choice":7,"stop":7,"n":"x",
            "temperature":"hot","response_format":[],"reasoning_effort":3,"modalities":"text"
            """#
        #expect(try Self.written(chat, model: "gemini-2.5-flash") == "{\(Self.hiContents)}")
    }

    @Test func `paths name the model and the way`() {
        let dialect = GeminiDialect()
        #expect(dialect.path(model: "gemini-2.5-flash", isStream: false) == "/models/gemini-2.5-flash:generateContent")
        #expect(
            dialect.path(model: "tunedModels/x", isStream: true) == "/tunedModels/x:streamGenerateContent?alt=sse"
        )
        #expect(dialect.fields(key: "k").map(\.name) == ["x-goog-api-key"] && dialect.fields(key: nil).isEmpty)
    }

    @Test(arguments: [
        ("gemini-2.5-pro", 2.5), ("gemini-3-flash-preview", 3), ("gemini-3.1-pro-preview", 3.1),
        ("gemini-flash-latest", 3),
        ("models/gemini-2.0-flash", 2), ("gemma-3-27b-it", 0), ("gemini-embedding-001", 0), ("learnlm-2.0", 0),
    ])
    func `generations are read from names`(_ id: String, _ generation: Double) {
        #expect(GeminiModel(id).generation == generation)
    }
}
