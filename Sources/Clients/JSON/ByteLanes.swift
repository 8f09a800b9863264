#if arch(x86_64)
import _Builtin_intrinsics.intel.sse2
#endif

/// What a comparison of sixteen bytes found.
extension SIMDMask<SIMD16<Int8>> {
    /// A bit for each lane, the first the lowest.
    @inline(__always)
    var bits: UInt64 { unsafeBitCast(self, to: SIMD16<UInt8>.self).highBits }
}

extension SIMD16<UInt8> {
    /// The highest bit of each byte, the first byte's the lowest. Where no instruction does it, they are gathered in the highest
    /// byte of a product.
    @inline(__always)
    var highBits: UInt64 {
        #if arch(x86_64)
        return UInt64(truncatingIfNeeded: _mm_movemask_epi8(unsafeBitCast(self, to: SIMD2<Int64>.self)))
        #else
        let halves = unsafeBitCast(self, to: SIMD2<UInt64>.self) &>> 7 & 0x0101_0101_0101_0101
        let low = (halves[0] &* 0x0102_0408_1020_4080) >> 56
        let high = (halves[1] &* 0x0102_0408_1020_4080) >> 56
        return low | high << 8
        #endif
    }
}
