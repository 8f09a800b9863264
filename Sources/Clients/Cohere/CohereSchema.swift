/// JSON Schema without what Cohere refuses in it (docs.cohere.com/docs/structured-outputs-json, "Unsupported schema
/// features"): what is left out is held against the answer afterwards.
struct CohereSchema {
    private let dropped: Set<String>

    static let tool = CohereSchema(dropped: ["additionalProperties", "$schema"])
    static let format = CohereSchema(dropped: [
        "additionalProperties", "$schema", "patternProperties", "minimum", "maximum", "exclusiveMinimum",
        "exclusiveMaximum", "multipleOf", "minItems", "maxItems", "uniqueItems", "minLength", "maxLength",
        "minProperties", "maxProperties", "default",
    ])

    func write(_ schema: JSONView, into json: inout JSONBuilder) {
        guard schema.isObject else { return json.copy(schema) }
        json.object { json in
            for (key, value) in schema.members {
                let name = JSONText.string(schema.bytes, key)
                guard !dropped.contains(name) else { continue }
                json.member(key, of: schema) { json in
                    switch name {
                    case "properties", "$defs", "definitions": writeNamed(value, into: &json)
                    case "items", "not": write(value, into: &json)
                    case "anyOf", "oneOf", "allOf", "prefixItems":
                        guard value.isArray else { return json.copy(value) }
                        json.array { for branch in value.elements { write(branch, into: &$0) } }
                    default: json.copy(value)
                    }
                }
            }
        }
    }

    /// Schemas by names of the client's own.
    private func writeNamed(_ schemas: JSONView, into json: inout JSONBuilder) {
        guard schemas.isObject else { return json.copy(schemas) }
        json.object { json in
            for (key, value) in schemas.members { json.member(key, of: schemas) { write(value, into: &$0) } }
        }
    }
}
