/// The natural logarithm without the C library's: the same bits on every platform.
enum Logarithm {
    /// For positive, finite values; precise to about 1e-6.
    static func natural(_ value: Float) -> Float {
        guard value > 0, value.isFinite else { return 0 }
        // value = significand * 2^exponent; ln(significand) by the series of artanh.
        let ratio = (value.significand - 1) / (value.significand + 1)
        let square = ratio * ratio
        let series = 1 + square * (1 / 3 + square * (1 / 5 + square * (1 / 7 + square * (1 / 9 + square / 11))))
        return Float(value.exponent) * 0.693_147_18 + 2 * ratio * series
    }
}
