/// Numbers for the terms of a history, found by hash; a term is known by its 64-bit hash alone.
struct Vocabulary {
    private var slots: [Int32]
    private var hashes: [UInt64] = []
    private var mask: Int

    init(expecting terms: Int = 0) {
        var size = 256
        while size < terms * 2 { size *= 2 }
        slots = Array(repeating: -1, count: size)
        mask = size - 1
    }

    var count: Int { hashes.count }

    /// The number of a term, a new one if it was never seen. Amortised constant time.
    @inline(__always)
    mutating func number(of hash: UInt64) -> Int32 {
        var slot = Int(truncatingIfNeeded: hash ^ hash >> 32) & mask
        while true {
            let number = slots[slot]
            if number < 0 { break }
            if hashes[Int(number)] == hash { return number }
            slot = (slot + 1) & mask
        }
        let number = Int32(hashes.count)
        slots[slot] = number
        hashes.append(hash)
        if hashes.count * 2 > slots.count { grow() }
        return number
    }

    /// The number of a term that was seen before.
    func known(_ hash: UInt64) -> Int32? {
        var slot = Int(truncatingIfNeeded: hash ^ hash >> 32) & mask
        while slots[slot] >= 0 {
            if hashes[Int(slots[slot])] == hash { return slots[slot] }
            slot = (slot + 1) & mask
        }
        return nil
    }

    /// Forgets the newest terms. A slot that a newer term took was free to all older ones, so it is just freed.
    mutating func forgetLast(_ excess: Int) {
        for _ in 0..<min(excess, hashes.count) {
            guard let hash = hashes.popLast() else { return }
            var slot = Int(truncatingIfNeeded: hash ^ hash >> 32) & mask
            while slots[slot] >= 0, Int(slots[slot]) != hashes.count { slot = (slot + 1) & mask }
            slots[slot] = -1
        }
    }

    /// Bytes of memory, nearly.
    var footprint: Int { slots.capacity * 4 + hashes.capacity * 8 }

    private mutating func grow() {
        slots = Array(repeating: -1, count: slots.count * 2)
        mask = slots.count - 1
        for (number, hash) in hashes.enumerated() {
            var slot = Int(truncatingIfNeeded: hash ^ hash >> 32) & mask
            while slots[slot] >= 0 { slot = (slot + 1) & mask }
            slots[slot] = Int32(number)
        }
    }
}

/// FNV-1a with a last mix, byte by byte: the same on every machine and in every run.
struct TermHash {
    private var state: UInt64

    init(seed: UInt64 = 0) { state = 0xcbf2_9ce4_8422_2325 ^ (seed &* 0x9e37_79b9_7f4a_7c15) }

    @inline(__always)
    mutating func add(_ byte: UInt8) { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }

    @inline(__always)
    mutating func add(_ scalar: UInt32) {
        state = (state ^ UInt64(scalar)) &* 0x0000_0100_0000_01b3
        state ^= state >> 29
    }

    @inline(__always)
    var value: UInt64 {
        var mixed = (state ^ state >> 31) &* 0xbf58_476d_1ce4_e5b9
        mixed ^= mixed >> 29
        return mixed
    }
}
