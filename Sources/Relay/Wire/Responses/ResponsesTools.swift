import Clients
import NIOCore

/// The tools of a request as functions, and what a call of each is for the client.
///
/// Functions are flat here and nested in a chat completion. A `custom` tool (Codex's `apply_patch`) becomes a function
/// with one text parameter, `local_shell` one with its command; a `namespace`'s functions carry its name. What OpenAI
/// runs itself (`web_search`, `file_search`, `mcp`, …) is left out.
struct ResponsesTools: Sendable {
    /// What is called by a function's name.
    enum Kind: Sendable, Equatable {
        /// `name` and `namespace` as the client has them, as JSON strings.
        case function(name: String, namespace: String?)
        case custom(name: String)
        case localShell
    }

    static let localShellName = "local_shell"

    /// The array for the chat completion.
    private(set) var functions = ByteBuffer()
    /// `tool_choice`, as JSON text.
    private(set) var choice: String?
    private var kinds: [String: Kind] = [:]

    var hasAny: Bool { !kinds.isEmpty }

    /// What a call of that function is; of a function that nobody offered a plain one.
    func kind(of name: String) -> Kind { kinds[name] ?? .function(name: JSONText.quoted(name), namespace: nil) }

    init(_ tools: JSONView?, choice: JSONView?) throws(RequestFault) {
        let entries = tools?.elements ?? []
        let allowed = ToolChoice.allowed(choice)
        functions.write("[")
        for (place, tool) in entries.enumerated() {
            let param = "tools[\(place)]"
            _ = try tool.checked(.object, param)
            if let allowed, !ToolChoice.allows(tool, allowed) { continue }
            try add(tool, param)
        }
        functions.write("]")
        self.choice = try ToolChoice.chat(choice, among: kinds)
    }

    private mutating func add(_ tool: JSONView, _ param: String) throws(RequestFault) {
        guard let type = tool["type"] else { throw .missing("\(param).type") }
        if type.equals("function") {
            try addFunction(tool, param, namespace: nil)
        } else if type.equals("custom") {
            try addCustom(tool, param)
        } else if type.equals("local_shell") {
            addLocalShell()
        } else if type.equals("namespace") {
            let namespace = tool["name"]?.string
            for (place, inner) in (tool["tools"]?.elements ?? []).enumerated()
            where inner["type"]?.equals("function") == true {
                try addFunction(inner, "\(param).tools[\(place)]", namespace: namespace)
            }
        }
    }

    private mutating func addFunction(
        _ tool: JSONView,
        _ param: String,
        namespace: String?
    ) throws(RequestFault) {
        // Some clients nest it as chat completions do.
        let function = tool["function"] ?? tool
        guard let name = function["name"] else { throw .missing("\(param).name") }
        _ = try name.checked(.string, "\(param).name")
        let bare = name.string ?? ""
        let full = Self.functionName(bare, in: namespace)
        let kind = Kind.function(name: JSONText.quoted(bare), namespace: namespace.map(JSONText.quoted))
        guard begin(full, kind) else { return }
        writeFunction { json in
            json.member("name", full)
            json.member("description", copying: function["description"])
            json.member("parameters", copying: function["parameters"])
            if function["strict"]?.isTrue == true { json.member("strict", true) }
        }
    }

    private mutating func writeFunction(_ members: (inout JSONBuilder) -> Void) {
        JSONBuilder.write(into: &functions) { json in
            json.object { json in
                json.member("type", "function")
                json.member("function") { $0.object(members) }
            }
        }
    }

    private mutating func addCustom(_ tool: JSONView, _ param: String) throws(RequestFault) {
        guard let name = tool["name"] else { throw .missing("\(param).name") }
        _ = try name.checked(.string, "\(param).name")
        let text = name.string ?? ""
        guard begin(text, .custom(name: JSONText.quoted(text))) else { return }
        writeFunction { json in
            json.member("name", text)
            json.member("description", Self.description(ofCustom: tool))
            json.member(
                "parameters",
                raw: #"{"type":"object","properties":{"input":{"type":"string","description":"#
                    + #""The whole input of the tool, as it is."}},"required":["input"],"#
                    + #""additionalProperties":false}"#
            )
        }
    }

    /// The tool's own words, how its text is handed over, and the grammar that it follows.
    private static func description(ofCustom tool: JSONView) -> String {
        var text = tool["description"]?.string ?? ""
        if !text.isEmpty { text += "\n\n" }
        text += "Put the tool's whole text into the parameter `input`."
        if let format = tool["format"], let definition = format["definition"]?.string {
            text += " It follows this \(format["syntax"]?.string ?? "") grammar:\n\(definition)"
        }
        return text
    }

    private mutating func addLocalShell() {
        guard begin(Self.localShellName, .localShell) else { return }
        functions.write(
            """
            {"type":"function","function":{"name":"local_shell","description":"Runs a command on the user's machine and \
            returns its output.","parameters":{"type":"object","properties":{"command":{"type":"array","items":\
            {"type":"string"},"description":"The program and its arguments, for example [\\"bash\\",\\"-lc\\",\\"ls\\"]."},\
            "working_directory":{"type":"string"},"timeout_ms":{"type":"integer"}},"required":["command"]}}}
            """
        )
    }

    /// `false` where a function of that name is there already.
    private mutating func begin(_ name: String, _ kind: Kind) -> Bool {
        guard kinds[name] == nil else { return false }
        if !kinds.isEmpty { functions.write(",") }
        kinds[name] = kind
        return true
    }

    /// One name for both parts, as long as providers take it (64 characters).
    static func functionName(_ name: String, in namespace: String?) -> String {
        guard let namespace, !namespace.isEmpty else { return name }
        let full = namespace + (namespace.hasSuffix("__") ? "" : "__") + name
        return full.utf8.count <= 64 ? full : name
    }
}

/// `tool_choice` in both APIs.
private enum ToolChoice {
    /// What an entry of `allowed_tools` names; without a name every tool of its type.
    struct Allowed: Hashable {
        let type: String
        var name: String?

        init?(_ entry: JSONView) {
            guard let type = entry["type"]?.string else { return nil }
            self.type = type
            name = (entry["function"] ?? entry)["name"]?.string
        }
    }

    /// The tools that a choice narrows the offer to; `nil` where it does not.
    static func allowed(_ choice: JSONView?) -> Set<Allowed>? {
        guard let choice, choice["type"]?.equals("allowed_tools") == true else { return nil }
        return Set(((choice["allowed_tools"] ?? choice)["tools"]?.elements ?? []).compactMap(Allowed.init))
    }

    static func allows(_ tool: JSONView, _ allowed: Set<Allowed>) -> Bool {
        guard var entry = Allowed(tool) else { return false }
        if allowed.contains(entry) { return true }
        entry.name = nil
        return allowed.contains(entry)
    }

    /// JSON text; `nil` where nothing needs to be said.
    static func chat(
        _ choice: JSONView?,
        among kinds: [String: ResponsesTools.Kind]
    ) throws(RequestFault) -> String? {
        guard let choice else { return nil }
        if choice.isString { return try mode(choice) }
        _ = try choice.checked(.object, "tool_choice")
        guard let type = choice["type"] else { throw .missing("tool_choice.type") }
        if type.equals("allowed_tools") {
            return try (choice["allowed_tools"] ?? choice)["mode"]
                .flatMap { mode throws(RequestFault) in try self.mode(mode) }
        }
        let name: String
        if type.equals("function") || type.equals("custom") {
            guard let asked = (choice["function"] ?? choice)["name"]?.string else { throw .missing("tool_choice.name") }
            name = ResponsesTools.functionName(asked, in: choice["namespace"]?.string)
        } else if type.equals("local_shell") {
            name = ResponsesTools.localShellName
        } else {
            // A tool that is run elsewhere cannot be forced.
            return nil
        }
        guard kinds[name] != nil else {
            throw .invalid(param: "tool_choice", message: "Tool choice '\(name)' not found in 'tools' parameter.")
        }
        return "{\"type\":\"function\",\"function\":{\"name\":\(JSONText.quoted(name))}}"
    }

    private static func mode(_ choice: JSONView) throws(RequestFault) -> String? {
        if choice.equals("auto") { return nil }
        if choice.equals("none") { return "\"none\"" }
        if choice.equals("required") { return "\"required\"" }
        throw .invalid(
            param: "tool_choice",
            message: "Invalid value for 'tool_choice': expected 'none', 'auto', 'required' or an object."
        )
    }
}
