/// Schemas that are made of others.
extension SchemaCheck {
    mutating func combinedFault(at place: Int, of node: SchemaNode) -> SchemaFault? {
        if let reference = node.keywords.reference, let fault = followedFault(at: place, of: reference) { return fault }
        for schema in node.keywords.allOf {
            if let fault = fault(at: place, of: schema) { return fault }
        }
        if !node.keywords.anyOf.isEmpty, let fault = closestFault(at: place, among: node.keywords.anyOf) {
            return fault
        }
        if !node.keywords.oneOf.isEmpty {
            if let fault = closestFault(at: place, among: node.keywords.oneOf) { return fault }
            var matches = 0
            for schema in node.keywords.oneOf where fault(at: place, of: schema) == nil { matches += 1 }
            if matches > 1 { return fault("matches \(matches) of the alternatives, one is wanted") }
        }
        if let not = node.keywords.not, fault(at: place, of: not) == nil { return fault("matches what it must not") }
        return nil
    }

    private mutating func followedFault(at place: Int, of reference: Int) -> SchemaFault? {
        let isCircular = followed.reversed().prefix { $0.place == place }.contains { $0.node == reference }
        if isCircular { return nil }
        followed.append((place, reference))
        defer { followed.removeLast() }
        return fault(at: place, of: reference)
    }

    /// `nil` when one of the alternatives matches; else the fault of the one that went deepest, which is most likely
    /// the one that was meant.
    private mutating func closestFault(at place: Int, among alternatives: [Int]) -> SchemaFault? {
        var closest: SchemaFault?
        var longest = 0
        let before = path.count
        for schema in alternatives {
            guard let fault = fault(at: place, of: schema) else { return nil }
            if fault.depth > max(before, longest) {
                closest = fault
                longest = fault.depth
            }
        }
        if let closest { return closest }
        return fault("matches none of the \(alternatives.count) alternatives")
    }
}
