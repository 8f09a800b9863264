/// Finds the name that was probably meant.
enum NearestName {
    /// The name least different from `typed`; `nil` when all of them are too different to be meant.
    /// Case, `-` and `_` do not count as differences.
    static func nearest(to typed: String, among names: some Sequence<String>) -> String? {
        let wanted = folded(typed)
        let allowed = max(1, wanted.count / 3)
        let scored = names.map { (name: $0, distance: distance(wanted, folded($0))) }
        return scored.filter { $0.distance <= allowed }.min { $0.distance < $1.distance }?.name
    }

    /// What goes behind the sentence that says that `typed` is not known.
    static func hint(for typed: String, among names: some Sequence<String>) -> String {
        hint(nearest(to: typed, among: names))
    }

    /// The same, with `otherwise` where no name is near.
    static func hint(_ nearest: String?, otherwise: String = "") -> String {
        if let nearest { return " Did you mean \(nearest)?" }
        return otherwise.isEmpty ? "" : " " + otherwise
    }

    private static func folded(_ name: String) -> [Character] {
        name.lowercased().filter { $0 != "_" && $0 != "-" }
    }

    /// Insertions, deletions, substitutions and swaps of neighbours that lead from one to the other
    /// (optimal string alignment).
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for row in 1...left.count {
            var current = [row]
            for column in 1...right.count {
                let change = left[row - 1] == right[column - 1] ? 0 : 1
                var best = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + change)
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    best = min(best, beforeLast[column - 2] + 1)
                }
                current.append(best)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}
