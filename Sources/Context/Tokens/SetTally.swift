/// Counts the elements of sets of 64, four sets at a time.
///
/// Most x86 machines count the bits of an integer in one instruction, but not all, so the compiler makes a dozen of it; and
/// a dozen do here for two sets.
struct SetTally {
    typealias Sets = SIMD4<UInt64>

    /// How often sets may be added before the counts are taken: each byte of a count gains eight at most.
    static let capacity = 31

    /// For each set its count, spread over eight bytes.
    private var spread = Sets()

    @inline(__always)
    mutating func add(_ first: UInt64, _ second: UInt64, _ third: UInt64, _ fourth: UInt64) {
        let sets = Sets(first, second, third, fourth)
        let odd = Sets(repeating: 0x5555_5555_5555_5555)
        let pairs = Sets(repeating: 0x3333_3333_3333_3333)
        let twos = sets &- (sets &>> Sets(repeating: 1) & odd)
        let fours = (twos & pairs) &+ (twos &>> Sets(repeating: 2) & pairs)
        spread &+= (fours &+ fours &>> Sets(repeating: 4)) & Sets(repeating: 0x0F0F_0F0F_0F0F_0F0F)
    }

    /// The counts since they were taken the last time.
    @inline(__always)
    mutating func take() -> Sets {
        let bytes = Sets(repeating: 0x00FF_00FF_00FF_00FF)
        let fours = (spread & bytes) &+ (spread &>> Sets(repeating: 8) & bytes)
        let twos = fours &+ fours &>> Sets(repeating: 16)
        spread = Sets()
        return (twos &+ twos &>> Sets(repeating: 32)) & Sets(repeating: 0xFFFF)
    }
}
