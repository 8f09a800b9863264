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
            let lead = bytes[index]
            var kind = table.leads[Int(lead)]
            var length = 2
            if kind.feature != TokenFeatures.sink, index &+ 2 <= bytes.count {
                // All characters that begin so are alike, and none is Latin.
                if kind.script.rawValue != last { features.add(slot: kind.run) }
                last = kind.script.rawValue
                let first = index
                repeat {
                    index &+= 2
                } while index &+ 2 <= bytes.count
                    && table.leads[Int(bytes[index])].feature == kind.feature
                features.add(slot: kind.feature, (index &- first) &>> 1)
                length = 0
            } else if lead & 0xF0 == 0xE0, index &+ 3 <= bytes.count {
                length = 3
                let second = UInt32(bytes[index &+ 1] & 0x3F)
                let scalar = UInt32(lead & 0xF) &<< 12 | second &<< 6 | UInt32(bytes[index &+ 2] & 0x3F)
                kind = table.kinds[ScanTable.slot(of: scalar)]
                if kind.feature == TokenFeatures.sink { kind = ScriptKind(scalar) }
            } else {
                let character = ScannedCharacter(bytes, at: index)
                length = character.length
                kind = ScriptKind(character.scalar, script: character.script)
            }
            if kind.script.rawValue != last {
                // Within a run nothing is Latin: the cut before it was made.
                if index != start, ScannedCharacter.isLatin(bytes, at: index) {
                    if last == .max { before = .space }
                    return index
                }
                features.add(slot: kind.run)
                last = kind.script.rawValue
            }
            if length > 0 {
                features.add(slot: kind.feature)
                index &+= length
            }
            guard index < bytes.count else { return index }
            if bytes[index] >= 0x80 { continue }
            // A single space costs nothing by itself, and ends a run.
            guard bytes[index] == 0x20, index &+ 1 < bytes.count, bytes[index &+ 1] >= 0x80 else { return index }
            last = .max
            index &+= 1
        }
    }
}
