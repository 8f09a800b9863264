/// Indexes of choices: nearly always 0 alone, so the first 64 are bits.
struct ChoiceSet: Sendable {
    private var bits: UInt64 = 0
    private var others: Set<Int> = []

    var isEmpty: Bool { bits == 0 && others.isEmpty }

    mutating func insert(_ index: Int) {
        if 0..<64 ~= index { bits |= 1 << UInt64(index) } else { others.insert(index) }
    }

    func contains(_ index: Int) -> Bool {
        0..<64 ~= index ? bits & 1 << UInt64(index) != 0 : others.contains(index)
    }

    func isSubset(of other: ChoiceSet) -> Bool {
        bits & ~other.bits == 0 && others.isSubset(of: other.others)
    }

    /// Those that are not in `other`, in order.
    func subtracting(_ other: ChoiceSet) -> [Int] {
        (0..<64).filter { bits & ~other.bits & 1 << UInt64($0) != 0 } + others.subtracting(other.others).sorted()
    }
}
