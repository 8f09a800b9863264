import Clients

/// The tools that are offered, as functions.
///
/// Those that run on Anthropic's own servers (web search, code execution) are left out, since nobody else has them; those
/// that the client runs and Claude knows without a schema (bash, text editor, memory) are given one.
struct MessagesTools {
    private enum Tool {
        case function(JSONView)
        case known(JSONView, MessagesKnownTool)
    }

    private var tools: [Tool] = []
    private var choice: JSONView?

    init(_ tools: JSONView?, choice: JSONView?) throws(RequestFault) {
        if let tools {
            guard tools.isArray else { throw .wrong("tools", "a valid list") }
            var index = 0
            try tools.eachElement { (tool) throws(RequestFault) in
                try append(tool, index)
                index += 1
            }
        }
        if let choice {
            guard choice.isObject else { throw .wrong("tool_choice", "a valid dictionary") }
            guard choice["type"] != nil else { throw .fieldRequired("tool_choice.type") }
            if choice["type"]?.equals("tool") == true, choice["name"]?.hasText != true {
                throw .fieldRequired("tool_choice.tool.name")
            }
            self.choice = choice
        }
    }

    private mutating func append(_ tool: JSONView, _ index: Int) throws(RequestFault) {
        guard tool.isObject else { throw .wrong("tools.\(index)", "a valid dictionary") }
        let type = tool["type"]?.string ?? "custom"
        if tool["input_schema"]?.isObject == true {
            guard tool["name"]?.hasText == true else { throw .fieldRequired("tools.\(index).custom.name") }
            tools.append(.function(tool))
        } else if type == "custom" {
            if tool["name"] == nil { throw .fieldRequired("tools.\(index).custom.name") }
            throw .fieldRequired("tools.\(index).custom.input_schema")
        } else if let known = MessagesKnownTool(type: type) {
            tools.append(.known(tool, known))
        }
    }

    /// `tools`, `tool_choice`, `parallel_tool_calls`: none of them where no tool is left.
    func write(into json: inout JSONBuilder) {
        guard !tools.isEmpty else { return }
        json.member("tools") { json in json.array { json in for tool in tools { Self.write(tool, into: &json) } } }
        guard let choice, let type = choice["type"] else { return }
        if type.equals("any") {
            json.member("tool_choice", "required")
        } else if type.equals("none") {
            json.member("tool_choice", "none")
        } else if type.equals("tool"), let name = choice["name"], offers(name) {
            json.member("tool_choice") { json in
                json.object { json in
                    json.member("type", "function")
                    json.member("function") { json in json.object { $0.member("name", copying: name) } }
                }
            }
        }
        if choice["disable_parallel_tool_use"]?.isTrue == true { json.member("parallel_tool_calls", false) }
    }

    private func offers(_ name: JSONView) -> Bool {
        let name = name.string
        return tools.contains { tool in
            switch tool {
            case .function(let tool): tool["name"]?.string == name
            case .known(let tool, let known): (tool["name"]?.string ?? known.name) == name
            }
        }
    }

    private static func write(_ tool: Tool, into json: inout JSONBuilder) {
        json.object { json in
            json.member("type", "function")
            json.member("function") { json in
                json.object { json in
                    switch tool {
                    case .function(let tool):
                        json.member("name", copying: tool["name"])
                        json.member("description", copying: tool["description"])
                        json.member("parameters", copying: tool["input_schema"])
                    case .known(let tool, let known):
                        json.member("name", tool["name"]?.string ?? known.name)
                        json.member("description", known.description)
                        json.member("parameters", raw: known.parameters)
                    }
                }
            }
        }
    }
}

/// A tool that Claude was taught and others must be told of: what its client understands.
/// https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview
enum MessagesKnownTool {
    case bash, textEditor, memory

    /// Of the tool's `type`, which ends in a date.
    init?(type: String) {
        if type.hasPrefix("bash_") {
            self = .bash
        } else if type.hasPrefix("text_editor_") {
            self = .textEditor
        } else if type.hasPrefix("memory_") {
            self = .memory
        } else {
            return nil
        }
    }

    var name: String {
        switch self {
        case .bash: "bash"
        case .textEditor: "str_replace_based_edit_tool"
        case .memory: "memory"
        }
    }

    var description: String {
        switch self {
        case .bash: "Runs a command in a bash session that stays open from call to call."
        case .textEditor: "Views, creates and edits text files."
        case .memory: "Keeps notes as files under /memories from one conversation to the next."
        }
    }

    var parameters: String {
        switch self {
        case .bash:
            #"{"type":"object","properties":{"command":{"type":"string","description":"The command to run."},"#
                + #""restart":{"type":"boolean","description":"Starts the session anew."}}}"#
        case .textEditor: Self.files(["view", "create", "str_replace", "insert"], more: "")
        case .memory:
            Self.files(
                ["view", "create", "str_replace", "insert", "delete", "rename"],
                more: #","old_path":{"type":"string"},"new_path":{"type":"string"}"#
            )
        }
    }

    private static func files(_ commands: [String], more: String) -> String {
        let commands = commands.map(JSONText.quoted).joined(separator: ",")
        return #"{"type":"object","properties":{"command":{"type":"string","enum":[\#(commands)]},"#
            + #""path":{"type":"string","description":"Absolute path of a file or directory."},"#
            + #""view_range":{"type":"array","items":{"type":"integer"},"#
            + #""description":"First and last line to view, from 1; -1 is the last."},"#
            + #""file_text":{"type":"string","description":"Content of a file to create."},"#
            + #""old_str":{"type":"string","description":"Text to replace; it must be there once."},"#
            + #""new_str":{"type":"string","description":"What takes its place."},"#
            + #""insert_line":{"type":"integer","description":"Line after which text is inserted; 0 is the start."},"#
            + #""insert_text":{"type":"string","description":"Text to insert."}\#(more)},"required":["command"]}"#
    }
}
