/// Makes up a value that a JSON schema accepts, the way a model with enforced schemas would answer.
enum SimulatedSchema {
    /// Takes `const`, the first of `enum`, the first branch of `anyOf`/`oneOf`/`allOf`, `$ref` into `$defs`; every
    /// property of an object, one element of an array, the least number that is allowed.
    static func sample(of schema: SimulatedJSON, root: SimulatedJSON? = nil, depth: Int = 0) -> SimulatedJSON {
        let root = root ?? schema
        guard depth < 12 else { return .null }
        if let constant = schema["const"] { return constant }
        if let first = schema["enum"]?[0] { return first }
        if let target = schema["$ref"]?.string.flatMap({ resolve($0, in: root) }) {
            return sample(of: target, root: root, depth: depth + 1)
        }
        for branch in ["anyOf", "oneOf", "allOf"] {
            if let first = schema[branch]?[0] { return sample(of: first, root: root, depth: depth + 1) }
        }
        switch schema["type"]?.string ?? schema["type"]?[0]?.string ?? (schema["properties"] == nil ? "" : "object") {
        case "object":
            return .object(
                (schema["properties"]?.members ?? [])
                    .map {
                        .init(name: $0.name, value: sample(of: $0.value, root: root, depth: depth + 1))
                    }
            )
        case "array":
            guard let items = schema["items"] else { return .array([]) }
            let count = max(1, schema["minItems"]?.integer ?? 1)
            return .array(Array(repeating: sample(of: items, root: root, depth: depth + 1), count: count))
        case "integer", "number": return .number(schema["minimum"]?.number ?? 42)
        case "boolean": return .bool(true)
        case "null": return .null
        default: return .string(schema["default"]?.string ?? "sample")
        }
    }

    /// `#/$defs/Name` and other pointers from the root.
    private static func resolve(_ reference: String, in root: SimulatedJSON) -> SimulatedJSON? {
        guard reference.hasPrefix("#/") else { return nil }
        return reference.dropFirst(2).split(separator: "/")
            .reduce(root) { (value: SimulatedJSON?, step) in
                value?[String(step)]
            }
    }
}
