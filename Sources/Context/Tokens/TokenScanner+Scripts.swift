extension TokenScanner {
    /// Counts what is neither ASCII nor Latin, character by character, with the single spaces inside.
    ///
    /// - Returns: where the first character stands that was not counted.
    mutating func scripts(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int, table: ScanTable) -> Int {
        let features = self.features
        var index = start
        var last: UInt8 = .max
        before = .script
        while true {
            let character = ScannedCharacter(bytes, at: index)
            let kind = Self.kind(of: character, table: table)
            if kind.script.rawValue != last {
                // Within a run nothing is Latin: the cut before it was made.
                if index != start, ScannedCharacter.isLatin(bytes, at: index) {
                    if last == .max { before = .space }
                    return index
                }
                features.add(slot: kind.run)
                last = kind.script.rawValue
            }
            features.add(slot: kind.feature)
            index &+= character.length
            guard index < bytes.count else { return index }
            if bytes[index] >= 0x80 { continue }
            // A single space costs nothing by itself, and ends a run.
            guard bytes[index] == 0x20, index &+ 1 < bytes.count, bytes[index &+ 1] >= 0x80 else { return index }
            last = .max
            index &+= 1
        }
    }

    @inline(__always)
    private static func kind(of character: ScannedCharacter, table: ScanTable) -> ScriptKind {
        guard character.scalar < 0x10000, character.scalar != 0x200D, character.scalar & 0xFFF0 != 0xD7A0 else {
            return ScriptKind(character.scalar)
        }
        return table.kinds[ScanTable.slot(of: character.length == 1 ? 0 : character.scalar)]
    }
}
