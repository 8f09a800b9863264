import NIOCore

/// `tools` and `tool_choice` as function declarations, or as Google's own search.
struct GeminiTools {
    private let functions: [JSONView]
    private let searches: Bool
    private let choice: JSONView?
    private let memory: GeminiMemory

    private static let searchNames: Set<String> = ["google_search", "googlesearch", "google_search_retrieval"]

    init(_ tools: JSONView?, choice: JSONView?, memory: GeminiMemory) {
        var functions: [JSONView] = []
        var searches = false
        for tool in tools?.elements ?? [] {
            let type = tool["type"]?.string ?? ""
            let name = tool["function"]?["name"]?.string
            if let name, Self.searchNames.contains(name.lowercased()) {
                searches = true
            } else if let name, !name.isEmpty, let function = tool["function"] {
                functions.append(function)
            } else if type.hasPrefix("web_search") || Self.searchNames.contains(type) || tool["google_search"] != nil
                || tool["googleSearch"] != nil
            {
                searches = true
            }
        }
        self.functions = functions
        // Both at once are refused: what only the client can answer goes before.
        self.searches = searches && functions.isEmpty
        self.choice = choice
        self.memory = memory
    }

    var isOffered: Bool { !functions.isEmpty || searches }

    func write(into json: inout JSONBuilder) {
        guard isOffered else { return }
        json.member("tools") { json in
            json.array { json in
                json.object { json in
                    if searches {
                        json.member("google_search") { $0.object { _ in } }
                    } else {
                        json.member("functionDeclarations") { json in json.array(writeDeclarations) }
                    }
                }
            }
        }
        if !functions.isEmpty { writeChoice(into: &json) }
    }

    private func writeDeclarations(into json: inout JSONBuilder) {
        var names: Set<String> = []
        for function in functions {
            let name = Self.name(function["name"]?.string ?? "", memory: memory)
            // A name that is declared twice is refused.
            guard names.insert(name).inserted else { continue }
            json.object { json in
                json.member("name", name)
                if let description = function["description"], description.isString, description.raw.count > 2 {
                    json.member("description", copying: description)
                }
                guard let parameters = function["parameters"], parameters.isObject else { return }
                let schema = GeminiSchema(root: parameters)
                guard schema.hasContent else { return }
                json.key("parametersJsonSchema")
                schema.write(into: &json)
            }
        }
    }

    private func writeChoice(into json: inout JSONBuilder) {
        guard let choice else { return }
        var mode = choice.string ?? "auto"
        var allowed: [String] = []
        if let name = choice["function"]?["name"]?.string ?? choice["name"]?.string {
            (mode, allowed) = ("required", [name])
        } else if let tools = choice["allowed_tools"] {
            mode = tools["mode"]?.string ?? "auto"
            if mode == "required" {
                allowed = (tools["tools"]?.elements ?? []).compactMap { $0["function"]?["name"]?.string }
            }
        }
        let declared = Set(functions.compactMap { $0["name"]?.string })
        allowed = allowed.filter { declared.contains($0) }
        json.member("toolConfig") { json in
            json.object { json in
                json.member("functionCallingConfig") { json in
                    json.object { json in
                        json.member(
                            "mode",
                            mode == "none" ? "NONE" : mode == "required" || mode == "any" ? "ANY" : "AUTO"
                        )
                        guard !allowed.isEmpty else { return }
                        json.member("allowedFunctionNames") { json in
                            json.array { json in for name in allowed { json.string(Self.name(name, memory: memory)) } }
                        }
                    }
                }
            }
        }
    }

    // MARK: Names

    private static let maxNameBytes = 64

    /// A name as Gemini takes it: letters, digits and `_.:-`, the first a letter or `_`, 64 at most. What had to be
    /// changed is remembered, so that the client hears its own name.
    static func name(_ name: String, memory: GeminiMemory) -> String {
        var written: [UInt8] = []
        var isChanged = false
        for byte in name.utf8 {
            let isLetter = (byte | 0x20) &- 0x61 < 26 || byte == UInt8(ascii: "_")
            let isOther = byte &- 0x30 < 10 || byte == 0x2D || byte == 0x2E || byte == 0x3A
            if written.isEmpty, !isLetter {
                written.append(UInt8(ascii: "_"))
                isChanged = true
            }
            if isLetter || isOther {
                written.append(byte)
            } else if !written.isEmpty {
                written.append(UInt8(ascii: "_"))
                isChanged = true
            }
        }
        if written.count > maxNameBytes {
            written.removeSubrange(maxNameBytes...)
            isChanged = true
        }
        let text = String(decoding: written, as: UTF8.self)
        if isChanged { memory.remember(name: name, as: text) }
        return text
    }
}
