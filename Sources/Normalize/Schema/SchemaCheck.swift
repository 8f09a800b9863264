/// One document held against one schema.
struct SchemaCheck {
    let schema: JSONSchema
    let document: JSONTape
    /// From the root to the value that is looked at.
    var path: [SchemaFault.Step] = []
    /// References that are being followed, the innermost last: one that comes back to the same value says nothing new.
    var followed: [(place: Int, node: Int)] = []
    private var steps = 0
    private var depth = 0
    /// It came to a bound: what was found since may be wrong.
    private var gaveUp = false

    /// A value held against a schema is one step. Far more than documents of honest schemas take.
    static let maximumSteps = 200_000
    /// Schemas within one another, references included.
    private static let maximumDepth = 1024

    init(schema: JSONSchema, document: JSONTape) {
        self.schema = schema
        self.document = document
    }

    mutating func run() -> SchemaFault? {
        let fault = fault(at: 0, of: 0)
        return gaveUp ? nil : fault
    }

    /// Why the value does not satisfy the node; cheap keywords first.
    mutating func fault(at place: Int, of node: Int) -> SchemaFault? {
        steps += 1
        depth += 1
        defer { depth -= 1 }
        if steps > Self.maximumSteps || depth > Self.maximumDepth { gaveUp = true }
        if gaveUp { return nil }
        let node = schema.nodes[node]
        if node.keywords.refusesAll { return fault("not allowed") }
        if let fault = scalarFault(at: place, of: node) { return fault }
        switch document.values[place].kind {
        case .object where node.keywords.looksAtMembers:
            if let fault = memberFault(at: place, of: node) { return fault }
        case .array where node.keywords.looksAtItems:
            if let fault = itemFault(at: place, of: node) { return fault }
        default: break
        }
        return combinedFault(at: place, of: node)
    }

    func fault(_ reason: String) -> SchemaFault { SchemaFault(path, reason) }

    // MARK: - Type and value

    private func scalarFault(at place: Int, of node: SchemaNode) -> SchemaFault? {
        let value = document.values[place]
        let quantity = value.kind == .number ? JSONQuantity(document.bytes(place)) : nil
        if !node.keywords.types.isEmpty, !allows(node.keywords.types, value.kind, quantity) {
            let isFraction = value.kind == .number && node.keywords.types.contains(.integer)
            return fault("expected \(node.keywords.types.text), got \(isFraction ? "a fraction" : value.kind.name)")
        }
        if let constant = node.keywords.constant, !document.equals(place, schema.tape, constant) {
            return fault("is not the constant")
        }
        if let enumeration = node.keywords.enumeration,
            !enumeration.contains(where: { document.equals(place, schema.tape, $0) })
        {
            return fault("is none of the \(enumeration.count) values of the enum")
        }
        if let quantity, let bounds = node.keywords.bounds, let reason = Self.reason(quantity, bounds) {
            return fault(reason)
        }
        if value.kind == .string, let length = node.keywords.length {
            let count = document.string(place).count { $0 & 0xC0 != 0x80 }
            if let reason = Self.reason(count, length, "characters") { return fault(reason) }
        }
        return nil
    }

    private func allows(_ types: SchemaKeywords.Types, _ kind: JSONTape.Kind, _ quantity: JSONQuantity?) -> Bool {
        switch kind {
        case .null: types.contains(.null)
        case .boolean: types.contains(.boolean)
        case .number: types.contains(.number) || types.contains(.integer) && quantity?.isInteger ?? false
        case .string: types.contains(.string)
        case .array: types.contains(.array)
        case .object: types.contains(.object)
        }
    }

    private static func reason(_ value: JSONQuantity, _ bounds: SchemaKeywords.Bounds) -> String? {
        if let limit = bounds.minimum, value < limit { return "is below the minimum" }
        if let limit = bounds.exclusiveMinimum, value <= limit { return "is not above the exclusive minimum" }
        if let limit = bounds.maximum, value > limit { return "is above the maximum" }
        if let limit = bounds.exclusiveMaximum, value >= limit { return "is not below the exclusive maximum" }
        if let step = bounds.multipleOf, !value.isMultiple(of: step) { return "is no multiple of the step" }
        return nil
    }

    static func reason(_ count: Int, _ sizes: SchemaKeywords.Sizes, _ what: String) -> String? {
        if let least = sizes.least, count < least { return "has \(count) \(what), at least \(least) are wanted" }
        if let most = sizes.most, count > most { return "has \(count) \(what), at most \(most) are wanted" }
        return nil
    }
}
