/// Memory that a window of 64 bytes is read into.
struct WindowRoom {
    /// Its size in integers. With the counts it is under 1 KB: what is larger is not taken from the stack.
    static let capacity = 33 + 8 + ScanMasks.room
    /// What the pairs of letters cost up to each byte and behind the last.
    let sums: UnsafeMutablePointer<Int32>
    /// The last bytes of a text, fewer than 64.
    let tail: UnsafeMutablePointer<UInt8>
    let masks: UnsafeMutablePointer<UInt64>

    init(_ memory: UnsafeMutableRawPointer) {
        sums = memory.bindMemory(to: Int32.self, capacity: 66)
        tail = (memory + 33 * 8).bindMemory(to: UInt8.self, capacity: 64)
        masks = (memory + 41 * 8).bindMemory(to: UInt64.self, capacity: ScanMasks.room)
    }
}
