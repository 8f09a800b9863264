/// `response_format`: enforced by the API where model and schema allow it, else asked for in words.
struct AnthropicFormat {
    private var wantsJSON = false
    private var schema: JSONView?
    var isEnforced = false

    mutating func read(_ format: JSONView) {
        guard let type = format["type"] else { return }
        wantsJSON = type.equals("json_object") || type.equals("json_schema")
        schema = type.equals("json_schema") ? format["json_schema"]?["schema"] : nil
    }

    var canBeEnforced: Bool { schema.map { Self.isClosed($0) && SchemaReferences.areFinite(in: $0) } ?? false }

    /// What the model is told where the API does not see to it.
    var instruction: String? {
        guard wantsJSON, !isEnforced else { return nil }
        let request = "Answer with one JSON object only: no other text before or after it, and no code fence."
        guard let schema else { return request }
        return request + " It must be valid against this JSON schema:\n" + String(decoding: schema.raw, as: UTF8.self)
    }

    func write(into json: inout JSONBuilder) {
        guard let schema else { return }
        json.member("format") {
            $0.object {
                $0.member("type", "json_schema")
                $0.key("schema")
                Self.write(schema, into: &$0)
            }
        }
    }

    // MARK: The part of JSON Schema that is enforced

    private static let kept: Set<String> = [
        "type", "required", "enum", "const", "description", "title", "default", "$ref", "$schema",
    ]
    private static let formats: Set<String> = [
        "date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid",
    ]
    /// They loosen a schema or shape it in ways that the API has no word for.
    private static let foreign: Set<String> = ["patternProperties", "prefixItems", "if", "then", "else", "not"]

    /// Every object in it names its properties and has no others.
    private static func isClosed(_ schema: JSONView) -> Bool {
        guard schema.isObject else { return false }
        var (isObject, hasProperties) = (false, false)
        for (key, value) in schema.members {
            let name = JSONText.string(schema.bytes, key)
            switch name {
            case "type": isObject = value.equals("object") || value.elements.contains { $0.equals("object") }
            case "additionalProperties" where value.span.kind != .false: return false
            case "properties", "$defs", "definitions":
                if name == "properties" { hasProperties = true }
                guard value.members.allSatisfy({ isClosed($0.value) }) else { return false }
            case "items":
                guard isClosed(value) else { return false }
            case "anyOf", "oneOf", "allOf":
                guard value.elements.allSatisfy(isClosed) else { return false }
            default:
                if foreign.contains(name) { return false }
            }
        }
        return hasProperties || !isObject
    }

    /// Bounds and patterns are left out: the answer is held against the client's own schema afterwards.
    private static func write(_ schema: JSONView, into json: inout JSONBuilder) {
        json.object { json in
            var isObject = false
            for (key, value) in schema.members where !value.isNull || JSONKey.equals(schema.bytes, key, "const") {
                let name = JSONText.string(schema.bytes, key)
                switch name {
                case "properties", "$defs", "definitions":
                    isObject = isObject || name == "properties"
                    json.member(key, of: schema) {
                        $0.object { json in
                            for (key, inner) in value.members {
                                json.member(key, of: value) { write(inner, into: &$0) }
                            }
                        }
                    }
                case "items": json.member("items") { write(value, into: &$0) }
                case "anyOf", "oneOf", "allOf":
                    json.key(name == "allOf" ? "allOf" : "anyOf")
                    json.array { for branch in value.elements { write(branch, into: &$0) } }
                case "format" where formats.contains(value.string ?? ""): json.member(key, copying: value)
                case "minItems" where (value.integer ?? 2) < 2: json.member(key, copying: value)
                case _ where kept.contains(name): json.member(key, copying: value)
                default: break
                }
            }
            if isObject { json.member("additionalProperties", false) }
        }
    }
}
