/// Tools and how they are to be used.
struct AnthropicTools {
    var offered: [JSONView] = []
    var choice: JSONView?
    var isParallel = true
    var searches = false
    /// Of calls in the history: the API wants tools declared that it is shown calls of.
    var namesCalled: [JSONView] = []

    private var functions: [JSONView] { offered.filter { $0["function"]?["name"] != nil } }
    /// In the API's own words: `{"type":"web_search_20250305","name":"web_search"}`.
    private var own: [JSONView] { offered.filter { $0["function"] == nil && $0["name"] != nil && $0["type"] != nil } }

    /// The model must call a tool; it may not think then.
    var isForced: Bool {
        guard let choice, !functions.isEmpty else { return false }
        return choice.equals("required") || choice.equals("any") || choice["function"] != nil
    }

    func write(into json: inout JSONBuilder) {
        let (functions, own) = (functions, own)
        guard !functions.isEmpty || !own.isEmpty || searches else { return writeStandIns(&json) }
        json.member("tools") {
            $0.array { json in
                for tool in functions { write(tool, into: &json) }
                for tool in own { json.copy(tool) }
                if searches, own.isEmpty {
                    json.object {
                        $0.member("type", "web_search_20250305")
                        $0.member("name", "web_search")
                    }
                }
            }
        }
        writeChoice(&json)
    }

    private func write(_ tool: JSONView, into json: inout JSONBuilder) {
        guard let function = tool["function"] else { return }
        json.object {
            $0.member("name", copying: function["name"])
            if let description = function["description"], description.isString, !description.isBlank {
                $0.member("description", copying: description)
            }
            $0.key("input_schema")
            writeSchema(function["parameters"], into: &$0)
            $0.member("cache_control", copying: tool["cache_control"] ?? function["cache_control"])
        }
    }

    /// The API takes an object's schema only, without alternatives at its top.
    private func writeSchema(_ schema: JSONView?, into json: inout JSONBuilder) {
        guard let schema, schema.isObject else { return json.raw(#"{"type":"object","properties":{}}"#) }
        let isPlain = schema["type"]?.equals("object") == true
        if isPlain, schema["anyOf"] == nil, schema["oneOf"] == nil, schema["allOf"] == nil { return json.copy(schema) }
        json.object {
            $0.member("type", "object")
            for (key, value) in schema.members
            where !["type", "anyOf", "oneOf", "allOf"].contains(JSONText.string(schema.bytes, key)) {
                $0.member(key, copying: value)
            }
        }
    }

    private func writeChoice(_ json: inout JSONBuilder) {
        guard choice != nil || !isParallel else { return }
        json.member("tool_choice") {
            $0.object {
                if choice?.equals("none") == true { return $0.member("type", "none") }
                if let name = choice?["function"]?["name"] {
                    $0.member("type", "tool")
                    $0.member("name", copying: name)
                } else {
                    let isForced = choice?.equals("required") == true || choice?.equals("any") == true
                    $0.member("type", isForced ? "any" : "auto")
                }
                if !isParallel { $0.member("disable_parallel_tool_use", true) }
            }
        }
    }

    private func writeStandIns(_ json: inout JSONBuilder) {
        guard !namesCalled.isEmpty else { return }
        var seen: Set<String> = []
        json.member("tools") {
            $0.array { json in
                for name in namesCalled where seen.insert(name.string ?? "").inserted {
                    json.object {
                        $0.member("name", copying: name)
                        $0.member("input_schema", raw: #"{"type":"object"}"#)
                    }
                }
            }
        }
        json.member("tool_choice", raw: #"{"type":"none"}"#)
    }
}
