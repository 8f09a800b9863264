/// Memory that a window of 64 bytes is read into.
struct WindowRoom {
    /// Its size in integers.
    static let capacity = 8 + 33 + 1
    /// The marks of eight bytes each.
    let marks: UnsafeMutablePointer<UInt64>
    /// What the pairs of letters cost up to each byte and behind the last.
    let sums: UnsafeMutablePointer<Int32>
    /// The last bytes of a text, fewer than eight.
    let tail: UnsafeMutableRawPointer

    init(_ memory: UnsafeMutableRawPointer) {
        marks = memory.bindMemory(to: UInt64.self, capacity: 8)
        sums = (memory + 64).bindMemory(to: Int32.self, capacity: 66)
        tail = memory + (8 + 33) * 8
    }
}
