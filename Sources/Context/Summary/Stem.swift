/// Takes the most common endings off a Latin word, so that "hikes", "hiked" and "hiking" meet. Light on purpose:
/// words of other languages and scripts pass nearly unchanged, and both sides of a comparison are treated alike.
enum Stem {
    /// How many letters of the folded word are its stem.
    @inline(__always)
    static func length(_ letters: InlineArray<16, UInt32>, _ count: Int) -> Int {
        guard count > 2, letters[count - 1] < 0x80 else { return count }
        var length = count
        if length > 3, letters[length - 2] == apostrophe { return length - 2 }
        if length >= 6, ends(letters, length, "i", "n", "g") {
            length -= 3
        } else if length >= 5, ends(letters, length, "i", "e", "s") || ends(letters, length, "i", "e", "d") {
            length -= 3
        } else if length >= 5, letters[length - 2] == e, letters[length - 1] == d || letters[length - 1] == s {
            length -= 2
        } else if length >= 4, letters[length - 1] == s, letters[length - 2] != s {
            length -= 1
        }
        if length > 3, letters[length - 1] == e || letters[length - 1] == y {
            length -= 1
        } else if length > 3, length < count, letters[length - 1] == letters[length - 2] {
            length -= 1
        }
        return length
    }

    private static let apostrophe: UInt32 = 0x27
    private static let d = UInt32(UInt8(ascii: "d"))
    private static let e = UInt32(UInt8(ascii: "e"))
    private static let s = UInt32(UInt8(ascii: "s"))
    private static let y = UInt32(UInt8(ascii: "y"))

    @inline(__always)
    private static func ends(
        _ letters: InlineArray<16, UInt32>,
        _ count: Int,
        _ a: Unicode.Scalar,
        _ b: Unicode.Scalar,
        _ c: Unicode.Scalar
    ) -> Bool {
        letters[count - 3] == a.value && letters[count - 2] == b.value && letters[count - 1] == c.value
    }
}
