/// When two JSON values are the same: numbers by their value, objects whatever the order of their members.
extension JSONTape {
    func equals(_ place: Int, _ other: JSONTape, _ otherPlace: Int) -> Bool {
        let value = values[place]
        let otherValue = other.values[otherPlace]
        guard value.kind == otherValue.kind, value.count == otherValue.count else { return false }
        switch value.kind {
        case .null: return true
        case .boolean: return isTrue(place) == other.isTrue(otherPlace)
        case .number: return JSONQuantity(bytes(place)) == JSONQuantity(other.bytes(otherPlace))
        case .string: return string(place) == other.string(otherPlace)
        case .array:
            return zip(elements(of: place), other.elements(of: otherPlace)).allSatisfy { equals($0, other, $1) }
        case .object:
            let places = Dictionary(other.members(of: otherPlace).map { ($0.name, $0.value) }) { $1 }
            return members(of: place)
                .allSatisfy { member in
                    places[member.name].map { equals(member.value, other, $0) } ?? false
                }
        }
    }

    /// Equal values have equal hashes.
    func hash(_ place: Int, into hasher: inout Hasher) {
        let value = values[place]
        hasher.combine(value.kind)
        switch value.kind {
        case .null: break
        case .boolean: hasher.combine(isTrue(place))
        case .number: hasher.combine(JSONQuantity(bytes(place)).double)
        case .string: hasher.combine(string(place))
        case .array: for element in elements(of: place) { hash(element, into: &hasher) }
        case .object:
            // Members have no order: their hashes are added up.
            var sum = 0
            for member in members(of: place) {
                var inner = Hasher()
                inner.combine(member.name)
                hash(member.value, into: &inner)
                sum &+= inner.finalize()
            }
            hasher.combine(sum)
        }
    }
}
