/// What Gemini asks of a request beyond the types of its members.
struct SimulatedGeminiCheck {
    typealias Complaint = SimulatedCheck.Complaint

    let json: SimulatedJSON
    let model: String
    let wantsSignatures: Bool

    private var contents: [SimulatedJSON] { json["contents"]?.elements ?? [] }
    private var isGemma: Bool { model.hasPrefix("gemma") }

    func check() throws(Complaint) {
        try checkSystem()
        try checkTurns()
        try checkFunctionTurns()
        if wantsSignatures { try checkSignatures() }
        try checkTools()
        try checkConfiguration()
    }

    private func complaint(_ message: String, field: String? = nil) -> Complaint {
        Complaint(status: 400, message: message, param: field)
    }

    // MARK: Turns

    private func checkSystem() throws(Complaint) {
        guard let system = json["systemInstruction"] else { return }
        if isGemma { throw complaint("Developer instruction is not enabled for models/\(model)") }
        try checkParts(system, at: "system_instruction")
        guard system["parts"]?.elements?.allSatisfy({ $0["text"] != nil }) == true else {
            throw complaint("System instructions take text alone.", field: "system_instruction")
        }
    }

    private func checkTurns() throws(Complaint) {
        guard !contents.isEmpty else {
            throw complaint("* GenerateContentRequest.contents: contents is not specified\n", field: "contents")
        }
        var last: SimulatedJSON?
        for (place, content) in contents.enumerated() {
            guard let role = content["role"]?.string, role == "user" || role == "model" else {
                throw complaint("Please use a valid role: user, model.", field: "contents[\(place)].role")
            }
            if last == nil, role != "user" {
                throw complaint("Please ensure that multiturn requests begin with a user turn.")
            }
            // Results of functions are a turn of their own, and words may follow them.
            if let last, last["role"]?.string == role, responses(in: last).isEmpty {
                throw complaint("Please ensure that multiturn requests alternate between user and model.")
            }
            try checkParts(content, at: "contents[\(place)]")
            last = content
        }
    }

    private func checkParts(_ content: SimulatedJSON, at path: String) throws(Complaint) {
        let parts = content["parts"]?.elements ?? []
        guard !parts.isEmpty else {
            throw complaint("* GenerateContentRequest.\(path).parts: contents.parts must not be empty.\n", field: path)
        }
        let kinds = ["text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode"]
        for (place, part) in parts.enumerated() {
            let found = kinds.filter { part[$0] != nil }
            guard found.count == 1, part["text"]?.string != "" else {
                throw complaint(
                    "* GenerateContentRequest.\(path).parts[\(place)].data: required oneof field 'data' must have one "
                        + "initialized field\n",
                    field: "\(path).parts[\(place)].data"
                )
            }
            try checkInlineData(part, at: "\(path).parts[\(place)]")
        }
    }

    private func checkInlineData(_ part: SimulatedJSON, at path: String) throws(Complaint) {
        guard let blob = part["inlineData"] else { return }
        let types = [
            "image/png", "image/jpeg", "image/webp", "image/heic", "image/heif", "image/gif", "audio/wav", "audio/mp3",
            "application/pdf", "text/plain",
        ]
        guard let type = blob["mimeType"]?.string, types.contains(type) else {
            throw complaint("Unsupported MIME type: \(blob["mimeType"]?.string ?? "")", field: path)
        }
        guard blob["data"]?.string?.isEmpty == false else {
            throw complaint("Unable to process input image. Please retry or report", field: path)
        }
    }

    // MARK: Functions

    private func calls(in content: SimulatedJSON) -> [SimulatedJSON] {
        (content["parts"]?.elements ?? []).compactMap { $0["functionCall"] }
    }

    private func responses(in content: SimulatedJSON) -> [SimulatedJSON] {
        (content["parts"]?.elements ?? []).compactMap { $0["functionResponse"] }
    }

    private func checkFunctionTurns() throws(Complaint) {
        for (place, content) in contents.enumerated() {
            let isUser = content["role"]?.string == "user"
            let (calls, responses) = (calls(in: content), responses(in: content))
            guard isUser ? calls.isEmpty : responses.isEmpty else {
                throw complaint("Please ensure that function calls are the model's and their responses the user's.")
            }
            for call in calls + responses where call["name"]?.string?.isEmpty != false {
                throw complaint("* GenerateContentRequest.contents[\(place)]: function name cannot be empty.\n")
            }
            let before = place > 0 ? self.calls(in: contents[place - 1]) : []
            guard responses.count == before.count || responses.isEmpty else {
                throw complaint(
                    "Please ensure that the number of function response parts is equal to the number of function call "
                        + "parts of the function call turn."
                )
            }
            if responses.isEmpty, !before.isEmpty {
                throw complaint(
                    "Please ensure that function response turn comes immediately after a function call turn."
                )
            }
            guard responses.map({ $0["name"]?.string }) == before.map({ $0["name"]?.string }) || responses.isEmpty,
                responses.map({ $0["id"]?.string }) == before.map({ $0["id"]?.string }) || responses.isEmpty
            else { throw complaint("Function responses are not those of the calls before them.") }
        }
    }

    /// Base64, as a signature is.
    static func signature(_ name: String) -> String {
        "c2ln" + String(name.unicodeScalars.filter { $0.isASCII && $0.properties.isAlphabetic }) + "AAAA"
    }

    private static let sentinels = ["skip_thought_signature_validator", "context_engineering_is_the_way_to_go"]

    /// In the current turn, that is since the user last said something, each step's first call is signed.
    private func checkSignatures() throws(Complaint) {
        let start = contents.lastIndex { $0["role"]?.string == "user" && responses(in: $0).isEmpty } ?? 0
        for (place, content) in contents.enumerated() where place > start {
            guard let first = content["parts"]?.elements?.first(where: { $0["functionCall"] != nil }) else { continue }
            let name = first["functionCall"]?["name"]?.string ?? ""
            guard let signature = first["thoughtSignature"]?.string else {
                throw complaint(
                    "Function call is missing a thought_signature in functionCall parts. This is required for tools to "
                        + "work correctly, and missing thought_signature may lead to degraded model performance. "
                        + "Additional data, function call `default_api:\(name)` , position \(place + 1). Please refer to "
                        + "https://ai.google.dev/gemini-api/docs/thought-signatures for more details."
                )
            }
            guard signature == Self.signature(name) || Self.sentinels.contains(signature) else {
                throw complaint("Corrupted thought signature.")
            }
        }
    }

    // MARK: Tools and settings

    private func checkTools() throws(Complaint) {
        var names: Set<String> = []
        let tools = json["tools"]?.elements ?? []
        for tool in tools {
            for declaration in tool["functionDeclarations"]?.elements ?? [] {
                let name = declaration["name"]?.string ?? ""
                guard Self.isName(name) else {
                    throw complaint(
                        "* GenerateContentRequest.tools[0].function_declarations[0].name: Invalid function name. Must "
                            + "start with a letter or an underscore.\n"
                    )
                }
                guard names.insert(name).inserted else {
                    throw complaint("Duplicate function declaration found: \(name)")
                }
                guard declaration["parameters"] == nil || declaration["parametersJsonSchema"] == nil else {
                    throw complaint("`parameters` and `parametersJsonSchema` are mutually exclusive.")
                }
                if let schema = declaration["parameters"] ?? declaration["parametersJsonSchema"] {
                    try SimulatedGeminiSchemaCheck(root: "parameters").check(schema)
                }
            }
        }
        if !names.isEmpty, tools.contains(where: { $0["googleSearch"] != nil }) {
            throw complaint("Tool use with function calling is unsupported")
        }
        let choice = json["toolConfig"]?["functionCallingConfig"]
        for allowed in choice?["allowedFunctionNames"]?.elements ?? [] {
            guard choice?["mode"]?.string == "ANY", names.contains(allowed.string ?? "") else {
                throw complaint("allowed_function_names must be declared, and the mode ANY.")
            }
        }
        if choice != nil, names.isEmpty {
            throw complaint("Function calling config is set without function_declarations.")
        }
    }

    private static func isName(_ name: String) -> Bool {
        guard let first = name.unicodeScalars.first, name.count <= 64, first.isASCII else { return false }
        return (first == "_" || first.properties.isAlphabetic)
            && name.unicodeScalars.allSatisfy {
                $0.isASCII
                    && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || "_.:-".unicodeScalars.contains($0))
            }
    }

    private func checkConfiguration() throws(Complaint) {
        guard let config = json["generationConfig"] else { return }
        if let count = config["stopSequences"]?.elements?.count, count > 5 {
            throw complaint("The number of stop sequences must be at most 5, got \(count).")
        }
        if let count = config["candidateCount"]?.integer, !(1...8).contains(count) {
            throw complaint(
                "* GenerateContentRequest.generation_config.candidate_count: must be in the range [1, 8].\n"
            )
        }
        if let temperature = config["temperature"]?.number, !(0...2).contains(temperature) {
            throw complaint(
                "* GenerateContentRequest.generation_config.temperature: must be in the range [0.0, 2.0].\n"
            )
        }
        let schema = config["responseSchema"] ?? config["responseJsonSchema"]
        let type = config["responseMimeType"]?.string
        if let type, type != "text/plain", type != "application/json", type != "text/x.enum" {
            throw complaint("* GenerateContentRequest.generation_config.response_mime_type: allowed mimetypes are …\n")
        }
        if let schema {
            guard type == "application/json" else {
                throw complaint("response_schema is only allowed with response_mime_type application/json.")
            }
            try SimulatedGeminiSchemaCheck(root: "response_schema").check(schema)
        }
        let hasTools = json["tools"]?.elements?.isEmpty == false
        if type == "application/json", isGemma { throw complaint("JSON mode is not enabled for models/\(model)") }
        if type == "application/json", hasTools, !signsAsGemini3 {
            throw complaint("Function calling with a response mime type: 'application/json' is unsupported")
        }
        let thinking = config["thinkingConfig"]
        if thinking?["thinkingLevel"] != nil, thinking?["thinkingBudget"] != nil {
            throw complaint("You can only set one of thinking budget and thinking level.")
        }
        if thinking?["thinkingLevel"] != nil, model.hasPrefix("gemini-2") {
            throw complaint("Thinking level is not supported for this model.")
        }
        if config["presencePenalty"] != nil || config["frequencyPenalty"] != nil, model.hasPrefix("gemini-2.5") {
            throw complaint("Penalty is not enabled for models/\(model)")
        }
    }

    private var signsAsGemini3: Bool { wantsSignatures || model.hasPrefix("gemini-3") }
}

/// The subset of JSON Schema that Gemini documents.
struct SimulatedGeminiSchemaCheck {
    private static let keywords: Set<String> = [
        "$id", "$anchor", "type", "format", "title", "description", "enum", "items", "prefixItems", "minItems",
        "maxItems", "minimum", "maximum", "anyOf", "properties", "additionalProperties", "required", "nullable",
        "propertyOrdering", "default", "pattern", "minLength", "maxLength", "minProperties", "maxProperties", "example",
    ]

    let root: String

    func check(_ schema: SimulatedJSON) throws(SimulatedCheck.Complaint) { try check(schema, at: root, depth: 0) }

    private func check(_ schema: SimulatedJSON, at path: String, depth: Int) throws(SimulatedCheck.Complaint) {
        guard depth < 40, let members = schema.members else {
            throw .init(status: 400, message: "Invalid schema at '\(path)'", param: path)
        }
        for member in members where !Self.keywords.contains(member.name) {
            throw .init(
                status: 400,
                message:
                    "Invalid JSON payload received. Unknown name \"\(member.name)\" at '\(path)': Cannot find field.",
                param: path
            )
        }
        let names = (schema["properties"]?.members ?? []).map(\.name)
        for (place, name) in (schema["required"]?.elements ?? []).enumerated() where !names.contains(name.string ?? "")
        {
            throw .init(
                status: 400,
                message: "* GenerateContentRequest.\(path).required[\(place)]: property is not defined\n",
                param: path
            )
        }
        let isText = schema["type"]?.string?.lowercased() == "string"
        if isText, let format = schema["format"]?.string, !["enum", "date-time", "date", "time"].contains(format) {
            throw .init(
                status: 400,
                message:
                    "* GenerateContentRequest.\(path).format: only 'enum' and 'date-time' are supported for STRING "
                    + "type\n",
                param: path
            )
        }
        for member in schema["properties"]?.members ?? [] {
            try check(member.value, at: path + ".properties[\(member.name)]", depth: depth + 1)
        }
        if let items = schema["items"] { try check(items, at: path + ".items", depth: depth + 1) }
        for branch in (schema["anyOf"]?.elements ?? []) + (schema["prefixItems"]?.elements ?? []) {
            try check(branch, at: path + ".any_of", depth: depth + 1)
        }
    }
}
