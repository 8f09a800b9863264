/// The messages of Gemini's API: which members each has and of what type. Any other member is refused, as the real
/// service refuses it.
indirect enum SimulatedGeminiShape: Sendable {
    case text, boolean, integer, number, bytes, anything, anyObject
    case word(Set<String>)
    case list(SimulatedGeminiShape)
    case map(SimulatedGeminiShape)
    case message([String: SimulatedGeminiShape])
    /// Itself inside itself.
    case schema

    typealias Complaint = SimulatedCheck.Complaint

    /// The value with its members' names in camel case: the service takes both spellings.
    func checked(_ value: SimulatedJSON) throws(Complaint) -> SimulatedJSON { try checked(value, at: "") }

    private func checked(_ value: SimulatedJSON, at path: String) throws(Complaint) -> SimulatedJSON {
        switch self {
        case .schema: return try Self.message(Self.schemaMembers).checked(value, at: path)
        case .message(let members):
            guard let given = value.members else { throw Self.invalid(value, at: path) }
            return .object(
                try given.mapped { member throws(Complaint) in
                    let name = Self.camelCase(member.name)
                    guard let shape = members[name] else {
                        throw Complaint(
                            status: 400,
                            message: "Invalid JSON payload received. Unknown name \"\(member.name)\""
                                + (path.isEmpty ? "" : " at '\(path)'") + ": Cannot find field.",
                            param: path.isEmpty ? member.name : path
                        )
                    }
                    let inner = path.isEmpty ? Self.snakeCase(name) : path + "." + Self.snakeCase(name)
                    return .init(name: name, value: try shape.checked(member.value, at: inner))
                }
            )
        case .list(let shape):
            guard let elements = value.elements else { throw Self.invalid(value, at: path) }
            return .array(
                try elements.enumerated().map { $0 }
                    .mapped { entry throws(Complaint) in
                        try shape.checked(entry.element, at: "\(path)[\(entry.offset)]")
                    }
            )
        case .map(let shape):
            guard let members = value.members else { throw Self.invalid(value, at: path) }
            return .object(
                try members.enumerated().map { $0 }
                    .mapped { entry throws(Complaint) in
                        let inner = "\(path)[\(entry.offset)].value"
                        return .init(name: entry.element.name, value: try shape.checked(entry.element.value, at: inner))
                    }
            )
        default:
            guard fits(value) else { throw Self.invalid(value, at: path) }
            return value
        }
    }

    private func fits(_ value: SimulatedJSON) -> Bool {
        switch self {
        case .text: value.string != nil
        case .boolean: value.bool != nil
        // 64-bit integers may come as strings.
        case .integer: value.integer != nil || value.string.flatMap { Int($0) } != nil
        case .number: value.number != nil
        case .bytes: value.string.map(Self.isBase64) ?? false
        case .word(let words): value.string.map { words.contains($0.uppercased()) } ?? false
        case .anyObject: value.members != nil
        default: true
        }
    }

    private static func invalid(_ value: SimulatedJSON, at path: String) -> Complaint {
        Complaint(status: 400, message: "Invalid value at '\(path)': \(value.text.prefix(60))", param: path)
    }

    static func isBase64(_ text: String) -> Bool {
        let digits = text.utf8.prefix { $0 != UInt8(ascii: "=") }
        return digits.count % 4 != 1
            && digits.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "+/-_".utf8.contains(byte)
            }
    }

    private static func camelCase(_ name: String) -> String {
        let words = name.split(separator: "_", omittingEmptySubsequences: false)
        return words.dropFirst().reduce(String(words.first ?? "")) { $0 + $1.prefix(1).uppercased() + $1.dropFirst() }
    }

    private static func snakeCase(_ name: String) -> String {
        name.reduce("") { $0 + ($1.isUppercase ? "_" + $1.lowercased() : String($1)) }
    }
}

extension SimulatedGeminiShape {
    static let request = message([
        "contents": .list(content), "systemInstruction": content, "tools": .list(tool), "toolConfig": toolConfig,
        "generationConfig": generationConfig, "safetySettings": .list(.anyObject), "cachedContent": .text,
        "model": .text, "store": .boolean, "serviceTier": .text,
    ])

    private static let content = message(["role": .text, "parts": .list(part)])

    private static let part = message([
        "text": .text, "thought": .boolean, "thoughtSignature": .bytes, "inlineData": blob,
        "fileData": .message(["mimeType": .text, "fileUri": .text]),
        "functionCall": .message(["id": .text, "name": .text, "args": .anyObject]),
        "functionResponse": .message([
            "id": .text, "name": .text, "response": .anyObject, "willContinue": .boolean, "scheduling": .text,
            "parts": .list(.message(["inlineData": blob])),
        ]),
        "executableCode": .anyObject, "codeExecutionResult": .anyObject, "videoMetadata": .anyObject,
        "mediaResolution": .anyObject,
    ])

    private static let blob = message(["mimeType": .text, "data": .bytes])

    private static let tool = message([
        "functionDeclarations": .list(
            .message([
                "name": .text, "description": .text, "behavior": .text, "parameters": .schema, "response": .schema,
                "parametersJsonSchema": .anything, "responseJsonSchema": .anything,
            ])
        ),
        "googleSearch": .anyObject, "googleSearchRetrieval": .anyObject, "codeExecution": .anyObject,
        "urlContext": .anyObject, "googleMaps": .anyObject, "fileSearch": .anyObject, "computerUse": .anyObject,
    ])

    private static let toolConfig = message([
        "functionCallingConfig": .message([
            "mode": .word(["AUTO", "ANY", "NONE", "VALIDATED"]), "allowedFunctionNames": .list(.text),
        ]),
        "retrievalConfig": .anyObject, "includeServerSideToolInvocations": .boolean,
    ])

    private static let generationConfig = message([
        "stopSequences": .list(.text), "responseMimeType": .text, "responseSchema": .schema,
        "responseJsonSchema": .anything, "responseModalities": .list(.word(["TEXT", "IMAGE", "AUDIO"])),
        "candidateCount": .integer, "maxOutputTokens": .integer, "temperature": .number, "topP": .number,
        "topK": .integer, "seed": .integer, "presencePenalty": .number, "frequencyPenalty": .number,
        "responseLogprobs": .boolean, "logprobs": .integer, "enableEnhancedCivicAnswers": .boolean,
        "speechConfig": .anyObject, "imageConfig": .anyObject, "mediaResolution": .text,
        "thinkingConfig": .message([
            "includeThoughts": .boolean, "thinkingBudget": .integer,
            "thinkingLevel": .word(["MINIMAL", "LOW", "MEDIUM", "HIGH"]),
        ]),
    ])

    /// The subset of OpenAPI 3.0 that `parameters` and `responseSchema` know.
    private static let schemaMembers: [String: SimulatedGeminiShape] = [
        "type": .word(["STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"]), "format": .text,
        "title": .text, "description": .text, "nullable": .boolean, "enum": .list(.text), "maxItems": .integer,
        "minItems": .integer, "properties": .map(.schema), "required": .list(.text), "minProperties": .integer,
        "maxProperties": .integer, "minLength": .integer, "maxLength": .integer, "pattern": .text,
        "example": .anything, "anyOf": .list(.schema), "propertyOrdering": .list(.text), "default": .anything,
        "items": .schema, "minimum": .number, "maximum": .number,
    ]
}

extension Array {
    /// As `map`, with the closure's own type of error.
    func mapped<Value, Failure: Error>(_ transform: (Element) throws(Failure) -> Value) throws(Failure) -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try transform(element)) }
        return values
    }
}
