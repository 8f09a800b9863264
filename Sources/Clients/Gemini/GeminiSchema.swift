import NIOCore

/// A JSON schema in the keywords that Gemini documents for `parametersJsonSchema` and `responseJsonSchema`
/// (ai.google.dev/gemini-api/docs/structured-output); a keyword beyond them is a 400, or breaks a tool quietly.
///
/// References are put in place, `allOf` is merged, `oneOf` becomes `anyOf`, `const` an `enum` of one, an exclusive bound
/// an inclusive one; what is left is dropped.
struct GeminiSchema {
    private let root: JSONView

    /// References may name each other many times over: when so much was read and written, the rest is any value.
    static let maxNodes = 4_000
    static let maxReadBytes = 8 * 1024 * 1024
    static let maxDepth = 32

    init(root: JSONView) { self.root = root }

    /// Whether it says more than that there is an object.
    var hasContent: Bool {
        var writing = Writing(root: root)
        let node = writing.node(root, depth: 0)
        return !node.properties.isEmpty || !node.branches.isEmpty || node.additionalProperties?.isObject == true
            || (node.types.first ?? "object") != "object"
    }

    func write(into json: inout JSONBuilder) {
        var writing = Writing(root: root)
        writing.write(root, depth: 0, into: &json)
    }
}

/// What the keywords of one schema, and of those merged into it, come to.
private struct SchemaNode {
    var types: [String] = []
    var isNullable = false
    /// Copied as they are: `description`, `minimum` and so on.
    var kept: [(name: StaticString, value: JSONView)] = []
    var values: [JSONView]?
    var properties: [(key: JSONString, value: JSONView)] = []
    var propertyNames: Set<String> = []
    var required: [JSONView] = []
    var items: JSONView?
    var prefixItems: JSONView?
    var additionalProperties: JSONView?
    var branches: [JSONView] = []
    var format: String?
    var exclusiveMinimum: JSONView?
    var exclusiveMaximum: JSONView?
    /// The references that were put in place.
    var references: [String] = []

    mutating func keep(_ name: StaticString, _ value: JSONView) {
        if !has(name) { kept.append((name, value)) }
    }

    func has(_ name: StaticString) -> Bool { kept.contains { $0.name.description == name.description } }
}

extension GeminiSchema {
    private struct Writing {
        let root: JSONView
        private var nodes = 0
        private var readBytes = 0
        /// References on the way to where it writes: one that leads back is cut.
        private var references: Set<String> = []
        /// The members of what a pointer leads to: each object on the way to a target is read once.
        private var containers: [String: [String: JSONView]] = [:]

        init(root: JSONView) { self.root = root }

        // MARK: Gathering

        mutating func node(_ schema: JSONView, depth: Int) -> SchemaNode {
            var node = SchemaNode()
            gather(schema, into: &node, depth: depth)
            return node
        }

        private mutating func gather(_ schema: JSONView, into node: inout SchemaNode, depth: Int) {
            nodes += 1
            readBytes += schema.span.range.count
            guard depth < maxDepth, nodes < maxNodes, readBytes < maxReadBytes else { return }
            for (key, value) in schema.members where !value.isNull {
                take(JSONText.string(schema.bytes, key), value, into: &node, depth: depth)
            }
        }

        private mutating func take(_ name: String, _ value: JSONView, into node: inout SchemaNode, depth: Int) {
            switch name {
            case "$ref": follow(value, into: &node, depth: depth)
            case "allOf": for branch in value.elements { gather(branch, into: &node, depth: depth + 1) }
            case "anyOf", "oneOf": takeBranches(value, into: &node, depth: depth)
            case "type": takeType(value, into: &node)
            case "nullable": node.isNullable = node.isNullable || value.isTrue
            case "enum" where node.values == nil: takeValues(value.elements, into: &node)
            case "const": takeValues([value], into: &node)
            case "properties":
                for (key, value) in value.members
                where node.propertyNames.insert(JSONText.string(root.bytes, key)).inserted {
                    node.properties.append((key, value))
                }
            case "required": node.required += value.elements.filter(\.isString)
            case "items":
                if value.isArray {
                    node.prefixItems = node.prefixItems ?? value
                } else {
                    node.items = node.items ?? value
                }
            case "prefixItems" where value.isArray: node.prefixItems = node.prefixItems ?? value
            case "additionalProperties": node.additionalProperties = node.additionalProperties ?? value
            case "format": node.format = node.format ?? value.string
            case "exclusiveMinimum" where value.span.kind == .number: node.exclusiveMinimum = value
            case "exclusiveMaximum" where value.span.kind == .number: node.exclusiveMaximum = value
            case "description" where value.isString: node.keep("description", value)
            case "title" where value.isString: node.keep("title", value)
            case "default": node.keep("default", value)
            case "pattern" where value.isString: node.keep("pattern", value)
            case "minimum" where value.span.kind == .number: node.keep("minimum", value)
            case "maximum" where value.span.kind == .number: node.keep("maximum", value)
            case "minItems" where value.integer != nil: node.keep("minItems", value)
            case "maxItems" where value.integer != nil: node.keep("maxItems", value)
            case "minLength" where value.integer != nil: node.keep("minLength", value)
            case "maxLength" where value.integer != nil: node.keep("maxLength", value)
            case "minProperties" where value.integer != nil: node.keep("minProperties", value)
            case "maxProperties" where value.integer != nil: node.keep("maxProperties", value)
            case "propertyOrdering" where value.isArray: node.keep("propertyOrdering", value)
            default: break
            }
        }

        private func takeType(_ value: JSONView, into node: inout SchemaNode) {
            for name in (value.isArray ? value.elements : [value]).compactMap({ $0.string?.lowercased() }) {
                if name == "null" {
                    node.isNullable = true
                } else if !node.types.contains(name) {
                    node.types.append(name)
                }
            }
        }

        private func takeValues(_ values: [JSONView], into node: inout SchemaNode) {
            // A list that holds `null` leaves it out of `JSONView`'s members, not of its elements.
            if values.contains(where: \.isNull) { node.isNullable = true }
            node.values = values.filter { !$0.isNull }
        }

        private mutating func takeBranches(_ value: JSONView, into node: inout SchemaNode, depth: Int) {
            let all = value.elements
            let branches = all.filter { $0["type"]?.equals("null") != true }
            if branches.count < all.count { node.isNullable = true }
            if branches.count == 1, let only = branches.first {
                gather(only, into: &node, depth: depth + 1)
            } else if node.branches.isEmpty {
                node.branches = branches
            }
        }

        private mutating func follow(_ reference: JSONView, into node: inout SchemaNode, depth: Int) {
            guard let name = reference.string, !references.contains(name), !node.references.contains(name) else {
                return
            }
            guard let target = target(of: name) else { return }
            node.references.append(name)
            gather(target, into: &node, depth: depth + 1)
        }

        /// `#/$defs/Name` and other pointers from the root.
        private mutating func target(of reference: String) -> JSONView? {
            guard reference.hasPrefix("#/") else { return nil }
            var value = root
            var pointer = "#"
            for step in reference.dropFirst(2).split(separator: "/") {
                let name = step.split(separator: "~1", omittingEmptySubsequences: false).joined(separator: "/")
                    .split(separator: "~0", omittingEmptySubsequences: false).joined(separator: "~")
                guard let next = members(of: value, at: pointer)[name] else { return nil }
                value = next
                pointer += "/" + step
            }
            return value
        }

        private mutating func members(of value: JSONView, at pointer: String) -> [String: JSONView] {
            if let known = containers[pointer] { return known }
            let pairs = value.members.map { (JSONText.string(root.bytes, $0.key), $0.value) }
            let members = Dictionary(pairs) { first, _ in first }
            containers[pointer] = members
            return members
        }

        // MARK: Writing

        mutating func write(_ schema: JSONView, depth: Int, into json: inout JSONBuilder) {
            let node = node(schema, depth: depth)
            references.formUnion(node.references)
            if node.types.count > 1 {
                writeTypes(node, depth: depth, into: &json)
            } else {
                json.object { json in write(node, type: type(of: node), depth: depth, into: &json) }
            }
            references.subtract(node.references)
        }

        /// Several types become as many branches.
        private mutating func writeTypes(_ node: SchemaNode, depth: Int, into json: inout JSONBuilder) {
            json.object { json in
                if let description = node.kept.first(where: { $0.name.description == "description" })?.value {
                    json.member("description", copying: description)
                }
                json.member("anyOf") { json in
                    json.array { json in
                        for type in node.types {
                            json.object { json in write(node, type: type, describes: false, depth: depth, into: &json) }
                        }
                    }
                }
            }
        }

        private func type(of node: SchemaNode) -> String? {
            if let named = node.types.first { return named }
            if !node.properties.isEmpty { return "object" }
            if node.items != nil || node.prefixItems != nil { return "array" }
            guard let values = node.values, !values.isEmpty else { return nil }
            if values.allSatisfy(\.isString) { return "string" }
            return values.allSatisfy { $0.span.kind == .number } ? "number" : nil
        }

        private mutating func write(
            _ node: SchemaNode,
            type: String?,
            describes: Bool = true,
            depth: Int,
            into json: inout JSONBuilder
        ) {
            if let type {
                json.key("type")
                if node.isNullable { json.raw(#"["\#(type)","null"]"#) } else { json.string(type) }
            }
            for (name, value) in node.kept
            where applies(name, to: type) && (describes || name.description != "description") {
                json.member(name, copying: value)
            }
            writeFormat(node, type, into: &json)
            writeBounds(node, type, into: &json)
            writeValues(node, type, into: &json)
            if type == "object" { writeObject(node, depth: depth, into: &json) }
            if type == "array" { writeArray(node, depth: depth, into: &json) }
            guard !node.branches.isEmpty else { return }
            json.key("anyOf")
            let isNullable = node.isNullable && type == nil
            json.array { json in
                for branch in node.branches { write(branch, depth: depth + 1, into: &json) }
                if isNullable { json.raw(#"{"type":"null"}"#) }
            }
        }

        /// A keyword on a type that it says nothing about is refused by some models.
        private func applies(_ name: StaticString, to type: String?) -> Bool {
            switch name.description {
            case "minimum", "maximum": type == "number" || type == "integer"
            case "minItems", "maxItems": type == "array"
            case "pattern", "minLength", "maxLength": type == "string"
            case "minProperties", "maxProperties", "propertyOrdering": type == "object"
            default: true
            }
        }

        private func writeFormat(_ node: SchemaNode, _ type: String?, into json: inout JSONBuilder) {
            guard let format = node.format else { return }
            let known: [String] =
                switch type {
                case "string": ["date-time", "date", "time"]
                case "integer": ["int32", "int64"]
                case "number": ["float", "double"]
                default: []
                }
            if known.contains(format) { json.member("format", format) }
        }

        private func writeBounds(_ node: SchemaNode, _ type: String?, into json: inout JSONBuilder) {
            guard type == "number" || type == "integer" else { return }
            if let bound = node.exclusiveMinimum, !node.has("minimum") {
                if type == "integer", let whole = bound.integer {
                    json.member("minimum", whole + 1)
                } else {
                    json.member("minimum", copying: bound)
                }
            }
            if let bound = node.exclusiveMaximum, !node.has("maximum") {
                if type == "integer", let whole = bound.integer {
                    json.member("maximum", whole - 1)
                } else {
                    json.member("maximum", copying: bound)
                }
            }
        }

        /// Texts and numbers can be listed, other values cannot.
        private func writeValues(_ node: SchemaNode, _ type: String?, into json: inout JSONBuilder) {
            let values = (node.values ?? [])
                .filter { type == "string" ? $0.isString : (type == "number" || type == "integer") && $0.number != nil }
            guard !values.isEmpty else { return }
            json.member("enum") { json in json.array { json in for value in values { json.copy(value) } } }
        }

        private mutating func writeObject(_ node: SchemaNode, depth: Int, into json: inout JSONBuilder) {
            if !node.properties.isEmpty {
                json.key("properties")
                json.object { json in
                    for (key, value) in node.properties {
                        json.key(key, of: value)
                        write(value, depth: depth + 1, into: &json)
                    }
                }
                // Only what is declared can be required.
                var seen: Set<String> = []
                let required = node.required.filter { name in
                    name.string.map { node.propertyNames.contains($0) && seen.insert($0).inserted } ?? false
                }
                if !required.isEmpty {
                    json.member("required") { json in json.array { json in for name in required { json.copy(name) } } }
                }
            }
            guard let additional = node.additionalProperties else { return }
            json.key("additionalProperties")
            if additional.isObject { write(additional, depth: depth + 1, into: &json) } else { json.copy(additional) }
        }

        private mutating func writeArray(_ node: SchemaNode, depth: Int, into json: inout JSONBuilder) {
            if let items = node.items, items.isObject {
                json.key("items")
                write(items, depth: depth + 1, into: &json)
            }
            if let items = node.prefixItems {
                json.key("prefixItems")
                json.array { json in for item in items.elements { write(item, depth: depth + 1, into: &json) } }
            }
        }
    }
}
