/// The names most like one that does not exist.
enum NearestNames {
    /// At most `count` names within a third of the name's length in edits, or that contain it; best first.
    static func of(_ name: String, in known: some Sequence<String>, count: Int = 2) -> [String] {
        let wanted = Array(name.lowercased().utf8.prefix(100))
        guard !wanted.isEmpty else { return [] }
        let limit = max(2, wanted.count / 3)
        var found: [(distance: Int, name: String)] = []
        for candidate in known {
            let bytes = Array(candidate.lowercased().utf8.prefix(100))
            let contains = wanted.count >= 4 && bytes.firstIndex(of: wanted, from: 0) != nil
            let distance = contains ? 1 : edits(wanted, bytes, limit: limit)
            if distance <= limit { found.append((distance, candidate)) }
        }
        found.sort { $0.distance < $1.distance }
        var names: [String] = []
        for entry in found where names.count < count && !names.contains(entry.name) { names.append(entry.name) }
        return names
    }

    /// Levenshtein's distance; past `limit` any larger number.
    private static func edits(_ one: [UInt8], _ other: [UInt8], limit: Int) -> Int {
        guard abs(one.count - other.count) <= limit else { return limit + 1 }
        var row = Array(0...other.count)
        for (line, byte) in one.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for column in other.indices {
                let above = row[column + 1]
                let change = diagonal + (byte == other[column] ? 0 : 1)
                row[column + 1] = min(change, above + 1, row[column] + 1)
                diagonal = above
            }
        }
        return row[other.count]
    }
}
