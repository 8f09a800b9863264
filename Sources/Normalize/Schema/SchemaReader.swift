/// Reads a schema document into its nodes. Keywords it does not know are left out, as the specification wants it.
struct SchemaReader {
    let tape: JSONTape
    private var keywords: [SchemaKeywords] = []
    /// The node of a schema that stands at a place of the tape.
    private var known: [Int: Int] = [:]
    /// Schemas that have a node and were not read yet.
    private var open: [Int] = []

    init(_ tape: JSONTape) {
        self.tape = tape
        _ = node(at: 0)
        while let place = open.popLast() {
            if let index = known[place] { keywords[index] = read(place) }
        }
    }

    /// The root first.
    var nodes: [SchemaNode] { keywords.map(SchemaNode.init) }

    private mutating func node(at place: Int) -> Int {
        if let index = known[place] { return index }
        known[place] = keywords.count
        keywords.append(SchemaKeywords())
        open.append(place)
        return keywords.count - 1
    }

    private mutating func read(_ place: Int) -> SchemaKeywords {
        var node = SchemaKeywords()
        guard tape.values[place].kind == .object else {
            node.refusesAll = tape.values[place].kind == .boolean && !tape.isTrue(place)
            return node
        }
        let members = tape.members(of: place)
        var hasPatterns = false
        for (name, value) in members {
            switch String(decoding: name, as: UTF8.self) {
            case "patternProperties": hasPatterns = true
            case let keyword: read(keyword, value, into: &node)
            }
        }
        // Which members a pattern takes is not known here, so the others are not known either.
        if hasPatterns { node.additionalProperties = nil }
        return node
    }

    private mutating func read(_ keyword: String, _ value: Int, into node: inout SchemaKeywords) {
        switch keyword {
        case "$ref": node.reference = target(of: value).map { self.node(at: $0) }
        case "type": node.types = types(value)
        case "enum": node.enumeration = tape.values[value].kind == .array ? tape.elements(of: value) : nil
        case "const": node.constant = value
        case "properties":
            for (name, schema) in members(value) { node.properties[name] = self.node(at: schema) }
        case "required": node.required = elements(value).filter { tape.values[$0].kind == .string }.map(tape.string)
        case "additionalProperties": node.additionalProperties = self.node(at: value)
        case "prefixItems": node.prefixItems = schemas(value)
        case "items":
            // Before 2020 an array here was what `prefixItems` is now.
            if tape.values[value].kind == .array {
                node.prefixItems = schemas(value)
            } else {
                node.otherItems = self.node(at: value)
            }
        case "allOf": node.allOf = schemas(value)
        case "anyOf": node.anyOf = schemas(value)
        case "oneOf": node.oneOf = schemas(value)
        case "not": node.not = self.node(at: value)
        case "uniqueItems": node.hasUniqueItems = tape.isTrue(value)
        default: readLimit(keyword, value, into: &node)
        }
    }

    private func readLimit(_ keyword: String, _ value: Int, into node: inout SchemaKeywords) {
        guard tape.values[value].kind == .number else { return }
        let limit = JSONQuantity(tape.bytes(value))
        let count = limit.double.magnitude < 1e15 ? Int(limit.double.rounded(.up)) : nil
        switch keyword {
        case "minimum": node.bounds = node.bounds.or(SchemaKeywords.Bounds()) { $0.minimum = limit }
        case "maximum": node.bounds = node.bounds.or(SchemaKeywords.Bounds()) { $0.maximum = limit }
        case "exclusiveMinimum": node.bounds = node.bounds.or(SchemaKeywords.Bounds()) { $0.exclusiveMinimum = limit }
        case "exclusiveMaximum": node.bounds = node.bounds.or(SchemaKeywords.Bounds()) { $0.exclusiveMaximum = limit }
        case "multipleOf": node.bounds = node.bounds.or(SchemaKeywords.Bounds()) { $0.multipleOf = limit }
        case "minLength": node.length = node.length.or(SchemaKeywords.Sizes()) { $0.least = count }
        case "maxLength": node.length = node.length.or(SchemaKeywords.Sizes()) { $0.most = count }
        case "minItems": node.items = node.items.or(SchemaKeywords.Sizes()) { $0.least = count }
        case "maxItems": node.items = node.items.or(SchemaKeywords.Sizes()) { $0.most = count }
        case "minProperties": node.members = node.members.or(SchemaKeywords.Sizes()) { $0.least = count }
        case "maxProperties": node.members = node.members.or(SchemaKeywords.Sizes()) { $0.most = count }
        default: break
        }
    }

    private func members(_ place: Int) -> [(name: ArraySlice<UInt8>, value: Int)] {
        tape.values[place].kind == .object ? tape.members(of: place) : []
    }

    private func elements(_ place: Int) -> [Int] {
        tape.values[place].kind == .array ? tape.elements(of: place) : []
    }

    private mutating func schemas(_ place: Int) -> [Int] {
        elements(place).map { node(at: $0) }
    }

    private func types(_ place: Int) -> SchemaKeywords.Types {
        let places = tape.values[place].kind == .array ? tape.elements(of: place) : [place]
        let names = places.filter { tape.values[$0].kind == .string }.map { tape.string($0) }
        return names.reduce(into: []) { types, name in
            for known in SchemaKeywords.Types.names where name.elementsEqual(known.name.utf8) {
                types.insert(known.type)
            }
        }
    }

    // MARK: - References

    /// The place that `#`, `#/$defs/item` or `#item` (an `$anchor`) names; `nil` outside this document.
    private func target(of place: Int) -> Int? {
        guard tape.values[place].kind == .string else { return nil }
        let reference = Self.unquoted(tape.string(place))
        guard reference.first == 0x23 else { return nil }
        let pointer = reference.dropFirst()
        if pointer.isEmpty { return 0 }
        guard pointer.first == .slash else { return anchor(pointer) }
        var target = 0
        for step in pointer.dropFirst().split(separator: .slash, omittingEmptySubsequences: false) {
            let name = Self.unescaped(step)
            if tape.values[target].kind == .array {
                let elements = tape.elements(of: target)
                guard let index = Int(String(decoding: name, as: UTF8.self)), elements.indices.contains(index) else {
                    return nil
                }
                target = elements[index]
            } else {
                guard let member = members(target).last(where: { $0.name == name[...] }) else { return nil }
                target = member.value
            }
        }
        return target
    }

    private func anchor(_ name: ArraySlice<UInt8>) -> Int? {
        tape.values.indices.first { place in
            tape.values[place].kind == .object
                && tape.members(of: place)
                    .contains { member in
                        member.name.elementsEqual("$anchor".utf8) && tape.values[member.value].kind == .string
                            && tape.string(member.value) == name
                    }
        }
    }

    /// `~1` is a slash and `~0` a tilde (RFC 6901).
    private static func unescaped(_ step: ArraySlice<UInt8>) -> [UInt8] {
        var name: [UInt8] = []
        var isEscaped = false
        for byte in step {
            if isEscaped {
                name.append(byte == 0x31 ? .slash : .tilde)
                isEscaped = false
            } else if byte == .tilde {
                isEscaped = true
            } else {
                name.append(byte)
            }
        }
        return name
    }

    /// `%25` is a percent sign: a reference is a URI.
    private static func unquoted(_ reference: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard reference.contains(0x25) else { return reference }
        var plain: [UInt8] = []
        var index = reference.startIndex
        while index < reference.endIndex {
            if reference[index] == 0x25, index + 2 < reference.endIndex,
                let byte = UInt8(String(decoding: reference[(index + 1)...(index + 2)], as: UTF8.self), radix: 16)
            {
                plain.append(byte)
                index += 3
            } else {
                plain.append(reference[index])
                index += 1
            }
        }
        return plain[...]
    }
}

extension Optional {
    /// The value, or that one where there is none, changed.
    fileprivate func or(_ other: Wrapped, _ change: (inout Wrapped) -> Void) -> Wrapped {
        var value = self ?? other
        change(&value)
        return value
    }
}
