/// The references in a JSON schema. APIs that hold a model to a schema take it only where each leads to a definition in the
/// schema itself, and none, by whatever way, back to where it stands.
struct SchemaReferences {
    /// The definitions that each definition names, both by their pointers; the schema's own are under the empty one.
    private var named: [String: Set<String>] = ["": []]

    /// Whether a value that the schema describes can be written down in the end, by what the schema holds.
    static func areFinite(in schema: JSONView) -> Bool { SchemaReferences(schema).areFinite }

    private init(_ schema: JSONView) {
        for (key, value) in schema.members {
            let name = JSONText.string(schema.bytes, key)
            guard name == "$defs" || name == "definitions" else {
                gather(name, value, for: "")
                continue
            }
            for (key, definition) in value.members {
                let step = JSONText.string(value.bytes, key).replacing("~", with: "~0").replacing("/", with: "~1")
                let pointer = "#/\(name)/\(step)"
                named[pointer] = named[pointer] ?? []
                gather("", definition, for: pointer)
            }
        }
    }

    private mutating func gather(_ name: String, _ value: JSONView, for pointer: String) {
        if name == "$ref", let target = value.string { named[pointer]?.insert(target) }
        for (key, inner) in value.members { gather(JSONText.string(value.bytes, key), inner, for: pointer) }
        for inner in value.elements { gather("", inner, for: pointer) }
    }

    /// Takes away what names nothing, then what names only what was taken away; what is left goes round in a circle, or
    /// leads out of the schema.
    private var areFinite: Bool {
        var users: [String: [String]] = [:]
        for (pointer, targets) in named { for target in targets { users[target, default: []].append(pointer) } }
        var open = named.mapValues(\.count)
        var ended = named.filter(\.value.isEmpty).map(\.key)
        var place = 0
        while place < ended.count {
            for user in users[ended[place]] ?? [] {
                open[user, default: 0] -= 1
                if open[user] == 0 { ended.append(user) }
            }
            place += 1
        }
        return ended.count == named.count
    }
}
