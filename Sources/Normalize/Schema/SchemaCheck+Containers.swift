/// What is in objects and arrays.
extension SchemaCheck {
    mutating func memberFault(at place: Int, of node: SchemaNode) -> SchemaFault? {
        let members = document.members(of: place)
        if let sizes = node.keywords.members, let reason = Self.reason(members.count, sizes, "members") {
            return fault(reason)
        }
        if let name = missing(node.keywords.required, among: members) {
            return fault("\(SchemaFault.quoted(name)) is missing")
        }
        for (name, value) in members {
            guard let property = node.keywords.properties[name] ?? node.keywords.additionalProperties else { continue }
            path.append(.member(name))
            defer { path.removeLast() }
            if let fault = fault(at: value, of: property) { return fault }
        }
        return nil
    }

    private func missing(
        _ required: [ArraySlice<UInt8>],
        among members: [(name: ArraySlice<UInt8>, value: Int)]
    ) -> ArraySlice<UInt8>? {
        // For a handful of names to compare them is quicker than to hash them.
        if required.count * members.count <= 256 {
            return required.first { name in !members.contains { $0.name == name } }
        }
        let names = Set(members.map(\.name))
        return required.first { !names.contains($0) }
    }

    mutating func itemFault(at place: Int, of node: SchemaNode) -> SchemaFault? {
        let elements = document.elements(of: place)
        if let sizes = node.keywords.items, let reason = Self.reason(elements.count, sizes, "items") {
            return fault(reason)
        }
        for (index, element) in elements.enumerated() {
            let isPrefix = index < node.keywords.prefixItems.count
            guard let item = isPrefix ? node.keywords.prefixItems[index] : node.keywords.otherItems else { break }
            path.append(.element(index))
            defer { path.removeLast() }
            if let fault = fault(at: element, of: item) { return fault }
        }
        return node.keywords.hasUniqueItems ? duplicate(among: elements) : nil
    }

    private mutating func duplicate(among elements: [Int]) -> SchemaFault? {
        var seen: Set<Element> = []
        for (index, element) in elements.enumerated() {
            guard !seen.insert(Element(tape: document, place: element)).inserted else { continue }
            path.append(.element(index))
            defer { path.removeLast() }
            return fault("is there twice")
        }
        return nil
    }

    /// An element as a member of a set.
    private struct Element: Hashable {
        let tape: JSONTape
        let place: Int

        static func == (one: Element, other: Element) -> Bool { one.tape.equals(one.place, other.tape, other.place) }

        func hash(into hasher: inout Hasher) { tape.hash(place, into: &hasher) }
    }
}
