/// 64 bytes of text, asked all at once which of them pass a test.
///
/// The bytes are held transposed: eight bytes that stand eight apart lie side by side. So a test of all that stand first
/// among eight gives the first bit of each byte of a set, a test of all that stand second the second bit, and no bit has
/// to be moved.
struct ScanBlock {
    typealias Bytes = SIMD16<UInt8>

    /// The bytes whose place divided by eight leaves 0, then 4; 1, then 5; 2, then 6; 3, then 7.
    private let quarters: (Bytes, Bytes, Bytes, Bytes)

    private init(_ quarters: (Bytes, Bytes, Bytes, Bytes)) {
        self.quarters = quarters
    }

    /// - Parameter text: 64 bytes.
    @inline(__always)
    init(_ text: UnsafePointer<UInt8>) {
        let source = UnsafeRawPointer(text)
        let one = source.loadUnaligned(as: SIMD4<UInt32>.self)
        let two = source.loadUnaligned(fromByteOffset: 16, as: SIMD4<UInt32>.self)
        let three = source.loadUnaligned(fromByteOffset: 32, as: SIMD4<UInt32>.self)
        let four = source.loadUnaligned(fromByteOffset: 48, as: SIMD4<UInt32>.self)
        let even = Self.transposed(
            SIMD4(one[0], one[1], three[0], three[1]),
            SIMD4(two[0], two[1], four[0], four[1])
        )
        let odd = Self.transposed(
            SIMD4(one[2], one[3], three[2], three[3]),
            SIMD4(two[2], two[3], four[2], four[3])
        )
        let low = Self.transposed(even.0, odd.0)
        let high = Self.transposed(even.1, odd.1)
        quarters = (low.0, low.1, high.0, high.1)
    }

    /// Squares of two by two 16-bit numbers.
    @inline(__always)
    private static func transposed(_ one: SIMD4<UInt32>, _ other: SIMD4<UInt32>) -> (SIMD8<UInt16>, SIMD8<UInt16>) {
        let half = SIMD4<UInt32>(repeating: 16)
        let low = SIMD4<UInt32>(repeating: 0xFFFF)
        return (
            unsafeBitCast(one & low | other &<< half, to: SIMD8<UInt16>.self),
            unsafeBitCast(one &>> half | other & ~low, to: SIMD8<UInt16>.self)
        )
    }

    /// Squares of two by two bytes, and of the two by two 32-bit numbers in each result.
    @inline(__always)
    private static func transposed(_ one: SIMD8<UInt16>, _ other: SIMD8<UInt16>) -> (Bytes, Bytes) {
        let half = SIMD8<UInt16>(repeating: 8)
        let low = SIMD8<UInt16>(repeating: 0xFF)
        return (crossed(one & low | other &<< half), crossed(one &>> half | other & ~low))
    }

    @inline(__always)
    private static func crossed(_ bytes: SIMD8<UInt16>) -> Bytes {
        let numbers = unsafeBitCast(bytes, to: SIMD4<UInt32>.self)
        return unsafeBitCast(SIMD4(numbers[0], numbers[2], numbers[1], numbers[3]), to: Bytes.self)
    }
}

/// Tests. Their answers are sets in two halves of 64 bits that are yet to be united.
extension ScanBlock {
    /// The same with some bits of all bytes set.
    @inline(__always)
    func setting(_ bits: UInt8) -> ScanBlock {
        let bits = Bytes(repeating: bits)
        return ScanBlock((quarters.0 | bits, quarters.1 | bits, quarters.2 | bits, quarters.3 | bits))
    }

    /// The same with all but some bits of all bytes cleared.
    @inline(__always)
    func keeping(_ bits: UInt8) -> ScanBlock {
        let bits = Bytes(repeating: bits)
        return ScanBlock((quarters.0 & bits, quarters.1 & bits, quarters.2 & bits, quarters.3 & bits))
    }

    /// All bits that any byte has: no set, but it tells whether all are ASCII.
    @inline(__always)
    var union: Bytes { quarters.0 | quarters.1 | (quarters.2 | quarters.3) }

    @inline(__always)
    func equal(_ byte: UInt8) -> Bytes {
        let other = Bytes(repeating: byte)
        return Self.set(
            Self.equal(quarters.0, other),
            Self.equal(quarters.1, other),
            Self.equal(quarters.2, other),
            Self.equal(quarters.3, other)
        )
    }

    /// - Parameter range: bounds as signed bytes, so those that are not ASCII are negative.
    @inline(__always)
    func within(_ range: ClosedRange<Int8>) -> Bytes {
        Self.set(
            Self.within(quarters.0, range),
            Self.within(quarters.1, range),
            Self.within(quarters.2, range),
            Self.within(quarters.3, range)
        )
    }

    /// Which bytes repeat the byte before them; the first one does if it is 0.
    @inline(__always)
    var repeats: Bytes {
        let last = quarters.3
        let before = Bytes(
            0,
            last[8],
            last[9],
            last[10],
            last[11],
            last[12],
            last[13],
            last[14],
            last[0],
            last[1],
            last[2],
            last[3],
            last[4],
            last[5],
            last[6],
            last[7]
        )
        return Self.set(
            Self.equal(quarters.0, before),
            Self.equal(quarters.1, quarters.0),
            Self.equal(quarters.2, quarters.1),
            Self.equal(quarters.3, quarters.2)
        )
    }

    /// - Parameters: all bits of the bytes that pass.
    @inline(__always)
    private static func set(_ first: Bytes, _ second: Bytes, _ third: Bytes, _ fourth: Bytes) -> Bytes {
        first & bits(0x01, 0x10) | second & bits(0x02, 0x20) | (third & bits(0x04, 0x40) | fourth & bits(0x08, 0x80))
    }

    @inline(__always)
    private static func bits(_ low: UInt8, _ high: UInt8) -> Bytes {
        Bytes(low, low, low, low, low, low, low, low, high, high, high, high, high, high, high, high)
    }

    @inline(__always)
    private static func equal(_ bytes: Bytes, _ other: Bytes) -> Bytes {
        unsafeBitCast(bytes .== other, to: Bytes.self)
    }

    @inline(__always)
    private static func within(_ bytes: Bytes, _ range: ClosedRange<Int8>) -> Bytes {
        let signed = unsafeBitCast(bytes, to: SIMD16<Int8>.self)
        // Named, since of a comparison with an unnamed vector the compiler makes a loop.
        let low = SIMD16<Int8>(repeating: range.lowerBound)
        let high = SIMD16<Int8>(repeating: range.upperBound)
        return unsafeBitCast(signed .>= low, to: Bytes.self) & unsafeBitCast(signed .<= high, to: Bytes.self)
    }
}
